//! What is held, as people decide about it: together what one person wrote on one tablet in one record and what is
//! held for one reason.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, UnitId, UserId};

use super::own_reason;
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::decided::{self, DecidedRow};
use crate::storage::sqlite::held::{self, DEPENDS, REFUSED, may_be_released};
use crate::storage::sqlite::log::{self, ChunkRow, DocumentRow};

/// Changes that are decided about together.
#[derive(Debug)]
pub struct Group {
    /// The record.
    pub document: DocumentRow,
    /// The author.
    pub user: UserId,
    /// The author's device.
    pub device: DeviceId,
    /// Why they are held.
    pub reason: String,
    /// The changes, in the order in which they came.
    pub changes: Vec<ChunkRow>,
    /// Authors of what waits for these, one for each change.
    pub follow: Vec<UserId>,
    /// What was decided about them, if they were refused.
    pub refused: Option<DecidedRow>,
    /// Nothing of its own would stand against them now.
    pub is_free: bool,
}

impl Group {
    /// The number of its newest change in the order of arrival: what comes later was not seen.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.changes.last().map_or(0, |chunk| chunk.received)
    }

    /// Whether a person can release it.
    #[must_use]
    pub fn can_be_released(&self) -> bool {
        let held_for = self.refused.as_ref().map_or(self.reason.as_str(), |row| &row.held_for);
        may_be_released(held_for)
    }
}

type Key = (DocumentId, UserId, DeviceId, String);

/// A document with what of it is held.
struct Of {
    row: DocumentRow,
    deps: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    /// The changes that are held and their authors, in the order in which they came.
    held: Vec<(ChangeHash, UserId)>,
    names: BTreeSet<ChangeHash>,
}

impl Of {
    fn read(db: &Connection, id: DocumentId, unit: UnitId) -> Result<Option<Self>, StorageError> {
        let Some(row) = log::document(db, id)?.filter(|row| row.unit == unit) else {
            return Ok(None);
        };
        let deps = held::deps(db, id)?;
        Ok(Some(Self { row, deps, held: Vec::new(), names: BTreeSet::new() }))
    }

    /// Whether a change builds on one that is held.
    fn hangs(&self, hash: ChangeHash) -> bool {
        let deps = self.deps.get(&hash).map_or(&[][..], Vec::as_slice);
        deps.iter().any(|dep| self.names.contains(dep))
    }

    /// Authors of what builds on some changes.
    fn follow(&self, changes: &[ChunkRow]) -> Vec<UserId> {
        let mut reached: BTreeSet<ChangeHash> = changes.iter().map(|chunk| chunk.hash).collect();
        let mut authors = Vec::new();
        for (hash, user) in &self.held {
            let deps = self.deps.get(hash).map_or(&[][..], Vec::as_slice);
            if deps.iter().any(|dep| reached.contains(dep)) && reached.insert(*hash) {
                authors.push(*user);
            }
        }
        authors
    }
}

/// Everything that is held in a unit, the oldest first; what only waits for others stands with those.
///
/// # Errors
/// When the database refuses.
pub fn groups(app: &App, db: &Connection, unit: UnitId) -> Result<Vec<Group>, StorageError> {
    let mut all: Vec<Group> = Vec::new();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut documents: BTreeMap<DocumentId, Option<Of>> = BTreeMap::new();
    for chunk in log::held(db, None)? {
        if let Entry::Vacant(place) = documents.entry(chunk.document) {
            place.insert(Of::read(db, chunk.document, unit)?);
        }
        let Some(Some(of)) = documents.get_mut(&chunk.document) else { continue };
        let reason = chunk.reason.clone().unwrap_or_default();
        let refused = match reason.as_str() {
            REFUSED => decided::newest(db, of.row.id, chunk.root())?,
            _ => None,
        };
        let hangs = of.hangs(chunk.hash);
        if chunk.state == "held" {
            of.held.push((chunk.hash, chunk.user));
            of.names.insert(chunk.hash);
        }
        // What waits and hangs on nothing here must not be out of sight.
        if hangs && (reason == DEPENDS || (reason == REFUSED && refused.is_none())) {
            continue;
        }
        let key = (chunk.document, chunk.user, chunk.device, reason.clone());
        if let Some(group) = places.get(&key).and_then(|at| all.get_mut(*at)) {
            group.changes.push(chunk);
            continue;
        }
        let is_free = own_reason(app, db, &of.row, Some((chunk.user, chunk.device)))?.is_none();
        places.insert(key, all.len());
        all.push(Group {
            document: of.row.clone(),
            user: chunk.user,
            device: chunk.device,
            reason,
            changes: vec![chunk],
            follow: Vec::new(),
            refused,
            is_free,
        });
    }
    for group in &mut all {
        if let Some(Some(of)) = documents.get(&group.document.id) {
            group.follow = of.follow(&group.changes);
        }
    }
    Ok(all)
}
