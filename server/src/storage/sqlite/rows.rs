//! Projections in `rows.db`: one row for each document. Thrown away and rebuilt at will.

use ankomst_shared::ids::DocumentId;
use rusqlite::Connection;

use super::Blob;
use crate::storage::StorageError;

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedRow {
    /// The document.
    pub document: DocumentId,
    /// Kind.
    pub kind: String,
    /// Title from the field the catalog anchors.
    pub title: String,
    /// Fields answered.
    pub answered: usize,
    /// Contradictions nobody has decided.
    pub open: usize,
}

/// Makes the table if there is none.
///
/// # Errors
/// When the database refuses.
pub fn prepare(db: &Connection) -> Result<(), StorageError> {
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS records (
             document BLOB PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL,
             answered INTEGER NOT NULL, open INTEGER NOT NULL) STRICT",
    )?;
    Ok(())
}

/// Whether there is no row.
///
/// # Errors
/// When the database refuses.
pub fn is_empty(db: &Connection) -> Result<bool, StorageError> {
    Ok(db.query_row("SELECT NOT EXISTS (SELECT 1 FROM records)", [], |row| row.get(0))?)
}

/// Writes a row.
///
/// # Errors
/// When the database refuses.
pub fn put(db: &Connection, row: &ProjectedRow) -> Result<(), StorageError> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT OR REPLACE INTO records (document, kind, title, answered, open) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((Blob(row.document), &row.kind, &row.title, count(row.answered), count(row.open)))?;
    Ok(())
}

/// Writes rows in one commit.
///
/// # Errors
/// When the database refuses.
pub fn put_all(db: &Connection, rows: &[ProjectedRow]) -> Result<(), StorageError> {
    let together = db.unchecked_transaction()?;
    rows.iter().try_for_each(|row| put(db, row))?;
    together.commit()?;
    Ok(())
}

/// All rows by document.
///
/// # Errors
/// When the database refuses.
pub fn all(db: &Connection) -> Result<Vec<ProjectedRow>, StorageError> {
    let mut select =
        db.prepare("SELECT document, kind, title, answered, open FROM records ORDER BY document")?;
    let rows = select.query_map([], |row| {
        Ok(ProjectedRow {
            document: row.get::<_, Blob<DocumentId>>(0)?.0,
            kind: row.get(1)?,
            title: row.get(2)?,
            answered: usize::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
            open: usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Throws all rows away.
///
/// # Errors
/// When the database refuses.
pub fn clear(db: &Connection) -> Result<(), StorageError> {
    db.execute("DELETE FROM records", [])?;
    Ok(())
}
