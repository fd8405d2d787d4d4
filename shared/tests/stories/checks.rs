//! What is checked on the devices of a story.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::conflict::{Class, apart, conflicts};
use ankomst_shared::document::Statement;
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::merge::RecordState;
use ankomst_shared::occupancy;
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::{self, Same, There};
use ankomst_shared::value::Value;

use crate::story::{Check, Never, Record, Round};
use crate::world::{Clock, Device, OFFICE, Sent, World, document_id, user};

/// What a device shows of each record.
pub type States = BTreeMap<String, RecordState>;

impl World<'_> {
    /// Nobody is shown what must never be shown who has everything of the people named.
    pub fn never(&self, device: &Device, never: &[Never], left: &[&Sent], what: &str) {
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

    pub fn check_on(&self, device: &Device, round: &Round, what: &str) {
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
        let same = self.same(&states);
        self.check_conflicts(&states, &same, round, what);
        self.never(device, &round.never, &[], what);
        for check in &round.checks {
            self.further((&states, &same), check, what);
        }
    }

    /// Exactly the conflicts of the story, each once, those of clocks apart.
    fn check_conflicts(&self, states: &States, same: &Same, round: &Round, what: &str) {
        let mut found = Vec::new();
        let mut ids = BTreeSet::new();
        for record in &self.story.records {
            let Some(state) = states.get(&record.name) else { continue };
            let kind = (record.kind.as_str(), document_id(&record.name));
            let mut all = conflicts(Catalog::builtin(), kind, state, same);
            all.extend(apart(kind.1, &self.placed(states), same));
            for one in all {
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

    fn further(&self, (states, same): (&States, &Same), check: &Check, what: &str) {
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
                let house = occupancy::house(Catalog::builtin(), state(record), same);
                let beds = house.rooms.iter().flat_map(|room| &room.beds);
                let rooms = house.rooms.iter().flat_map(|room| &room.without_bed);
                let all = beds.flat_map(|bed| &bed.occupants).chain(rooms);
                let found = all.chain(&house.without_room).find(|one| one.entry == *entry);
                assert_eq!(found.map(|one| &one.state), Some(shown), "{what}: {entry}");
            }
            Check::House { record, persons, most } => {
                let house = occupancy::house(Catalog::builtin(), state(record), same);
                let found = (i64::try_from(house.persons).unwrap(), house.most);
                assert_eq!(found, (*persons, *most), "{what}: {record}");
            }
            Check::Room { record, room, persons, most } => {
                let house = occupancy::house(Catalog::builtin(), state(record), same);
                let found = house.rooms.iter().find(|one| one.entry == *room).unwrap();
                let found = (i64::try_from(found.persons).unwrap(), found.most);
                assert_eq!(found, (*persons, *most), "{what}: {room}");
            }
            Check::Count { record, path, value } => {
                assert_eq!(state(record).counted(path), *value, "{what}: {path}");
            }
            Check::Person { record, entry, under } => {
                let shown = same.under(document_id(record), entry);
                let wanted = under.as_ref().map(|(case, card)| (document_id(case), card.clone()));
                assert_eq!(shown, wanted.as_ref(), "{what}: {record}/{entry}");
            }
        }
    }

    /// The cards of persons that are said to be one, in all cases of the device.
    pub fn same(&self, states: &States) -> Same {
        let cases = self.story.records.iter().filter(|record| record.kind == "case");
        let mut pointers = Vec::new();
        let mut cards = BTreeSet::new();
        let mut held = BTreeSet::new();
        for record in cases {
            let Some(state) = states.get(&record.name) else { continue };
            let id = document_id(&record.name);
            held.insert(id);
            let entries = state.entries(Catalog::builtin(), "case", "persons");
            cards.extend(entries.into_iter().map(|entry| (id, entry)));
            pointers.extend(same::pointers(Catalog::builtin(), id, state));
        }
        Same::of(&pointers, &mut |card| match card {
            card if cards.contains(card) => There::Yes,
            card if held.contains(&card.0) => There::Removed,
            _ => There::Elsewhere,
        })
    }

    /// Who lives in which house, with those who said so.
    fn placed(&self, states: &States) -> Vec<(DocumentId, String, Vec<Statement>)> {
        let houses = self.story.records.iter().filter(|record| record.kind == "residence");
        let mut placed = Vec::new();
        for record in houses {
            let Some(state) = states.get(&record.name) else { continue };
            let house = occupancy::house(Catalog::builtin(), state, &Same::default());
            for one in house.placements().filter(|one| one.lives) {
                let path = FieldPath::parse(&format!("occupancy/{}/state", one.entry)).unwrap();
                let said = state.fields[&path].statements.clone();
                placed.push((document_id(&record.name), one.person.clone(), said));
            }
        }
        placed
    }

    fn said(&self, statements: &[Statement]) -> BTreeMap<String, Value> {
        let name = |id: UserId| {
            let found = self.devices.keys().find(|name| user(name) == id);
            found.cloned().unwrap_or_default()
        };
        statements.iter().map(|said| (name(said.meta.user), said.value.clone())).collect()
    }
}
