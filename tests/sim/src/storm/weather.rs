//! What goes wrong when: links that are cut, held, slow and lossy, and hosts that end and come back.

use std::rc::Rc;
use std::time::Duration;

use ankomst_server::given;
use ankomst_shared::chunk::hostile::Dice;
use turmoil::Sim;

use crate::kernel::BEGIN;
use crate::storm::court::Court;
use crate::storm::device::Shared;
use crate::storm::ground::Ground;
use crate::storm::{DEVICES, RUDE, TICK, judge, name, rude_name};

/// A storm lasts so long, milliseconds.
const STORM_MS: i64 = 150_000;
/// After it everybody has been answered and has everything within this.
const ANSWERED_MS: i64 = 150_000;
/// A device whose way is good has nothing unsent for longer than this while the server is up.
const WAITS_MS: i64 = 60_000;
/// Told to stop, a server has ended within this: what it drains, what it cuts off, and a moment.
const STOPS_MS: i64 = 9_000;
/// Connections to nobody are closed within this.
const GONE_MS: i64 = 420_000;
/// One storm in so many is looked at for longer.
const LONG: u64 = 8;

const SERVER: &str = "server";

/// Something that goes wrong, or is put right.
#[derive(Debug, Clone)]
enum Act {
    /// Nothing gets through to a host.
    Cut(String),
    /// Nothing gets through to the server, or from it.
    OneWay(String, bool),
    /// What is sent waits, then comes at once.
    Hold(String),
    /// Longest way of a message.
    Slow(String, u64),
    /// Connections break in the middle.
    Lossy(String, f64),
    /// All is well on a link.
    Mend(String),
    /// A host's programs end, with a word to the other end or without.
    Ends(String, bool),
    /// They begin again.
    Begins(String),
    /// The server is killed, with a word or without.
    Kill(bool),
    /// The server is cut off after so many writes.
    KillAfter(i64),
    /// The server is told to stop.
    Stop,
    /// It starts again.
    Start,
}

/// The simulation, and what is still to come over it.
pub struct Weather<'a> {
    sim: Sim<'a>,
    dice: Dice,
    court: Rc<Court>,
    ground: Rc<Ground>,
    due: Vec<(i64, u64, Act)>,
    turn: u64,
    is_long: bool,
    stops_by: Option<i64>,
    up_since: Option<i64>,
    is_over: bool,
}

