//! People, devices and sessions in `log.db`.

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, SessionId, UnitId, UserId};
use ankomst_shared::sync::message::{Me, Person};
use rusqlite::{Connection, OptionalExtension, Row};

use super::grants::{self, GrantRow};
use super::{Blob, links, passkeys, rights};
use crate::given;
use crate::storage::StorageError;

/// An account.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// Id.
    pub id: UserId,
    /// Login name.
    pub login: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Argon2id hash in PHC form.
    pub password: String,
    /// Roles in the unit, as they were when this was read. What they let the person do with records, `sync::access`
    /// says.
    pub roles: Vec<Role>,
    /// Unit.
    pub unit: UnitId,
    /// May sign in and write.
    pub active: bool,
}

impl UserRow {
    /// What the person is told about themself.
    #[must_use]
    pub fn me(&self) -> Me {
        let me = Me {
            user: self.id,
            login: self.login.clone(),
            name: self.name.clone(),
            roles: Vec::new(),
            units: vec![self.unit],
            later: None,
        };
        me.with(&self.roles)
    }

    /// Whether the person has a role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// A device.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// Id.
    pub id: DeviceId,
    /// Whose enrolment it is.
    pub user: UserId,
    /// Name.
    pub name: String,
    /// Public signing key.
    pub key: [u8; 32],
    /// Signed enrolment.
    pub enrolment: Vec<u8>,
    /// Not revoked.
    pub active: bool,
}

/// A session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Id.
    pub id: SessionId,
    /// The person.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// Hash of the valid refresh token.
    pub refresh: Vec<u8>,
    /// Hash of the one before.
    pub previous: Option<Vec<u8>>,
    /// When it was last renewed, Unix milliseconds.
    pub rotated_ms: i64,
    /// When it ends for good, Unix milliseconds.
    pub ends_ms: i64,
    /// Ended.
    pub ended: bool,
    /// The answer of the last renewal has come: its secret or its token was used.
    pub taken: bool,
}

/// Reads roles from their names, separated by commas; unknown names are left out.
#[must_use]
pub fn roles(names: &str) -> Vec<Role> {
    grants::ROLES
        .into_iter()
        .filter(|role| names.split(',').any(|name| name == role.name()))
        .collect()
}

/// `?1` is the moment.
const USER: &str = "SELECT id, login, name, password,
        (SELECT group_concat(role) FROM grants WHERE user = users.id AND unit = users.unit AND object IS NULL
            AND category IS NULL AND from_ms <= ?1 AND (to_ms IS NULL OR to_ms > ?1)),
        unit, active FROM users";

/// The server's clock: whoever reads an account is told its roles of now.
fn now_ms() -> i64 {
    given::now_ms()
}

fn user_row(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: row.get::<_, Blob<UserId>>(0)?.0,
        login: row.get(1)?,
        name: row.get(2)?,
        password: row.get(3)?,
        roles: roles(&row.get::<_, Option<String>>(4)?.unwrap_or_default()),
        unit: row.get::<_, Blob<UnitId>>(5)?.0,
        active: row.get(6)?,
    })
}

/// Adds an account, with its roles from now on and without an end.
///
/// # Errors
/// When the login is taken or the database refuses.
pub fn add_user(db: &Connection, user: &UserRow) -> Result<(), StorageError> {
    db.execute(
        "INSERT INTO users (id, login, name, password, unit, active) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            Blob(user.id),
            &user.login,
            &user.name,
            &user.password,
            Blob(user.unit),
            user.active,
        ),
    )?;
    for role in &user.roles {
        grants::add(db, &GrantRow::of_role(user.id, user.unit, *role))?;
    }
    Ok(())
}

/// Finds an account by login.
///
/// # Errors
/// When the database refuses.
pub fn user_by_login(db: &Connection, login: &str) -> Result<Option<UserRow>, StorageError> {
    Ok(db.query_row(&format!("{USER} WHERE login = ?2"), (now_ms(), login), user_row).optional()?)
}

