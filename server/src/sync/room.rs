//! How much room a record has, so that its trial can always open it. What has none is held as `large`, and goes on
//! by itself once the record has become smaller; nobody's part of it takes the room of all others.

use std::collections::BTreeMap;

use ankomst_shared::ids::{DocumentId, UserId};

use crate::limits::{AUTHOR_WEIGHT_MAX, RECORD_WEIGHT_MAX};
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::weights::{self, Weights};

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
        let own = weights.by.get(&user).copied().unwrap_or_default();
        let fits = weights.all + weight <= RECORD_WEIGHT_MAX && own + weight <= AUTHOR_WEIGHT_MAX;
        if fits {
            weights.takes(user, weight);
        }
        Ok(fits)
    }
}
