//! Pictures and other files in backups: in folder `files` beside them, each once for all backups there. A backup of what
//! is written stands without them; what it names and lacks is told.

use core::fmt::Write as _;
use std::collections::BTreeSet;
use std::path::Path;

use ankomst_shared::ids::{Epoch, FileId};
use ankomst_shared::sign::file::pieces;
use rusqlite::{Connection, OpenFlags};

use super::backup::{keys_of, single_file, write_durably};
use super::files::{self, FileRow};
use super::open::open_log_file;
use super::{Keys, log};
use crate::storage::accesses;
use crate::storage::files::{copy, is_whole, length, path, sealed_bytes};
use crate::storage::{StorageError, ballast};

/// The list in the folder of what was put aside: whole files that a restore did not find, each with its record, its
/// name and its id.
pub const LOST: &str = "files-lost.txt";
/// So many times as long as a backup of what is written is what stays free for the next ones.
const TEXT_TIMES: u64 = 2;

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

/// How much of a disk stays free for what is written, in bytes: some times as much as a backup of it takes.
///
/// # Errors
/// When the system does not tell.
pub fn left_to_text(backup: &Path) -> Result<u64, StorageError> {
    let files = [backup.to_path_buf(), keys_of(backup), accesses::copy::of(backup)];
    let mut sum = 0_u64;
    for file in &files {
        sum = sum.saturating_add(length(file)?);
    }
    Ok(sum.saturating_mul(TEXT_TIMES))
}

/// Copies what a backup names and is not beside it yet out of a data folder, and reads each there with its key and its name
/// before it counts. So much of the disk is left free, and at least what the next backups need. Ends between two files
/// when it is stopped; those that come then are not counted.
///
/// # Errors
/// When the backup cannot be read. A file that cannot be copied is counted, and the others are.
pub fn add(
    folder: &Path,
    file: &Path,
    (master, free): ([u8; 32], u64),
    is_stopped: &dyn Fn() -> bool,
) -> Result<Beside, StorageError> {
    let to = folder_of(file);
    let mut beside = Beside::default();
    // Where the data lie themselves is no backup of them.
    let is_apart = to.canonicalize()? != folder.canonicalize()?;
    let free = free.max(left_to_text(file)?);
    let Named { epoch, rows } = named(file, master)?;
    let mut refused: Option<StorageError> = None;
    for (row, key) in rows {
        if is_stopped() {
            break;
        }
        let there = path(to, row.id);
        let all = sealed_bytes(row.bytes, pieces(row.bytes).unwrap_or_default());
        // What was read there in this life of the log is not read each day.
        let was_read = row.backed == epoch && length(&there).is_ok_and(|length| length == all);
        let mut copies = || {
            copied((folder, to), &row, key, free).unwrap_or_else(|error| {
                refused = Some(error);
                false
            })
        };
        let is_there = is_apart && (was_read || is_good(to, &row, key) || copies());
        beside.count(row.id, is_there);
        if !is_there && is_damaged(folder, &row, key) {
            beside.damaged.push(row.id);
        }
    }
    if let Some(error) = refused {
        tracing::warn!(%error, "Files could not be copied to the backups; this is why the last of them could not.");
    }
    Ok(beside)
}

/// Copies a file beside a backup if there is room; tells whether it is there and whole.
fn copied(
    (folder, to): (&Path, &Path),
    row: &FileRow,
    key: Option<[u8; 32]>,
    free: u64,
) -> Result<bool, StorageError> {
    let Some(key) = key else { return Ok(false) };
    if ballast::room(to)?.free < free.saturating_add(row.bytes) {
        return Err(StorageError::Low);
    }
    copy(&path(folder, row.id), &path(to, row.id), (row.bytes, row.name), &key)
}

/// Whether a file that was in no backup ever is not what it was. What is gone may lie on a disk that is not there now.
fn is_damaged(folder: &Path, row: &FileRow, key: Option<[u8; 32]>) -> bool {
    let path = path(folder, row.id);
    let Some(key) = key.filter(|_| row.backed.is_none()) else { return false };
    let is_here = length(&path).is_ok_and(|length| length > 0);
    is_here && matches!(is_whole(&path, (row.bytes, row.name), &key), Ok(false))
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
    let with_key = |row: FileRow| file_key(&keys, row.id).map(|key| (row, key));
    Ok(Named { epoch: log::epoch(&db)?, rows: rows.map(with_key).collect::<Result<_, _>>()? })
}

