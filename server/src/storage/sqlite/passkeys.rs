//! Passkeys of accounts: plain statements, no decisions.

use ankomst_shared::ids::UserId;
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use crate::storage::StorageError;

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Id of the credential.
    pub credential: Vec<u8>,
    /// Whose it is.
    pub user: UserId,
    /// What it is called.
    pub name: String,
    /// The host name it is good for.
    pub host: String,
    /// The public key, as `SubjectPublicKeyInfo`.
    pub key: Vec<u8>,
    /// The counter it last told.
    pub counter: u32,
    /// When it was made, Unix milliseconds.
    pub made_ms: i64,
    /// When it was last signed in with.
    pub used_ms: Option<i64>,
    /// When its counter was last not above the one before.
    pub regressed_ms: Option<i64>,
}

const COLUMNS: &str = "credential, user, name, host, key, counter, made_ms, used_ms, regressed_ms";

fn passkey(row: &Row<'_>) -> rusqlite::Result<PasskeyRow> {
    Ok(PasskeyRow {
        credential: row.get(0)?,
        user: row.get::<_, Blob<UserId>>(1)?.0,
        name: row.get(2)?,
        host: row.get(3)?,
        key: row.get(4)?,
        counter: row.get(5)?,
        made_ms: row.get(6)?,
        used_ms: row.get(7)?,
        regressed_ms: row.get(8)?,
    })
}

/// Adds a passkey; tells whether it is new. Whoever has made one has no use for a link any more.
///
/// # Errors
/// When the database refuses.
pub fn add(db: &Connection, row: &PasskeyRow) -> Result<bool, StorageError> {
    let added = db.execute(
        "INSERT OR IGNORE INTO passkeys (credential, user, name, host, key, counter, made_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (&row.credential, Blob(row.user), &row.name, &row.host, &row.key, row.counter, row.made_ms),
    )?;
    if added == 1 {
        end_first(db, row.user)?;
    }
    Ok(added == 1)
}

/// The passkey with a credential.
///
/// # Errors
/// When the database refuses.
pub fn find(db: &Connection, credential: &[u8]) -> Result<Option<PasskeyRow>, StorageError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM passkeys WHERE credential = ?1 AND removed_ms IS NULL"
    ))?;
    Ok(select.query_row([credential], passkey).optional()?)
}

/// The passkeys of an account, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of(db: &Connection, user: UserId) -> Result<Vec<PasskeyRow>, StorageError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM passkeys WHERE user = ?1 AND removed_ms IS NULL ORDER BY made_ms, credential"
    ))?;
    let rows = select.query_map([Blob(user)], passkey)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a passkey was signed in with, and what it counts.
///
/// # Errors
/// When the database refuses.
pub fn used(
    db: &Connection,
    credential: &[u8],
    (counter, has_regressed): (u32, bool),
    now_ms: i64,
) -> Result<(), StorageError> {
    db.execute(
        "UPDATE passkeys SET counter = max(counter, ?2), used_ms = ?3,
             regressed_ms = CASE WHEN ?4 THEN ?3 ELSE regressed_ms END WHERE credential = ?1 AND removed_ms IS NULL",
        (credential, counter, now_ms, has_regressed),
    )?;
    Ok(())
}

/// Removes a passkey of an account; tells whether there was one.
///
/// # Errors
/// When the database refuses.
pub fn remove(
    db: &Connection,
    user: UserId,
    credential: &[u8],
    now_ms: i64,
) -> Result<bool, StorageError> {
    let gone = "UPDATE passkeys SET removed_ms = ?3, key = x''
         WHERE user = ?1 AND credential = ?2 AND removed_ms IS NULL";
    Ok(db.execute(gone, (Blob(user), credential, now_ms))? == 1)
}

/// Lets an account sign in by password until a moment, to make its first passkey.
///
/// # Errors
/// When the database refuses.
pub fn let_first(db: &Connection, user: UserId, ends_ms: i64) -> Result<(), StorageError> {
    let put = "INSERT OR REPLACE INTO first_passkeys (user, ends_ms) VALUES (?1, ?2)";
    db.execute(put, (Blob(user), ends_ms))?;
    Ok(())
}

/// Until when an account without a passkey that is good for a host may sign in by password to make one, if it may.
///
/// # Errors
/// When the database refuses.
pub fn first_until(
    db: &Connection,
    (user, host): (UserId, &str),
    now_ms: i64,
) -> Result<Option<i64>, StorageError> {
    let select =
        "SELECT ends_ms FROM first_passkeys WHERE user = ?1 AND ends_ms > ?2 AND NOT EXISTS
         (SELECT 1 FROM passkeys WHERE user = ?1 AND host = ?3 AND removed_ms IS NULL)";
    let found = db.prepare_cached(select)?.query_row((Blob(user), now_ms, host), |row| row.get(0));
    Ok(found.optional()?)
}

/// Takes that back.
///
/// # Errors
/// When the database refuses.
pub fn end_first(db: &Connection, user: UserId) -> Result<(), StorageError> {
    db.execute("DELETE FROM first_passkeys WHERE user = ?1", [Blob(user)])?;
    Ok(())
}

/// Takes it back from all: a backup knows some that were used since.
///
/// # Errors
/// When the database refuses.
pub fn end_all_first(db: &Connection) -> Result<(), StorageError> {
    db.execute("DELETE FROM first_passkeys", [])?;
    Ok(())
}
