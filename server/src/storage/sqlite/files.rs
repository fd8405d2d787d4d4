//! Pictures and other files, as far as the log knows them: plain statements, no decisions. Their bytes lie in a folder
//! ([`crate::storage::files`]).

use ankomst_shared::ids::{DeviceId, DocumentId, Epoch, FileId, FileName};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use super::log::{number, signed};
use crate::storage::StorageError;

/// A file as one device has brought it, or begun to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Under which it lies here.
    pub id: FileId,
    /// The record it belongs to.
    pub document: DocumentId,
    /// Its name.
    pub name: FileName,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Pieces on the disk, the first ones.
    pub have: u32,
    /// Who brought it.
    pub device: DeviceId,
    /// Since when all of it is there, Unix milliseconds.
    pub whole_ms: Option<i64>,
    /// In which life of the log a backup had it.
    pub backed: Option<Epoch>,
}

const COLUMNS: &str = "id, document, name, bytes, have, device, whole_ms, backed_epoch";

fn row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        id: row.get::<_, Blob<FileId>>(0)?.0,
        document: row.get::<_, Blob<DocumentId>>(1)?.0,
        name: row.get::<_, Blob<FileName>>(2)?.0,
        bytes: row.get::<_, i64>(3)?.unsigned_abs(),
        have: row.get(4)?,
        device: row.get::<_, Blob<DeviceId>>(5)?.0,
        whole_ms: row.get(6)?,
        backed: row.get::<_, Option<Blob<Epoch>>>(7)?.map(|epoch| epoch.0),
    })
}

/// One of them.
///
/// # Errors
/// When the database refuses.
pub fn one(db: &Connection, id: FileId) -> Result<Option<FileRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM files WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([Blob(id)], row).optional()?)
}

/// The whole file of a record that has a name; where there are several, one that a backup of this life has.
///
/// # Errors
/// When the database refuses.
pub fn whole(
    db: &Connection,
    (document, name): (DocumentId, FileName),
    epoch: Epoch,
) -> Result<Option<FileRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM files WHERE document = ?1 AND name = ?2 AND whole_ms IS NOT NULL
         ORDER BY backed_epoch IS ?3 DESC, id LIMIT 1"
    );
    let mut select = db.prepare_cached(&sql)?;
    Ok(select.query_row((Blob(document), Blob(name), Blob(epoch)), row).optional()?)
}

