//! Where a tablet says it stands, and what it has: both come to its disk in one commit.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_server::storage::sqlite::log;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::sync::client::Stage;

use crate::world::World;

impl World {
    /// Looks whether all that the feed had brought up to the place of a vault that was just opened is in it. Where
    /// rights, copies and older logs come in, a place may be ahead until the next exchange compares.
    pub fn look_at_place(&mut self, at: usize) {
        if self.kinds.moves_places() {
            return;
        }
        let (Some(core), Some(app)) = (self.tablets[at].core(), &self.hub.app) else { return };
        let missing = core.look_inside(|inside| {
            let mut here: BTreeMap<DocumentId, BTreeSet<ChangeHash>> = BTreeMap::new();
            for chunk in inside.chunks().filter(|chunk| chunk.stage == Stage::Shared) {
                here.entry(chunk.document).or_default().insert(chunk.hash);
            }
            let place = inside.feed();
            let read = app.readers.read(|db| {
                let mut missing = Vec::new();
                if log::epoch(db)? != inside.epoch() {
                    return Ok(missing);
                }
                for (document, hashes) in &here {
                    for chunk in log::chunks_of(db, *document, "visible")? {
                        let is_past = chunk.feed.is_some_and(|feed| feed <= place);
                        if is_past && !hashes.contains(&chunk.hash) {
                            missing.push(chunk.hash);
                        }
                    }
                }
                Ok(missing)
            });
            read.unwrap()
        });
        for hash in missing.unwrap_or_default() {
            self.ledger.diverged.push(format!("{at} says it has had {hash} and has it not"));
        }
    }
}
