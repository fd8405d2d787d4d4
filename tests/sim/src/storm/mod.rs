//! The server's own listener, router and SQLite on a network that fails, by the crate `turmoil`: raw devices as clients,
//! each host on a clock that stands still until all of them wait. A seed decides all.
//!
//! Reading order: [`court`] (what everybody is held against), [`ground`] (the server and its files), [`http`],
//! [`device`] (an honest device's disk), [`life`] (what it does), [`rude`] (who does not behave), [`weather`] (what goes
//! wrong when), [`judge`] (what must hold in the end).

pub mod court;
pub mod device;
pub mod ground;
pub mod http;
pub mod judge;
pub mod life;
pub mod rude;
pub mod weather;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use ankomst_server::given;
use ankomst_shared::chunk::hostile::Dice;

use crate::hub::scratch;
use crate::kernel::BEGIN;
use crate::storm::court::Court;
use crate::storm::device::Disk;
use crate::storm::ground::Ground;
use crate::storm::weather::Weather;

/// What came of a storm.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// What was not as it must be.
    pub faults: Vec<String>,
    /// Sum over everything that was answered.
    pub trace: u64,
    /// What happened how often.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Honest devices; nothing ever happens to the way of the first.
pub const DEVICES: usize = 4;
/// Hosts that do not behave.
pub const RUDE: usize = 2;

/// So much time passes for each host at once.
pub const TICK: Duration = Duration::from_millis(10);
/// Writes that may be on the way to somebody who does not read.
const ON_THE_WAY: usize = 24;

/// What a dice is thrown for must not be seen in another.
#[must_use]
pub fn dice(seed: u64, whose: u64) -> Dice {
    let mut dice = Dice::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ whose.wrapping_mul(0x9e37));
    for _ in 0..8 {
        dice.bits();
    }
    dice
}

/// Lives through a storm. One at a time in a process.
#[must_use]
pub fn live(seed: u64) -> Outcome {
    let folder = tempfile::Builder::new().prefix("ankomst-storm").tempdir_in(scratch()).unwrap();
    given::simulate(seed);
    given::set_now(BEGIN);
    let court = Rc::new(Court::default());
    let ground = Ground::begin(folder.path(), &court, DEVICES + RUDE);
    let mut sim = turmoil::Builder::new()
        .tick_duration(TICK)
        .tcp_capacity(ON_THE_WAY)
        .simulation_duration(Duration::from_secs(100_000))
        .min_message_latency(Duration::from_millis(5))
        .max_message_latency(Duration::from_millis(200))
        .rng_seed(seed)
        .build();
    let served = Rc::clone(&ground);
    sim.host("server", move || ground::serve(Rc::clone(&served)));
    let disks: Vec<_> = (0..DEVICES)
        .map(|at| Rc::new(RefCell::new(Disk::new(at, dice(seed, 100 + as_u64(at))))))
        .collect();
    for (at, disk) in disks.iter().enumerate() {
        let (court, disk) = (Rc::clone(&court), Rc::clone(disk));
        sim.host(name(at), move || life::live(Rc::clone(&court), Rc::clone(&disk)));
    }
    for at in 0..RUDE {
        let (court, dice) =
            (Rc::clone(&court), Rc::new(RefCell::new(dice(seed, 200 + as_u64(at)))));
        sim.host(rude_name(at), move || rude::live(Rc::clone(&court), at, Rc::clone(&dice)));
    }
    let mut weather = Weather::new(sim, dice(seed, 2), Rc::clone(&court), Rc::clone(&ground));
    weather.blow(&disks[0]);
    weather.calm(&disks);
    judge::look(&court, &ground, &disks);
    weather.leave();
    drop(weather);
    ground.end();
    Outcome { seed, faults: court.faults(), trace: court.trace.get(), counts: court.counts.take() }
}

fn as_u64(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(0)
}

/// Name of an honest device's host.
#[must_use]
pub fn name(at: usize) -> String {
    format!("device{at}")
}

/// Name of a host that does not behave.
#[must_use]
pub fn rude_name(at: usize) -> String {
    format!("rude{at}")
}
