//! Who may read and write what: the rule ([`super::rule`]) asked with what the log knows. The only place that makes a
//! [`Grant`].

use core::marker::PhantomData;

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::sync::message::Person;
use rusqlite::Connection;

use crate::app::App;
use crate::given;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::grants::{self, GrantRow};
use crate::storage::sqlite::homes::standing;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::staff;
use crate::sync::rule::{May, Reach, Rights};
pub use crate::sync::scope::{scope, scope_of};

/// Reading.
#[derive(Debug, Clone, Copy)]
pub struct Read;
/// Writing.
#[derive(Debug, Clone, Copy)]
pub struct Write;

/// The proof that a person may do something with a document; only this module can make one.
#[derive(Debug, Clone, Copy)]
pub struct Grant<T> {
    document: DocumentId,
    what: PhantomData<T>,
}

impl<T> Grant<T> {
    /// The document it is for.
    #[must_use]
    pub const fn document(&self) -> DocumentId {
        self.document
    }
}

/// Names of people and of devices.
pub type Names = (Vec<Person>, Vec<(DeviceId, String)>);

/// A person's rights at a moment.
///
/// # Errors
/// When the database refuses.
pub fn rights(db: &Connection, user: &UserRow, now_ms: i64) -> Result<Rights, StorageError> {
    let mut rights = Rights::new(user, grants::of(db, user.id)?, now_ms);
    for unit in rights.units() {
        if staff::decides(db, unit)? {
            rights = rights.with_cases(unit, staff::cases_of(db, user.id)?);
        }
        if rights.has(Role::ChildCaseworker, unit) {
            rights = rights.with_children(unit, staff::of_children(db, unit, user.id)?);
        }
    }
    Ok(rights)
}

/// A person's rights now.
///
/// # Errors
/// When the database refuses.
pub fn rights_now(db: &Connection, user: &UserRow) -> Result<Rights, StorageError> {
    rights(db, user, given::now_ms())
}

/// What rights let somebody do with a document.
///
/// # Errors
/// When the database refuses.
pub fn may(db: &Connection, rights: &Rights, document: &DocumentRow) -> Result<May, StorageError> {
    let standing = standing(document, |id| log::document(db, id))?;
    Ok(standing.map_or(May::Nothing, |standing| rights.may(document, &standing)))
}

/// Lets a person read a document, or not.
///
/// # Errors
/// When the database refuses.
pub fn may_read(
    db: &Connection,
    user: &UserRow,
    document: &DocumentRow,
) -> Result<Option<Grant<Read>>, StorageError> {
    let may = may(db, &rights_now(db, user)?, document)?;
    Ok((may >= May::Read).then_some(Grant { document: document.id, what: PhantomData }))
}

/// Lets a person write a document, or not.
///
/// # Errors
/// When the database refuses.
pub fn may_write(
    db: &Connection,
    user: &UserRow,
    document: &DocumentRow,
) -> Result<Option<Grant<Write>>, StorageError> {
    let may = may(db, &rights_now(db, user)?, document)?;
    Ok((may >= May::Write).then_some(Grant { document: document.id, what: PhantomData }))
}

/// A record that a person may clean: a supervisor who may write it.
///
/// # Errors
/// When the database refuses.
pub fn cleanable(
    db: &Connection,
    user: &UserRow,
    id: DocumentId,
) -> Result<Option<DocumentRow>, StorageError> {
    let Some(row) = log::document(db, id)?.filter(|row| row.kind != "review") else {
        return Ok(None);
    };
    let may = user.is(Role::Supervisor) && may_write(db, user, &row)?.is_some();
    Ok(may.then_some(row))
}

/// So long is read what was opened in an emergency, in milliseconds.
const NEED_MS: i64 = 24 * 3_600_000;
/// What stands in the place of an emergency in a right to read for an audit.
pub const FOR_AUDIT: &str = "audit";

/// Why somebody opens a record that is not theirs.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// Which emergency, one of a few.
    pub category: &'a str,
    /// Why, in words.
    pub reason: &'a str,
}

/// Whether somebody may open a record in an emergency: a supervisor of its unit.
///
/// # Errors
/// When the database refuses.
pub fn may_open(app: &App, user: &UserRow, document: &DocumentRow) -> Result<bool, StorageError> {
    app.readers.read(|db| Ok(rights_now(db, user)?.has(Role::Supervisor, document.unit)))
}

/// Opens a record of the unit to a supervisor for a day, on the server only; tells whether it was. Whoever asks is a
/// supervisor of the record's unit, and everybody who oversees it is told.
///
/// # Errors
/// When the database refuses.
pub fn open_in_need(
    db: &Connection,
    user: &UserRow,
    document: &DocumentRow,
    need: Need<'_>,
    now_ms: i64,
) -> Result<bool, StorageError> {
    if !rights(db, user, now_ms)?.has(Role::Supervisor, document.unit) {
        return Ok(false);
    }
    let grant = GrantRow {
        object: Some(document.id),
        category: Some(need.category.to_owned()),
        reason: need.reason.to_owned(),
        from_ms: now_ms,
        to_ms: Some(now_ms + NEED_MS),
        ..GrantRow::of_role(user.id, document.unit, Role::Supervisor)
    };
    grants::add(db, &grant)?;
    Ok(true)
}

