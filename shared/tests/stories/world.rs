//! Devices that hold the records of a story, and what is checked on them.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::sha256;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, EntryId, UserId};
use ankomst_shared::merge::{Class, RecordState, conflicts, record_state, settle_edits};
use ankomst_shared::occupancy;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use crate::story::{Act, Check, Does, Never, Record, Round, Story};

const YEAR_S: i64 = 365 * 86_400;
const START_MS: i64 = 1_793_000_000_000;
const OFFICE: &str = "office";

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

/// What a device shows of each record.
type States = BTreeMap<String, RecordState>;

/// A change on its way: of a record, or of the review beside it.
#[derive(Clone)]
struct Sent {
    part: (String, bool),
    by: String,
    chunk: Chunk,
}

/// What a device holds: documents by record, and whether it is the review.
#[derive(Default)]
struct Device {
    held: BTreeMap<(String, bool), Document>,
    waiting: BTreeMap<(String, bool), Vec<Chunk>>,
    knows: usize,
}

/// All devices of a story.
pub struct World<'a> {
    story: &'a Story,
    clock: Clock,
    devices: BTreeMap<String, Device>,
    /// What the server has, in the order it came.
    hub: Vec<Sent>,
    /// What devices have made and not sent.
    unsent: Vec<Sent>,
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
        let chunk = match device.held.get_mut(&part) {
            Some(document) => {
                *document = opened(actor, &document.chunks());
                document.commit(edits, &authoring).unwrap()
            }
            None => {
                let header = vec![if review { 2 } else { 1 }];
                let (document, chunk) = Document::create(actor, header, edits, &authoring).unwrap();
                device.held.insert(part.clone(), document);
                Some(chunk)
            }
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
                self.never(&device, &round.never, &left, what);
            }
        }
        self.check_on(&device, round, what);
    }

    /// Nobody is shown what must never be shown who has everything of the people named.
    fn never(&self, device: &Device, never: &[Never], left: &[&Sent], what: &str) {
        for one in never {
            let lacks = |sent: &&Sent| {
                sent.part == (one.record.clone(), false)
                    && (sent.by == OFFICE || one.knowing.contains(&sent.by))
            };
            if left.iter().any(lacks) {
                continue;
            }
            let Some(state) = self.state_on(device, &one.record) else { continue };
            assert_ne!(state.value(&one.path), Some(&one.value), "{what}: {}", one.path);
        }
    }

    /// Everybody sees what the story says, and all the same.
    pub fn check(&self, round: &Round, what: &str) {
        for device in self.devices.values().filter(|device| device.knows == self.hub.len()) {
            self.check_on(device, round, what);
        }
        self.check_alike(what);
    }

    /// All devices have the same documents and see the same; nothing that was ever said is gone.
    pub fn check_alike(&self, what: &str) {
        assert!(self.unsent.is_empty(), "{what}: not everything was sent");
        let synced = self.devices.iter().filter(|(_, device)| device.knows == self.hub.len());
        let devices: Vec<_> = synced.collect();
        for record in &self.story.records {
            for review in [false, true] {
                let part = (record.name.clone(), review);
                let of = |device: &Device| {
                    device
                        .held
                        .get(&part)
                        .map(|document| (document.heads(), document.canonical_json()))
                };
                let first = of(devices[0].1);
                for (name, device) in &devices {
                    assert!(of(device) == first, "{what}: {name} holds another {part:?}");
                }
            }
            let first = self.state_on(devices[0].1, &record.name).unwrap();
            for (name, device) in &devices {
                let state = self.state_on(device, &record.name).unwrap();
                assert!(state == first, "{what}: {name} sees another {}", record.name);
            }
            let held = &devices[0].1.held[&(record.name.clone(), false)];
            let there: BTreeSet<_> = held.changes().map(|(hash, _)| *hash).collect();
            let sent = self.hub.iter().filter(|sent| sent.part == (record.name.clone(), false));
            for sent in sent {
                assert!(there.contains(&sent.chunk.hash), "{what}: a change is lost");
            }
        }
    }

    fn check_on(&self, device: &Device, round: &Round, what: &str) {
        let read =
            |record: &Record| Some((record.name.clone(), self.state_on(device, &record.name)?));
        let states: States = self.story.records.iter().filter_map(read).collect();
        for show in &round.shows {
            let state = &states[&show.record];
            let path = FieldPath::parse(&show.path).unwrap();
            let field = state.fields.get(&path);
            let Some(field) = field else { panic!("{what}: {} shows nothing", show.path) };
            if let Some(value) = &show.value {
                assert_eq!(&field.value, value, "{what}: {} of {field:#?}", show.path);
            }
            assert_eq!(field.is_open(), show.open, "{what}: {}: {field:#?}", show.path);
            if let Some(said) = &show.said {
                assert_eq!(&self.said(&field.statements), said, "{what}: {}", show.path);
            }
        }
        self.check_conflicts(&states, round, what);
        self.never(device, &round.never, &[], what);
        for check in &round.checks {
            self.further(&states, check, what);
        }
    }

    /// Exactly the conflicts of the story, each once, those of clocks apart.
    fn check_conflicts(&self, states: &States, round: &Round, what: &str) {
        let mut found = Vec::new();
        let mut ids = BTreeSet::new();
        for record in &self.story.records {
            let Some(state) = states.get(&record.name) else { continue };
            let kind = (record.kind.as_str(), document_id(&record.name));
            for one in conflicts(Catalog::builtin(), kind, state) {
                assert!(ids.insert(one.id), "{what}: two conflicts of one id");
                if one.class == Class::Clock {
                    let Clock::Wrong { of, .. } = &self.clock else { panic!("{what}: a clock") };
                    assert_eq!(one.people(), [user(of)], "{what}");
                    continue;
                }
                found.push((record.name.clone(), one.class.code().to_owned(), one.at));
            }
        }
        found.sort();
        let mut told = round.conflicts.clone();
        told.sort();
        assert_eq!(found, told, "{what}: conflicts");
    }

    fn further(&self, states: &States, check: &Check, what: &str) {
        let state = |record: &str| &states[record];
        match check {
            Check::Entry { record, entry, gone } => {
                assert_eq!(state(record).is_removed(entry), *gone, "{what}: {entry}");
            }
            Check::Late { record, path, said } => {
                let state = state(record);
                let late = state.late.iter().find(|late| late.path.as_str() == path);
                let Some(late) = late else { panic!("{what}: nothing late at {path}") };
                assert_eq!(&self.said(&late.said), said, "{what}: {path}");
            }
            Check::Place { record, entry, state: shown } => {
                let house = occupancy::house(Catalog::builtin(), state(record));
                let beds = house.rooms.iter().flat_map(|room| &room.beds);
                let rooms = house.rooms.iter().flat_map(|room| &room.without_bed);
                let all = beds.flat_map(|bed| &bed.occupants).chain(rooms);
                let found = all.chain(&house.without_room).find(|one| one.entry == *entry);
                assert_eq!(found.map(|one| &one.state), Some(shown), "{what}: {entry}");
            }
            Check::House { record, persons, most } => {
                let house = occupancy::house(Catalog::builtin(), state(record));
                let found = (i64::try_from(house.persons).unwrap(), house.most);
                assert_eq!(found, (*persons, *most), "{what}: {record}");
            }
            Check::Room { record, room, persons, most } => {
                let house = occupancy::house(Catalog::builtin(), state(record));
                let found = house.rooms.iter().find(|one| one.entry == *room).unwrap();
                let found = (i64::try_from(found.persons).unwrap(), found.most);
                assert_eq!(found, (*persons, *most), "{what}: {room}");
            }
            Check::Count { record, path, value } => {
                assert_eq!(state(record).counted(path), *value, "{what}: {path}");
            }
        }
    }

    fn said(&self, statements: &[ankomst_shared::document::Statement]) -> BTreeMap<String, Value> {
        let name = |id: UserId| {
            let found = self.devices.keys().find(|name| user(name) == id);
            found.cloned().unwrap_or_default()
        };
        statements.iter().map(|said| (name(said.meta.user), said.value.clone())).collect()
    }

    fn state(&self, person: &str, record: &str) -> RecordState {
        self.state_on(&self.devices[person], record).unwrap()
    }

    fn state_on(&self, device: &Device, record: &str) -> Option<RecordState> {
        let document = device.held.get(&(record.to_owned(), false))?;
        let review = device.held.get(&(record.to_owned(), true));
        let kind = (self.story.record(record).kind.as_str(), document_id(record));
        Some(record_state(Catalog::builtin(), kind, document, review))
    }
}

impl Device {
    fn take(&mut self, sent: &Sent) {
        let bytes = sent.chunk.bytes.as_slice();
        match self.held.get_mut(&sent.part) {
            Some(document) => drop(document.apply([bytes]).unwrap()),
            None => {
                // Without its beginning a document cannot be opened yet: what comes waits beside it.
                let waiting = self.waiting.entry(sent.part.clone()).or_default();
                waiting.push(sent.chunk.clone());
                let opened = Document::open(
                    ActorId::from_bytes([9; 16]),
                    waiting.iter().map(|chunk| chunk.bytes.as_slice()),
                );
                if let Ok(document) = opened {
                    self.waiting.remove(&sent.part);
                    self.held.insert(sent.part.clone(), document);
                }
            }
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

fn document_id(record: &str) -> DocumentId {
    DocumentId::from_bytes(bytes(&["document", record]))
}

fn user(name: &str) -> UserId {
    UserId::from_bytes(bytes(&["user", name]))
}

fn bytes(parts: &[&str]) -> [u8; 16] {
    *sha256(&[parts.join("/").as_bytes()]).first_chunk().unwrap()
}
