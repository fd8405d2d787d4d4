//! Who may read and write what. The only place that makes a [`Grant`].
//!
//! | role | reads and writes |
//! |---|---|
//! | caseworker | residences, runs, cases and protected parts of the unit, and their reviews |
//! | inspector | residences and runs of the unit, and their reviews |
//! | supervisor | everything of the unit |
//! | administrator | no document |

use core::marker::PhantomData;
use std::collections::BTreeSet;

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, DocumentId};
use rusqlite::Connection;

use crate::storage::StorageError;
use crate::storage::sqlite::accounts::UserRow;
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
    if !user.active || document.unit != user.unit {
        return Ok(false);
    }
    let kind = match (document.kind.as_str(), document.parent) {
        ("review", Some(parent)) => {
            let Some(parent) = log::document(db, parent)? else { return Ok(false) };
            parent.kind
        }
        (kind, _) => kind.to_owned(),
    };
    Ok(may(user, &kind))
}

/// Whether one of the person's roles deals with a kind.
#[must_use]
pub fn may(user: &UserRow, kind: &str) -> bool {
    user.is(Role::Supervisor)
        || (user.is(Role::Caseworker) && matches!(kind, "residence" | "run" | "case" | "protected"))
        || (user.is(Role::Inspector) && matches!(kind, "residence" | "run"))
}

/// The documents a device should hold: houses and cases the person may read, the runs of houses it
/// has taken along and runs the person has started, and the reviews of all of these. A supervisor
/// holds everything of the unit.
///
/// # Errors
/// When the database refuses.
pub fn scope(
    db: &Connection,
    user: &UserRow,
    device: DeviceId,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    if !user.active {
        return Ok(BTreeSet::new());
    }
    let wants = log::wants(db, device)?;
    let all = log::documents_of_unit(db, user.unit)?;
    let along = |document: &DocumentRow| {
        user.is(Role::Supervisor)
            || document.user == user.id
            || document.parent.is_some_and(|parent| wants.contains(&parent))
    };
    let mut scope = BTreeSet::new();
    for document in all.iter().filter(|document| document.kind != "review") {
        if may(user, &document.kind) && (document.kind != "run" || along(document)) {
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
