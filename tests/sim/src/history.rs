//! One seed: a history from its beginning to its end, and what was found.

use std::collections::BTreeMap;

use crate::hub::scratch;
use crate::world::{Size, World};

/// What came of a history.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Days of tablets that were lived through.
    pub device_days: u64,
    /// What was lost.
    pub lost: Vec<String>,
    /// What differs at rest.
    pub diverged: Vec<String>,
    /// Sum over everything that went over the wire.
    pub trace: u64,
    /// How often each fault came.
    pub counts: BTreeMap<&'static str, u64>,
    /// What went wrong when.
    pub told: Vec<String>,
}

impl Outcome {
    /// Whether all is as it must be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.diverged.is_empty()
    }
}

/// Lives a history. One at a time in a process.
#[must_use]
pub fn live(seed: u64, size: Size) -> Outcome {
    let folder = tempfile::Builder::new().prefix("ankomst-sim").tempdir_in(scratch()).unwrap();
    let mut world = World::new(seed, size, folder.path());
    world.live();
    if !world.is_over {
        world.rest();
        world.came_home();
    }
    world.ledger.diverged.append(&mut world.hub.unscoped);
    let days = u64::from(size.days);
    world.count("written");
    world.counts.insert("written", u64::try_from(world.ledger.written.len()).unwrap_or(0));
    world.counts.insert("changes", u64::try_from(world.ledger.known.len()).unwrap_or(0));
    world.counts.insert("refused", world.refusals);
    Outcome {
        seed,
        device_days: u64::try_from(size.devices).unwrap_or(0) * days,
        lost: core::mem::take(&mut world.ledger.lost),
        diverged: core::mem::take(&mut world.ledger.diverged),
        trace: world.kernel.trace(),
        counts: core::mem::take(&mut world.counts),
        told: core::mem::take(&mut world.told),
    }
}
