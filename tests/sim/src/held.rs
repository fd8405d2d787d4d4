//! What is held at rest: who knows of it, and that nothing is held that need not be.

use ankomst_server::storage::sqlite::{held, log};
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::sync::client::Stage;

use crate::hub::user;
use crate::world::World;

/// Most changes that are told of.
const TOLD_MAX: usize = 3;

impl World {
    /// Changes that a tablet has been told are received, and of which it must still hear more. Of what somebody else has
    /// written, and this tablet has brought once more after a restore, only its author and whoever decides are told that
    /// it is held.
    fn unheard(&self, at: usize) -> Vec<(DocumentId, ChangeHash)> {
        let tablet = &self.tablets[at];
        let Some(core) = tablet.core() else { return Vec::new() };
        let received = core.look_inside(|inside| {
            let all = inside.chunks().filter(|one| one.stage == Stage::Received);
            all.map(|one| (one.document, one.hash)).collect::<Vec<_>>()
        });
        let mut received = received.unwrap_or_default();
        let person = user(tablet.people[0]);
        received.retain(|(document, hash)| {
            let row = self.hub.app().readers.read(|db| log::chunk_of(db, *document, *hash));
            row.unwrap().is_none_or(|row| row.state != "held" || row.user == person)
        });
        received
    }

    /// Whether a tablet has heard of all it has sent.
    pub(crate) fn has_heard(&self, at: usize) -> bool {
        self.unheard(at).is_empty()
    }

    /// What the log says of changes of which a tablet must still hear.
    pub(crate) fn waiting(&self, at: usize) -> Vec<String> {
        let mut said = Vec::new();
        for (document, hash) in self.unheard(at).into_iter().take(TOLD_MAX) {
            let row = self.hub.app().readers.read(|db| log::chunk_of(db, document, hash)).unwrap();
            let row = row.map(|row| (row.state, row.reason, row.user));
            said.push(format!("{hash} of {document} is {row:?}"));
        }
        said
    }

    /// Nothing waits for what is held no more.
    pub(crate) fn check_held(&mut self) {
        let waits = self.hub.app().readers.read(|db| {
            let mut waits = Vec::new();
            for document in held::documents(db)? {
                if held::waits(db, document)? {
                    waits.push(document);
                }
            }
            Ok(waits)
        });
        for document in waits.unwrap() {
            self.ledger.diverged.push(format!("nothing keeps what is held of {document}"));
        }
    }
}