/// Opens a record of the unit to an auditor for a day, on the server only, because somebody else who reviews the unit
/// agrees; tells whether it was.
///
/// # Errors
/// When the database refuses.
pub fn open_for_audit(
    db: &Connection,
    (auditor, second): (&UserRow, &UserRow),
    document: &DocumentRow,
    reason: &str,
    now_ms: i64,
) -> Result<bool, StorageError> {
    let has = |user: &UserRow, role| {
        Ok::<_, StorageError>(rights(db, user, now_ms)?.has(role, document.unit))
    };
    let agrees = has(second, Role::Supervisor)? || has(second, Role::Auditor)?;
    if auditor.id == second.id || !agrees || !has(auditor, Role::Auditor)? {
        return Ok(false);
    }
    let grant = GrantRow {
        object: Some(document.id),
        category: Some(FOR_AUDIT.to_owned()),
        reason: reason.to_owned(),
        from_ms: now_ms,
        to_ms: Some(now_ms + NEED_MS),
        given_by: Some(second.id),
        second_by: Some(second.id),
        // As far as a supervisor reads; it gives nothing else of that role.
        ..GrantRow::of_role(auditor.id, document.unit, Role::Supervisor)
    };
    grants::add(db, &grant)?;
    Ok(true)
}

/// Whether somebody is told that a change of a document is held, by whom and why: administrators and auditors of its
/// unit, and
/// its supervisors who may read it.
///
/// # Errors
/// When the database refuses.
pub fn oversees(
    db: &Connection,
    rights: &Rights,
    document: &DocumentRow,
) -> Result<bool, StorageError> {
    let supervises = rights.has(Role::Supervisor, document.unit);
    let sees = |role| rights.has(role, document.unit);
    Ok(sees(Role::Administrator)
        || sees(Role::Auditor)
        || (supervises && may(db, rights, document)? >= May::Read))
}

/// The names of a person's unit, of people and of devices; nobody's for whoever has no rights any more, or only
/// receives tasks or figures.
///
/// # Errors
/// When the database refuses.
pub fn colleagues(db: &Connection, user: &UserRow) -> Result<Names, StorageError> {
    if !rights_now(db, user)?.is_colleague() {
        return Ok((Vec::new(), Vec::new()));
    }
    Ok((accounts::people(db, user.unit)?, accounts::device_names(db, user.unit)?))
}

/// What a person may read in lists and searches.
///
/// # Errors
/// When the database refuses.
pub fn reach(db: &Connection, user: &UserRow) -> Result<Reach, StorageError> {
    Ok(rights_now(db, user)?.reach(user.unit))
}

#[cfg(test)]
mod tests {
    use ankomst_shared::catalog::Catalog;
    use ankomst_shared::ids::{UnitId, UserId};

    use super::*;

    /// Every kind of record and who has it: caseworker, inspector, supervisor, coordinator, trainee.
    const MATRIX: [(&str, [bool; 5]); 18] = [
        ("access", [false, false, false, false, false]),
        ("assignment", [true, false, true, false, false]),
        ("case", [true, false, true, false, false]),
        ("contract", [false, true, true, false, false]),
        ("deficiencies", [true, true, true, false, false]),
        ("digest", [true, true, true, true, true]),
        ("event", [true, true, true, true, true]),
        ("incident", [true, false, true, false, false]),
        ("info_card", [true, true, true, true, true]),
        ("journal", [true, false, true, false, false]),
        ("org", [true, true, true, true, true]),
        ("party", [true, true, true, true, true]),
        ("plan", [true, true, true, true, true]),
        ("premises", [true, true, true, true, true]),
        ("protected", [true, false, true, false, false]),
        ("residence", [true, true, true, false, false]),
        ("run", [true, true, true, false, false]),
        ("year", [true, true, true, true, true]),
    ];

    fn user(role: Role, active: bool) -> UserRow {
        UserRow {
            id: UserId::from_bytes([1; 16]),
            login: "anna".to_owned(),
            name: "Anna".to_owned(),
            password: String::new(),
            roles: vec![role],
            unit: UnitId::from_bytes([2; 16]),
            active,
        }
    }

    /// What somebody of a role may read in lists.
    fn reach(user: &UserRow) -> Reach {
        let grants = user.roles.iter().map(|role| GrantRow::of_role(user.id, user.unit, *role));
        Rights::new(user, grants.collect(), 1).reach(user.unit)
    }

    /// Whether a role has documents of a kind, wherever they may belong to.
    fn has(role: Role, id: &str) -> bool {
        let catalog = Catalog::builtin();
        let kind = catalog.kind(id).unwrap();
        let homes =
            if kind.shares_secrecy() { kind.belongs_to.clone() } else { vec![id.to_owned()] };
        homes.iter().any(|home| reach(&user(role, true)).includes(home))
    }

    #[test]
    fn each_role_has_the_kinds_of_its_work_and_no_others() {
        let kinds = Catalog::builtin().package().kinds.iter().map(|kind| kind.id.as_str());
        let named = MATRIX.iter().map(|(kind, _)| *kind);
        assert_eq!(
            kinds.filter(|kind| *kind != "review").collect::<Vec<_>>(),
            named.collect::<Vec<_>>()
        );
        for (kind, wanted) in MATRIX {
            let roles = [
                Role::Caseworker,
                Role::Inspector,
                Role::Supervisor,
                Role::Coordinator,
                Role::Trainee,
            ];
            assert_eq!(roles.map(|role| has(role, kind)), wanted, "{kind}");
            for role in [Role::Administrator, Role::Auditor, Role::Recipient, Role::Regional] {
                assert!(!has(role, kind), "{kind}");
            }
        }
        assert!(reach(&user(Role::Supervisor, false)).is_empty(), "an ended account");
    }
}
