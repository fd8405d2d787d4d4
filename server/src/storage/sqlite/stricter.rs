//! Decisions of units about who comes in, noted beside their records: plain statements, no decisions.

use ankomst_shared::ids::UnitId;
use rusqlite::Connection;

use super::Blob;
use crate::storage::StorageError;

/// Notes that a unit has decided on a key, from a day on.
///
/// # Errors
/// When the database refuses.
pub fn note(db: &Connection, (unit, key): (UnitId, &str), from: &str) -> Result<(), StorageError> {
    let note = "INSERT OR IGNORE INTO stricter (unit, key, from_day) VALUES (?1, ?2, ?3)";
    db.execute(note, (Blob(unit), key, from))?;
    Ok(())
}

/// The days from which on a unit has decided on a key.
///
/// # Errors
/// When the database refuses.
pub fn days(db: &Connection, (unit, key): (UnitId, &str)) -> Result<Vec<String>, StorageError> {
    let select = "SELECT from_day FROM stricter WHERE unit = ?1 AND key = ?2 ORDER BY from_day";
    let mut select = db.prepare_cached(select)?;
    Ok(select.query_map((Blob(unit), key), |row| row.get(0))?.collect::<Result<_, _>>()?)
}
