//! Who may read and write what. The only place that makes a [`Grant`].
//!
//! The catalog says which roles have a kind of record; a kind without any is had by whoever has what it
//! belongs to. Nobody writes from a device what only the server writes, and an administrator has none.

use core::marker::PhantomData;
use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::app::Role;
use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::ids::{DeviceId, DocumentId, UnitId};
use rusqlite::Connection;

use crate::storage::StorageError;
use crate::storage::sqlite::accounts::UserRow;
use crate::storage::sqlite::homes::home;
use crate::storage::sqlite::log::{self, DocumentRow};

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

/// Lets a person read a document, or not.
///
/// # Errors
/// When the database refuses.
pub fn may_read(
    db: &Connection,
    user: &UserRow,
    document: &DocumentRow,
) -> Result<Option<Grant<Read>>, StorageError> {
    Ok(allowed(db, user, document)?.then_some(Grant { document: document.id, what: PhantomData }))
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
    let kind = Catalog::builtin().kind(&document.kind);
    let may = !kind.is_some_and(|kind| kind.server) && allowed(db, user, document)?;
    Ok(may.then_some(Grant { document: document.id, what: PhantomData }))
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

fn allowed(db: &Connection, user: &UserRow, document: &DocumentRow) -> Result<bool, StorageError> {
    let reach = reach(user);
    if document.unit != reach.unit || reach.homes.is_empty() {
        return Ok(false);
    }
    Ok(home(document, |id| log::document(db, id))?.is_some_and(|at| reach.includes(&at)))
}

/// What a person may read at all: some kinds of secrecy of one unit. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    unit: UnitId,
    homes: Vec<&'static str>,
}

impl Reach {
    /// The unit.
    #[must_use]
    pub const fn unit(&self) -> UnitId {
        self.unit
    }

    /// The kinds whose documents, with all that belongs to them, may be read.
    #[must_use]
    pub fn homes(&self) -> &[&'static str] {
        &self.homes
    }

    fn includes(&self, home: &str) -> bool {
        self.homes.contains(&home)
    }
}

/// What a person may read at all.
#[must_use]
pub fn reach(user: &UserRow) -> Reach {
    let has = |kind: &&Kind| user.active && kind.is_had_by(&user.roles);
    let kinds = Catalog::builtin().package().kinds.iter().filter(has);
    Reach { unit: user.unit, homes: kinds.map(|kind| kind.id.as_str()).collect() }
}

/// The documents a device should hold: all the person may read, but of inspections only those of houses it
/// has taken along and those the person has started, and the reviews of all of these. A supervisor holds
/// everything of the unit.
///
/// # Errors
/// When the database refuses.
pub fn scope(
    db: &Connection,
    user: &UserRow,
    device: DeviceId,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    let reach = reach(user);
    if reach.homes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let wants = log::wants(db, device)?;
    let all = log::documents_of_unit(db, user.unit)?;
    let by_id: BTreeMap<DocumentId, &DocumentRow> =
        all.iter().map(|document| (document.id, document)).collect();
    let find = |id: DocumentId| Ok(by_id.get(&id).copied().cloned());
    let along = |document: &DocumentRow| {
        user.is(Role::Supervisor)
            || document.user == user.id
            || document.parent.is_some_and(|parent| wants.contains(&parent))
    };
    let mut scope = BTreeSet::new();
    for document in all.iter().filter(|document| document.kind != "review") {
        let Some(home) = home(document, find)? else { continue };
        let is_inspection = document.kind == "run" && home == "residence";
        if reach.includes(&home) && (!is_inspection || along(document)) {
            scope.insert(document.id);
        }
    }
    let reviews = all.iter().filter(|document| document.kind == "review");
    let of_scope =
        reviews.filter(|review| review.parent.is_some_and(|parent| scope.contains(&parent)));
    let reviews: Vec<DocumentId> = of_scope.map(|review| review.id).collect();
    scope.extend(reviews);
    Ok(scope)
}

#[cfg(test)]
mod tests {
    use ankomst_shared::app::Role;
    use ankomst_shared::ids::UserId;

    use super::*;

    /// Every kind of record and who has it: caseworker, inspector, supervisor.
    const MATRIX: [(&str, [bool; 3]); 18] = [
        ("access", [false, false, false]),
        ("assignment", [true, false, true]),
        ("case", [true, false, true]),
        ("contract", [false, true, true]),
        ("deficiencies", [true, true, true]),
        ("digest", [true, true, true]),
        ("event", [true, true, true]),
        ("incident", [true, false, true]),
        ("info_card", [true, true, true]),
        ("journal", [true, false, true]),
        ("org", [true, true, true]),
        ("party", [true, true, true]),
        ("plan", [true, true, true]),
        ("premises", [true, true, true]),
        ("protected", [true, false, true]),
        ("residence", [true, true, true]),
        ("run", [true, true, true]),
        ("year", [true, true, true]),
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
            let roles = [Role::Caseworker, Role::Inspector, Role::Supervisor];
            assert_eq!(roles.map(|role| has(role, kind)), wanted, "{kind}");
            assert!(!has(Role::Administrator, kind), "{kind}");
        }
        assert!(reach(&user(Role::Supervisor, false)).homes().is_empty(), "an ended account");
    }
}
