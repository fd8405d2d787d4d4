//! Who may read and write what. The only place that makes a [`Grant`].
//!
//! | role | reads and writes |
//! |---|---|
//! | caseworker | residences and cases of the unit, with all that belongs to them, and their reviews |
//! | inspector | residences of the unit with their runs and deficiencies, and their reviews |
//! | supervisor | everything of the unit |
//! | administrator | no document |

use core::marker::PhantomData;
use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::app::Role;
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
    Ok(allowed(db, user, document)?.then_some(Grant { document: document.id, what: PhantomData }))
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
    let mut homes = vec!["case", "residence", "protected"];
    homes.retain(|home| user.active && may(user, home));
    Reach { unit: user.unit, homes }
}

/// Whether one of the person's roles deals with houses (`residence`), cases (`case`) or protected
/// parts (`protected`).
fn may(user: &UserRow, kind: &str) -> bool {
    user.is(Role::Supervisor)
        || (user.is(Role::Caseworker) && matches!(kind, "residence" | "case" | "protected"))
        || (user.is(Role::Inspector) && kind == "residence")
}

/// The documents a device should hold: houses and cases the person may read with what belongs to
/// them, of inspections those of houses it has taken along and those the person has started, and the
/// reviews of all of these. A supervisor
/// holds everything of the unit.
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
