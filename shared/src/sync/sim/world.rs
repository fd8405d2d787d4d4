//! Tablets, a hub, a bad network, and what must hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::{Change, Hub, State};
use super::machine::Machine;
use super::tablet::{Disk, Tablet};
use crate::chunk::sha256;
use crate::ids::{ChangeHash, DeviceId, DocumentId};
use crate::sync::chain::Position;
use crate::sync::client::session::Next;
use crate::sync::client::{Place, Stage};
use crate::sync::message::{ExchangeAnswer, ServerFrame};
use crate::sync::wire;

const TABLETS: u8 = 4;
const STEPS: usize = 250;
/// People on a machine that is shared.
const PEOPLE: usize = 2;

/// What happens in a history beside crashes and a bad network.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    /// Rights come and go.
    pub(super) rights: bool,
    /// The hub makes backups, and its disk is put back to the newest.
    pub(super) backups: Backups,
    /// Two people use each machine in turn, and one of each stays away in the end.
    pub(super) shared: bool,
    /// A defect put into the tablets.
    pub(super) plant: Plant,
}

/// What becomes of the hub's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Backups {
    /// It lasts.
    #[default]
    None,
    /// It is put back unnoticed, and tablets never hear of backups.
    Unchecked,
    /// Backups are checked, so that tablets are told how far they reach; some are restored, some are put
    /// back unnoticed.
    Checked,
}

/// Defects that a test puts into the tablets, to see that they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Plant {
    #[default]
    None,
    /// Deposits are forgotten once the hub has them, not once a backup has.
    FirstLevel,
    /// Arrivals are compared without asking whether the log is the one that told them.
    Unasked,
}

#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    drawn: u64,
    faults: Faults,
    hub: Hub,
    backup: Option<Hub>,
    tablets: Vec<Tablet>,
    machines: Vec<Machine>,
    /// Who has signed in on each machine.
    signed_in: Vec<usize>,
    /// Open sockets: what the hub has told over each.
    sockets: BTreeMap<usize, Position>,
    denied: BTreeSet<(DeviceId, DocumentId)>,
    written: BTreeMap<ChangeHash, (DocumentId, Change)>,
    /// Whatever was at the hub at some time.
    received: BTreeMap<ChangeHash, DocumentId>,
    epochs: BTreeSet<crate::ids::Epoch>,
}

