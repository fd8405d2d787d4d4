//! A hub on maps: gate and trial are decided by bytes of the hash, the rest is as on the server.

use std::cell::Cell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use minicbor::{Decode, Encode};

use crate::ids::{ChangeHash, DepositId, DeviceId, DocumentId, Epoch, UnitId, UserId};
use crate::sync::chain::{Chain, Position};
use crate::sync::decide::{Decision, Facts, decide, digest_before};
use crate::sync::digest::Digest;
use crate::sync::message::*;

/// Documents sent whole in one answer.
const WHOLE_MAX: usize = 3;
/// Feed numbers scanned in one answer.
const SCAN_MAX: usize = 25;

/// What stands for a change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Change {
    #[n(0)]
    pub(super) hash: ChangeHash,
    #[n(1)]
    pub(super) deps: BTreeSet<ChangeHash>,
    #[n(2)]
    pub(super) device: DeviceId,
}

impl Change {
    /// The gate refuses it, wherever it comes from.
    pub(super) fn is_refused(&self) -> bool {
        self.hash.as_bytes()[0] < 6
    }

    /// The trial holds it.
    fn is_held(&self) -> bool {
        self.hash.as_bytes()[1] < 8
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Held,
    Visible(u64),
}

#[derive(Debug, Clone)]
pub(super) struct Hub {
    epoch: u128,
    /// Epochs begun so far; no backup takes one back, since the server draws them at random.
    epochs: Rc<Cell<u128>>,
    pub(super) log: BTreeMap<DocumentId, BTreeMap<ChangeHash, (Change, State)>>,
    feed: Vec<(DocumentId, ChangeHash, Chain)>,
    holdings: BTreeMap<DeviceId, BTreeSet<DocumentId>>,
    /// Chain values in the order of arrival.
    arrivals: Vec<Chain>,
    /// Arrivals in the newest backup of this life.
    pub(super) backed_up: u64,
}

/// The key with which the hub proves which arrivals it has told.
const ARRIVED: [u8; 32] = [8; 32];

/// The key with which the hub proves what it has told.
const TOLD: [u8; 32] = [9; 32];

impl Hub {
    pub(super) fn new() -> Self {
        Self {
            epoch: 1,
            epochs: Rc::new(Cell::new(1)),
            log: BTreeMap::new(),
            feed: Vec::new(),
            holdings: BTreeMap::new(),
            arrivals: Vec::new(),
            backed_up: 0,
        }
    }

    pub(super) fn begin_epoch(&mut self) {
        self.epochs.set(self.epochs.get() + 1);
        self.epoch = self.epochs.get();
        self.backed_up = 0;
    }

    pub(super) fn received(&self) -> Position {
        let number = u64::try_from(self.arrivals.len()).unwrap();
        Position::at(number, self.arrival_at(number).unwrap()).told(&ARRIVED, self.epoch())
    }

    pub(super) fn arrival_at(&self, number: u64) -> Option<Chain> {
        match number {
            0 => Some(Chain::default()),
            _ => self.arrivals.get(usize::try_from(number).unwrap() - 1).copied(),
        }
    }

    pub(super) fn epoch(&self) -> Epoch {
        Epoch::from_bytes(self.epoch.to_be_bytes())
    }

    pub(super) fn chain_at(&self, feed: u64) -> Option<Chain> {
        match feed {
            0 => Some(Chain::default()),
            _ => self.feed.get(usize::try_from(feed).unwrap() - 1).map(|(_, _, chain)| *chain),
        }
    }

    pub(super) fn head(&self) -> Position {
        let feed = u64::try_from(self.feed.len()).unwrap();
        Position::at(feed, self.chain_at(feed).unwrap()).told(&TOLD, self.epoch())
    }

    pub(super) fn push(&mut self, push: &Push) -> Vec<Ack> {
        let mut acks = Vec::new();
        for part in &push.parts {
            for bytes in &part.chunks {
                let change: Change = minicbor::decode(bytes).unwrap();
                let (document, hash) = (part.document, change.hash);
                let outcome = self.take(document, change);
                acks.push(Ack { document, hash, outcome });
            }
        }
        acks
    }

    /// Takes deposits as the server does: again as long as one is what another lacked.
    fn take_deposits(&mut self, deposits: &[Deposit]) -> Vec<DepositId> {
        let mut waiting: Vec<(DepositId, PushPart)> = deposits
            .iter()
            .map(|deposit| (deposit.id, minicbor::decode(&deposit.sealed).unwrap()))
            .collect();
        let mut taken = Vec::new();
        loop {
            let before = waiting.len();
            waiting.retain(|(id, part)| {
                let acks = self.push(&Push { parts: vec![part.clone()] });
                let whole = acks.iter().all(|ack| matches!(ack.outcome, Outcome::Received(_)));
                taken.extend(whole.then_some(*id));
                !whole
            });
            if waiting.len() == before {
                return taken;
            }
        }
    }

