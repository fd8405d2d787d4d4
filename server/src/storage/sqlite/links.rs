//! One-time links of accounts, and what comes of them: plain statements, no decisions.

use ankomst_shared::ids::{DeviceId, UserId};
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

/// Whether a person may enrol a device.
///
/// # Errors
/// When the database refuses.
pub fn may_enrol(db: &Connection, user: UserId, now_ms: i64) -> Result<bool, StorageError> {
    let may = "SELECT EXISTS (SELECT 1 FROM may_enrol WHERE user = ?1 AND until_ms > ?2)";
    Ok(db.prepare_cached(may)?.query_row((Blob(user), now_ms), |row| row.get(0))?)
}

/// Notes the device a person has enrolled, and gives the one before that never came.
///
/// # Errors
/// When the database refuses.
pub fn enrols(
    db: &Connection,
    user: UserId,
    device: DeviceId,
) -> Result<Option<DeviceId>, StorageError> {
    let before = "SELECT device FROM may_enrol WHERE user = ?1 AND device IS NOT NULL";
    let before = db
        .prepare_cached(before)?
        .query_row([Blob(user)], |row| row.get::<_, Blob<DeviceId>>(0))
        .optional()?;
    let note = "UPDATE may_enrol SET device = ?2 WHERE user = ?1";
    db.execute(note, (Blob(user), Blob(device)))?;
    Ok(before.map(|device| device.0))
}

/// Uses up that a person may enrol a device: the one that was has come.
///
/// # Errors
/// When the database refuses.
pub fn has_come(db: &Connection, device: DeviceId) -> Result<(), StorageError> {
    let there = "DELETE FROM may_enrol WHERE device = ?1";
    db.prepare_cached(there)?.execute([Blob(device)])?;
    Ok(())
}
