//! The first account: the one-time link it is made with, in `log.db`, and how it is put there.

use ankomst_shared::ids::UnitId;
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use super::accounts::{self, UserRow};
use super::units;
use crate::storage::StorageError;

/// A link that was handed out: the hash of its secret, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkRow {
    /// Hash of the secret.
    pub hash: [u8; 32],
    /// Unix milliseconds.
    pub ends_ms: i64,
}

/// Whether there is any account.
///
/// # Errors
/// When the database refuses.
pub fn has_accounts(db: &Connection) -> Result<bool, StorageError> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM users)", [], |row| row.get(0))?)
}

/// Whether a hash is that of the link, which has not ended, and there is no account.
///
/// # Errors
/// When the database refuses.
pub fn is_valid(db: &Connection, hash: [u8; 32], now_ms: i64) -> Result<bool, StorageError> {
    let known = link(db)?.is_some_and(|link| link.hash == hash && now_ms < link.ends_ms);
    Ok(known && !has_accounts(db)?)
}

fn link(db: &Connection) -> Result<Option<LinkRow>, StorageError> {
    let bytes: Option<Vec<u8>> = db
        .query_row("SELECT value FROM meta WHERE key = 'first_link'", [], |row| row.get(0))
        .optional()?;
    let row = bytes.as_deref().and_then(|bytes| {
        let (ends, hash) = bytes.split_first_chunk::<8>()?;
        Some(LinkRow { hash: hash.try_into().ok()?, ends_ms: i64::from_be_bytes(*ends) })
    });
    Ok(row)
}

/// Puts a link in the place of the one before, or none.
///
/// # Errors
/// When the database refuses.
pub fn set_link(db: &Connection, link: Option<LinkRow>) -> Result<(), StorageError> {
    db.execute("DELETE FROM meta WHERE key = 'first_link'", [])?;
    if let Some(link) = link {
        let value = [link.ends_ms.to_be_bytes().as_slice(), &link.hash].concat();
        db.execute("INSERT INTO meta (key, value) VALUES ('first_link', ?1)", [value])?;
    }
    Ok(())
}

/// Adds the first account with its unit. A unit that is there already gets the name.
///
/// # Errors
/// When the database refuses.
pub fn add(db: &Connection, user: &UserRow, unit: &str) -> Result<(), StorageError> {
    let known: Option<UnitId> = units::first(db)?;
    let mut user = user.clone();
    match known {
        Some(known) => {
            db.execute("UPDATE units SET name = ?2 WHERE id = ?1", (Blob(known), unit))?;
            user.unit = known;
        }
        None => units::add(db, user.unit, unit)?,
    }
    accounts::add_user(db, &user)
}
