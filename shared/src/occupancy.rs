//! Who lives where in a house, and what is wrong with that: reckoned from the merged record, never
//! stored (domain section 3.4). Knows initials and age bands only, as the record of a house does.

use jiff::civil::Date;

use crate::catalog::{Catalog, read_date};
use crate::merge::RecordState;
use crate::order;
use crate::rules::capacity::{house_of, room_of};
use crate::rules::{Ask, Worth};
use crate::same::Same;

/// A house with everybody in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct House {
    /// Rooms by label.
    pub rooms: Vec<Room>,
    /// Placements without a room of this house.
    pub without_room: Vec<Occupant>,
    /// Persons living here.
    pub persons: usize,
    /// Most persons, by the rule `house_capacity`.
    pub most: Option<i64>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its entry.
    pub entry: String,
    /// Its beds by label.
    pub beds: Vec<Bed>,
    /// Placements in the room without a bed.
    pub without_bed: Vec<Occupant>,
    /// Persons living in it.
    pub persons: usize,
    /// Most persons while it is not blocked, by the rule `room_capacity`.
    pub most: Option<i64>,
    /// People may sleep in it.
    pub sleeps: bool,
    /// Blocked or closed.
    pub blocked: bool,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// A bed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bed {
    /// Its entry.
    pub entry: String,
    /// Its state: `usable`, `reserved`, `blocked`.
    pub state: String,
    /// Placements in it.
    pub occupants: Vec<Occupant>,
}

/// A placement that holds its place: someone lives there, will, or it is contested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// Its entry.
    pub entry: String,
    /// `active`, `planned` or `disputed`; disputed also where a person is said to live in two places, or
    /// is planned for a room that is blocked.
    pub state: String,
    /// The person as the record names it, or as the card shown does.
    pub person: String,
    /// The person lives there now, as far as anyone knows.
    pub lives: bool,
}

/// What is wrong in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// More persons than the room takes.
    Full,
    /// People live in a blocked or closed room.
    Blocked,
    /// Someone's sex does not fit the room's rule.
    SexRule,
    /// A child shares it with an adult of another household.
    Stranger,
    /// Someone is placed twice in the house.
    Twice,
    /// Two placements in one bed.
    SameBed,
}

impl House {
    /// Everything wrong in the house.
    #[must_use]
    pub fn faults(&self) -> usize {
        let too_many = usize::from(self.is_full());
        self.rooms.iter().map(|room| room.faults.len()).sum::<usize>() + too_many
    }

    /// Every placement that holds its place.
    pub fn placements(&self) -> impl Iterator<Item = &Occupant> {
        let beds = self.rooms.iter().flat_map(|room| &room.beds).flat_map(|bed| &bed.occupants);
        let rooms = self.rooms.iter().flat_map(|room| &room.without_bed);
        beds.chain(rooms).chain(&self.without_room)
    }

    /// Everyone who lives here in more than one placement, with those placements.
    #[must_use]
    pub fn twice(&self) -> Vec<(&str, Vec<&str>)> {
        let mut placed: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in self.placements().filter(|one| one.lives) {
            match placed.iter_mut().find(|(person, _)| *person == one.person) {
                Some((_, entries)) => entries.push(&one.entry),
                None if one.person.is_empty() => {}
                None => placed.push((&one.person, vec![&one.entry])),
            }
        }
        placed.retain(|(_, entries)| entries.len() > 1);
        placed
    }

    /// Whether more persons live here than the house takes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let persons = i64::try_from(self.persons).unwrap_or(i64::MAX);
        self.most.is_some_and(|most| persons > most)
    }
}

/// Reads a house under the rules of the day on which somebody moved in last, so that what needs deciding is
/// the same for all who hold the record, whenever they look. Who has several cards is one person, for those
/// who hold the cases of these.
#[must_use]
pub fn house(catalog: &Catalog, record: &RecordState, same: &Same) -> House {
    read(catalog, (record, same), None)
}

/// Reads a house under the rules of a day.
#[must_use]
pub fn house_on(catalog: &Catalog, record: &RecordState, same: &Same, day: Date) -> House {
    read(catalog, (record, same), Some(day))
}

