//! Pictures and other files in backups: in folder `files` beside them, each once for all backups there. A backup of what
//! is written stands without them; what it names and lacks is told.

use std::collections::BTreeSet;
use std::path::Path;

use ankomst_shared::ids::{Epoch, FileId};
use ankomst_shared::sign::file::pieces;
use rusqlite::{Connection, OpenFlags};

use super::backup::{keys_of, single_file};
use super::files::{self, FileRow};
use super::open::open_log_file;
use super::{Keys, log};
use crate::storage::files::{copy, is_whole, length, path, sealed_bytes};
use crate::storage::{StorageError, ballast};

/// Which of the whole files that a backup names are beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    /// Those that are.
    pub there: BTreeSet<FileId>,
    /// How many are not, or are not what they must be.
    pub lacking: u64,
    /// Those of them that are damaged in the data folder and were in no backup ever: no tablet has forgotten them.
    pub damaged: Vec<FileId>,
}

impl Beside {
    fn count(&mut self, id: FileId, is_there: bool) {
        if is_there {
            self.there.insert(id);
        } else {
            self.lacking += 1;
        }
    }
}

/// The folder that backups lie in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Copies what a backup names and is not beside it yet out of a data folder, and reads each there with its key and its name
/// before it counts. So much of the disk is left free for what is written.
///
/// # Errors
/// When the backup cannot be read. A file that cannot be copied is counted, and the others are.
pub fn add(
    folder: &Path,
    file: &Path,
    (master, free): ([u8; 32], u64),
) -> Result<Beside, StorageError> {
    let to = folder_of(file);
    let mut beside = Beside::default();
    // Where the data lie themselves is no backup of them.
    let is_apart = to.canonicalize()? != folder.canonicalize()?;
    let Named { epoch, rows } = named(file, master)?;
    for (row, key) in rows {
        let there = path(to, row.id);
        let all = sealed_bytes(row.bytes, pieces(row.bytes).unwrap_or_default());
        // What was read there in this life of the log is not read each day.
        let was_read = row.backed == epoch && length(&there)? == all;
        let is_there = is_apart
            && (was_read || is_good(to, &row, key) || copied((folder, to), &row, key, free));
        beside.count(row.id, is_there);
        if !is_there && is_damaged(folder, &row, key)? {
            beside.damaged.push(row.id);
        }
    }
    Ok(beside)
}

/// Copies a file beside a backup if there is room; tells whether it is there and whole.
fn copied((folder, to): (&Path, &Path), row: &FileRow, key: Option<[u8; 32]>, free: u64) -> bool {
    let copied = || {
        let Some(key) = key else { return Ok(false) };
        if ballast::room(to)?.free < free.saturating_add(row.bytes) {
            return Err(StorageError::Low);
        }
        copy(&path(folder, row.id), &path(to, row.id), (row.bytes, row.name), &key)
    };
    copied().unwrap_or_else(|error| {
        tracing::warn!(%error, file.id = %row.id, "A file could not be copied to the backups.");
        false
    })
}

/// Whether a file that was in no backup ever is not what it was. What is gone may lie on a disk that is not there now.
fn is_damaged(folder: &Path, row: &FileRow, key: Option<[u8; 32]>) -> Result<bool, StorageError> {
    let path = path(folder, row.id);
    let Some(key) = key.filter(|_| row.backed.is_none()) else { return Ok(false) };
    let is_here = length(&path)? > 0;
    Ok(is_here && matches!(is_whole(&path, (row.bytes, row.name), &key), Ok(false)))
}

/// Opens everything that a backup names with its key, from the first piece to the last, and names it.
///
/// # Errors
/// When the backup cannot be read.
pub fn check(file: &Path, master: [u8; 32]) -> Result<Beside, StorageError> {
    let mut beside = Beside::default();
    for (row, key) in named(file, master)?.rows {
        beside.count(row.id, is_good(folder_of(file), &row, key));
    }
    Ok(beside)
}

fn is_good(folder: &Path, row: &FileRow, key: Option<[u8; 32]>) -> bool {
    // What cannot be read is not good.
    key.is_some_and(|key| {
        is_whole(&path(folder, row.id), (row.bytes, row.name), &key).unwrap_or(false)
    })
}

/// The whole files that a backup names, with their keys as far as they are in it.
#[derive(Default)]
struct Named {
    epoch: Option<Epoch>,
    rows: Vec<(FileRow, Option<[u8; 32]>)>,
}

/// What a backup names; one of an earlier version names none.
fn named(file: &Path, master: [u8; 32]) -> Result<Named, StorageError> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'files')";
    if !db.query_row(known, [], |row| row.get(0))? {
        return Ok(Named::default());
    }
    let keys = Keys::read_only(&keys_of(file), master)?;
    let rows = files::all(&db)?.into_iter().filter(|row| row.whole_ms.is_some());
    let with_key = |row: FileRow| {
        let key = keys.file_key(row.id).unwrap_or_default();
        (row, key)
    };
    Ok(Named { epoch: log::epoch(&db)?, rows: rows.map(with_key).collect() })
}

/// Brings the files that a log in the making names into a data folder, where they are not there and whole, from beside the
/// backup. What is nowhere, or without its key, is forgotten, so that tablets bring it once more; tells how much that is.
///
/// # Errors
/// When log or keys cannot be read or written, or the disk is full.
pub fn restore(
    (log_file, keys): (&Path, &Path),
    (file, folder): (&Path, &Path),
    master: [u8; 32],
) -> Result<u64, StorageError> {
    let keys = Keys::read_only(keys, master)?;
    let db = open_log_file(log_file)?;
    let mut gone = Vec::new();
    for row in files::all(&db)? {
        let key = keys.file_key(row.id).unwrap_or_default();
        let is_here = match (row.whole_ms, key) {
            (_, None) => false,
            (None, Some(_)) => length(&path(folder, row.id))? >= sealed_bytes(row.bytes, row.have),
            (Some(_), Some(key)) => {
                is_good(folder, &row, Some(key)) || brought((file, folder), &row, &key)?
            }
        };
        if !is_here {
            gone.push(row.id);
        }
    }
    files::forget(&db, &gone)?;
    single_file(&db)?;
    u64::try_from(gone.len()).map_err(|_| StorageError::Damaged("a number of files"))
}

/// Copies a file from beside a backup into a data folder; tells whether it is there and whole.
fn brought(
    (file, folder): (&Path, &Path),
    row: &FileRow,
    key: &[u8; 32],
) -> Result<bool, StorageError> {
    let from = path(folder_of(file), row.id);
    if length(&from)? == 0 {
        return Ok(false);
    }
    match copy(&from, &path(folder, row.id), (row.bytes, row.name), key) {
        Err(StorageError::Full) => Err(StorageError::Full),
        // What cannot be read there is not there.
        other => Ok(other.unwrap_or(false)),
    }
}
