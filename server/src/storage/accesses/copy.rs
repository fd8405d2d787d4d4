//! The access log in backups and restores: a copy goes with every backup, and a restore keeps the longer one.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{beside, file, head, read};
use crate::storage::StorageError;
use crate::storage::sqlite::backup::{beside as ended, copy_database, copy_file, remove};

/// The copy of the access log of a backup.
#[must_use]
pub fn of(backup: &Path) -> PathBuf {
    ended(backup, ".access")
}

/// Copies the access log of a data folder beside a backup, if there is one.
///
/// # Errors
/// When it cannot be read or written; then nothing is left.
pub fn make(folder: &Path, backup: &Path) -> Result<(), StorageError> {
    let from = file(folder);
    if !from.exists() {
        return Ok(());
    }
    let part = ended(&of(backup), ".part");
    let made = copy_database(&from, &part).and_then(|()| Ok(std::fs::rename(&part, of(backup))?));
    if made.is_err() {
        remove(&part)?;
    }
    made
}

/// The number of the last entry of a log; nothing if it cannot be read.
fn length(log: &Path) -> Option<i64> {
    let db = Connection::open_with_flags(log, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    read::last(&db).ok()
}

/// Puts the access log of a backup in the place of that of a folder if it is longer; what was there is kept aside.
/// Tells whether it did.
///
/// # Errors
/// When a file cannot be moved or written.
pub fn restore(backup: &Path, folder: &Path, aside: &Path) -> Result<bool, StorageError> {
    let (there, from) = (file(folder), of(backup));
    let longer = length(&from).filter(|length| *length > super::copy::length(&there).unwrap_or(0));
    if longer.is_none() {
        return Ok(false);
    }
    let part = ended(&there, ".part");
    copy_file(&from, &part)?;
    for end in ["-wal", "-shm", ".end", ""] {
        let (there, moved) = (ended(&there, end), ended(&aside.join(super::FILE), end));
        if there.exists() && !moved.exists() {
            std::fs::rename(there, moved)?;
        }
    }
    std::fs::rename(&part, &there)?;
    let db = Connection::open_with_flags(&there, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if let Some(head) = head(&db)? {
        beside::make(&there, &head)?;
    }
    Ok(true)
}
