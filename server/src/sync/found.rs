//! What is found while a push is stored: what it leads to, and whether there is room for more of its authors.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::ids::{DocumentId, UserId};

use crate::app::App;
use crate::limits::HELD_MAX;
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::held::count_waiting;

/// What a push has led to so far.
#[derive(Default)]
pub(super) struct Found {
    /// Documents of which changes are held at once.
    pub(super) held: BTreeSet<DocumentId>,
    /// Changes that were carried over; each costs the one writer the reading of a document.
    pub(super) carried: usize,
    /// Changes of each author that wait for a decision.
    waiting: BTreeMap<UserId, usize>,
}

impl Found {
    /// Whether there is room for one more change of its author.
    pub(super) fn has_room(
        &mut self,
        (app, db): (&App, &Connection),
        info: &ChunkInfo,
        now_ms: i64,
    ) -> Result<bool, StorageError> {
        let by = (info.meta.user, info.meta.device);
        let waiting = match self.waiting.get(&by.0) {
            Some(waiting) => *waiting,
            None => count_waiting(db, by.0, HELD_MAX)?,
        };
        let has_room = waiting < HELD_MAX && app.stored.takes(by, info.bytes.len(), now_ms);
        self.waiting.insert(by.0, waiting);
        Ok(has_room)
    }

    /// Notes that a change is held.
    pub(super) fn holds(&mut self, document: DocumentId, author: UserId) {
        self.held.insert(document);
        *self.waiting.entry(author).or_default() += 1;
    }
}
