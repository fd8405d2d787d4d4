//! What accounts might do before they were changed, and which devices know it: plain statements, no decisions.
//!
//! The database notes each change by itself (migration 5), so that no act can forget to.

use ankomst_shared::ids::{DeviceId, UnitId, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use super::accounts::{self, UserRow};
use crate::storage::StorageError;

/// What a tablet still sends so long after it was told, it wrote before; in milliseconds.
pub const TOLD_GRACE_MS: i64 = 10 * 60_000;

/// Notes that a device is told what its person may do now.
///
/// # Errors
/// When the database refuses.
pub fn tell(db: &Connection, device: DeviceId, at_ms: i64) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO told (device, rights, at_ms)
         SELECT ?1, rights.id, ?2 FROM devices JOIN rights ON rights.user = devices.user WHERE devices.id = ?1",
    )?
    .execute((Blob(device), at_ms))?;
    Ok(())
}

/// The person as a device still believes: with the rights of before the first change it was not told of, or only
/// just. `None` where it knows how things are, and where the account had ended meanwhile.
///
/// # Errors
/// When the database refuses.
pub fn believed(
    db: &Connection,
    (user, device): (&UserRow, DeviceId),
    now_ms: i64,
) -> Result<Option<UserRow>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT roles, unit, min(active) OVER () FROM rights WHERE user = ?1 AND NOT EXISTS (
             SELECT 1 FROM told WHERE told.device = ?2 AND told.rights = rights.id AND told.at_ms <= ?3)
         ORDER BY id LIMIT 1",
    )?;
    let row = select
        .query_row((Blob(user.id), Blob(device), now_ms.saturating_sub(TOLD_GRACE_MS)), |row| {
            let roles = accounts::roles(&row.get::<_, String>(0)?);
            Ok((roles, row.get::<_, Blob<UnitId>>(1)?.0, row.get::<_, bool>(2)?))
        })
        .optional()?;
    Ok(row
        .and_then(|(roles, unit, active)| active.then(|| UserRow { roles, unit, ..user.clone() })))
}

/// When the account of a person ended last, Unix milliseconds, whether it was let in again since or not.
///
/// # Errors
/// When the database refuses.
pub fn ended_ms(db: &Connection, user: UserId) -> Result<Option<i64>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT before.until_ms FROM rights AS before WHERE before.user = ?1 AND before.active = 1
         AND coalesce((SELECT after.active FROM rights AS after WHERE after.user = ?1 AND after.id > before.id
                       ORDER BY after.id LIMIT 1),
                      (SELECT active FROM users WHERE id = ?1)) = 0
         ORDER BY before.id DESC LIMIT 1",
    )?;
    Ok(select.query_row([Blob(user)], |row| row.get(0)).optional()?)
}
