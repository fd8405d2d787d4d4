//! Tablets, a hub, a bad network, and what must hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::{Hub, State};
use super::tablet::Tablet;
use crate::chunk::sha256;
use crate::ids::{ChangeHash, DeviceId, DocumentId};
use crate::sync::chain::Position;
use crate::sync::client::Stage;
use crate::sync::client::session::Next;
use crate::sync::message::{ExchangeAnswer, ServerFrame};
use crate::sync::wire;

const TABLETS: u8 = 4;
const STEPS: usize = 250;

#[derive(Debug, Clone, Copy)]
pub(super) struct Faults {
    pub(super) rights: bool,
    pub(super) rollback: bool,
}

#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    drawn: u64,
    faults: Faults,
    hub: Hub,
    backup: Option<Hub>,
    tablets: Vec<Tablet>,
    /// Open sockets: what the hub has told over each.
    sockets: BTreeMap<usize, Position>,
    denied: BTreeSet<(DeviceId, DocumentId)>,
    written: BTreeMap<ChangeHash, (DocumentId, usize)>,
    went_back: bool,
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
            sockets: BTreeMap::new(),
            denied: BTreeSet::new(),
            written: BTreeMap::new(),
            went_back: false,
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

    fn step(&mut self) {
        let at = self.tablet();
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
            97 if self.faults.rollback => self.backup = Some(self.hub.clone()),
            98 if self.faults.rollback && self.chance(40) => self.go_back(),
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
        if self.tablets[at].write(document, hash) {
            self.written.insert(hash, (document, at));
        }
    }

    fn exchange(&mut self, at: usize) {
        self.sockets.remove(&at);
        let question = self.tablets[at].question();
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
        self.tablets[at].hear(&question, &answer, crash);
    }

    /// Opens the socket or goes on with it; it may be cut at any place.
    fn socket(&mut self, at: usize) {
        let tablet = &self.tablets[at];
        if !self.sockets.contains_key(&at) {
            let (epoch, cursor) = (tablet.place.epoch, tablet.place.cursor);
            let fits = self.hub.chain_at(cursor.feed) == Some(cursor.chain);
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
        for frame in frames {
            if self.chance(10) || !self.tablets[at].hear_frame(&frame) {
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

    fn go_back(&mut self) {
        if let Some(backup) = self.backup.clone() {
            self.hub = backup;
            self.sockets.clear();
            self.went_back = true;
        }
    }

    /// The network is good, every tablet is started once more and asks now and then of its own
    /// accord, until a round moves nothing.
    fn come_to_rest(&mut self) {
        self.tablets.iter_mut().for_each(Tablet::crash);
        self.hub.trial(usize::MAX);
        for _ in 0..40 {
            let before: Vec<_> = self
                .tablets
                .iter()
                .map(|tablet| (tablet.place.clone(), tablet.disk.clone()))
                .collect();
            for tablet in &mut self.tablets {
                let mut rounds = 0;
                loop {
                    rounds += 1;
                    assert!(rounds < 200, "seed {}: a tablet asks without end", self.seed);
                    let question = tablet.question();
                    let answer = self.hub.answer(&question, &self.denied);
                    self.epochs.insert(self.hub.epoch());
                    tablet.hear(&question, &answer, false);
                    self.hub.trial(usize::MAX);
                    if tablet.next != Next::Again {
                        break;
                    }
                }
            }
            let after = self.tablets.iter().map(|tablet| (&tablet.place, &tablet.disk));
            if after.eq(before.iter().map(|(place, disk)| (place, disk))) {
                return;
            }
        }
        panic!("seed {}: the tablets do not come to rest", self.seed);
    }

    fn check(&self) {
        let seed = self.seed;
        for tablet in &self.tablets {
            let allowed = self.hub.allowed(tablet.device, &self.denied);
            for document in &allowed {
                let shared = tablet.disk.0.get(document).into_iter().flatten();
                let shared: BTreeSet<ChangeHash> = shared
                    .filter(|(_, (_, stage))| *stage == Stage::Shared)
                    .map(|(hash, _)| *hash)
                    .collect();
                assert_eq!(shared, self.hub.visible(*document), "seed {seed}: sets differ");
            }
            for (document, rows) in &tablet.disk.0 {
                for (hash, (change, stage)) in rows {
                    let there = self.hub.log.get(document).and_then(|log| log.get(hash));
                    let fits = match stage {
                        Stage::Refused => change.is_refused(),
                        // Only what builds on something refused waits for ever.
                        Stage::Unsent => builds_on_refused(*document, hash, tablet),
                        Stage::Held => there.is_some_and(|(_, state)| *state == State::Held),
                        // What leaves is told no more of.
                        Stage::Received => tablet.place.leaving.contains(document),
                        Stage::Shared => there.is_some(),
                    };
                    assert!(fits, "seed {seed}: {stage:?} but {there:?}");
                }
                let only_here = rows.values().any(|(_, stage)| stage.is_only_here());
                assert!(allowed.contains(document) || only_here, "seed {seed}: not given up");
            }
        }
        for (hash, (document, author)) in &self.written {
            let author = &self.tablets[*author];
            let there = self.hub.log.get(document).is_some_and(|log| log.contains_key(hash));
            let here = author.disk.0.get(document).is_some_and(|rows| rows.contains_key(hash));
            let taken_back = self.went_back && author.forgot.contains(document);
            assert!(there || here || taken_back, "seed {seed}: a change is lost");
        }
    }
}

fn builds_on_refused(document: DocumentId, hash: &ChangeHash, tablet: &Tablet) -> bool {
    let rows = &tablet.disk.0[&document];
    let mut open = vec![*hash];
    let mut seen = BTreeSet::new();
    while let Some(hash) = open.pop() {
        let Some((change, stage)) = rows.get(&hash) else { return true };
        if *stage == Stage::Refused {
            return true;
        }
        open.extend(change.deps.iter().copied().filter(|dep| seen.insert(*dep)));
    }
    false
}