/// What a restore did not find, or had no room for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lost {
    /// Files whose bytes or keys are nowhere, or for whose bytes there is no room.
    pub count: u64,
    /// Those of them for which there is no room: they are beside the backup.
    pub no_room: u64,
    /// Those of them that were whole.
    pub whole: Vec<FileRow>,
}

impl Lost {
    fn add(&mut self, row: FileRow, is_here: Here) {
        self.count += 1;
        self.no_room += u64::from(is_here == Here::NoRoom);
        if row.whole_ms.is_some() {
            self.whole.push(row);
        }
    }

    /// Lists those that were whole in the folder of what was put aside, if there are any.
    pub(super) fn list(&self, aside: &Path) -> Result<(), StorageError> {
        if self.whole.is_empty() {
            return Ok(());
        }
        let mut text = "record name id\n".to_owned();
        for FileRow { id, document, name, .. } in &self.whole {
            let line = writeln!(text, "{document} {name} {id}");
            line.map_err(|_| StorageError::Damaged("a list of files"))?;
        }
        write_durably(&aside.join(LOST), text.as_bytes())
    }
}

/// Whether a file is in a data folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    Yes,
    No,
    NoRoom,
}

/// Brings the files that a log in the making names into a data folder, where they are not there and whole, from beside the
/// backup, as long as so many bytes of the disk stay free. What is nowhere, without its key, or has no room is forgotten,
/// so that tablets bring it once more; tells what that is.
///
/// # Errors
/// When log or keys cannot be read or written, or a file is there and cannot be read.
pub fn restore(
    (log_file, keys): (&Path, &Path),
    (file, folder): (&Path, &Path),
    (master, free): ([u8; 32], u64),
) -> Result<Lost, StorageError> {
    let keys = Keys::read_only(keys, master)?;
    let db = open_log_file(log_file)?;
    let (mut gone, mut lost) = (Vec::new(), Lost::default());
    for row in files::all(&db)? {
        let here = path(folder, row.id);
        let is_here = match (row.whole_ms, file_key(&keys, row.id)?) {
            (_, None) => Here::No,
            (None, Some(_)) => {
                let is_here = length(&here).map_err(|error| unread(&here, error))?
                    >= sealed_bytes(row.bytes, row.have);
                if is_here { Here::Yes } else { Here::No }
            }
            (Some(_), Some(key)) => brought((file, folder), &row, &key, free)?,
        };
        if is_here != Here::Yes {
            gone.push(row.id);
            lost.add(row, is_here);
        }
    }
    files::forget(&db, &gone)?;
    single_file(&db)?;
    Ok(lost)
}

/// The key of a file; one that is damaged, or of another master key, is none.
fn file_key(keys: &Keys, id: FileId) -> Result<Option<[u8; 32]>, StorageError> {
    match keys.file_key(id) {
        Err(error) if error.is_unsound() => Ok(None),
        other => other,
    }
}

/// Copies a file from beside a backup into a data folder, if it is not there and whole. Only what was looked for and is
/// not there, or is not what it was, is nowhere: a disk that is not mounted or breaks says nothing of its files.
fn brought(
    (file, folder): (&Path, &Path),
    row: &FileRow,
    key: &[u8; 32],
    free: u64,
) -> Result<Here, StorageError> {
    let (from, here, what) =
        (path(folder_of(file), row.id), path(folder, row.id), (row.bytes, row.name));
    if is_whole(&here, what, key).map_err(|error| unread(&here, error))? {
        return Ok(Here::Yes);
    }
    if length(&from).map_err(|error| unread(&from, error))? == 0 {
        return Ok(Here::No);
    }
    if ballast::room(folder)?.free < free.saturating_add(row.bytes) {
        return Ok(Here::NoRoom);
    }
    match copy(&from, &here, what, key) {
        Ok(true) => Ok(Here::Yes),
        Ok(false) => Ok(Here::No),
        Err(StorageError::Full) => Ok(Here::NoRoom),
        Err(error) => Err(unread(&from, error)),
    }
}

fn unread(file: &Path, error: StorageError) -> StorageError {
    match error {
        StorageError::File(error) => StorageError::Unread { file: file.to_path_buf(), error },
        other => other,
    }
}