/// Finds an account.
///
/// # Errors
/// When the database refuses.
pub fn user(db: &Connection, id: UserId) -> Result<Option<UserRow>, StorageError> {
    let mut select = db.prepare_cached(&format!("{USER} WHERE id = ?2"))?;
    Ok(select.query_row((now_ms(), Blob(id)), user_row).optional()?)
}

/// Lets an account in, or no more.
///
/// # Errors
/// When the database refuses.
pub fn set_user_active(db: &Connection, login: &str, active: bool) -> Result<bool, StorageError> {
    let count = db.execute("UPDATE users SET active = ?1 WHERE login = ?2", (active, login))?;
    Ok(count > 0)
}

/// All accounts, by login.
///
/// # Errors
/// When the database refuses.
pub fn users(db: &Connection) -> Result<Vec<UserRow>, StorageError> {
    let mut select = db.prepare(&format!("{USER} ORDER BY login"))?;
    Ok(select.query_map([now_ms()], user_row)?.collect::<Result<_, _>>()?)
}

/// Gives an account another password and ends its sessions.
///
/// # Errors
/// When the database refuses.
pub fn set_password(db: &Connection, id: UserId, hash: &str) -> Result<(), StorageError> {
    db.execute("UPDATE users SET password = ?2 WHERE id = ?1", (Blob(id), hash))?;
    links::end(db, id)?;
    passkeys::end_first(db, id)?;
    end_sessions(db, id)
}

/// Ends the sessions of a person on all devices.
///
/// # Errors
/// When the database refuses.
pub fn end_sessions(db: &Connection, id: UserId) -> Result<(), StorageError> {
    db.execute(
        "UPDATE sessions SET ended = 1 WHERE device IN (SELECT id FROM devices WHERE user = ?1)",
        [Blob(id)],
    )?;
    Ok(())
}

