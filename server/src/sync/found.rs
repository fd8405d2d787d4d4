//! What is found while a push is stored: what it leads to, and whether there is room for more of its authors.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::ids::{DeviceId, DocumentId, UserId};

use crate::app::{Amount, App};
use crate::limits::HELD_MAX;
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::held::{LARGE, count_waiting};
use crate::storage::sqlite::weights;
use crate::sync::destroy::late::Brought;
use crate::sync::room::Room;

/// What a push has led to so far.
#[derive(Default)]
pub(super) struct Found {
    /// Documents of which changes are held at once.
    pub(super) held: BTreeSet<DocumentId>,
    /// What came too late for a record that was destroyed.
    pub(super) late: Brought,
    /// Documents in which somebody has no room any more.
    pub(super) crowded: BTreeSet<DocumentId>,
    /// What is left of the room of documents.
    pub(super) room: Room,
    /// What it cost to carry changes over; each costs the one writer the opening of a record.
    pub(super) carried: usize,
    /// What is to be charged to authors and their devices.
    pub(super) charges: BTreeMap<(UserId, DeviceId), Amount>,
    /// Changes of each author that wait for a decision.
    waiting: BTreeMap<UserId, usize>,
}

impl Found {
    /// Whether its author and the author's device may have one more change stored now.
    pub(super) fn fits(&self, app: &App, info: &ChunkInfo, now_ms: i64) -> bool {
        let by = (info.meta.user, info.meta.device);
        let before = self.charges.get(&by).copied().unwrap_or_default();
        app.stored.fits(by, before.and(weights::of_change(info)), now_ms)
    }

    /// Takes the room of a document for a change; where there is none, that is why it is held.
    pub(super) fn is_large(
        &mut self,
        db: &Connection,
        document: DocumentId,
        info: &ChunkInfo,
    ) -> Result<Option<&'static str>, StorageError> {
        let weight = weights::of_change(info);
        if self.room.takes(db, (document, info.meta.user), weight)? {
            return Ok(None);
        }
        self.crowded.insert(document);
        Ok(Some(LARGE))
    }

    /// Whether one more change of an author may wait for a decision.
    pub(super) fn may_hold(
        &mut self,
        db: &Connection,
        author: UserId,
    ) -> Result<bool, StorageError> {
        let waiting = match self.waiting.get(&author) {
            Some(waiting) => *waiting,
            None => count_waiting(db, author, HELD_MAX)?,
        };
        self.waiting.insert(author, waiting);
        Ok(waiting < HELD_MAX)
    }

    /// Notes that a change is stored, which is charged once it is on the disk.
    pub(super) fn stores(&mut self, info: &ChunkInfo) {
        let charge = self.charges.entry((info.meta.user, info.meta.device)).or_default();
        *charge = charge.and(weights::of_change(info));
    }

    /// Notes that a change is held.
    pub(super) fn holds(&mut self, document: DocumentId, author: UserId) {
        self.held.insert(document);
        if let Some(waiting) = self.waiting.get_mut(&author) {
            *waiting += 1;
        }
    }
}
