//! Backups: a copy of the log and, apart from it, one of the document keys; each is good only once it
//! has been read whole. Master key and server keys are in no backup: who holds a backup alone can
//! read nothing of it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ankomst_shared::ids::Epoch;
use ankomst_shared::sync::Chain;
use rusqlite::Connection;

use super::aside::ASIDE;
use super::files_beside::{self, Lost};
use super::verify::read_change;
use super::{Keys, keys, links, log, passkeys};
use crate::storage::accesses::copy;
use crate::storage::{StorageError, ledger};

/// Marks a data folder in which a restore was begun and not ended.
pub const RESTORING: &str = "restoring";

/// End of the name of a file that is being written.
pub const PART: &str = ".part";

/// What a backup holds, as found by reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Changes, whatever their state.
    pub chunks: u64,
    /// Newest number of the feed.
    pub head: u64,
    /// Newest number in the order of arrival.
    pub received: u64,
    /// The newest row of its devices.
    pub devices: i64,
    /// Life of the log.
    pub epoch: Option<Epoch>,
}

/// The file with the document keys of a backup.
#[must_use]
pub fn keys_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".keys");
    PathBuf::from(name)
}

/// Copies log and keys of a data folder, which may be in use, to `file` and [`keys_of`] it, reads the
/// copies whole, and only then gives them their names. A copy that is not good is removed. The access log goes beside
/// ([`copy::of`]).
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
    let (part, keys_part) = (beside(file, PART), beside(&keys, PART));
    // Keys are written before the changes sealed with them, so keys copied later have them all; but a record that
    // is cleaned between the two copies has another key by then.
    let copy = || {
        copy_database(&folder.join("log.db"), &part)
            .and_then(|()| copy_database(&folder.join("keys.db"), &keys_part))
            .and_then(|()| check_files(&part, &keys_part, master))
    };
    let made = copy()
        .or_else(|error| if matches!(error, StorageError::Sealed) { copy() } else { Err(error) })
        .and_then(|contents| {
            std::fs::rename(&keys_part, &keys)?;
            std::fs::rename(&part, file)?;
            // Without its access log a backup is still one.
            if let Err(error) = copy::make(folder, file) {
                tracing::error!(%error, "The access log is not in the backup.");
            }
            sync_folder(file)?;
            Ok(contents)
        });
    if made.is_err() {
        for part in [&part, &keys_part] {
            remove(part)?;
        }
    }
    made
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
    let devices = db.query_row("SELECT max(rowid) FROM devices", [], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.unwrap_or_default())
    })?;
    let mut contents = Contents { epoch: log::epoch(&db)?, devices, ..Contents::default() };
    let mut feed = Vec::new();
    log::each_chunk(&db, |chunk| {
        contents.chunks += 1;
        contents.received = log::number(chunk.received)?;
        feed.extend(chunk.feed.map(|number| (number, chunk.hash)));
        read_change(&keys, &chunk).map(drop)
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

/// Puts a backup in the place of a data folder's log and begins a new epoch. What was there is kept
/// in a folder `before-restore-…`; accounts, rights, devices and sessions are taken over from
/// it, so that nobody enrolled since the backup is shut out, nobody shut out since comes in again and no right comes
/// back; so are what was protected more since and what was decided about held changes. A device
/// that either of the two logs has revoked, or ordered to be wiped, stays so. Document
/// keys made since stay; of a document in the backup, the backup's key rules. Pictures and other files come from both
/// logs, their bytes from the data folder or from beside the backup, as far as there is room.
///
/// The caller makes sure that no server runs. Everything is made and read beside what is there
/// first; from the moment it is put in place the folder is marked with [`RESTORING`], no server
/// starts on it, and a second restore goes on where the first was cut off.
///
/// # Errors
/// When the backup is not whole, a file cannot be written, or a picture is there and cannot be read.
pub fn restore(
    file: &Path,
    folder: &Path,
    master: [u8; 32],
    now_ms: i64,
) -> Result<Restored, StorageError> {
    check(file, master)?;
    let mark = folder.join(RESTORING);
    let begun = std::fs::read_to_string(&mark).ok().filter(|name| !name.is_empty());
    let name = begun.unwrap_or_else(|| format!("{ASIDE}{now_ms}"));
    let aside = folder.join(&name);
    // After a cut the old files may be aside already, and new ones in their place.
    let old = |name: &str| {
        let moved = aside.join(name);
        if moved.exists() { moved } else { folder.join(name) }
    };
    let (part, keys_part) = (folder.join("log.db.part"), folder.join("keys.db.part"));
    copy_file(file, &part)?;
    let accounts_kept = renew(&part, &old("log.db"))?;
    merge_keys(&keys_part, &old("keys.db"), &keys_of(file))?;
    let free = files_beside::left_to_text(file)?;
    let lost = files_beside::restore((&part, &keys_part), (file, folder), (master, free))?;
    let contents = check_files(&part, &keys_part, master)?;

    ledger::join_beside(file, folder)?;
    write_durably(&mark, name.as_bytes())?;
    std::fs::create_dir_all(&aside)?;
    lost.list(&aside)?;
    for base in ["log.db", "keys.db"] {
        let (there, moved) = (folder.join(base), aside.join(base));
        if there.exists() && !moved.exists() {
            // What stands in the write-ahead log belongs to the file that is put aside; of a
            // damaged file it stays beside it.
            drop(super::open::connect(&there).and_then(|db| single_file(&db)));
        }
        for end in ["", "-wal", "-shm"] {
            let (there, moved) = (beside(&there, end), beside(&moved, end));
            if there.exists() && !moved.exists() {
                std::fs::rename(there, moved)?;
            }
        }
    }
    sync_folder(&aside.join("log.db"))?;
    for name in ["rows.db", "rows.db-wal", "rows.db-shm"] {
        remove(&folder.join(name))?;
    }
    std::fs::rename(&keys_part, folder.join("keys.db"))?;
    std::fs::rename(&part, folder.join("log.db"))?;
    copy::restore(file, folder, &aside)?;
    sync_folder(&part)?;
    remove(&mark).map_err(StorageError::from).and_then(|()| sync_folder(&mark))?;
    Ok(Restored { contents, aside: name, accounts_kept, lost })
}

/// What a restore has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was put in place.
    pub contents: Contents,
    /// The folder in the data folder with what was there before.
    pub aside: String,
    /// Whether accounts, devices and sessions are those of before, not those of the backup.
    pub accounts_kept: bool,
    /// Pictures and other files that are not here: tablets that have them bring them once more.
    pub lost: Lost,
}

/// Begins a new epoch in a copy of a log and takes over the accounts of the old one, if that can be
/// read; tells whether it could.
fn renew(part: &Path, old: &Path) -> Result<bool, StorageError> {
    let db = super::open::open_log_file(part)?;
    let kept = old.exists() && take_over(&db, old).is_ok();
    links::end_all(&db)?;
    passkeys::end_all_first(&db)?;
    log::new_epoch(&db)?;
    single_file(&db)?;
    Ok(kept)
}

fn take_over(db: &Connection, old: &Path) -> Result<(), StorageError> {
    // Brings the old log to this program's form first; a damaged one is refused here.
    drop(super::open::open_log_file(old)?);
    db.execute("ATTACH DATABASE ?1 AS old", [old.to_string_lossy().as_ref()])?;
    let copied = db.execute_batch(
        "SAVEPOINT accounts; PRAGMA defer_foreign_keys = ON;
         INSERT OR REPLACE INTO main.units SELECT * FROM old.units;
         INSERT OR REPLACE INTO main.users SELECT * FROM old.users;
         CREATE TEMP TABLE known AS SELECT id, active, state, ordered_ms, receipt_ms, cloned_ms FROM main.devices;
         INSERT OR REPLACE INTO main.devices SELECT * FROM old.devices;
         UPDATE main.devices SET active = min(devices.active, known.active),
             state = CASE WHEN instr('active retired lost wiped', known.state)
                 > instr('active retired lost wiped', devices.state) THEN known.state ELSE devices.state END,
             ordered_ms = coalesce(devices.ordered_ms, known.ordered_ms),
             receipt_ms = coalesce(devices.receipt_ms, known.receipt_ms),
             cloned_ms = coalesce(devices.cloned_ms, known.cloned_ms)
             FROM temp.known WHERE known.id = devices.id;
         DROP TABLE temp.known;
         INSERT OR REPLACE INTO main.sessions SELECT * FROM old.sessions;
         INSERT INTO main.passkeys SELECT * FROM old.passkeys WHERE true
             ON CONFLICT (credential) DO UPDATE SET counter = max(counter, excluded.counter),
                 used_ms = coalesce(excluded.used_ms, used_ms),
                 regressed_ms = coalesce(excluded.regressed_ms, regressed_ms),
                 removed_ms = coalesce(excluded.removed_ms, removed_ms);
         DELETE FROM main.grants WHERE user IN (SELECT id FROM old.users);
         INSERT INTO main.grants (user, role, unit, object, level, category, reason, from_ms, to_ms, given_by, second_by,
                 department)
             SELECT user, role, unit, object, level, category, reason, from_ms, to_ms, given_by, second_by, department
             FROM old.grants ORDER BY id;
         INSERT INTO main.raised SELECT * FROM old.raised WHERE true
             ON CONFLICT (document) DO UPDATE SET level = excluded.level, reason = excluded.reason,
                 at_ms = excluded.at_ms, by = excluded.by WHERE excluded.level > raised.level;
         UPDATE main.documents SET protection = max(protection,
             coalesce((SELECT level FROM main.raised WHERE document = documents.id), 0));
         DELETE FROM main.active; INSERT INTO main.active SELECT * FROM old.active;
         DELETE FROM main.told; INSERT INTO main.told SELECT * FROM old.told;
         INSERT OR IGNORE INTO main.decided SELECT * FROM old.decided;
         INSERT OR IGNORE INTO main.stricter SELECT * FROM old.stricter;
         INSERT OR IGNORE INTO main.destroyed SELECT * FROM old.destroyed;
         INSERT OR IGNORE INTO main.destroyed_documents SELECT * FROM old.destroyed_documents;
         INSERT OR REPLACE INTO main.destroyed_devices SELECT * FROM old.destroyed_devices;
         INSERT INTO main.files SELECT * FROM old.files WHERE true
             ON CONFLICT (id) DO UPDATE SET have = max(have, excluded.have), at_ms = max(at_ms, excluded.at_ms),
                 whole_ms = coalesce(whole_ms, excluded.whole_ms);
         RELEASE accounts",
    );
    if copied.is_err() {
        drop(db.execute_batch("ROLLBACK TO accounts; RELEASE accounts"));
    }
    db.execute_batch("DETACH DATABASE old")?;
    Ok(copied?)
}

/// The keys there are under those of the backup; those of the backup alone if there are none or they
/// cannot be read, for what is there is kept aside.
fn merge_keys(part: &Path, there: &Path, backup: &Path) -> Result<(), StorageError> {
    if there.exists() && copy_database(there, part).and_then(|()| overlay(part, backup)).is_ok() {
        return Ok(());
    }
    copy_file(backup, part)
}

fn overlay(part: &Path, backup: &Path) -> Result<(), StorageError> {
    let db = super::open::connect(part)?;
    db.execute_batch(keys::TABLES)?;
    db.execute("ATTACH DATABASE ?1 AS backup", [backup.to_string_lossy().as_ref()])?;
    for table in ["keys", "renewing", "file_keys"] {
        // A backup of an earlier version has fewer.
        let known = "SELECT EXISTS (SELECT 1 FROM backup.sqlite_schema WHERE name = ?1)";
        if db.query_row(known, [table], |row| row.get(0))? {
            let copy = format!("INSERT OR REPLACE INTO main.{table} SELECT * FROM backup.{table}");
            db.execute(&copy, [])?;
        }
    }
    db.execute_batch("DETACH DATABASE backup")?;
    single_file(&db)
}

/// Brings everything into the one file, so that it can be moved alone.
pub(super) fn single_file(db: &Connection) -> Result<(), StorageError> {
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

pub(super) fn write_durably(file: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    use std::io::Write;
    let mut out = File::create(file)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    sync_folder(file)
}

/// Removes a file that may be there.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn remove(file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// One consistent copy, readable by its owner only.
pub(crate) fn copy_database(from: &Path, to: &Path) -> Result<(), StorageError> {
    if !from.exists() {
        return Err(missing(from));
    }
    remove(to)?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let db = super::open::connect(from)?;
    db.execute("VACUUM INTO ?1", [to.to_string_lossy().as_ref()])?;
    made.sync_all()?;
    Ok(())
}

pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), StorageError> {
    // What a cut-off attempt has left would be read as part of the new file.
    for end in ["", "-wal", "-shm"] {
        remove(&beside(to, end))?;
    }
    let mut out =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    std::io::copy(&mut File::open(from)?, &mut out)?;
    out.sync_all()?;
    Ok(())
}

/// Makes a folder and those above it that are not there, and their names durable: what lies in a folder is lost with
/// the folder's name.
///
/// # Errors
/// When one cannot be made.
pub fn make_folders(folder: &Path, how: &DirBuilder) -> std::io::Result<()> {
    let is_missing = |one: &&Path| !one.as_os_str().is_empty() && !one.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    how.create(folder)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// Makes the name of a file durable.
///
/// # Errors
/// When its folder cannot be opened.
pub fn sync_folder(file: &Path) -> Result<(), StorageError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

pub(crate) fn beside(file: &Path, end: &str) -> PathBuf {
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