impl<'a> Weather<'a> {
    /// Over these hosts.
    #[must_use]
    pub fn new(sim: Sim<'a>, mut dice: Dice, court: Rc<Court>, ground: Rc<Ground>) -> Self {
        let is_long = dice.bits().is_multiple_of(LONG);
        let (due, turn) = (Vec::new(), 0);
        let (stops_by, up_since, is_over) = (None, None, false);
        Self { sim, dice, court, ground, due, turn, is_long, stops_by, up_since, is_over }
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.dice.roll(usize::try_from(high - low).unwrap_or(1))).unwrap_or(0)
    }

    fn plan(&mut self, at: i64, act: Act) {
        self.turn += 1;
        self.due.push((at, self.turn, act));
        // The next one last.
        self.due.sort_by_key(|(at, turn, _)| core::cmp::Reverse((*at, *turn)));
    }

    /// Lets a storm go by; `clear` is the device on whose way nothing happens.
    pub fn blow(&mut self, clear: &Shared) {
        let hosts: Vec<String> = (1..DEVICES).map(name).chain((0..RUDE).map(rude_name)).collect();
        for host in &hosts {
            self.plan_link(host);
            if self.dice.roll(3) == 0 {
                let (at, down) = (self.between(10_000, STORM_MS), self.between(200, 30_000));
                let says = self.dice.roll(2) == 0;
                self.plan(at, Act::Ends(host.clone(), says));
                self.plan(at + down, Act::Begins(host.clone()));
            }
        }
        if self.dice.roll(5) > 0 {
            self.plan_server();
        }
        while self.court.now.get() < STORM_MS && !self.is_over {
            self.step();
            self.looks_at(clear);
        }
    }

    fn plan_link(&mut self, host: &str) {
        let mut at = self.between(2_000, 40_000);
        while at < STORM_MS {
            let host = host.to_owned();
            let act = match self.dice.roll(6) {
                0 => Act::Cut(host.clone()),
                1 => Act::OneWay(host.clone(), self.dice.roll(2) == 0),
                2 | 3 => Act::Hold(host.clone()),
                4 => Act::Slow(host.clone(), 500 + self.dice.bits() % 6_000),
                _ => Act::Lossy(host.clone(), [0.005, 0.02, 0.1][self.dice.roll(3)]),
            };
            self.plan(at, act);
            at += self.between(1_000, 50_000);
            self.plan(at, Act::Mend(host));
            at += self.between(1_000, 30_000);
        }
    }

    fn plan_server(&mut self) {
        let mut at = self.between(3_000, 60_000);
        while at < STORM_MS {
            let act = match self.dice.roll(5) {
                0 | 1 => Act::Kill(self.dice.roll(2) == 0),
                2 | 3 => Act::KillAfter(self.between(0, 30)),
                _ => Act::Stop,
            };
            self.plan(at, act);
            at += self.between(10_000, 60_000);
        }
    }

    fn step(&mut self) {
        let now = i64::try_from(self.sim.elapsed().as_millis()).unwrap_or(0);
        self.court.now.set(now);
        given::set_now(BEGIN + now);
        while self.due.last().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, _, act)) = self.due.pop() {
                self.acts(&act);
            }
        }
        if let Err(error) = self.sim.step() {
            self.court.fault(format!("a host ended: {error}"));
            self.is_over = true;
            return;
        }
        if self.ground.app().is_some() && given::is_stopped() {
            self.court.count("cut off");
            self.acts(&Act::Kill(false));
        }
        match self.stops_by {
            Some(_) if !self.sim.is_host_running(SERVER) => {
                self.stops_by = None;
                self.comes_back();
            }
            Some(by) if by < now => {
                self.court.fault("it was told to stop and did not".to_owned());
                self.acts(&Act::Kill(true));
            }
            _ => {}
        }
        let up_since = self.up_since.unwrap_or(now);
        self.up_since = self.court.is_up.get().then_some(up_since);
    }

    fn comes_back(&mut self) {
        let down = self.between(200, 12_000);
        self.plan(self.court.now.get() + down, Act::Start);
    }

    fn acts(&mut self, act: &Act) {
        match act {
            Act::Cut(host) => self.sim.partition(SERVER, host.as_str()),
            Act::OneWay(host, true) => self.sim.partition_oneway(SERVER, host.as_str()),
            Act::OneWay(host, false) => self.sim.partition_oneway(host.as_str(), SERVER),
            Act::Hold(host) => self.sim.hold(SERVER, host.as_str()),
            Act::Slow(host, ms) => {
                let most = Duration::from_millis(*ms);
                self.sim.set_link_max_message_latency(SERVER, host.as_str(), most);
            }
            Act::Lossy(host, rate) => self.sim.set_link_fail_rate(SERVER, host.as_str(), *rate),
            Act::Mend(host) => self.mends(host),
            Act::Ends(host, says) => {
                if !says {
                    self.sim.partition(SERVER, host.as_str());
                }
                self.sim.crash(host.as_str());
                self.court.count("host ended");
            }
            Act::Begins(host) => {
                self.mends(host);
                self.sim.bounce(host.as_str());
            }
            Act::Kill(says) => self.kills(*says),
            Act::KillAfter(writes) if self.court.is_up.get() => given::stop_after(Some(*writes)),
            Act::Stop => {
                if let Some(app) = self.ground.app().filter(|_| self.court.is_up.get()) {
                    self.court.count("told to stop");
                    self.court.is_up.set(false);
                    app.stopping.cancel();
                    self.stops_by = Some(self.court.now.get() + STOPS_MS);
                }
            }
            Act::Start => {
                for host in hosts() {
                    self.mends(&host);
                }
                self.sim.bounce(SERVER);
            }
            Act::KillAfter(_) => {}
        }
    }

    fn kills(&mut self, says: bool) {
        if self.ground.app().is_none() {
            return;
        }
        self.court.count("killed");
        self.stops_by = None;
        if !says {
            for host in hosts() {
                self.sim.partition(SERVER, host.as_str());
            }
        }
        self.ground.keep();
        self.sim.crash(SERVER);
        self.comes_back();
    }

    fn mends(&mut self, host: &str) {
        self.sim.release(SERVER, host);
        self.sim.repair(SERVER, host);
        self.sim.set_link_fail_rate(SERVER, host, 0.0);
        self.sim.set_link_max_message_latency(SERVER, host, Duration::from_millis(200));
    }

    /// A device on whose way nothing happens does not wait while the server is up.
    fn looks_at(&self, clear: &Shared) {
        let now = self.court.now.get();
        let since = clear.borrow().unsent_since;
        let waits =
            since.zip(self.up_since).is_some_and(|(since, up)| since.max(up) + WAITS_MS < now);
        if waits {
            clear.borrow_mut().unsent_since = None;
            self.court.fault("a device whose way is good is not heard".to_owned());
        }
    }

    /// All is well again: everybody is answered in time.
    pub fn calm(&mut self, disks: &[Shared]) {
        self.due.retain(|(_, _, act)| matches!(act, Act::Start));
        given::stop_after(None);
        for host in hosts() {
            self.mends(&host);
            if !self.sim.is_host_running(host.as_str()) {
                self.sim.bounce(host.as_str());
            }
        }
        let began = self.court.now.get();
        self.court.calm_at.set(Some(began));
        let least = if self.is_long { began + ANSWERED_MS - 1_000 } else { began };
        while self.court.now.get() < began + ANSWERED_MS && !self.is_over {
            for _ in 0..Duration::from_millis(500).as_millis() / TICK.as_millis() {
                self.step();
            }
            let is_well =
                disks.iter().all(|disk| disk.borrow().whole_at.is_some_and(|at| at > began));
            if is_well && self.court.now.get() >= least && judge::is_same(&self.ground, disks) {
                let took = u64::try_from(self.court.now.get() - began).unwrap_or(0);
                if !self.is_long {
                    self.court.most("calm after ms", took);
                }
                return;
            }
        }
        for disk in disks.iter().map(|disk| disk.borrow()) {
            let whole = disk.whole_at.filter(|at| *at > began);
            self.court.fault(format!("device {} after the storm: whole at {whole:?} ms", disk.at));
        }
    }

    /// Everybody goes without a word; after a while the server holds on to none of them.
    pub fn leave(&mut self) {
        if !self.is_long || self.is_over {
            return;
        }
        for host in hosts() {
            self.sim.partition(SERVER, host.as_str());
            self.sim.crash(host.as_str());
        }
        let until = self.court.now.get() + GONE_MS;
        while self.court.streams.get() > 0 && self.court.now.get() < until && !self.is_over {
            self.step();
        }
        if self.court.streams.get() > 0 {
            let left = self.court.streams.get();
            self.court.fault(format!("{left} connections to nobody are still open"));
        }
    }
}

fn hosts() -> Vec<String> {
    (0..DEVICES).map(name).chain((0..RUDE).map(rude_name)).collect()
}
