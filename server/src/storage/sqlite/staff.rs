//! Who has which case, and which cases are those of children, in `log.db`: made from the fields of cases whenever one of them becomes visible, and asked when a
//! unit lets assignment decide. Plain statements, no decisions.

use std::collections::BTreeSet;

use ankomst_shared::ids::{DocumentId, UnitId, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use crate::storage::StorageError;

/// Notes who has a case.
///
/// # Errors
/// When the database refuses.
pub fn set(
    db: &Connection,
    case: DocumentId,
    people: &BTreeSet<UserId>,
) -> Result<(), StorageError> {
    db.prepare_cached("DELETE FROM staff WHERE document = ?1")?.execute([Blob(case)])?;
    let mut insert = db.prepare_cached("INSERT INTO staff (document, user) VALUES (?1, ?2)")?;
    for user in people {
        insert.execute((Blob(case), Blob(*user)))?;
    }
    Ok(())
}

/// Notes whether a case is that of a child; nothing where nobody says what kind of case it is.
///
/// # Errors
/// When the database refuses.
pub fn set_child(
    db: &Connection,
    case: DocumentId,
    is_child: Option<bool>,
) -> Result<(), StorageError> {
    db.prepare_cached("INSERT OR REPLACE INTO children (document, is_child) VALUES (?1, ?2)")?
        .execute((Blob(case), is_child))?;
    Ok(())
}

/// Cases of which it has never been noted whether they are those of children.
///
/// # Errors
/// When the database refuses.
pub fn unread(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare(
        "SELECT id FROM documents WHERE kind = 'case'
             AND NOT EXISTS (SELECT 1 FROM children WHERE document = documents.id)",
    )?;
    let rows = select.query_map([], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// The cases of children in a unit, and those that a person has begun of which nobody says yet what they are.
///
/// # Errors
/// When the database refuses.
pub fn of_children(
    db: &Connection,
    unit: UnitId,
    user: UserId,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT id FROM documents LEFT JOIN children ON document = id
         WHERE kind = 'case' AND unit = ?1 AND (is_child = 1 OR (is_child IS NULL AND user = ?2))",
    )?;
    let rows =
        select.query_map((Blob(unit), Blob(user)), |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// The newest number of the feed of a case; nought without one.
///
/// # Errors
/// When the database refuses.
pub fn newest(db: &Connection, case: DocumentId) -> Result<i64, StorageError> {
    let mut select =
        db.prepare_cached("SELECT coalesce(max(feed), 0) FROM chunks WHERE document = ?1")?;
    Ok(select.query_row([Blob(case)], |row| row.get(0))?)
}

/// The cases a person has: those that say so, and those nobody has that the person began.
///
/// # Errors
/// When the database refuses.
pub fn cases_of(db: &Connection, user: UserId) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT document FROM staff WHERE user = ?1
         UNION SELECT id FROM documents WHERE kind = 'case' AND user = ?1
             AND NOT EXISTS (SELECT 1 FROM staff WHERE document = documents.id)",
    )?;
    let rows = select.query_map([Blob(user)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Whether assignment decides in a unit.
///
/// # Errors
/// When the database refuses.
pub fn decides(db: &Connection, unit: UnitId) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached("SELECT by_assignment FROM units WHERE id = ?1")?;
    Ok(select.query_row([Blob(unit)], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Lets assignment decide in a unit, or no more.
///
/// # Errors
/// When the database refuses.
pub fn let_decide(db: &Connection, unit: UnitId, decides: bool) -> Result<(), StorageError> {
    db.execute("UPDATE units SET by_assignment = ?2 WHERE id = ?1", (Blob(unit), decides))?;
    Ok(())
}
