//! One person's vault on a machine: what is on its disk, and the real client in its memory.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::Change;
use super::machine::Machine;
use super::world::Plant;
use crate::ids::{ChangeHash, DeviceId, DocumentId, Epoch};
use crate::sync::Position;
use crate::sync::client::batch;
use crate::sync::client::session::{Frame, Next};
use crate::sync::client::{Client, Kept, News, Place, Stage, Told};
use crate::sync::message::*;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Disk(pub(super) BTreeMap<DocumentId, BTreeMap<ChangeHash, Row>>);

/// A change, how far it has come, and, of one written here, by when it had arrived.
pub(super) type Row = (Change, Stage, Option<u64>);

impl Kept for Disk {
    fn documents(&self) -> Vec<DocumentId> {
        self.0.keys().copied().collect()
    }

    fn stages(&self, document: DocumentId) -> Vec<(ChangeHash, Stage)> {
        let rows = self.0.get(&document).into_iter().flatten();
        rows.map(|(hash, (_, stage, _))| (*hash, *stage)).collect()
    }

    fn stage(&self, document: DocumentId, hash: &ChangeHash) -> Option<Stage> {
        self.0.get(&document)?.get(hash).map(|(_, stage, _)| *stage)
    }

    fn unnoted(&self) -> Vec<(DocumentId, ChangeHash, Stage)> {
        let rows = self.0.iter().flat_map(|(id, rows)| rows.values().map(move |row| (*id, row)));
        let rows = rows.filter(|(_, (_, _, own))| *own == Some(0));
        rows.map(|(id, (change, stage, _))| (id, change.hash, *stage)).collect()
    }

    fn came(&self, document: DocumentId) -> bool {
        self.0.get(&document).into_iter().flatten().any(|(_, (_, _, own))| own.is_none())
    }

    fn parent(&self, _: DocumentId) -> Option<DocumentId> {
        None
    }
}

#[derive(Debug)]
pub(super) struct Tablet {
    pub(super) device: DeviceId,
    pub(super) disk: Disk,
    pub(super) place: Place,
    pub(super) client: Client,
    pub(super) next: Next,
    /// How far backups reach in this life of the log, as last told.
    backed_up: u64,
    /// Deposits handed in.
    turn: u64,
}

impl Tablet {
    pub(super) fn new(number: u8) -> Self {
        Self {
            device: DeviceId::from_bytes([number; 16]),
            disk: Disk::default(),
            place: Place::default(),
            client: Client::default(),
            next: Next::Again,
            backed_up: 0,
            turn: 0,
        }
    }

    /// Writes a change on all heads; not while a document lacks something.
    pub(super) fn write(
        &mut self,
        machine: &mut Machine,
        (document, hash): (DocumentId, ChangeHash),
    ) -> Option<Change> {
        let rows = self.disk.0.entry(document).or_default();
        let deps: BTreeSet<ChangeHash> =
            rows.values().flat_map(|(change, _, _)| change.deps.iter().copied()).collect();
        if !deps.iter().all(|dep| rows.contains_key(dep)) {
            return None;
        }
        let heads = rows.keys().copied().filter(|hash| !deps.contains(hash)).collect();
        let change = Change { hash, deps: heads, device: self.device };
        machine.seal(document, &change);
        rows.insert(hash, (change.clone(), Stage::Unsent, Some(0)));
        Some(change)
    }

    pub(super) fn push(&self, most: usize) -> Push {
        let mut parts = Vec::new();
        for (document, rows) in &self.disk.0 {
            let mut sent: BTreeSet<ChangeHash> = BTreeSet::new();
            loop {
                // Dependencies first.
                let next = rows.values().find(|(change, stage, _)| {
                    *stage == Stage::Unsent
                        && !self.client.waits(*document, &change.hash)
                        && !sent.contains(&change.hash)
                        && change.deps.iter().all(|dep| {
                            sent.contains(dep)
                                || self.client.waits(*document, dep)
                                || rows.get(dep).is_none_or(|(_, stage, _)| *stage != Stage::Unsent)
                        })
                });
                let Some((change, _, _)) = next else { break };
                sent.insert(change.hash);
                parts.push(PushPart {
                    document: *document,
                    envelope: vec![1].into(),
                    chunks: vec![minicbor::to_vec(change).unwrap().into()],
                    enrolment: None,
                });
            }
        }
        batch::push(parts.into_iter().take(most), batch::PUSH_BYTES_MAX)
    }

