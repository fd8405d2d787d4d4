//! Rights of people as rows with dates, in `log.db`: plain statements. What they let somebody do, `sync::rule` says.

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DocumentId, UnitId, UserId};
use rusqlite::{Connection, Row};

use super::Blob;
use super::log::{self, DocumentRow};
use crate::storage::StorageError;

/// The highest level of protection.
pub const LEVEL_MAX: u8 = 3;

/// The roles an account may have.
pub const ROLES: [Role; 10] = [
    Role::Caseworker,
    Role::Inspector,
    Role::Supervisor,
    Role::Administrator,
    Role::Coordinator,
    Role::Trainee,
    Role::Auditor,
    Role::ChildCaseworker,
    Role::Recipient,
    Role::Regional,
];

/// The highest level of protection a role reaches.
#[must_use]
pub const fn level_max(role: Role) -> u8 {
    match role {
        Role::Coordinator | Role::Trainee | Role::Auditor | Role::Recipient | Role::Regional => 0,
        Role::Caseworker
        | Role::ChildCaseworker
        | Role::Inspector
        | Role::Supervisor
        | Role::Administrator => LEVEL_MAX,
    }
}

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
    /// Of a recipient: the code of the department.
    pub department: Option<String>,
}

impl GrantRow {
    /// A role in a unit, without an end, as far as the role reaches: coordinators and trainees to nothing protected.
    #[must_use]
    pub const fn of_role(user: UserId, unit: UnitId, role: Role) -> Self {
        Self {
            id: 0,
            user,
            role,
            unit,
            object: None,
            level: level_max(role),
            category: None,
            reason: String::new(),
            from_ms: 0,
            to_ms: None,
            given_by: None,
            second_by: None,
            department: None,
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
    second_by, department FROM grants";

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
        department: row.get(12)?,
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
        "INSERT INTO grants (user, role, unit, object, level, category, reason, from_ms, to_ms, given_by, second_by,
             department)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        (
            Blob(grant.user),
            grant.role.name(),
            Blob(grant.unit),
            grant.object.map(Blob),
            grant.level.min(level_max(grant.role)),
            &grant.category,
            &grant.reason,
            grant.from_ms,
            grant.to_ms,
            grant.given_by.map(Blob),
            grant.second_by.map(Blob),
            &grant.department,
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

/// Ends a role of a person in a unit, for now and for later; other roles stay. Tells whether there was one.
///
/// # Errors
/// When the database refuses.
pub fn end_role(
    db: &Connection,
    (user, unit): (UserId, UnitId),
    role: Role,
    now_ms: i64,
) -> Result<bool, StorageError> {
    let mut ended = false;
    for grant in of(db, user)? {
        let is_role = grant.object.is_none() && grant.category.is_none();
        if is_role && grant.role == role && grant.unit == unit {
            ended |= end(db, user, grant.id, now_ms)?;
        }
    }
    Ok(ended)
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

/// What was opened in an emergency in a unit, the newest first.
///
/// # Errors
/// When the database refuses.
pub fn of_need(db: &Connection, unit: UnitId, most: usize) -> Result<Vec<GrantRow>, StorageError> {
    let sql =
        format!("{COLUMNS} WHERE unit = ?1 AND category IS NOT NULL ORDER BY id DESC LIMIT ?2");
    let mut select = db.prepare(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map((Blob(unit), most), grant)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// The records of a unit that were protected more, each with its level and why.
///
/// # Errors
/// When the database refuses.
pub fn all_raised(
    db: &Connection,
    unit: UnitId,
) -> Result<Vec<(DocumentRow, u8, String)>, StorageError> {
    let mut select =
        db.prepare("SELECT document, level, reason FROM raised ORDER BY at_ms DESC")?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, Blob<DocumentId>>(0)?.0, row.get(1)?, row.get(2)?))
    })?;
    let mut raised = Vec::new();
    for row in rows {
        let (id, level, reason) = row?;
        let document = log::document(db, id)?.filter(|document| document.unit == unit);
        raised.extend(document.map(|document| (document, level, reason)));
    }
    Ok(raised)
}