/// Names of all colleagues of a unit.
///
/// # Errors
/// When the database refuses.
pub fn people(db: &Connection, unit: UnitId) -> Result<Vec<Person>, StorageError> {
    let mut select = db.prepare_cached("SELECT id, name FROM users WHERE unit = ?1 ORDER BY id")?;
    let rows = select.query_map([Blob(unit)], |row| {
        Ok(Person { user: row.get::<_, Blob<UserId>>(0)?.0, name: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Names of all devices of a unit's people.
///
/// # Errors
/// When the database refuses.
pub fn device_names(
    db: &Connection,
    unit: UnitId,
) -> Result<Vec<(DeviceId, String)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT devices.id, devices.name FROM devices JOIN users ON users.id = devices.user
         WHERE users.unit = ?1 ORDER BY devices.id",
    )?;
    let rows = select
        .query_map([Blob(unit)], |row| Ok((row.get::<_, Blob<DeviceId>>(0)?.0, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a device was in contact.
///
/// # Errors
/// When the database refuses.
pub fn device_seen(db: &Connection, device: DeviceId, now_ms: i64) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE devices SET seen_ms = ?2 WHERE id = ?1")?
        .execute((Blob(device), now_ms))?;
    Ok(())
}

/// The devices of a unit that may still bring something: whose they are and when last seen.
///
/// # Errors
/// When the database refuses.
pub fn devices_seen(
    db: &Connection,
    unit: UnitId,
) -> Result<Vec<(DeviceId, UserId, i64)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT devices.id, devices.user, devices.seen_ms FROM devices
         JOIN users ON users.id = devices.user
         WHERE users.unit = ?1 AND devices.active = 1 AND devices.state = 'active'
         ORDER BY devices.seen_ms",
    )?;
    let rows = select.query_map([Blob(unit)], |row| {
        Ok((row.get::<_, Blob<DeviceId>>(0)?.0, row.get::<_, Blob<UserId>>(1)?.0, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a device.
///
/// # Errors
/// When the database refuses.
pub fn add_device(db: &Connection, device: &DeviceRow, now_ms: i64) -> Result<(), StorageError> {
    db.execute(
        "INSERT INTO devices (id, user, name, key, enrolment, active, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            Blob(device.id),
            Blob(device.user),
            &device.name,
            device.key.as_slice(),
            &device.enrolment,
            device.active,
            now_ms,
        ),
    )?;
    // It begins with what its person may do now.
    rights::tell(db, device.id, now_ms)
}

/// Finds a device.
///
/// # Errors
/// When the database refuses.
pub fn device(db: &Connection, id: DeviceId) -> Result<Option<DeviceRow>, StorageError> {
    let row = db
        .prepare_cached("SELECT id, user, name, key, enrolment, active FROM devices WHERE id = ?1")?
        .query_row([Blob(id)], device_row)
        .optional()?;
    Ok(row)
}

/// All devices with the login of whose they are, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn devices(db: &Connection) -> Result<Vec<(DeviceRow, String)>, StorageError> {
    let mut select = db.prepare(
        "SELECT devices.id, user, devices.name, key, enrolment, devices.active, login
         FROM devices JOIN users ON users.id = devices.user ORDER BY devices.id",
    )?;
    let rows = select.query_map([], |row| Ok((device_row(row)?, row.get(6)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn device_row(row: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    Ok(DeviceRow {
        id: row.get::<_, Blob<DeviceId>>(0)?.0,
        user: row.get::<_, Blob<UserId>>(1)?.0,
        name: row.get(2)?,
        key: row.get(3)?,
        enrolment: row.get(4)?,
        active: row.get(5)?,
    })
}

/// Revokes a device and ends its sessions.
///
/// # Errors
/// When the database refuses.
pub fn revoke_device(db: &Connection, id: DeviceId) -> Result<bool, StorageError> {
    let count = db.execute("UPDATE devices SET active = 0 WHERE id = ?1", [Blob(id)])?;
    db.execute("UPDATE sessions SET ended = 1 WHERE device = ?1", [Blob(id)])?;
    Ok(count > 0)
}

/// Adds or replaces a session.
///
/// # Errors
/// When the database refuses.
pub fn put_session(db: &Connection, session: &SessionRow) -> Result<(), StorageError> {
    db.execute(
        "INSERT OR REPLACE INTO sessions (id, user, device, refresh, previous, rotated_ms, ends_ms, ended, taken)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            Blob(session.id),
            Blob(session.user),
            Blob(session.device),
            &session.refresh,
            &session.previous,
            session.rotated_ms,
            session.ends_ms,
            session.ended,
            session.taken,
        ),
    )?;
    Ok(())
}

/// Finds a session.
///
/// # Errors
/// When the database refuses.
pub fn session(db: &Connection, id: SessionId) -> Result<Option<SessionRow>, StorageError> {
    let row = db
        .prepare_cached(
            "SELECT id, user, device, refresh, previous, rotated_ms, ends_ms, ended, taken FROM sessions WHERE id = ?1",
        )?
        .query_row([Blob(id)], |row| {
            Ok(SessionRow {
                id: row.get::<_, Blob<SessionId>>(0)?.0,
                user: row.get::<_, Blob<UserId>>(1)?.0,
                device: row.get::<_, Blob<DeviceId>>(2)?.0,
                refresh: row.get(3)?,
                previous: row.get(4)?,
                rotated_ms: row.get(5)?,
                ends_ms: row.get(6)?,
                ended: row.get(7)?,
                taken: row.get(8)?,
            })
        })
        .optional()?;
    Ok(row)
}

/// Whether a session is going on, on a device and under an account that are good.
///
/// # Errors
/// When the database refuses.
pub fn is_good(
    db: &Connection,
    (session, user, device): (SessionId, UserId, DeviceId),
    now_ms: i64,
) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM sessions
             JOIN users ON users.id = sessions.user JOIN devices ON devices.id = sessions.device
             WHERE sessions.id = ?1 AND sessions.user = ?2 AND sessions.device = ?3 AND sessions.ended = 0
                 AND sessions.ends_ms > ?4 AND users.active = 1 AND devices.active = 1
                 AND devices.state = 'active')",
    )?;
    Ok(select.query_row((Blob(session), Blob(user), Blob(device), now_ms), |row| row.get(0))?)
}
