//! What `log.db` notes of its newest backup that was read whole.

use rusqlite::{Connection, OptionalExtension};

use super::backup::Contents;
use super::log;
use crate::storage::StorageError;

/// When it was made, Unix milliseconds.
///
/// # Errors
/// When the database refuses.
pub fn made_ms(db: &Connection) -> Result<Option<i64>, StorageError> {
    Ok(eight(db, "backup_ms")?.map(i64::from_be_bytes))
}

/// The newest arrival in it, if it is one of this life of the log.
///
/// # Errors
/// When the database refuses.
pub fn up_to(db: &Connection) -> Result<Option<u64>, StorageError> {
    Ok(eight(db, "backed_up")?.map(u64::from_be_bytes))
}

/// Notes a backup that was read whole, with what was read in it. One of another life of the log, begun
/// while it was made, is not noted; one that holds less than another moves nothing back.
///
/// Tells whether it was noted.
///
/// # Errors
/// When the database refuses.
pub fn note(db: &Connection, contents: &Contents, at_ms: i64) -> Result<bool, StorageError> {
    let epoch = log::epoch(db)?;
    if epoch.is_none() || epoch != contents.epoch {
        return Ok(false);
    }
    let received = up_to(db)?.unwrap_or_default().max(contents.received);
    put(db, "backup_ms", at_ms.to_be_bytes())?;
    put(db, "backed_up", received.to_be_bytes())?;
    Ok(true)
}

fn eight(db: &Connection, key: &str) -> Result<Option<[u8; 8]>, StorageError> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let bytes = bytes.map(<[u8; 8]>::try_from).transpose();
    bytes.map_err(|_| StorageError::Damaged("a note of a backup has another length"))
}

fn put(db: &Connection, key: &str, value: [u8; 8]) -> Result<(), StorageError> {
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        (key, value.as_slice()),
    )?;
    Ok(())
}
