//! Whose each actor of a document is.

use ankomst_shared::ids::{ActorId, DeviceId, DocumentId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use crate::storage::StorageError;

/// Whether a device may write as an actor: nobody has yet, or this device has and nobody else. An actor is a
/// device's for one opening of a document and is known to all who read it; were its next number given to
/// another device, the author's own next change would have to be refused. Actors of changes that this server has
/// carried over are no device's.
///
/// # Errors
/// When the database refuses.
pub fn may_write_as(
    db: &Connection,
    (document, actor): (DocumentId, ActorId),
    device: DeviceId,
) -> Result<bool, StorageError> {
    let newest = db
        .prepare_cached(
            "SELECT device, was IS NOT NULL FROM chunks WHERE document = ?1 AND actor = ?2 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row((Blob(document), Blob(actor)), |row| {
            Ok((row.get::<_, Blob<DeviceId>>(0)?.0, row.get::<_, bool>(1)?))
        })
        .optional()?;
    Ok(newest.is_none_or(|(whose, is_carried)| whose == device && !is_carried))
}
