//! What is held at rest: who knows of it, and that nothing is held that need not be.

use std::collections::BTreeSet;

use ankomst_server::storage::sqlite::log::ChunkRow;
use ankomst_server::storage::sqlite::{accounts, held, log};
use ankomst_server::sync::access;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::sync::client::Stage;

use crate::hub::user;
use crate::world::World;

/// Most changes that are told of.
const TOLD_MAX: usize = 3;

impl World {
    /// Changes that a tablet has been told are received, and of which it must still hear more. Of what is in a record that
    /// its author may not read any more nothing comes over the socket; the next exchange, which is made once an hour,
    /// takes the record away.
    fn unheard(&self, at: usize) -> Vec<(DocumentId, ChangeHash)> {
        let tablet = &self.tablets[at];
        let Some(core) = tablet.core() else { return Vec::new() };
        let received = core.look_inside(|inside| {
            let all = inside.chunks().filter(|one| one.stage == Stage::Received);
            (all.map(|one| (one.document, one.hash)).collect::<Vec<_>>(), inside.device())
        });
        let Some((mut received, device)) = received.filter(|(all, _)| !all.is_empty()) else {
            return Vec::new();
        };
        let person = user(tablet.people[0]);
        let readers = &self.hub.app().readers;
        let scope = readers.read(|db| match accounts::user(db, person)? {
            Some(user) => access::scope(db, &user, device),
            None => Ok(BTreeSet::new()),
        });
        let scope = scope.unwrap();
        received.retain(|(document, hash)| {
            let row = readers.read(|db| log::chunk_of(db, *document, *hash)).unwrap();
            row.is_none_or(|row| match row.state.as_str() {
                "visible" => scope.contains(document),
                _ => true,
            })
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

    /// Whether newer changes of the record were served while one was held, and whether a tablet that has the record is
    /// out of contact.
    pub(crate) fn after_held(&self, row: &ChunkRow) -> (bool, bool) {
        let readers = &self.hub.app().readers;
        let visible = readers.read(|db| log::chunks_of(db, row.document, "visible")).unwrap();
        let is_passed = visible.iter().any(|one| one.received > row.received);
        let is_away = self.tablets.iter().any(|tablet| {
            let is_up = tablet.awake && self.kernel.links.borrow()[tablet.at].up;
            let has_it = tablet.core().and_then(|core| {
                core.look_inside(|inside| inside.chunks().any(|one| one.document == row.document))
            });
            !is_up && has_it == Some(true)
        });
        (is_passed, is_away)
    }

    /// Counts what was decided about something held.
    pub(crate) fn count_decided(&mut self, is_release: bool, (is_passed, is_away): (bool, bool)) {
        match (is_release, is_passed) {
            (true, true) => self.count("let in after newer changes"),
            (true, false) => self.count("let in"),
            (false, true) => self.count("refused after newer changes"),
            (false, false) => self.count("refused by a person"),
        }
        if is_passed && is_away {
            self.count("decided late while a reader is away");
        }
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