fn read(catalog: &Catalog, (record, same): (&RecordState, &Same), day: Option<Date>) -> House {
    let mut placed: Vec<(String, String, Occupant)> = Vec::new();
    let dropped = decided_against(record);
    for entry in record.entries(catalog, "residence", "occupancy") {
        let key = |field: &str| record.text(&format!("occupancy/{entry}/{field}")).to_owned();
        let state = key("state");
        if dropped.contains(&entry.as_str()) {
            continue;
        }
        if matches!(state.as_str(), "active" | "planned" | "disputed") {
            let lives = state != "planned";
            let person = same.person(&key("person")).to_owned();
            let occupant = Occupant { entry: entry.clone(), state, person, lives };
            placed.push((key("room"), key("bed"), occupant));
        }
    }
    let mut people: Vec<&str> = placed
        .iter()
        .filter(|(_, _, one)| one.lives)
        .map(|(_, _, one)| one.person.as_str())
        .collect();
    let nameless = people.iter().filter(|person| person.is_empty()).count();
    people.retain(|person| !person.is_empty());
    let times = |person: &str| people.iter().filter(|other| **other == person).count();
    let twice = people.iter().filter(|person| times(person) > 1);
    let twice: Vec<String> = twice.map(|person| (*person).to_owned()).collect();
    order::sort_and_dedup(&mut people);
    // Who is said to live in two places holds both and counts once.
    let persons = people.len() + nameless;
    for (_, _, one) in &mut placed {
        if one.lives && twice.contains(&one.person) {
            "disputed".clone_into(&mut one.state);
        }
    }
    let today = day.or_else(|| last_move(record, &placed)).unwrap_or(Date::MAX);
    let ask =
        Ask { catalog, kind: "residence", record, entry: "", beside: &[], same, today, now_ms: 0 };
    let mut rooms: Vec<Room> = record
        .entries(catalog, "residence", "rooms")
        .into_iter()
        .filter_map(|entry| room(&ask, entry, &placed))
        .collect();
    for room in &mut rooms {
        if room.blocked {
            let beds = room.beds.iter_mut().flat_map(|bed| &mut bed.occupants);
            for planned in beds.chain(&mut room.without_bed).filter(|one| !one.lives) {
                "disputed".clone_into(&mut planned.state);
            }
        }
        let people = room.without_bed.iter().chain(room.beds.iter().flat_map(|bed| &bed.occupants));
        if people.into_iter().any(|one| one.lives && twice.contains(&one.person)) {
            room.faults.push(Fault::Twice);
        }
    }
    order::sort_by_key(&mut rooms, |room| {
        order::swedish(record.text(&format!("rooms/{}/label", room.entry)))
    });
    let without_room =
        placed.iter().filter(|(room, _, _)| !rooms.iter().any(|known| known.entry == *room));
    let without_room = without_room.map(|(_, _, one)| one.clone()).collect();
    let mut house = House { without_room, persons, most: None, rooms };
    if let Some(Worth::Number(most)) = house_of(&ask, &house).map(|answer| answer.value) {
        house.most = Some(most);
    }
    house
}

/// The day on which somebody who lives here moved in last.
fn last_move(record: &RecordState, placed: &[(String, String, Occupant)]) -> Option<Date> {
    let mut last = None;
    for (_, _, one) in placed {
        let from = record.text(&["occupancy/", &one.entry, "/from_date"].concat());
        last = last.max(read_date(from));
    }
    last
}

/// Placements that somebody decided against: two people each moved a person on from one placement without
/// knowing of the other, and a third chose.
fn decided_against(record: &RecordState) -> Vec<&str> {
    let choices = record.fields.iter().filter(|(path, state)| {
        let parts = path.segments();
        let onward = (parts.head, parts.rest);
        matches!(onward, ("occupancy", [Some(_), Some("next_placement"), None]))
            && state.is_settled()
    });
    let said = choices
        .flat_map(|(_, state)| state.statements.iter().filter(|said| said.value != state.value));
    said.filter_map(|said| said.value.as_str()).collect()
}