    fn take(&mut self, document: DocumentId, change: Change) -> Outcome {
        if change.is_refused() {
            return Outcome::Refused(Refused::Malformed);
        }
        let log = self.log.entry(document).or_default();
        let missing: Vec<ChangeHash> =
            change.deps.iter().filter(|dep| !log.contains_key(dep)).copied().collect();
        if !missing.is_empty() {
            return Outcome::Missing(missing);
        }
        if let Entry::Vacant(place) = log.entry(change.hash) {
            let chain = self.arrivals.last().copied().unwrap_or_default();
            self.arrivals.push(chain.next(&change.hash));
            place.insert((change, State::Pending));
        }
        Outcome::Received(1)
    }

    /// Tries what waits, at most so many.
    pub(super) fn trial(&mut self, most: usize) {
        for _ in 0..most {
            let next = self.log.iter().find_map(|(document, log)| {
                let ready = |(change, state): &&(Change, State)| {
                    *state == State::Pending
                        && change.deps.iter().all(|dep| log[dep].1 != State::Pending)
                };
                log.values().find(ready).map(|(change, _)| (*document, change.clone()))
            });
            let Some((document, change)) = next else { return };
            let log = self.log.get_mut(&document).unwrap();
            let held = change.is_held() || change.deps.iter().any(|dep| log[dep].1 == State::Held);
            let state = if held {
                State::Held
            } else {
                let chain = self.feed.last().map(|(_, _, chain)| *chain).unwrap_or_default();
                self.feed.push((document, change.hash, chain.next(&change.hash)));
                State::Visible(u64::try_from(self.feed.len()).unwrap())
            };
            log.get_mut(&change.hash).unwrap().1 = state;
        }
    }

    pub(super) fn allowed(
        &self,
        device: DeviceId,
        denied: &BTreeSet<(DeviceId, DocumentId)>,
    ) -> BTreeSet<DocumentId> {
        self.log.keys().copied().filter(|document| !denied.contains(&(device, *document))).collect()
    }

    pub(super) fn visible(&self, document: DocumentId) -> BTreeSet<ChangeHash> {
        let log = self.log.get(&document).into_iter().flatten();
        log.filter(|(_, (_, state))| matches!(state, State::Visible(_)))
            .map(|(hash, _)| *hash)
            .collect()
    }

    fn digest(&self, documents: &BTreeSet<DocumentId>) -> Digest {
        let mut digest = Digest::default();
        documents
            .iter()
            .flat_map(|document| self.visible(*document))
            .for_each(|hash| digest.add(&hash));
        digest
    }

    pub(super) fn held_of(&self, device: DeviceId) -> Vec<HeldNote> {
        let mut notes = Vec::new();
        for (document, log) in &self.log {
            for (change, state) in log.values() {
                if change.device == device && *state == State::Held {
                    let reason = String::from("trial");
                    notes.push(HeldNote { document: *document, hash: change.hash, reason });
                }
            }
        }
        notes
    }

    fn delivered(&self, document: DocumentId, hash: ChangeHash, bytes: bool) -> DeliveredChunk {
        let (change, state) = &self.log[&document][&hash];
        let State::Visible(feed) = state else { panic!("an invisible change was delivered") };
        DeliveredChunk {
            document,
            hash,
            feed: *feed,
            bytes: bytes.then(|| minicbor::to_vec(change).unwrap().into()),
            envelope: bytes.then(|| vec![1].into()),
            received_ms: 1,
        }
    }

    /// A stretch of the feed, and whether it reaches the head.
    pub(super) fn batch(
        &self,
        from: Position,
        keep: &BTreeSet<DocumentId>,
        device: DeviceId,
    ) -> (FeedBatch, bool) {
        let start = usize::try_from(from.feed).unwrap();
        let end = self.feed.len().min(start + SCAN_MAX);
        let chunks = self.feed[start..end]
            .iter()
            .filter(|(document, _, _)| keep.contains(document))
            .map(|(document, hash, _)| {
                let own = self.log[document][hash].0.device == device;
                self.delivered(*document, *hash, !own)
            });
        let feed = u64::try_from(end).unwrap();
        let cursor = Position::at(feed, self.chain_at(feed).unwrap()).told(&TOLD, self.epoch());
        (FeedBatch { chunks: chunks.collect(), cursor }, end == self.feed.len())
    }