    pub(super) fn question(&mut self, machine: &Machine) -> Exchange {
        self.place.arrived = machine.arrived.told(self.place.epoch);
        let mut hello = Hello {
            cursor: self.place.cursor,
            high: self.place.high,
            arrived: self.place.arrived,
            ..Hello::first(self.device, String::new())
        };
        self.client.greet(&mut hello, &self.place, &self.disk);
        if machine.plant == Plant::Unasked {
            hello.arrived = Position::default();
        }
        // One that left and came back is here as anybody's; one that is noted needs its deposit noted.
        let rows = self.disk.0.values().flatten().filter(|(_, (_, _, own))| *own == Some(0));
        let rows = rows.map(|(hash, _)| *hash).collect();
        let known = self.place.epoch.is_some();
        let deposits = if known { machine.hand_in(self.device, &rows) } else { Vec::new() };
        let deposits = batch::deposits([(deposits, self.turn), (Vec::new(), 0)]);
        self.turn += u64::try_from(deposits.len()).unwrap();
        Exchange { hello, push: self.push(8), deposits, looks: None, gone: None }
    }

    /// Hears an answer; with a crash, in the middle of which nothing of it reaches the disk.
    pub(super) fn hear(
        &mut self,
        machine: &mut Machine,
        (question, answer): (&Exchange, &ExchangeAnswer),
        crash: bool,
    ) {
        let mut place = self.place.clone();
        place.arrived = machine.arrived.told(place.epoch);
        let news = self.client.hear(&mut place, &self.disk, answer);
        if crash {
            self.crash();
            return;
        }
        let progress = news.progress;
        let arrival = if answer.anew { 0 } else { answer.welcome.received.feed };
        self.backed_up = machine.backed_up(question, answer);
        self.store(machine, (question.hello.epoch, place, arrival), &news);
        self.next = self.client.settle(&mut self.place, &self.disk, (question, answer), progress);
    }

    /// Hears a frame; tells whether the socket stays.
    pub(super) fn hear_frame(&mut self, machine: &mut Machine, frame: &ServerFrame) -> bool {
        let mut place = self.place.clone();
        place.arrived = machine.arrived.told(place.epoch);
        match self.client.hear_frame(&mut place, &self.disk, frame) {
            Frame::News(news) => {
                self.store(machine, (place.epoch, place, 0), &news);
                true
            }
            Frame::Again | Frame::Ended => {
                self.next = Next::Again;
                false
            }
        }
    }

    pub(super) fn crash(&mut self) {
        self.client = Client::default();
        self.next = Next::Again;
    }

    fn store(
        &mut self,
        machine: &mut Machine,
        (asked, place, arrival): (Option<Epoch>, Place, u64),
        news: &News,
    ) {
        if place.epoch == self.place.epoch {
            assert!(place.cursor.feed >= self.place.cursor.feed, "the cursor went back");
        }
        machine.arrived.hear(asked, &place);
        self.place = place;
        for ((document, hash), chunk) in &news.arrived {
            let change: Change = minicbor::decode(chunk.bytes.as_ref().unwrap()).unwrap();
            let rows = self.disk.0.entry(*document).or_default();
            rows.insert(*hash, (change, Stage::Shared, None));
        }
        let mut moved = BTreeMap::new();
        for ((document, hash), said) in &news.stages {
            let row = self.disk.0.get_mut(document).unwrap().get_mut(hash).unwrap();
            row.1 = said.stage;
            row.2 = said.own(row.2, news.anew);
            moved.extend(row.2.map(|arrival| (*hash, arrival)));
        }
        if let Some(epoch) = self.place.epoch {
            let told = Told { epoch, arrival, backed_up: self.backed_up };
            machine.settle(self.device, told, (news, &moved));
        }
        for document in &news.gone {
            let rows = self.disk.0.remove(document).unwrap_or_default();
            assert!(
                rows.values().all(|(_, stage, _)| !stage.is_only_here()),
                "work was thrown away"
            );
        }
    }
}
