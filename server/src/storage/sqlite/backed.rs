//! What `log.db` notes of its newest backup that was read whole.

use ankomst_shared::ids::UnitId;
use ankomst_shared::limits::ENROLMENTS_MAX;
use ankomst_shared::plant::{self, Plant};
use minicbor::bytes::ByteVec;
use rusqlite::{Connection, OptionalExtension};

use super::backup::Contents;
use super::{Blob, log};
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
    let mut received = up_to(db)?.unwrap_or_default().max(contents.received);
    if plant::is(Plant::BackupTooFar) {
        received += 1_000;
    }
    put(db, "backup_ms", at_ms.to_be_bytes())?;
    put(db, "backed_up", received.to_be_bytes())?;
    put(db, "backed_up_devices", contents.devices.to_be_bytes())?;
    Ok(true)
}

/// Signed enrolments of a unit's devices that came after the newest backup of this life; none while
/// there is no backup, for nothing could be put back.
///
/// # Errors
/// When the database refuses.
pub fn enrolled_since(db: &Connection, unit: UnitId) -> Result<Vec<ByteVec>, StorageError> {
    let (Some(_), Some(devices)) = (up_to(db)?, eight(db, "backed_up_devices")?) else {
        return Ok(Vec::new());
    };
    let mut select = db.prepare_cached(
        "SELECT devices.enrolment FROM devices JOIN users ON users.id = devices.user
         WHERE devices.rowid > ?1 AND users.unit = ?2 AND devices.active = 1
         ORDER BY devices.rowid DESC LIMIT ?3",
    )?;
    let rows = select
        .query_map((i64::from_be_bytes(devices), Blob(unit), ENROLMENTS_MAX), |row| {
            row.get::<_, Vec<u8>>(0)
        })?;
    Ok(rows.map(|row| row.map(ByteVec::from)).collect::<Result<_, _>>()?)
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
