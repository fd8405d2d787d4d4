//! A disk of the server from which single changes cannot be read any more: they are given up, and come back from
//! the tablets that have them. The feed has a hole from then on, and nothing may be taken for a good backup of it.

use std::sync::Arc;

use ankomst_server::projector;
use ankomst_server::storage::sqlite::log::{self, ChunkRow};
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::ChangeHash;

use crate::world::World;

/// Most changes given up at once.
const GIVEN_UP_MAX: usize = 3;

impl World {
    /// Gives up some changes on which nothing builds, of records that go on without them.
    pub fn salvage(&mut self) {
        let Some(app) = self.hub.app.clone() else { return };
        let mut rows = self.given_up();
        if rows.is_empty() {
            return;
        }
        let mut lost = Vec::new();
        for _ in 0..=self.kernel.roll(GIVEN_UP_MAX) {
            if !rows.is_empty() {
                lost.push(rows.swap_remove(self.kernel.roll(rows.len())));
            }
        }
        let write = app
            .writer
            .write(move |db| lost.iter().try_for_each(|row| log::lose(db, row.document, row.hash)));
        if self.hub.run(write).is_err() {
            return;
        }
        drop(app);
        self.restart(|world| world.hub.goes_back(false));
        self.has_hole = true;
        projector::rebuild(self.hub.app()).unwrap();
        self.count("salvage");
    }

    /// Gives some up while nobody writes any more: nothing that builds on them asks for them, so that they come back
    /// only because a record that comes whole lacks them. Where tablets are wiped, none may be left that has them.
    pub fn salvage_at_rest(&mut self) {
        let may_be = self.kinds.back && !self.kinds.rights && !self.size.orders;
        if may_be && self.kernel.chance(500) {
            self.salvage();
        }
    }

    /// What may be given up so that others bring it back: visible, known to a tablet that lives, the newest of its
    /// record but not of the log.
    fn given_up(&mut self) -> Vec<ChunkRow> {
        for at in 0..self.tablets.len() {
            self.ledger.look(&self.tablets[at], &self.hub);
        }
        let app = Arc::clone(self.hub.app());
        let all = app.readers.read(log::all_chunks).unwrap();
        let deps: Vec<Vec<ChangeHash>> = all
            .iter()
            .filter_map(|row| app.keys.open_chunk(row.document, &row.hash, &row.sealed).ok())
            .map(|bytes| parse(&bytes).map(|info| info.deps).unwrap_or_default())
            .collect();
        let head = all.iter().filter_map(|row| row.feed).max();
        let last = all.last().map(|row| row.hash);
        let mut rows = Vec::new();
        for (row, own) in all.iter().zip(&deps) {
            let is_built_on = deps.iter().flatten().any(|dep| *dep == row.hash);
            if row.state == "visible"
                && row.feed != head
                && Some(row.hash) != last
                && !own.is_empty()
                && !is_built_on
                && self.ledger.known.contains_key(&row.hash)
                && self.ledger.living(row.hash)
            {
                rows.push(row.clone());
            }
        }
        rows
    }
}
