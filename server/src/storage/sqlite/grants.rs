//! Rights of people as rows with dates, in `log.db`: plain statements. What they let somebody do, `sync::rule` says.

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DocumentId, UnitId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use crate::storage::StorageError;

/// The highest level of protection.
pub const LEVEL_MAX: u8 = 3;

/// The roles an account may have.
pub const ROLES: [Role; 4] =
    [Role::Caseworker, Role::Inspector, Role::Supervisor, Role::Administrator];

/// A right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// Number; nought before it is in the database.
    pub id: i64,
    /// Whose.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// In which unit.
    pub unit: UnitId,
    /// The one record, with what belongs to it; without, all of the unit.
    pub object: Option<DocumentId>,
    /// The highest level of protection it reaches, 0 to 3.
    pub level: u8,
    /// The emergency it was taken in, if it was: read on the server only.
    pub category: Option<String>,
    /// Why it was given or taken.
    pub reason: String,
    /// From when on, Unix milliseconds.
    pub from_ms: i64,
    /// Until when; without, until it is taken back.
    pub to_ms: Option<i64>,
    /// Who gave it; nobody for accounts made by a command.
    pub given_by: Option<UserId>,
    /// Who agreed, where two must.
    pub second_by: Option<UserId>,
}

impl GrantRow {
    /// A role in a unit, without an end, as far as the role reaches.
    #[must_use]
    pub const fn of_role(user: UserId, unit: UnitId, role: Role) -> Self {
        Self {
            id: 0,
            user,
            role,
            unit,
            object: None,
            level: LEVEL_MAX,
            category: None,
            reason: String::new(),
            from_ms: 0,
            to_ms: None,
            given_by: None,
            second_by: None,
        }
    }

    /// Whether it counts at a moment: its first one is in it, its last one is not.
    #[must_use]
    pub fn is_current(&self, now_ms: i64) -> bool {
        self.from_ms <= now_ms && self.to_ms.is_none_or(|to_ms| now_ms < to_ms)
    }
}

const COLUMNS: &str =
    "SELECT id, user, role, unit, object, level, category, reason, from_ms, to_ms, given_by,
    second_by FROM grants";

/// A row, or nothing for a role this program does not know.
fn grant(row: &Row<'_>) -> rusqlite::Result<Option<GrantRow>> {
    let name: String = row.get(2)?;
    let Some(role) = ROLES.into_iter().find(|role| role.name() == name) else { return Ok(None) };
    Ok(Some(GrantRow {
        id: row.get(0)?,
        user: row.get::<_, Blob<UserId>>(1)?.0,
        role,
        unit: row.get::<_, Blob<UnitId>>(3)?.0,
        object: row.get::<_, Option<Blob<DocumentId>>>(4)?.map(|id| id.0),
        level: row.get(5)?,
        category: row.get(6)?,
        reason: row.get(7)?,
        from_ms: row.get(8)?,
        to_ms: row.get(9)?,
        given_by: row.get::<_, Option<Blob<UserId>>>(10)?.map(|id| id.0),
        second_by: row.get::<_, Option<Blob<UserId>>>(11)?.map(|id| id.0),
    }))
}

/// All rights a person has had, has and will have, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of(db: &Connection, user: UserId) -> Result<Vec<GrantRow>, StorageError> {
    let mut select = db.prepare_cached(&format!("{COLUMNS} WHERE user = ?1 ORDER BY id"))?;
    let rows = select.query_map([Blob(user)], grant)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// Gives a right, and its number.
///
/// # Errors
/// When the database refuses.
pub fn add(db: &Connection, grant: &GrantRow) -> Result<i64, StorageError> {
    db.execute(
        "INSERT INTO grants (user, role, unit, object, level, category, reason, from_ms, to_ms, given_by, second_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            Blob(grant.user),
            grant.role.name(),
            Blob(grant.unit),
            grant.object.map(Blob),
            grant.level.min(LEVEL_MAX),
            &grant.category,
            &grant.reason,
            grant.from_ms,
            grant.to_ms,
            grant.given_by.map(Blob),
            grant.second_by.map(Blob),
        ),
    )?;
    Ok(db.last_insert_rowid())
}

/// Ends a right of a person now, unless it has ended already; tells whether there was one.
///
/// # Errors
/// When the database refuses.
pub fn end(db: &Connection, user: UserId, id: i64, now_ms: i64) -> Result<bool, StorageError> {
    let count = db.execute(
        "UPDATE grants SET to_ms = max(?3, from_ms) WHERE id = ?1 AND user = ?2 AND (to_ms IS NULL OR to_ms > ?3)",
        (id, Blob(user), now_ms),
    )?;
    Ok(count > 0)
}

/// Protects a record more, for good; a lower level changes nothing. Tells whether anything changed.
///
/// # Errors
/// When the database refuses.
pub fn raise(
    db: &Connection,
    (document, level): (DocumentId, u8),
    (by, reason, now_ms): (UserId, &str, i64),
) -> Result<bool, StorageError> {
    let level = level.min(LEVEL_MAX);
    let count = db.execute(
        "INSERT INTO raised (document, level, reason, at_ms, by) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (document) DO UPDATE SET level = excluded.level, reason = excluded.reason,
             at_ms = excluded.at_ms, by = excluded.by WHERE excluded.level > raised.level",
        (Blob(document), level, reason, now_ms, Blob(by)),
    )?;
    let set = "UPDATE documents SET protection = ?2 WHERE id = ?1 AND protection < ?2";
    db.execute(set, (Blob(document), level))?;
    Ok(count > 0)
}

/// The level a record was raised to, if it was.
///
/// # Errors
/// When the database refuses.
pub fn raised(db: &Connection, document: DocumentId) -> Result<Option<u8>, StorageError> {
    let mut select = db.prepare_cached("SELECT level FROM raised WHERE document = ?1")?;
    Ok(select.query_row([Blob(document)], |row| row.get(0)).optional()?)
}
