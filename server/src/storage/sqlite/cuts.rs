//! What was cleaned of records: plain statements, no decisions.

use ankomst_shared::continued::Cut;
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
use ankomst_shared::path::FieldPath;
pub use ankomst_shared::text::held::CLEANED;
use rusqlite::Connection;

use super::Blob;
use super::log::{number, signed};
use crate::storage::StorageError;

/// One cleaning of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutRow {
    /// Its number among those of the record, from 1.
    pub line: u64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// By whom.
    pub by: UserId,
    /// Why.
    pub reason: String,
    /// What.
    pub cut: Cut,
}

/// The cleanings of a record, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of(db: &Connection, document: DocumentId) -> Result<Vec<CutRow>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT line, at_ms, by, reason, paths, kept, gone FROM cuts WHERE document = ?1 ORDER BY line",
    )?;
    let rows = select.query_map([Blob(document)], |row| {
        let (line, at_ms): (i64, i64) = (row.get(0)?, row.get(1)?);
        let by = row.get::<_, Blob<UserId>>(2)?.0;
        let what: [Vec<u8>; 3] = [row.get(4)?, row.get(5)?, row.get(6)?];
        Ok((line, at_ms, by, row.get::<_, String>(3)?, what))
    })?;
    let mut all = Vec::new();
    for row in rows {
        let (line, at_ms, by, reason, what) = row?;
        let cut = read(&what).ok_or(StorageError::Damaged("a cleaning cannot be read"))?;
        all.push(CutRow { line: number(line)?, at_ms, by, reason, cut });
    }
    Ok(all)
}

fn read([paths, kept, gone]: &[Vec<u8>; 3]) -> Option<Cut> {
    let path = |text: &String| FieldPath::parse(text).ok();
    let paths: Vec<String> = minicbor::decode(paths).ok()?;
    let kept: Vec<(String, minicbor::bytes::ByteVec)> = minicbor::decode(kept).ok()?;
    let (gone, rest) = gone.as_chunks::<32>();
    let kept = kept.iter().map(|(at, hash)| {
        let hash: [u8; 32] = hash.as_slice().try_into().ok()?;
        Some((path(at)?, ChangeHash::from_bytes(hash)))
    });
    rest.is_empty().then_some(Cut {
        paths: paths.iter().map(path).collect::<Option<_>>()?,
        kept: kept.collect::<Option<_>>()?,
        gone: gone.iter().map(|hash| ChangeHash::from_bytes(*hash)).collect(),
    })
}

/// The number of the newest cleaning of a record; 0 without one.
///
/// # Errors
/// When the database refuses.
pub fn newest(db: &Connection, document: DocumentId) -> Result<u64, StorageError> {
    let mut select =
        db.prepare_cached("SELECT coalesce(max(line), 0) FROM cuts WHERE document = ?1")?;
    number(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// The number of the newest cleaning of a record up to a moment; 0 without one.
///
/// # Errors
/// When the database refuses.
pub fn newest_at(db: &Connection, document: DocumentId, at_ms: i64) -> Result<u64, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(max(line), 0) FROM cuts WHERE document = ?1 AND at_ms <= ?2",
    )?;
    number(select.query_row((Blob(document), at_ms), |row| row.get(0))?)
}

/// When a record was cleaned last, Unix milliseconds; 0 if never.
///
/// # Errors
/// When the database refuses.
pub fn newest_ms(db: &Connection, document: DocumentId) -> Result<i64, StorageError> {
    let mut select =
        db.prepare_cached("SELECT coalesce(max(at_ms), 0) FROM cuts WHERE document = ?1")?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// Notes a cleaning.
///
/// # Errors
/// When the database refuses.
pub fn add(db: &Connection, document: DocumentId, row: &CutRow) -> Result<(), StorageError> {
    let (paths, kept): (Vec<String>, Vec<(String, minicbor::bytes::ByteVec)>) = (
        row.cut.paths.iter().map(|path| path.as_str().to_owned()).collect(),
        row.cut
            .kept
            .iter()
            .map(|(path, hash)| (path.as_str().to_owned(), hash.as_bytes().to_vec().into()))
            .collect(),
    );
    let gone: Vec<u8> = row.cut.gone.iter().flat_map(|hash| *hash.as_bytes()).collect();
    db.execute(
        "INSERT INTO cuts (document, line, at_ms, by, reason, paths, kept, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            Blob(document),
            signed(row.line)?,
            row.at_ms,
            Blob(row.by),
            &row.reason,
            minicbor::to_vec(paths).map_err(|_| StorageError::Damaged("paths"))?,
            minicbor::to_vec(kept).map_err(|_| StorageError::Damaged("changes"))?,
            gone,
        ),
    )?;
    Ok(())
}

/// The newest cleaning that the author of a change knew, by what it builds on.
///
/// # Errors
/// When the database refuses.
pub fn known(
    db: &Connection,
    document: DocumentId,
    hashes: &[ChangeHash],
) -> Result<u64, StorageError> {
    let mut newest = 0;
    let mut select =
        db.prepare_cached("SELECT max(line) FROM chunks WHERE document = ?1 AND hash = ?2")?;
    for hash in hashes {
        let line: Option<i64> =
            select.query_row((Blob(document), Blob(*hash)), |row| row.get(0))?;
        newest = newest.max(number(line.unwrap_or_default())?);
    }
    Ok(newest)
}

/// Notes the newest cleaning that the author of a change knew.
///
/// # Errors
/// When the database refuses.
pub fn knew(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
    line: u64,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE chunks SET line = ?1 WHERE document = ?2 AND hash = ?3")?
        .execute((signed(line)?, Blob(document), Blob(hash)))?;
    Ok(())
}

/// Sets a change aside for a person, though the rest of what it says was carried over.
///
/// # Errors
/// When the database refuses.
pub fn set_aside(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE chunks SET reason = ?1 WHERE document = ?2 AND hash = ?3")?
        .execute((CLEANED, Blob(document), Blob(hash)))?;
    Ok(())
}

/// Takes the bytes of those of some changes that have ended, but of what a person has yet to look at.
///
/// # Errors
/// When the database refuses.
pub fn wipe(
    db: &Connection,
    document: DocumentId,
    gone: &[ChangeHash],
) -> Result<(), StorageError> {
    let mut update = db.prepare_cached(
        "UPDATE chunks SET sealed = x''
         WHERE document = ?1 AND hash = ?2 AND state = 'ended' AND reason IS NULL",
    )?;
    for hash in gone {
        update.execute((Blob(document), Blob(*hash)))?;
    }
    Ok(())
}

/// The changes of a document that have bytes: name and sealed bytes.
///
/// # Errors
/// When the database refuses.
pub fn sealed(
    db: &Connection,
    document: DocumentId,
) -> Result<Vec<(ChangeHash, Vec<u8>)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT hash, sealed FROM chunks WHERE document = ?1 AND length(sealed) > 0",
    )?;
    let rows = select.query_map([Blob(document)], |row| {
        Ok((row.get::<_, Blob<ChangeHash>>(0)?.0, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts other sealed bytes of the same change.
///
/// # Errors
/// When the database refuses.
pub fn reseal(
    db: &Connection,
    document: DocumentId,
    (hash, sealed): (ChangeHash, &[u8]),
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE chunks SET sealed = ?1 WHERE document = ?2 AND hash = ?3")?
        .execute((sealed, Blob(document), Blob(hash)))?;
    Ok(())
}
