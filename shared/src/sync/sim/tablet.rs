//! A tablet: what is on its disk, and the real client in its memory.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::Change;
use crate::ids::{ChangeHash, DeviceId, DocumentId};
use crate::sync::Digest;
use crate::sync::client::batch;
use crate::sync::client::session::{Frame, Next};
use crate::sync::client::{Client, Kept, News, Place, Stage};
use crate::sync::message::*;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Disk(pub(super) BTreeMap<DocumentId, BTreeMap<ChangeHash, (Change, Stage)>>);

impl Kept for Disk {
    fn documents(&self) -> Vec<DocumentId> {
        self.0.keys().copied().collect()
    }

    fn stages(&self, document: DocumentId) -> Vec<(ChangeHash, Stage)> {
        let rows = self.0.get(&document).into_iter().flatten();
        rows.map(|(hash, (_, stage))| (*hash, *stage)).collect()
    }

    fn stage(&self, document: DocumentId, hash: &ChangeHash) -> Option<Stage> {
        self.0.get(&document)?.get(hash).map(|(_, stage)| *stage)
    }

    fn unnoted(&self) -> Vec<(DocumentId, ChangeHash, Stage)> {
        Vec::new()
    }

    fn follows(&self, _: DocumentId) -> bool {
        false
    }
}

#[derive(Debug)]
pub(super) struct Tablet {
    pub(super) device: DeviceId,
    pub(super) disk: Disk,
    pub(super) place: Place,
    pub(super) client: Client,
    /// Documents it was made to forget at some time.
    pub(super) forgot: BTreeSet<DocumentId>,
    pub(super) next: Next,
}

impl Tablet {
    pub(super) fn new(number: u8) -> Self {
        Self {
            device: DeviceId::from_bytes([number; 16]),
            disk: Disk::default(),
            place: Place::default(),
            client: Client::default(),
            forgot: BTreeSet::new(),
            next: Next::Again,
        }
    }

    /// Writes a change on all heads; not while a document lacks something.
    pub(super) fn write(&mut self, document: DocumentId, hash: ChangeHash) -> bool {
        let rows = self.disk.0.entry(document).or_default();
        let deps: BTreeSet<ChangeHash> =
            rows.values().flat_map(|(change, _)| change.deps.iter().copied()).collect();
        if !deps.iter().all(|dep| rows.contains_key(dep)) {
            return false;
        }
        let heads = rows.keys().copied().filter(|hash| !deps.contains(hash)).collect();
        let change = Change { hash, deps: heads, device: self.device };
        rows.insert(hash, (change, Stage::Unsent));
        true
    }

    pub(super) fn push(&self, most: usize) -> Push {
        let mut parts = Vec::new();
        for (document, rows) in &self.disk.0 {
            let mut sent: BTreeSet<ChangeHash> = BTreeSet::new();
            loop {
                // Dependencies first.
                let next = rows.values().find(|(change, stage)| {
                    *stage == Stage::Unsent
                        && !self.client.waits(*document, &change.hash)
                        && !sent.contains(&change.hash)
                        && change.deps.iter().all(|dep| {
                            sent.contains(dep)
                                || self.client.waits(*document, dep)
                                || rows.get(dep).is_none_or(|(_, stage)| *stage != Stage::Unsent)
                        })
                });
                let Some((change, _)) = next else { break };
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

    pub(super) fn question(&mut self) -> Exchange {
        let mut hello = Hello {
            version_min: PROTOCOL_VERSION,
            version_max: PROTOCOL_VERSION,
            capabilities: 0,
            build: String::new(),
            device: self.device,
            epoch: None,
            cursor: self.place.cursor,
            high: self.place.high,
            digest: Digest::default(),
            wants: Vec::new(),
            heal: Vec::new(),
            unsure: Vec::new(),
            arrived: self.place.arrived,
        };
        self.client.greet(&mut hello, &self.place, &self.disk);
        Exchange { hello, push: self.push(8), deposits: Vec::new() }
    }

    /// Hears an answer; with a crash, in the middle of which nothing of it reaches the disk.
    pub(super) fn hear(&mut self, question: &Exchange, answer: &ExchangeAnswer, crash: bool) {
        let mut place = self.place.clone();
        let news = self.client.hear(&mut place, &self.disk, answer);
        if crash {
            self.crash();
            return;
        }
        let progress = news.progress;
        self.store(place, news);
        self.next = self.client.settle(&mut self.place, &self.disk, (question, answer), progress);
    }

    /// Hears a frame; tells whether the socket stays.
    pub(super) fn hear_frame(&mut self, frame: &ServerFrame) -> bool {
        let mut place = self.place.clone();
        match self.client.hear_frame(&mut place, &self.disk, frame) {
            Frame::News(news) => {
                self.store(place, news);
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

    fn store(&mut self, place: Place, news: News) {
        if place.epoch == self.place.epoch {
            assert!(place.cursor.feed >= self.place.cursor.feed, "the cursor went back");
        }
        self.place = place;
        for ((document, hash), chunk) in news.arrived {
            let change: Change = minicbor::decode(&chunk.bytes.unwrap()).unwrap();
            let rows = self.disk.0.entry(document).or_default();
            rows.insert(hash, (change, Stage::Shared));
        }
        for ((document, hash), said) in news.stages {
            self.disk.0.get_mut(&document).unwrap().get_mut(&hash).unwrap().1 = said.stage;
        }
        for document in news.gone {
            let rows = self.disk.0.remove(&document).unwrap_or_default();
            assert!(rows.values().all(|(_, stage)| !stage.is_only_here()), "work was thrown away");
            self.forgot.insert(document);
        }
    }
}
