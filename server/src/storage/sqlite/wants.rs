//! Houses that devices have taken along, and when each was opened there last.

use std::collections::BTreeSet;

use ankomst_shared::ids::{DeviceId, DocumentId};
use rusqlite::Connection;

use super::Blob;
use crate::storage::StorageError;

/// Houses a device has along at most: of more, those that were opened longest ago go back.
pub const ALONG_MAX: i64 = 100;
/// A house taken along that nobody has opened on the device for so long goes back, in milliseconds: 30 days.
pub const ALONG_UNUSED_MS: i64 = 30 * 24 * 3_600_000;
/// An opening within so long of the last is not written down, in milliseconds: a day.
const SAME_MS: i64 = 24 * 3_600_000;

/// Houses a device has taken along.
///
/// # Errors
/// When the database refuses.
pub fn of(db: &Connection, device: DeviceId) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare_cached("SELECT document FROM wants WHERE device = ?1")?;
    let rows = select.query_map([Blob(device)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Sets which houses a device takes along; those it did not before count as opened now.
///
/// # Errors
/// When the database refuses.
pub fn set(
    db: &Connection,
    device: DeviceId,
    wants: &[DocumentId],
    now_ms: i64,
) -> Result<(), StorageError> {
    let before = of(db, device)?;
    let wants: BTreeSet<DocumentId> = wants.iter().copied().collect();
    let mut delete = db.prepare_cached("DELETE FROM wants WHERE device = ?1 AND document = ?2")?;
    for house in before.difference(&wants) {
        delete.execute((Blob(device), Blob(*house)))?;
    }
    let mut insert =
        db.prepare_cached("INSERT INTO wants (device, document, used_ms) VALUES (?1, ?2, ?3)")?;
    for house in wants.difference(&before) {
        insert.execute((Blob(device), Blob(*house), now_ms))?;
    }
    // Those of which nothing is known come behind what is told to have been opened.
    db.prepare_cached("UPDATE wants SET used_ms = ?2 WHERE device = ?1 AND used_ms = 0")?
        .execute((Blob(device), now_ms - SAME_MS - 1))?;
    Ok(())
}

/// Notes that records were opened on a device: houses, or what belongs to one.
///
/// # Errors
/// When the database refuses.
pub fn opened(
    db: &Connection,
    device: DeviceId,
    records: &[DocumentId],
    now_ms: i64,
) -> Result<(), StorageError> {
    let mut update = db.prepare_cached(
        "UPDATE wants SET used_ms = ?3 WHERE device = ?1 AND used_ms < ?3 - ?4
         AND document = coalesce((SELECT parent FROM documents WHERE id = ?2), ?2)",
    )?;
    for record in records {
        update.execute((Blob(device), Blob(*record), now_ms, SAME_MS))?;
    }
    Ok(())
}

/// Houses that go back: nobody has opened them on the device for long, or those opened last are as many as may be along.
///
/// # Errors
/// When the database refuses.
pub fn returned(
    db: &Connection,
    device: DeviceId,
    now_ms: i64,
) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT document FROM (SELECT document, used_ms,
             row_number() OVER (ORDER BY used_ms DESC, document) AS place FROM wants WHERE device = ?1)
         WHERE place > ?2 OR used_ms <= ?3 ORDER BY document",
    )?;
    let rows = select.query_map((Blob(device), ALONG_MAX, now_ms - ALONG_UNUSED_MS), |row| {
        row.get::<_, Blob<DocumentId>>(0)
    })?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// What is known of openings is of another life of the log: it is counted from the next contact on.
///
/// # Errors
/// When the database refuses.
pub fn count_anew(db: &Connection) -> Result<(), StorageError> {
    db.execute("UPDATE wants SET used_ms = 0", [])?;
    Ok(())
}
