//! What a tablet was told is on the server's disk: it is there at rest, unless the log has gone back since and nobody has it.

use ankomst_shared::ids::ChangeHash;

use crate::hub::Hub;
use crate::ledger::Ledger;
use crate::world::World;

/// A change that a tablet was told is on the server's disk.
#[derive(Debug, Clone, Copy)]
pub struct Received {
    /// That tablet.
    told: usize,
    /// The log may lack it only if it has gone back at least so often.
    from: u32,
}

impl Hub {
    /// Its log goes back: it is restored, which is noticed, or put back, or loses single changes.
    pub fn goes_back(&mut self, is_noticed: bool) {
        self.is_put_back = !is_noticed;
        self.back_count += 1;
    }
}

impl Ledger {
    /// A tablet says that a change is on the server's disk; with how often the log has gone back if it is in the log now.
    /// If it is not, the log went back after the tablet was told, which may have been long before this look.
    pub fn note_received(&mut self, (hash, told): (ChangeHash, usize), there: Option<u32>) {
        let from = there.map_or(1, |count| count + 1);
        let received = self.received.entry(hash).or_insert(Received { told, from });
        received.from = received.from.max(from);
    }
}

impl World {
    /// What a tablet was told is on the server's disk is there.
    pub fn check_received(&mut self) {
        let mut lost = Vec::new();
        for (hash, Received { told, from }) in &self.ledger.received {
            let document = self.ledger.known[hash].document;
            // A log that went back since lacks what only tablets had that are no more, and nothing else.
            let may_lack = self.hub.back_count >= *from && !self.ledger.living(*hash);
            if !may_lack && !self.hub.has(document, *hash) {
                lost.push(format!("was received and is not there: {hash}, told to {told}"));
            }
        }
        self.ledger.lost.extend(lost);
    }
}