/// The placements of those who live somewhere: who is there twice is one person, whom nobody names is one each.
pub fn each_once<'a>(all: impl IntoIterator<Item = &'a Occupant>) -> Vec<&'a str> {
    let (mut people, mut living): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for one in all {
        if one.lives && (one.person.is_empty() || !people.contains(&one.person.as_str())) {
            people.push(&one.person);
            living.push(&one.entry);
        }
    }
    living
}

/// Whether a child lives with somebody who may be an adult and may be of another household. Of what people
/// disagree on, anything may be so.
fn has_stranger(record: &RecordState, living: &[&str]) -> bool {
    let said = |entry: &str, field| record.said(&["occupancy/", entry, "/", field].concat());
    let is_child = |band: &&str| matches!(*band, "0-5" | "6-12" | "13-17");
    let homes = |entry: &str| {
        let mut homes = said(entry, "household");
        homes.retain(|home| !home.is_empty());
        if homes.is_empty() { said(entry, "case") } else { homes }
    };
    let of = |one: &&str| (said(one, "age_band"), homes(one));
    let people: Vec<_> = living.iter().map(of).collect();
    people.iter().enumerate().any(|(at, (ages, home))| {
        ages.iter().any(is_child)
            && people.iter().enumerate().any(|(other, (bands, house))| {
                let is_same = |one: &&str| !one.is_empty() && house.iter().all(|two| one == two);
                at != other && !bands.iter().all(is_child) && !home.iter().all(is_same)
            })
    })
}

fn room(ask: &Ask<'_>, entry: String, placed: &[(String, String, Occupant)]) -> Option<Room> {
    let (catalog, record) = (ask.catalog, ask.record);
    let key = |field: &str| format!("rooms/{entry}/{field}");
    let here: Vec<_> = placed.iter().filter(|(room, _, _)| *room == entry).collect();
    let mut beds: Vec<Bed> = Vec::new();
    for bed in record.entries(catalog, "residence", "beds") {
        if record.text(&format!("beds/{bed}/room")) != entry {
            continue;
        }
        let occupants = here.iter().filter(|(_, at, _)| *at == bed);
        beds.push(Bed {
            state: record.text(&format!("beds/{bed}/state")).to_owned(),
            occupants: occupants.map(|(_, _, one)| one.clone()).collect(),
            entry: bed,
        });
    }
    order::sort_by_key(&mut beds, |bed| {
        order::swedish(record.text(&format!("beds/{}/label", bed.entry)))
    });
    let without_bed = here.iter().filter(|(_, at, _)| !beds.iter().any(|bed| bed.entry == *at));
    let without_bed: Vec<Occupant> = without_bed.map(|(_, _, one)| one.clone()).collect();
    let living = each_once(here.iter().map(|(_, _, one)| one));
    let persons = living.len();
    let measured = room_of(&Ask { entry: &entry, ..*ask }, &living)?;
    let (most, sleeps, blocked) = (measured.most, measured.sleeps, measured.blocked);
    let mut faults = Vec::new();
    if most.is_some_and(|most| i64::try_from(persons).unwrap_or(i64::MAX) > most) {
        faults.push(Fault::Full);
    }
    if blocked && !here.is_empty() {
        faults.push(Fault::Blocked);
    }
    let rules = record.said(&key("sex_rule"));
    let is_against = |entry: &&str| {
        let sexes = record.said(&["occupancy/", entry, "/sex"].concat());
        rules.contains(&"women") && sexes.contains(&"M")
            || rules.contains(&"men") && sexes.contains(&"F")
    };
    if living.iter().any(is_against) {
        faults.push(Fault::SexRule);
    }
    if has_stranger(record, &living) {
        faults.push(Fault::Stranger);
    }
    if beds.iter().any(|bed| bed.occupants.iter().filter(|one| one.lives).count() > 1) {
        faults.push(Fault::SameBed);
    }
    Some(Room { entry, beds, without_bed, persons, most, sleeps, blocked, faults })
}
