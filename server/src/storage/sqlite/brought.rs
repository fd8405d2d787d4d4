//! Changes of others that a device has brought, as after a restore: plain statements, no decisions.

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use rusqlite::Connection;

use super::Blob;
use super::log::{self, ChunkRow};
use crate::storage::StorageError;

/// Notes that a device has brought a change of somebody else, unless everybody has it.
///
/// # Errors
/// When the database refuses.
pub fn note(
    db: &Connection,
    device: DeviceId,
    (document, hash): (DocumentId, ChangeHash),
) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO brought (document, hash, device) SELECT ?1, ?2, ?3
         WHERE EXISTS (SELECT 1 FROM chunks
             WHERE document = ?1 AND (hash = ?2 OR was = ?2) AND state IN ('pending', 'held'))",
    )?
    .execute((Blob(document), Blob(hash), Blob(device)))?;
    Ok(())
}

/// What a device has brought of others and is held.
///
/// # Errors
/// When the database refuses.
pub fn held(db: &Connection, device: DeviceId) -> Result<Vec<ChunkRow>, StorageError> {
    let columns = log::COLUMNS.split(", ").map(|column| format!("chunks.{column}"));
    let sql = format!(
        "SELECT {} FROM brought JOIN chunks ON chunks.document = brought.document
             AND (chunks.hash = brought.hash OR chunks.was = brought.hash)
         WHERE brought.device = ?1 AND chunks.state = 'held' ORDER BY chunks.received",
        columns.collect::<Vec<_>>().join(", ")
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map([Blob(device)], log::chunk)?.collect::<Result<_, _>>()?;
    Ok(rows)
}
