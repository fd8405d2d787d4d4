//! Devices that hold the records of a story, and what is checked on them.

use std::collections::BTreeMap;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::sha256;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, EntryId, UserId};
use ankomst_shared::merge::{RecordState, record_state, settle_edits};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use crate::story::{Act, Does, Never, Round, Story};

const YEAR_S: i64 = 365 * 86_400;
const START_MS: i64 = 1_793_000_000_000;
pub const OFFICE: &str = "office";

/// Repeatable numbers (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.roll(at + 1));
        }
    }
}

/// Whose clock is wrong.
pub enum Clock {
    Right,
    Wrong { of: String, years: i64 },
}

/// A change on its way: of a record, or of the review beside it.
#[derive(Clone)]
pub struct Sent {
    pub part: (String, bool),
    pub by: String,
    pub chunk: Chunk,
}

/// What a device holds: documents by record, and whether it is the review.
#[derive(Default)]
pub struct Device {
    pub held: BTreeMap<(String, bool), Document>,
    waiting: BTreeMap<(String, bool), Vec<Chunk>>,
    pub knows: usize,
}

/// All devices of a story.
pub struct World<'a> {
    pub story: &'a Story,
    pub clock: Clock,
    pub devices: BTreeMap<String, Device>,
    /// What the server has, in the order it came.
    pub hub: Vec<Sent>,
    /// What devices have made and not sent.
    pub unsent: Vec<Sent>,
    made: u64,
}

