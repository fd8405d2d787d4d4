//! One-time links of accounts, and what comes of them: plain statements, no decisions.

use ankomst_shared::ids::{UnitId, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use crate::storage::StorageError;

/// Puts a link of an account, known by the hash of its secret, in the place of the one before.
///
/// # Errors
/// When the database refuses.
pub fn set(
    db: &Connection,
    user: UserId,
    hash: [u8; 32],
    ends_ms: i64,
) -> Result<(), StorageError> {
    db.execute(
        "INSERT OR REPLACE INTO links (user, hash, ends_ms) VALUES (?1, ?2, ?3)",
        (Blob(user), hash, ends_ms),
    )?;
    Ok(())
}

/// The account of a link that has not ended or been used, if the account is good.
///
/// # Errors
/// When the database refuses.
pub fn user(db: &Connection, hash: [u8; 32], now_ms: i64) -> Result<Option<UserId>, StorageError> {
    let found = db
        .prepare_cached(
            "SELECT user FROM links JOIN users ON users.id = links.user
             WHERE hash = ?1 AND ends_ms > ?2 AND users.active",
        )?
        .query_row((hash, now_ms), |row| row.get::<_, Blob<UserId>>(0))
        .optional()?;
    Ok(found.map(|user| user.0))
}

/// Ends the link of an account.
///
/// # Errors
/// When the database refuses.
pub fn end(db: &Connection, user: UserId) -> Result<(), StorageError> {
    db.execute("DELETE FROM links WHERE user = ?1", [Blob(user)])?;
    Ok(())
}

/// Ends all links, and what was let in by them: a backup knows some that have been used since.
///
/// # Errors
/// When the database refuses.
pub fn end_all(db: &Connection) -> Result<(), StorageError> {
    db.execute_batch("DELETE FROM links; DELETE FROM may_enrol")?;
    Ok(())
}

/// Lets a person enrol one device until a moment.
///
/// # Errors
/// When the database refuses.
pub fn let_enrol(db: &Connection, user: UserId, until_ms: i64) -> Result<(), StorageError> {
    db.execute(
        "INSERT OR REPLACE INTO may_enrol (user, until_ms) VALUES (?1, ?2)",
        (Blob(user), until_ms),
    )?;
    Ok(())
}

/// Uses up that a person may enrol a device; tells whether it was so.
///
/// # Errors
/// When the database refuses.
pub fn use_up(db: &Connection, user: UserId, now_ms: i64) -> Result<bool, StorageError> {
    let there = "DELETE FROM may_enrol WHERE user = ?1 AND until_ms > ?2";
    Ok(db.execute(there, (Blob(user), now_ms))? > 0)
}

/// Notes that a unit lets tablets be enrolled only by link, from a day on.
///
/// # Errors
/// When the database refuses.
pub fn set_only(db: &Connection, unit: UnitId, from: &str) -> Result<(), StorageError> {
    let note = "INSERT OR IGNORE INTO only_links (unit, from_day) VALUES (?1, ?2)";
    db.execute(note, (Blob(unit), from))?;
    Ok(())
}

/// The days from which on a unit has decided so.
///
/// # Errors
/// When the database refuses.
pub fn only(db: &Connection, unit: UnitId) -> Result<Vec<String>, StorageError> {
    let mut select = db.prepare_cached("SELECT from_day FROM only_links WHERE unit = ?1")?;
    Ok(select.query_map([Blob(unit)], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
