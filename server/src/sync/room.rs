//! How much room a record has, so that its trial can always open it. What has none is held as `large`, and goes on
//! by itself once the record has become smaller; nobody's part of it takes the room of all others.

use std::collections::BTreeMap;

use ankomst_shared::ids::{DocumentId, UserId};

use crate::limits::{AUTHOR_WEIGHT_MAX, RECORD_WEIGHT_MAX};
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::weights::{self, Weights};

/// So much of a record costs as much as one more change.
const PART_WEIGHT: u64 = 1024 * 1024;

/// What it costs the one writer to open a record and its review for one change; a light one costs 1.
pub(super) fn opening(
    db: &Connection,
    [record, review]: [DocumentId; 2],
) -> Result<usize, StorageError> {
    let both = weights::of(db, record)?.all + weights::of(db, review)?.all;
    Ok(usize::try_from(both / PART_WEIGHT).map_or(usize::MAX, |parts| parts + 1))
}

/// What records weigh while something is stored.
#[derive(Default)]
pub(super) struct Room(BTreeMap<DocumentId, Weights>);

impl Room {
    /// Takes the room for something of an author, if there is so much.
    pub(super) fn takes(
        &mut self,
        db: &Connection,
        (document, user): (DocumentId, UserId),
        weight: u64,
    ) -> Result<bool, StorageError> {
        let weights = match self.0.entry(document) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(weights::of(db, document)?)
            }
        };
        let fits = fits(weights, user, weight);
        if fits {
            weights.takes(user, weight);
        }
        Ok(fits)
    }
}

fn fits(weights: &Weights, user: UserId, weight: u64) -> bool {
    let own = weights.by.get(&user).copied().unwrap_or_default();
    weights.all + weight <= RECORD_WEIGHT_MAX && own + weight <= AUTHOR_WEIGHT_MAX
}

/// Whether something that had no room in a record has some now.
pub(super) fn is_there(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let lightest = weights::lightest_large(db, document)?;
    let weights = weights::of(db, document)?;
    Ok(lightest.into_iter().any(|(user, weight)| fits(&weights, user, weight)))
}
