//! When devices were told what their people may do, and when accounts were let in: plain statements, no decisions.
//! What somebody might do at a moment, [`super::grants`] know: no right is deleted, it gets an end.

use ankomst_shared::ids::{DeviceId, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use crate::storage::StorageError;

/// What a tablet still sends so long after it was told, it wrote before; in milliseconds.
pub const TOLD_GRACE_MS: i64 = 10 * 60_000;

/// Notes that a device is told what its person may do now. What was told before it is forgotten, as far as nothing
/// is believed by it any more.
///
/// # Errors
/// When the database refuses.
pub fn tell(db: &Connection, device: DeviceId, at_ms: i64) -> Result<(), StorageError> {
    db.prepare_cached("INSERT OR IGNORE INTO told (device, at_ms) VALUES (?1, ?2)")?
        .execute((Blob(device), at_ms))?;
    db.prepare_cached(
        "DELETE FROM told WHERE device = ?1 AND at_ms < (
             SELECT max(at_ms) FROM told WHERE device = ?1 AND at_ms <= ?2)",
    )?
    .execute((Blob(device), at_ms.saturating_sub(TOLD_GRACE_MS)))?;
    Ok(())
}

/// The moment whose rights a device still believes in: the last one it was told of, but for what it was told only
/// just, Unix milliseconds. `None` for a device that was never told, and where the account of its person had ended
/// since then.
///
/// # Errors
/// When the database refuses.
pub fn believed_ms(
    db: &Connection,
    (user, device): (UserId, DeviceId),
    now_ms: i64,
) -> Result<Option<i64>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(max(at_ms) FILTER (WHERE at_ms <= ?2), min(at_ms)) FROM told WHERE device = ?1",
    )?;
    let told: Option<i64> =
        select.query_row((Blob(device), now_ms.saturating_sub(TOLD_GRACE_MS)), |row| row.get(0))?;
    let Some(at_ms) = told else { return Ok(None) };
    let mut ended = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM active WHERE user = ?1 AND active = 0 AND until_ms >= ?2)
             OR EXISTS (SELECT 1 FROM users WHERE id = ?1 AND active = 0)",
    )?;
    let ended: bool = ended.query_row((Blob(user), at_ms), |row| row.get(0))?;
    Ok((!ended).then_some(at_ms))
}

/// When the account of a person ended last, Unix milliseconds, whether it was let in again since or not.
///
/// # Errors
/// When the database refuses.
pub fn ended_ms(db: &Connection, user: UserId) -> Result<Option<i64>, StorageError> {
    let mut select =
        db.prepare_cached("SELECT max(until_ms) FROM active WHERE user = ?1 AND active = 1")?;
    Ok(select.query_row([Blob(user)], |row| row.get(0)).optional()?.flatten())
}