impl World {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        Self {
            seed,
            drawn: 0,
            faults,
            hub: Hub::new(),
            backup: None,
            tablets: (0..TABLETS).map(Tablet::new).collect(),
            machines: vec![Machine { plant: faults.plant, ..Machine::default() }; TABLETS.into()],
            signed_in: (0..TABLETS.into())
                .step_by(if faults.shared { PEOPLE } else { 1 })
                .collect(),
            sockets: BTreeMap::new(),
            denied: BTreeSet::new(),
            written: BTreeMap::new(),
            received: BTreeMap::new(),
            epochs: BTreeSet::new(),
        }
    }

    /// Runs the history and checks its end; gives how many new epochs the hub began.
    pub(super) fn live_and_check(mut self) -> usize {
        for _ in 0..STEPS {
            self.step();
        }
        self.come_to_rest();
        self.check();
        if self.faults.backups == Backups::Checked {
            self.check_bounds();
        }
        self.epochs.len() - 1
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.drawn += 1;
        let bytes = sha256(&[&self.seed.to_be_bytes(), &self.drawn.to_be_bytes()]);
        u64::from_be_bytes(*bytes.first_chunk().unwrap()) % below
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.draw(100) < percent
    }

    fn tablet(&mut self) -> usize {
        usize::try_from(self.draw(u64::from(TABLETS))).unwrap()
    }

    fn machine_of(&self, at: usize) -> usize {
        if self.faults.shared { at / PEOPLE } else { at }
    }

    /// Who acts: the one who has signed in, unless another does now.
    fn at_work(&mut self) -> usize {
        let at = self.tablet();
        let machine = self.machine_of(at);
        let before = self.signed_in[machine];
        if at == before || self.chance(80) {
            return before;
        }
        self.tablets[before].crash();
        self.sockets.remove(&before);
        self.signed_in[machine] = at;
        at
    }

    fn step(&mut self) {
        let at = self.at_work();
        match self.draw(100) {
            0..35 => self.write(at),
            35..60 => self.exchange(at),
            60..75 => self.socket(at),
            75..90 => {
                let most = usize::try_from(self.draw(6)).unwrap();
                self.hub.trial(most);
            }
            90..93 => {
                self.tablets[at].crash();
                self.sockets.remove(&at);
            }
            93..97 if self.faults.rights => self.change_rights(at),
            97 if self.faults.backups != Backups::None => self.back_up(),
            98 if self.faults.backups != Backups::None && self.chance(40) => self.go_back(),
            99 if self.faults.backups == Backups::Checked => self.back_up(),
            _ => {}
        }
    }

    fn write(&mut self, at: usize) {
        let known: Vec<DocumentId> = self.tablets[at].disk.0.keys().copied().collect();
        let document = if known.is_empty() || self.chance(8) {
            DocumentId::from_bytes(u128::from(self.draw(u64::MAX)).to_be_bytes())
        } else {
            let count = u64::try_from(known.len()).unwrap();
            known[usize::try_from(self.draw(count)).unwrap()]
        };
        let number = self.draw(u64::MAX);
        let hash = ChangeHash::from_bytes(sha256(&[&number.to_be_bytes()]));
        let machine = self.machine_of(at);
        let written = self.tablets[at].write(&mut self.machines[machine], (document, hash));
        if let Some(change) = written {
            self.written.insert(hash, (document, change));
        }
    }

    fn exchange(&mut self, at: usize) {
        self.sockets.remove(&at);
        let machine = self.machine_of(at);
        let question = self.tablets[at].question(&self.machines[machine]);
        if self.chance(12) {
            return;
        }
        let mut answer = self.hub.answer(&question, &self.denied);
        if self.chance(10) {
            // The network sent it twice; either answer may be the one that arrives.
            let second = self.hub.answer(&question, &self.denied);
            if self.chance(50) {
                answer = second;
            }
        }
        self.epochs.insert(self.hub.epoch());
        if self.chance(15) {
            return;
        }
        let answer: ExchangeAnswer = wire::unpack(&wire::pack(&answer)).unwrap();
        let crash = self.chance(7);
        self.tablets[at].hear(&mut self.machines[machine], (&question, &answer), crash);
    }

    /// Opens the socket or goes on with it; it may be cut at any place.
    fn socket(&mut self, at: usize) {
        let tablet = &self.tablets[at];
        if !self.sockets.contains_key(&at) {
            let (epoch, cursor) = (tablet.place.epoch, tablet.place.cursor);
            let arrived = self.machines[self.machine_of(at)].arrived.told(epoch);
            let fits = self.hub.chain_at(cursor.feed) == Some(cursor.chain)
                && (self.faults.plant == Plant::Unasked
                    || self.hub.arrival_at(arrived.feed) == Some(arrived.chain));
            if tablet.next == Next::Again || epoch != Some(self.hub.epoch()) || !fits {
                self.tablets[at].next = Next::Again;
                return;
            }
            self.sockets.insert(at, cursor);
        }
        let acks = self.hub.push(&self.tablets[at].push(8));
        let mut frames = vec![ServerFrame::Acks(acks, self.hub.received())];
        let from = self.sockets[&at];
        let device = self.tablets[at].device;
        let (holdings, allowed) =
            (self.hub.holdings(device), self.hub.allowed(device, &self.denied));
        let (batch, whole) = self.hub.batch(from, &self.hub.keep(device, &allowed), device);
        self.sockets.insert(at, batch.cursor);
        frames.push(ServerFrame::Feed(batch));
        frames.push(ServerFrame::Held(self.hub.held_of(device)));
        if holdings != allowed || !whole {
            frames.push(ServerFrame::Again);
        }
        let machine = self.machine_of(at);
        for frame in frames {
            let cut = self.chance(10);
            if cut || !self.tablets[at].hear_frame(&mut self.machines[machine], &frame) {
                self.sockets.remove(&at);
                return;
            }
        }
    }

    fn change_rights(&mut self, at: usize) {
        let documents: Vec<DocumentId> = self.hub.log.keys().copied().collect();
        if documents.is_empty() {
            return;
        }
        let count = u64::try_from(documents.len()).unwrap();
        let document = documents[usize::try_from(self.draw(count)).unwrap()];
        let right = (self.tablets[at].device, document);
        if !self.denied.remove(&right) {
            self.denied.insert(right);
        }
    }

    /// A backup holds what was there before it was noted as checked.
    fn back_up(&mut self) {
        self.backup = Some(self.hub.clone());
        if self.faults.backups == Backups::Checked {
            self.hub.backed_up = self.hub.received().feed;
        }
    }

    /// The hub's disk is put back: by a restore, which begins a new life of the log, or unnoticed.
    fn go_back(&mut self) {
        let Some(backup) = self.backup.clone() else { return };
        let log = self.hub.log.iter();
        let had = log.flat_map(|(document, log)| log.keys().map(|hash| (*hash, *document)));
        self.received.extend(had);
        self.hub = backup;
        if self.faults.backups == Backups::Checked && self.chance(50) {
            self.hub.begin_epoch();
        }
        self.sockets.clear();
        for (hash, document) in &self.received {
            let there = self.hub.log.get(document).is_some_and(|log| log.contains_key(hash));
            assert!(there || self.is_held(*document, hash), "seed {}: a change is lost", self.seed);
        }
    }

    /// Whether any device has a change, in a vault or as a deposit.
    fn is_held(&self, document: DocumentId, hash: &ChangeHash) -> bool {
        let rows = self.tablets.iter().filter_map(|tablet| tablet.disk.0.get(&document));
        let mut deposits = self.machines.iter().flat_map(|machine| machine.deposits.values());
        rows.into_iter().any(|rows| rows.contains_key(hash))
            || deposits.any(|sealed| sealed.hash == *hash)
    }

    /// The network is good, everybody who has signed in starts once more and asks now and then of
    /// their own accord, until a round moves nothing. The others stay away.
    fn come_to_rest(&mut self) {
        self.tablets.iter_mut().for_each(Tablet::crash);
        self.hub.trial(usize::MAX);
        for _ in 0..40 {
            let before = self.at_rest();
            for at in self.signed_in.clone() {
                self.ask_all(at);
            }
            if self.at_rest() == before {
                return;
            }
        }
        panic!("seed {}: the tablets do not come to rest", self.seed);
    }

    fn at_rest(&self) -> (Vec<(Place, Disk)>, usize) {
        let tablets = self.tablets.iter();
        let tablets = tablets.map(|tablet| (tablet.place.clone(), tablet.disk.clone()));
        (tablets.collect(), self.machines.iter().map(|machine| machine.deposits.len()).sum())
    }

    fn ask_all(&mut self, at: usize) {
        let machine = self.machine_of(at);
        let (tablet, machine) = (&mut self.tablets[at], &mut self.machines[machine]);
        for _ in 0..200 {
            let question = tablet.question(machine);
            let answer = self.hub.answer(&question, &self.denied);
            self.epochs.insert(self.hub.epoch());
            tablet.hear(machine, (&question, &answer), false);
            self.hub.trial(usize::MAX);
            if tablet.next != Next::Again {
                return;
            }
        }
        panic!("seed {}: a tablet asks without end", self.seed);
    }

    /// With a fresh backup nothing is kept but what the hub refuses, and what builds on that.
    fn check_bounds(&mut self) {
        self.back_up();
        // One answer tells how far the backup reaches, for what was asked.
        for _ in 0..2 {
            for at in self.signed_in.clone() {
                self.ask_all(at);
            }
        }
        for sealed in self.machines.iter().flat_map(|machine| machine.deposits.values()) {
            let refused = self.builds_on_refused(&sealed.hash);
            assert!(refused, "seed {}: a deposit is kept for ever", self.seed);
        }
    }

    fn check(&self) {
        let seed = self.seed;
        for tablet in self.signed_in.iter().map(|at| &self.tablets[*at]) {
            let allowed = self.hub.allowed(tablet.device, &self.denied);
            for document in &allowed {
                let shared = tablet.disk.0.get(document).into_iter().flatten();
                let shared: BTreeSet<ChangeHash> = shared
                    .filter(|(_, (_, stage, _))| *stage == Stage::Shared)
                    .map(|(hash, _)| *hash)
                    .collect();
                assert_eq!(shared, self.hub.visible(*document), "seed {seed}: sets differ");
            }
            for (document, rows) in &tablet.disk.0 {
                for (hash, (change, stage, _)) in rows {
                    let there = self.hub.log.get(document).and_then(|log| log.get(hash));
                    let fits = match stage {
                        Stage::Refused => change.is_refused(),
                        // Only what builds on something refused waits for ever.
                        Stage::Unsent => self.builds_on_refused(hash),
                        Stage::Held => there.is_some_and(|(_, state)| *state == State::Held),
                        // What leaves is told no more of.
                        Stage::Received => tablet.place.leaving.contains(document),
                        Stage::Shared => there.is_some(),
                    };
                    assert!(fits, "seed {seed}: {stage:?} but {there:?}");
                }
                let only_here = rows.values().any(|(_, stage, _)| stage.is_only_here());
                assert!(allowed.contains(document) || only_here, "seed {seed}: not given up");
            }
        }
        for (hash, (document, _)) in &self.written {
            let there = self.hub.log.get(document).is_some_and(|log| log.contains_key(hash));
            assert!(there || self.builds_on_refused(hash), "seed {seed}: a change is lost");
        }
    }

    fn builds_on_refused(&self, hash: &ChangeHash) -> bool {
        let mut open = vec![*hash];
        let mut seen = BTreeSet::new();
        while let Some(hash) = open.pop() {
            let (_, change) = &self.written[&hash];
            if change.is_refused() {
                return true;
            }
            open.extend(change.deps.iter().copied().filter(|dep| seen.insert(*dep)));
        }
        false
    }
}
