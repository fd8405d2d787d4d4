//! Units: parts of a municipality whose people share their records.

use ankomst_shared::ids::{DocumentId, UnitId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use crate::storage::StorageError;

/// Adds a unit.
///
/// # Errors
/// When the database refuses.
pub fn add(db: &Connection, id: UnitId, name: &str) -> Result<(), StorageError> {
    db.execute("INSERT INTO units (id, name) VALUES (?1, ?2)", (Blob(id), name))?;
    Ok(())
}

/// The first unit, if there is one.
///
/// # Errors
/// When the database refuses.
pub fn first(db: &Connection) -> Result<Option<UnitId>, StorageError> {
    let id = db
        .query_row("SELECT id FROM units ORDER BY id LIMIT 1", [], |row| {
            row.get::<_, Blob<UnitId>>(0)
        })
        .optional()?;
    Ok(id.map(|id| id.0))
}

/// The unit of a name, the first of several.
///
/// # Errors
/// When the database refuses.
pub fn named(db: &Connection, name: &str) -> Result<Option<UnitId>, StorageError> {
    let mut select =
        db.prepare_cached("SELECT id FROM units WHERE name = ?1 ORDER BY id LIMIT 1")?;
    let id = select.query_row([name], |row| row.get::<_, Blob<UnitId>>(0)).optional()?;
    Ok(id.map(|id| id.0))
}

/// All units.
///
/// # Errors
/// When the database refuses.
pub fn all(db: &Connection) -> Result<Vec<UnitId>, StorageError> {
    let mut select = db.prepare_cached("SELECT id FROM units ORDER BY id")?;
    let rows = select.query_map([], |row| row.get::<_, Blob<UnitId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// The documents of a kind that a unit has, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn documents(
    db: &Connection,
    unit: UnitId,
    kind: &str,
) -> Result<Vec<DocumentId>, StorageError> {
    let mut select =
        db.prepare_cached("SELECT id FROM documents WHERE unit = ?1 AND kind = ?2 ORDER BY id")?;
    let rows = select.query_map((Blob(unit), kind), |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Name of a unit.
///
/// # Errors
/// When the database refuses.
pub fn name(db: &Connection, unit: UnitId) -> Result<Option<String>, StorageError> {
    let mut select = db.prepare_cached("SELECT name FROM units WHERE id = ?1")?;
    Ok(select.query_row([Blob(unit)], |row| row.get(0)).optional()?)
}
