//! One-time links of accounts: plain statements, no decisions.

use ankomst_shared::ids::UserId;
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

/// Ends all links: a backup knows some that have been used since.
///
/// # Errors
/// When the database refuses.
pub fn end_all(db: &Connection) -> Result<(), StorageError> {
    db.execute("DELETE FROM links", [])?;
    Ok(())
}