/// Every order of some people.
pub fn orders(people: &[String]) -> Vec<Vec<String>> {
    if people.len() <= 1 {
        return vec![people.to_vec()];
    }
    let mut all = Vec::new();
    for at in 0..people.len() {
        let mut rest = people.to_vec();
        let first = rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

impl<'a> World<'a> {
    /// Everybody has what the story starts from.
    pub fn begin(story: &'a Story, clock: Clock) -> Self {
        let people = story.people().into_iter().map(|person| (person, Device::default()));
        let mut world = Self {
            story,
            clock,
            devices: people.collect(),
            hub: Vec::new(),
            unsent: Vec::new(),
            made: 0,
        };
        world.devices.insert(OFFICE.to_owned(), Device::default());
        for record in story.records.iter().filter(|record| record.by.is_none()) {
            world.write(OFFICE, (&record.name, false), &edits(&record.start));
        }
        world.hub.append(&mut world.unsent);
        for person in story.people() {
            world.hear(&person);
        }
        for record in &story.records {
            if let Some(by) = &record.by {
                world.write(by, (&record.name, false), &edits(&record.start));
            }
        }
        world
    }

    /// Everybody does what they do, without contact.
    pub fn act(&mut self, round: &Round) {
        for act in &round.acts {
            self.one(act);
        }
    }

    /// As [`Self::act`], with syncs between; each person's own order is kept.
    pub fn act_and_sync_at_random(&mut self, round: &Round, dice: &mut Dice) {
        let mut left: Vec<&Act> = round.acts.iter().collect();
        let people = self.story.people();
        while !left.is_empty() {
            let person = &left[dice.roll(left.len())].by;
            let at = left.iter().position(|act| act.by == *person).unwrap();
            let act = left.remove(at);
            if !self.devices[&act.by].held.contains_key(&(act.record.clone(), false)) {
                // A record that another has made and not sent: it comes first.
                self.sync_in_order(&people);
            }
            self.one(act);
            if dice.roll(2) == 0 {
                let person = people[dice.roll(people.len())].clone();
                self.sync(&person);
            }
        }
    }

    fn one(&mut self, act: &Act) {
        match &act.does {
            Does::Write(values) => self.write(&act.by, (&act.record, false), &edits(values)),
            Does::Settle { path, value, reason } => {
                let path = FieldPath::parse(path).unwrap();
                let state = self.state(&act.by, &act.record);
                let late = state.late.iter().find(|late| late.path == path);
                let field = late.map(|late| &late.state).or_else(|| state.fields.get(&path));
                // Told in another order, it may not have come to this device yet.
                let Some(seen) = field else { return };
                let hash = sha256(&[b"entry", &self.made.to_be_bytes()]);
                let entry = EntryId::from_bytes(*hash.first_chunk().unwrap());
                let edits = settle_edits(entry, &path, value, reason, &seen.seen());
                self.write(&act.by, (&act.record, true), &edits);
            }
        }
    }

    fn write(&mut self, by: &str, (record, review): (&str, bool), edits: &[Edit]) {
        self.made += 1;
        let part = (record.to_owned(), review);
        let id = bytes(&["actor", by, record, if review { "review" } else { "record" }]);
        let actor = ActorId::from_bytes(id);
        let authoring = self.authoring(by, record);
        let device = self.devices.get_mut(by).unwrap();
        let chunk = if let Some(document) = device.held.get_mut(&part) {
            *document = opened(actor, &document.chunks());
            document.commit(edits, &authoring).unwrap()
        } else {
            let header = vec![if review { 2 } else { 1 }];
            let (document, chunk) = Document::create(actor, header, edits, &authoring).unwrap();
            device.held.insert(part.clone(), document);
            Some(chunk)
        };
        let sent = chunk.map(|chunk| Sent { part, by: by.to_owned(), chunk });
        self.unsent.extend(sent);
    }

    fn authoring(&self, by: &str, record: &str) -> Authoring {
        let minutes = i64::try_from(self.made).unwrap() * 60_000;
        let off = match &self.clock {
            Clock::Wrong { of, years } if of == by => Some(years * YEAR_S),
            Clock::Wrong { .. } | Clock::Right => None,
        };
        let review = self.devices[by].held.get(&(record.to_owned(), true));
        Authoring {
            device: DeviceId::from_bytes(bytes(&["device", by])),
            user: user(by),
            now_ms: START_MS + minutes + off.unwrap_or_default() * 1_000,
            clock_offset_s: off,
            review_heads: review.map(Document::heads).unwrap_or_default(),
        }
    }

    /// Everybody syncs in that order, and then once more.
    pub fn sync_in_order(&mut self, order: &[String]) {
        for person in order.iter().chain(order) {
            self.sync(person);
        }
    }

    fn sync(&mut self, person: &str) {
        let (own, rest) = self.unsent.drain(..).partition(|sent| sent.by == person);
        self.unsent = rest;
        self.hub.extend::<Vec<Sent>>(own);
        self.hear(person);
    }

    fn hear(&mut self, person: &str) {
        let device = self.devices.get_mut(person).unwrap();
        for sent in &self.hub[device.knows..] {
            device.take(sent);
        }
        device.knows = self.hub.len();
    }

    /// Gives everything to a device that has nothing: repeated, in any order, at times cut off.
    pub fn deliver_to_somebody_new(&self, dice: &mut Dice, round: &Round, what: &str) {
        let device = self.somebody_new(dice, &round.never, what);
        self.check_on(&device, round, what);
    }

    /// A device that had nothing and was given everything so.
    pub fn somebody_new(&self, dice: &mut Dice, never: &[Never], what: &str) -> Device {
        let mut all: Vec<&Sent> = self.hub.iter().chain(&self.unsent).collect();
        for _ in 0..3 {
            all.push(all[dice.roll(all.len())]);
        }
        dice.shuffle(&mut all);
        let mut device = Device::default();
        let mut left = all.clone();
        left.sort_by_key(|sent| sent.chunk.hash);
        left.dedup_by_key(|sent| sent.chunk.hash);
        for sent in all {
            if dice.roll(4) == 0 {
                device.refuses(sent, dice.roll(sent.chunk.bytes.len()));
            }
            device.take(sent);
            left.retain(|one| one.chunk.hash != sent.chunk.hash);
            if dice.roll(20) == 0 {
                self.never(&device, never, &left, what);
            }
        }
        device
    }

    fn state(&self, person: &str, record: &str) -> RecordState {
        self.state_on(&self.devices[person], record).unwrap()
    }

    pub(super) fn state_on(&self, device: &Device, record: &str) -> Option<RecordState> {
        let document = device.held.get(&(record.to_owned(), false))?;
        let review = device.held.get(&(record.to_owned(), true));
        let kind = (self.story.record(record).kind.as_str(), document_id(record));
        Some(record_state(Catalog::builtin(), kind, document, review))
    }
}

impl Device {
    fn take(&mut self, sent: &Sent) {
        let bytes = sent.chunk.bytes.as_slice();
        if let Some(document) = self.held.get_mut(&sent.part) {
            document.apply([bytes]).unwrap();
            return;
        }
        // Without its beginning a document cannot be opened yet: what comes waits beside it.
        let waiting = self.waiting.entry(sent.part.clone()).or_default();
        waiting.push(sent.chunk.clone());
        let chunks = waiting.iter().map(|chunk| chunk.bytes.as_slice());
        if let Ok(document) = Document::open(ActorId::from_bytes([9; 16]), chunks) {
            self.waiting.remove(&sent.part);
            self.held.insert(sent.part.clone(), document);
        }
    }

    /// A change that was cut off on its way is refused and changes nothing.
    fn refuses(&mut self, sent: &Sent, end: usize) {
        let cut = &sent.chunk.bytes[..end];
        let Some(document) = self.held.get_mut(&sent.part) else {
            assert!(Document::open(ActorId::from_bytes([9; 16]), [cut]).is_err());
            return;
        };
        let heads = document.heads();
        assert!(document.apply([cut]).is_err(), "a change without its end was taken");
        assert_eq!(document.heads(), heads);
    }
}

fn edits(values: &[(String, Value)]) -> Vec<Edit> {
    let edit = |(path, value): &(String, Value)| Edit {
        path: FieldPath::parse(path).unwrap_or_else(|error| panic!("{path}: {error}")),
        value: value.clone(),
    };
    values.iter().map(edit).collect()
}

fn opened(actor: ActorId, chunks: &[Chunk]) -> Document {
    Document::open(actor, chunks.iter().map(|chunk| chunk.bytes.as_slice())).unwrap()
}

pub fn document_id(record: &str) -> DocumentId {
    DocumentId::from_bytes(bytes(&["document", record]))
}

pub fn user(name: &str) -> UserId {
    UserId::from_bytes(bytes(&["user", name]))
}

fn bytes(parts: &[&str]) -> [u8; 16] {
    *sha256(&[parts.join("/").as_bytes()]).first_chunk().unwrap()
}
