//! What was decided about changes that were held: plain statements, no decisions.

use ankomst_shared::ids::{ChangeHash, DocumentId, UnitId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use crate::storage::StorageError;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It may be shown.
    Released,
    /// It is kept and not shown.
    Refused,
    /// Nobody had to: it was written before its author could know that the right was gone.
    HandedOver,
}

const NAMES: [(What, &str); 3] =
    [(What::Released, "released"), (What::Refused, "refused"), (What::HandedOver, "handed over")];

impl What {
    /// Its name in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(what, _)| *what == self).map_or("", |(_, name)| name)
    }

    fn read(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(what, _)| *what)
    }
}

/// A decision about one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedRow {
    /// The record.
    pub document: DocumentId,
    /// The change, as its author sent it.
    pub hash: ChangeHash,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What.
    pub what: What,
    /// Why it was held.
    pub held_for: String,
    /// By whom.
    pub by: Option<UserId>,
    /// Why, as it was given.
    pub reason: String,
}

const COLUMNS: &str = "decided.document, decided.hash, at_ms, what, held_for, by, decided.reason";

fn decided(row: &Row<'_>) -> rusqlite::Result<Option<DecidedRow>> {
    let what: String = row.get(3)?;
    Ok(What::read(&what).map(|what| {
        Ok::<_, rusqlite::Error>(DecidedRow {
            document: row.get::<_, Blob<DocumentId>>(0)?.0,
            hash: row.get::<_, Blob<ChangeHash>>(1)?.0,
            at_ms: row.get(2)?,
            what,
            held_for: row.get(4)?,
            by: row.get::<_, Option<Blob<UserId>>>(5)?.map(|by| by.0),
            reason: row.get(6)?,
        })
    }))
    .and_then(Option::transpose)
}

/// Notes a decision; it is newer than every other about that change, whatever the clock says.
///
/// # Errors
/// When the database refuses.
pub fn add(db: &Connection, row: &DecidedRow) -> Result<(), StorageError> {
    let before = newest(db, row.document, row.hash)?.map_or(i64::MIN, |row| row.at_ms + 1);
    db.prepare_cached(
        "INSERT INTO decided (document, hash, at_ms, what, held_for, by, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        Blob(row.document),
        Blob(row.hash),
        row.at_ms.max(before),
        row.what.name(),
        &row.held_for,
        row.by.map(Blob),
        &row.reason,
    ))?;
    Ok(())
}

/// The newest decision about a change, by the name its author gave it.
///
/// # Errors
/// When the database refuses.
pub fn newest(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Option<DecidedRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM decided WHERE document = ?1 AND hash = ?2 ORDER BY at_ms DESC LIMIT 1"
    );
    let mut select = db.prepare_cached(&sql)?;
    Ok(select.query_row((Blob(document), Blob(hash)), decided).optional()?.flatten())
}

/// Decisions since a moment about records of a unit, the newest first, at most so many.
///
/// # Errors
/// When the database refuses.
pub fn since(
    db: &Connection,
    unit: UnitId,
    since_ms: i64,
    most: usize,
) -> Result<Vec<DecidedRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM decided INDEXED BY decided_at
         JOIN documents ON documents.id = decided.document
         WHERE at_ms >= ?1 AND documents.unit = ?2 ORDER BY at_ms DESC LIMIT ?3"
    );
    let mut select = db.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map((since_ms, Blob(unit), most), decided)?;
    let all: Vec<Option<DecidedRow>> = rows.collect::<Result<_, _>>()?;
    Ok(all.into_iter().flatten().collect())
}

/// Whether something of a record came after a hand-over since a moment.
///
/// # Errors
/// When the database refuses.
pub fn is_handed_over(
    db: &Connection,
    document: DocumentId,
    since_ms: i64,
) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM decided WHERE document = ?1 AND what = 'handed over' AND at_ms >= ?2)",
    )?;
    Ok(select.query_row((Blob(document), since_ms), |row| row.get(0))?)
}