    pub(super) fn keep(
        &self,
        device: DeviceId,
        allowed: &BTreeSet<DocumentId>,
    ) -> BTreeSet<DocumentId> {
        let held = self.holdings.get(&device).cloned().unwrap_or_default();
        held.intersection(allowed).copied().collect()
    }

    pub(super) fn holdings(&self, device: DeviceId) -> BTreeSet<DocumentId> {
        self.holdings.get(&device).cloned().unwrap_or_default()
    }

    pub(super) fn answer(
        &mut self,
        exchange: &Exchange,
        denied: &BTreeSet<(DeviceId, DocumentId)>,
    ) -> ExchangeAnswer {
        let acks = self.push(&exchange.push);
        let deposits = self.take_deposits(&exchange.deposits);
        let hello = &exchange.hello;
        let (send, drop, keep, anew) = loop {
            let facts = Facts {
                epoch: self.epoch(),
                head: self.head(),
                at_cursor: self.chain_at(hello.cursor.feed),
                at_high: self.chain_at(hello.high.feed),
                told_cursor: hello.cursor.is_proven(&TOLD, self.epoch()),
                told_high: hello.high.is_proven(&TOLD, self.epoch()),
                last_arrival: self.received().feed,
                at_arrived: self.arrival_at(hello.arrived.feed),
                told_arrived: hello.arrived.is_proven(&ARRIVED, self.epoch()),
                held: self.holdings(hello.device).into(),
                allowed: self.allowed(hello.device, denied).into(),
                unsure: hello
                    .unsure
                    .iter()
                    .copied()
                    .filter(|document| self.log.contains_key(document))
                    .collect(),
            };
            match decide(hello, &facts) {
                Decision::Version => panic!("one version only"),
                Decision::RolledBack => self.begin_epoch(),
                Decision::Anew { send } => break (send, BTreeSet::new(), BTreeSet::new(), true),
                Decision::Follow { send, drop, keep } => break (send, drop, keep, false),
            }
        };
        let (feed, whole) = if anew {
            (FeedBatch { chunks: Vec::new(), cursor: self.head() }, true)
        } else {
            self.batch(hello.cursor, &keep, hello.device)
        };
        let most = if whole { WHOLE_MAX } else { 0 };
        let documents: Vec<DocumentHistory> =
            send.iter().take(most).map(|document| self.history(*document)).collect();
        let left = u32::try_from(send.len() - documents.len()).unwrap();
        let comparable = whole && !anew && drop.is_empty() && hello.heal.is_empty();
        let before = digest_before(self.digest(&keep), &feed);
        let compared = comparable && before != hello.digest;
        let each = keep.iter().map(|document| (*document, self.digest(&[*document].into())));
        let digests = if compared { each.collect() } else { Vec::new() };
        let holdings = self.holdings.entry(hello.device).or_default();
        if anew {
            holdings.clear();
        }
        holdings.extend(documents.iter().map(|history| history.document));
        holdings.retain(|document| !drop.contains(document));
        let now: BTreeSet<DocumentId> =
            keep.into_iter().chain(documents.iter().map(|history| history.document)).collect();
        ExchangeAnswer {
            welcome: self.welcome(),
            acks,
            deposits,
            drop: drop.into_iter().collect(),
            documents,
            feed,
            digest: self.digest(&now),
            held: self.held_of(hello.device),
            documents_left: left,
            anew,
            digests,
            compared,
            looked: None,
            destroyed: None,
            returned: None,
        }
    }

    fn history(&self, document: DocumentId) -> DocumentHistory {
        let chunks =
            self.visible(document).into_iter().map(|hash| self.delivered(document, hash, true));
        DocumentHistory {
            document,
            kind: String::from("case"),
            parent: None,
            unit: UnitId::from_bytes([0; 16]),
            chunks: chunks.collect(),
            again: None,
        }
    }
}

impl Hub {
    fn welcome(&self) -> Welcome {
        let me = Me {
            user: UserId::from_bytes([0; 16]),
            login: String::new(),
            name: String::new(),
            roles: Vec::new(),
            units: Vec::new(),
            later: None,
        };
        Welcome {
            version: PROTOCOL_VERSION,
            capabilities: 0,
            epoch: self.epoch(),
            server_ms: 1,
            me,
            people: Vec::new(),
            devices: Vec::new(),
            has_backup: false,
            away: Vec::new(),
            received: self.received(),
            backed_up: self.backed_up,
            enrolments: Vec::new(),
            unit: String::new(),
            lease_s: 0,
            shuts_s: 0,
            hand_in: None,
            guarded: None,
            guarded_more: None,
        }
    }
}
