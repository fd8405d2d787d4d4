//! Backups: a copy of the log and, apart from it, one of the document keys; each is good only once it
//! has been read whole. Master key and server keys are in no backup: who holds a backup alone can
//! read nothing of it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ankomst_shared::chunk::parse;
use ankomst_shared::sync::Chain;
use rusqlite::Connection;

use super::{Keys, log};
use crate::storage::StorageError;

/// Marks a data folder in which a restore was begun and not ended.
pub const RESTORING: &str = "restoring";

/// What a backup holds, as found by reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Changes, whatever their state.
    pub chunks: u64,
    /// Newest number of the feed.
    pub head: u64,
}

/// The file with the document keys of a backup.
#[must_use]
pub fn keys_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".keys");
    PathBuf::from(name)
}

/// Copies log and keys of a data folder, which may be in use, to `file` and [`keys_of`] it, reads the
/// copies whole, and only then gives them their names.
///
/// # Errors
/// When a file is there already, cannot be written, or a copy is not what it must be.
pub fn make(folder: &Path, file: &Path, master: [u8; 32]) -> Result<Contents, StorageError> {
    let keys = keys_of(file);
    for taken in [file, &keys] {
        if taken.exists() {
            return Err(exists(taken));
        }
    }
    let (part, keys_part) = (beside(file, ".part"), beside(&keys, ".part"));
    // Keys are written before the changes sealed with them, so keys copied later have them all.
    copy_database(&folder.join("log.db"), &part)?;
    copy_database(&folder.join("keys.db"), &keys_part)?;
    let contents = check_files(&part, &keys_part, master)?;
    std::fs::rename(&keys_part, &keys)?;
    std::fs::rename(&part, file)?;
    sync_folder(file)?;
    Ok(contents)
}

/// Reads a backup whole: the database's own check, each change opened, named by its hash, and the
/// chain of the feed.
///
/// # Errors
/// When anything is not what it must be.
pub fn check(file: &Path, master: [u8; 32]) -> Result<Contents, StorageError> {
    check_files(file, &keys_of(file), master)
}

fn check_files(
    log_file: &Path,
    keys_file: &Path,
    master: [u8; 32],
) -> Result<Contents, StorageError> {
    for file in [log_file, keys_file] {
        if !file.exists() {
            return Err(missing(file));
        }
    }
    let db = Connection::open_with_flags(log_file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StorageError::Damaged("the database's own check finds faults"));
    }
    let keys = Keys::read_only(keys_file, master)?;
    let mut contents = Contents::default();
    let mut feed = Vec::new();
    log::each_chunk(&db, |chunk| {
        let bytes = keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed)?;
        let read = parse(&bytes).map_err(|_| StorageError::Damaged("a change cannot be read"))?;
        if read.hash != chunk.hash {
            return Err(StorageError::Damaged("a change is not the one its name says"));
        }
        contents.chunks += 1;
        feed.extend(chunk.feed.map(|number| (number, chunk.hash)));
        Ok(())
    })?;
    feed.sort_unstable_by_key(|(number, _)| *number);
    let mut chain = Chain::default();
    for (number, hash) in feed {
        chain = chain.next(&hash);
        if number != contents.head + 1 || log::chain_at(&db, number)? != Some(chain) {
            return Err(StorageError::Damaged("the chain of the feed is broken"));
        }
        contents.head = number;
    }
    Ok(contents)
}

/// Puts a backup in the place of a data folder's log. What was there is kept in a folder beside it;
/// document keys are added to those there. The caller makes sure that no server runs, and begins a
/// new epoch.
///
/// # Errors
/// When the backup is not whole, or a file cannot be written. The folder is then as it was, or
/// marked with [`RESTORING`] so that no server starts on half of it.
pub fn restore(
    file: &Path,
    folder: &Path,
    master: [u8; 32],
    now_ms: i64,
) -> Result<Contents, StorageError> {
    let contents = check(file, master)?;
    let part = folder.join("log.db.part");
    copy_file(file, &part)?;
    let keys = folder.join("keys.db");
    if keys.exists() {
        add_keys(&keys, &keys_of(file))?;
    } else {
        copy_file(&keys_of(file), &keys)?;
    }
    let mark = folder.join(RESTORING);
    File::create(&mark)?.sync_all()?;
    sync_folder(&mark)?;
    let aside = folder.join(format!("before-restore-{now_ms}"));
    std::fs::create_dir_all(&aside)?;
    for name in ["log.db", "log.db-wal", "log.db-shm", "rows.db", "rows.db-wal", "rows.db-shm"] {
        let old = folder.join(name);
        if !old.exists() {
        } else if name.starts_with("log.db") {
            std::fs::rename(&old, aside.join(name))?;
        } else {
            std::fs::remove_file(&old)?;
        }
    }
    std::fs::rename(&part, folder.join("log.db"))?;
    sync_folder(&part)?;
    std::fs::remove_file(&mark)?;
    sync_folder(&mark)?;
    Ok(contents)
}

fn add_keys(keys: &Path, from: &Path) -> Result<(), StorageError> {
    let db = super::open::connect(keys)?;
    db.execute("ATTACH DATABASE ?1 AS backup", [from.to_string_lossy().as_ref()])?;
    db.execute("INSERT OR IGNORE INTO keys SELECT document, wrapped FROM backup.keys", [])?;
    Ok(())
}

/// One consistent copy, readable by its owner only.
fn copy_database(from: &Path, to: &Path) -> Result<(), StorageError> {
    if !from.exists() {
        return Err(missing(from));
    }
    if to.exists() {
        std::fs::remove_file(to)?;
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let db = super::open::connect(from)?;
    db.execute("VACUUM INTO ?1", [to.to_string_lossy().as_ref()])?;
    made.sync_all()?;
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StorageError> {
    let mut out =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    std::io::copy(&mut File::open(from)?, &mut out)?;
    out.sync_all()?;
    Ok(())
}

fn sync_folder(file: &Path) -> Result<(), StorageError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn exists(file: &Path) -> StorageError {
    let what = format!("{} is there already", file.display());
    std::io::Error::new(std::io::ErrorKind::AlreadyExists, what).into()
}

fn missing(file: &Path) -> StorageError {
    let what = format!("there is no {}", file.display());
    std::io::Error::new(std::io::ErrorKind::NotFound, what).into()
}
