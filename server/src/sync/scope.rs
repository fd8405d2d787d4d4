//! What a device is given, and of each record the rule that gives it or keeps it out. There is one judgement: the feed
//! asks it of all records, `why` of one.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, DocumentId};

use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::accounts::UserRow;
use crate::storage::sqlite::homes::{Standing, standing};
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::wants;
use crate::sync::access;
use crate::sync::rule::{May, Rights, Says};

/// Why a device has a visit to a house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// It is none, so nobody asks.
    NoVisit,
    /// A supervisor has all of the unit.
    Supervises,
    /// The person has begun it.
    Begun,
    /// The device has taken the house along.
    Taken,
}

/// What is said of a record on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruled {
    /// It is given.
    Given(Along),
    /// The person's rights do not give it.
    Refused(Says),
    /// It is a visit to a house that is not taken along.
    NotAlong,
    /// Something it belongs to is not known.
    Unplaced,
}

impl Ruled {
    /// Whether the device is given it.
    #[must_use]
    pub const fn is_given(self) -> bool {
        matches!(self, Self::Given(_))
    }
}

/// The judgement of a record; of a review, once what it is about is given.
fn ruled(
    (rights, wants): (&Rights, &BTreeSet<DocumentId>),
    document: &DocumentRow,
    standing: Option<&Standing>,
) -> Ruled {
    let Some(standing) = standing else { return Ruled::Unplaced };
    let says = rights.says(document, standing).0;
    if May::from(says) < May::Read {
        return Ruled::Refused(says);
    }
    if document.kind != "run" || standing.home != "residence" {
        return Ruled::Given(Along::NoVisit);
    }
    if rights.has(Role::Supervisor, document.unit) {
        return Ruled::Given(Along::Supervises);
    }
    if document.user == rights.user {
        return Ruled::Given(Along::Begun);
    }
    let is_taken = document.parent.is_some_and(|parent| wants.contains(&parent));
    if is_taken { Ruled::Given(Along::Taken) } else { Ruled::NotAlong }
}

/// The judgement of one record on a device.
///
/// # Errors
/// When the database refuses.
pub fn of(
    db: &Connection,
    rights: &Rights,
    (device, document): (DeviceId, &DocumentRow),
) -> Result<Ruled, StorageError> {
    let wants = wants::of(db, device)?;
    let find = |id| Ok(log::document(db, id)?.filter(|found| found.unit == document.unit));
    if let ("review", Some(parent)) = (document.kind.as_str(), document.parent) {
        let Some(parent) = find(parent)? else { return Ok(Ruled::Unplaced) };
        let above = ruled((rights, &wants), &parent, standing(&parent, find)?.as_ref());
        if !above.is_given() {
            return Ok(above);
        }
    }
    Ok(ruled((rights, &wants), document, standing(document, find)?.as_ref()))
}

/// The documents a device should hold now, see [`scope_of`]; reckoned anew.
///
/// # Errors
/// When the database refuses.
pub fn scope(
    db: &Connection,
    user: &UserRow,
    device: DeviceId,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    scope_of(db, &access::rights_now(db, user)?, device)
}

/// The documents a device should hold: all the person may read, but of inspections only those of houses it
/// has taken along and those the person has started, and the reviews of all of these. A supervisor holds
/// everything of the unit.
///
/// # Errors
/// When the database refuses.
pub fn scope_of(
    db: &Connection,
    rights: &Rights,
    device: DeviceId,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    scope_with(db, rights, &wants::of(db, device)?)
}

/// The same of a device that has taken these houses along.
pub(super) fn scope_with(
    db: &Connection,
    rights: &Rights,
    wants: &BTreeSet<DocumentId>,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut scope = BTreeSet::new();
    for unit in rights.units() {
        let all = log::documents_of_unit(db, unit)?;
        let by_id: BTreeMap<DocumentId, &DocumentRow> =
            all.iter().map(|document| (document.id, document)).collect();
        let find = |id: DocumentId| Ok(by_id.get(&id).copied().cloned());
        let mut reviews = Vec::new();
        for document in &all {
            if document.kind == "review" {
                reviews.extend(document.parent.map(|parent| (document.id, parent)));
                continue;
            }
            let standing = standing(document, find)?;
            if ruled((rights, wants), document, standing.as_ref()).is_given() {
                scope.insert(document.id);
            }
        }
        // A review may be protected more than what it is about.
        for (review, parent) in reviews {
            let known = by_id.get(&review).copied().filter(|_| scope.contains(&parent));
            let Some(document) = known else { continue };
            let standing = standing(document, find)?;
            if ruled((rights, wants), document, standing.as_ref()).is_given() {
                scope.insert(review);
            }
        }
    }
    Ok(scope)
}