/// All of them in the order of their ids.
///
/// # Errors
/// When the database refuses.
pub fn all(db: &Connection) -> Result<Vec<FileRow>, StorageError> {
    let mut select = db.prepare(&format!("SELECT {COLUMNS} FROM files ORDER BY id"))?;
    let rows = select.query_map([], row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Notes a file of which one piece more is on the disk, the first one of it or `have - 1` before; tells whether that was so.
///
/// # Errors
/// When the database refuses.
pub fn note(db: &Connection, file: &FileRow, at_ms: i64) -> Result<bool, StorageError> {
    let noted = if file.have == 1 {
        db.prepare_cached(
            "INSERT OR IGNORE INTO files (id, document, name, bytes, have, device, at_ms, whole_ms)
             VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7)",
        )?
        .execute((
            Blob(file.id),
            Blob(file.document),
            Blob(file.name),
            signed(file.bytes)?,
            Blob(file.device),
            at_ms,
            file.whole_ms,
        ))?
    } else {
        db.prepare_cached(
            "UPDATE files SET have = ?2, at_ms = ?3, whole_ms = ?4 WHERE id = ?1 AND have = ?2 - 1",
        )?
        .execute((Blob(file.id), file.have, at_ms, file.whole_ms))?
    };
    Ok(noted > 0)
}

/// Forgets some.
///
/// # Errors
/// When the database refuses.
pub fn forget(db: &Connection, ids: &[FileId]) -> Result<(), StorageError> {
    let mut delete = db.prepare_cached("DELETE FROM files WHERE id = ?1")?;
    for id in ids {
        delete.execute([Blob(*id)])?;
    }
    Ok(())
}

/// Those of some documents.
///
/// # Errors
/// When the database refuses.
pub fn of(db: &Connection, documents: &[DocumentId]) -> Result<Vec<FileId>, StorageError> {
    let mut select = db.prepare_cached("SELECT id FROM files WHERE document = ?1")?;
    let mut found = Vec::new();
    for document in documents {
        for id in select.query_map([Blob(*document)], |row| row.get::<_, Blob<FileId>>(0))? {
            found.push(id?.0);
        }
    }
    Ok(found)
}

pub(super) const SINCE: &str =
    "SELECT count(*), coalesce(sum(bytes), 0) FROM files WHERE device = ?1 AND at_ms > ?2";
pub(super) const STALE: &str = "SELECT id FROM files WHERE whole_ms IS NULL AND at_ms < ?1";

/// How many files a device has brought or begun since a time, and how long they are together, in bytes.
///
/// # Errors
/// When the database refuses.
pub fn since(db: &Connection, device: DeviceId, at_ms: i64) -> Result<(u64, u64), StorageError> {
    let mut select = db.prepare_cached(SINCE)?;
    let (count, bytes) =
        select.query_row((Blob(device), at_ms), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((number(count)?, number(bytes)?))
}

/// Files that are not whole and have not moved since a time.
///
/// # Errors
/// When the database refuses.
pub fn stale(db: &Connection, at_ms: i64) -> Result<Vec<FileId>, StorageError> {
    let mut select = db.prepare_cached(STALE)?;
    let rows = select.query_map([at_ms], |row| row.get::<_, Blob<FileId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Whether a file is not whole and has not moved since a time.
///
/// # Errors
/// When the database refuses.
pub fn is_stale(db: &Connection, id: FileId, at_ms: i64) -> Result<bool, StorageError> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM files WHERE id = ?1 AND whole_ms IS NULL AND at_ms < ?2)";
    Ok(db.prepare_cached(sql)?.query_row((Blob(id), at_ms), |row| row.get(0))?)
}

/// Whole files of which it is not noted that a backup of this life of the log has them.
///
/// # Errors
/// When the database refuses.
pub fn unbacked(db: &Connection, epoch: Epoch) -> Result<Vec<FileId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT id FROM files WHERE whole_ms IS NOT NULL AND backed_epoch IS NOT ?1",
    )?;
    let rows = select.query_map([Blob(epoch)], |row| row.get::<_, Blob<FileId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Notes whole files that a backup of this life of the log has.
///
/// # Errors
/// When the database refuses.
pub fn note_backed(db: &Connection, epoch: Epoch, there: &[FileId]) -> Result<(), StorageError> {
    let mut update = db.prepare_cached("UPDATE files SET backed_epoch = ?2 WHERE id = ?1")?;
    for id in there {
        update.execute((Blob(*id), Blob(epoch)))?;
    }
    Ok(())
}

/// Whole files of records that are not in the log: how many, how long they are together in bytes, and since when the
/// first of them is there, Unix milliseconds. Their text may come still.
///
/// # Errors
/// When the database refuses.
pub fn textless(db: &Connection) -> Result<(u64, u64, Option<i64>), StorageError> {
    let mut select = db.prepare_cached(
        "SELECT count(*), coalesce(sum(bytes), 0), min(whole_ms) FROM files
         WHERE whole_ms IS NOT NULL AND document NOT IN (SELECT id FROM documents)",
    )?;
    let (count, bytes, since_ms) =
        select.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok((number(count)?, number(bytes)?, since_ms))
}

/// How many whole files there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Whole files.
    pub count: u64,
    /// How long they are together, in bytes.
    pub bytes: u64,
    /// Those that no backup of this life of the log has.
    pub unbacked: u64,
    /// Since when the first of these is there, Unix milliseconds.
    pub unbacked_ms: Option<i64>,
}

/// Counts the whole files.
///
/// # Errors
/// When the database refuses.
pub fn sums(db: &Connection) -> Result<Sums, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT count(*), coalesce(sum(bytes), 0), count(*) FILTER (WHERE backed_epoch IS NOT value),
             min(whole_ms) FILTER (WHERE backed_epoch IS NOT value)
         FROM files, meta WHERE key = 'epoch' AND whole_ms IS NOT NULL",
    )?;
    let (count, bytes, unbacked, unbacked_ms) =
        select.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let (count, bytes, unbacked) = (number(count)?, number(bytes)?, number(unbacked)?);
    Ok(Sums { count, bytes, unbacked, unbacked_ms })
}
