//! Two cards are said to be of one person; forty edits later, by three people without contact, they are taken
//! apart. Whatever came in which order: each edit is on its card, nothing is lost, nobody vanishes from a house.

use std::collections::BTreeSet;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::occupancy;
use ankomst_shared::same::{Card, Same, name_in};
use ankomst_shared::value::Value;

use crate::checks::States;
use crate::story::{Act, Does, Record, Round, Story, id};
use crate::world::{Clock, Device, Dice, World, document_id};

/// The cards, by case and name.
const CARDS: [(&str, &str); 4] = [("one", "@a"), ("two", "@b"), ("two", "@c"), ("three", "@d")];
const PEOPLE: [&str; 3] = ["A", "B", "C"];
const HOUSES: [&str; 2] = ["house 1", "house 2"];
const FIELDS: [&str; 5] = ["given", "family", "phone", "profession", "native_name"];
const EDITS: usize = 40;

fn entry(name: &str) -> String {
    id(name.trim_start_matches('@')).to_string()
}

fn card((case, name): (&str, &str)) -> Card {
    (document_id(case), entry(name))
}

fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { Value::text(value) }
}

fn record(name: &str, kind: &str, start: Vec<(String, Value)>) -> Record {
    Record { name: name.to_owned(), kind: kind.to_owned(), by: None, start }
}

/// Three cases with four cards, each placed in one of two houses.
fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for case in ["one", "two", "three"] {
        let own = CARDS.iter().filter(|(of, _)| *of == case);
        let given = |(_, name): &(&str, &str)| {
            (format!("persons/{}/given", entry(name)), text(&format!("Hanan {name}")))
        };
        records.push(record(case, "case", own.map(given).collect()));
    }
    for (at, house) in HOUSES.iter().enumerate() {
        let mut start = vec![(format!("rooms/{}/label", entry("@room")), text("1"))];
        for (_, name) in CARDS.iter().skip(at).step_by(2) {
            start.extend(placed(&format!("@p{name}"), name));
        }
        records.push(record(house, "residence", start));
    }
    records
}

fn placed(placement: &str, name: &str) -> Vec<(String, Value)> {
    let key = |field: &str| format!("occupancy/{}/{field}", entry(placement));
    vec![
        (key("person"), text(&entry(name))),
        (key("room"), text(&entry("@room"))),
        (key("state"), text("active")),
    ]
}

fn act(by: &str, record: &str, values: Vec<(String, Value)>) -> Act {
    Act { by: by.to_owned(), record: record.to_owned(), does: Does::Write(values) }
}

/// Says that a card is of the person of another, or of nobody else.
fn says(by: &str, one: (&str, &str), other: Option<(&str, &str)>, number: usize) -> Act {
    let said = entry(&format!("@said {number}"));
    let own = card(one);
    let to = other.map(|other| name_in(own.0, &card(other))).unwrap_or_default();
    let key = |field: &str| format!("same_said/{said}/{field}");
    let values = vec![
        (format!("persons/{}/duplicate_of", own.1), text(&to)),
        (key("person"), text(&own.1)),
        (key("other"), text(&to)),
        (key("joined"), Value::Bool(other.is_some())),
        (key("reason"), text("Sagt.")),
    ];
    act(by, one.0, values)
}

fn round(acts: Vec<Act>) -> Round {
    Round { acts, shows: vec![], conflicts: vec![], checks: vec![], never: vec![] }
}

/// A random edit: on a card, of where somebody lives, and at times another saying.
fn edit(dice: &mut Dice, number: usize) -> Act {
    let by = PEOPLE[dice.roll(3)];
    let one = CARDS[dice.roll(4)];
    match dice.roll(8) {
        0 => {
            let other = CARDS[dice.roll(4)];
            says(by, one, Some(other).filter(|other| *other != one), number)
        }
        1 => {
            let house = HOUSES[dice.roll(2)];
            act(by, house, placed(&format!("@new {number}"), one.1))
        }
        2 => {
            let task = entry(&format!("@task {number}"));
            let key = |field: &str| format!("tasks/{task}/{field}");
            let values = vec![(key("title"), text("Ring")), (key("about"), text(&entry(one.1)))];
            act(by, one.0, values)
        }
        _ => {
            let key = format!("persons/{}/{}", entry(one.1), FIELDS[dice.roll(5)]);
            act(by, one.0, vec![(key, text(&format!("{number} {by}")))])
        }
    }
}

/// The story of a seed: joined, edited by everybody, taken apart.
fn story(seed: u64) -> Story {
    let mut dice = Dice::new(seed);
    let mut rounds = vec![round(vec![says("A", CARDS[0], Some(CARDS[1]), 1_000)])];
    let mut number = 0;
    while number < EDITS {
        let some = 1 + dice.roll(7).min(EDITS - number - 1);
        rounds.push(round((number..number + some).map(|at| edit(&mut dice, at)).collect()));
        number += some;
    }
    let apart = CARDS.iter().enumerate().map(|(at, one)| says("B", *one, None, 2_000 + at));
    rounds.push(round(apart.collect()));
    Story { id: format!("cards {seed}"), records: records(), rounds }
}

/// On every device, whatever it has heard of: each card is shown under exactly one, nobody is missing from a
/// house, and nobody is counted twice there.
fn check_everybody_is_there(world: &World<'_>, device: &Device, what: &str) {
    let read = |record: &Record| Some((record.name.clone(), world.state_on(device, &record.name)?));
    let states: States = world.story.records.iter().filter_map(read).collect();
    let same = world.same(&states);
    let mut shown = BTreeSet::new();
    for one in CARDS {
        let (case, entry) = card(one);
        let end = same.under(case, &entry).cloned().unwrap_or((case, entry.clone()));
        assert_eq!(same.under(end.0, &end.1), None, "{what}: {one:?} ends nowhere");
        let others = same.others(end.0, &end.1);
        assert_eq!(others.contains(&(case, entry.clone())), end != (case, entry), "{what}");
        shown.insert(end);
    }
    let all: usize = shown.iter().map(|end| 1 + same.others(end.0, &end.1).len()).sum();
    assert_eq!(all, CARDS.len(), "{what}: each card is shown once");
    for house in HOUSES {
        let Some(state) = states.get(house) else { continue };
        let joined = occupancy::house(Catalog::builtin(), state, &same);
        let apart = occupancy::house(Catalog::builtin(), state, &Same::default());
        let lives = |house: &occupancy::House| {
            let lives = house.placements().filter(|one| one.lives);
            lives.map(|one| one.entry.clone()).collect::<BTreeSet<_>>()
        };
        assert_eq!(lives(&joined), lives(&apart), "{what}: a placement vanishes from {house}");
        let ends: BTreeSet<&str> = joined
            .placements()
            .filter(|one| one.lives)
            .map(|one| same.person(&one.person))
            .collect();
        assert_eq!(joined.persons, ends.len(), "{what}: the headcount of {house}");
        assert!(joined.persons <= apart.persons, "{what}: {house}");
        for room in &joined.rooms {
            assert!(room.persons <= joined.persons, "{what}: {house}");
        }
    }
}

/// Everything that was ever written is in the history of the field where it was written, and nowhere else.
fn check_each_edit_is_where_it_was_written(world: &World<'_>, device: &Device, what: &str) {
    for record in &world.story.records {
        let acts = world.story.rounds.iter().flat_map(|round| &round.acts);
        let written =
            acts.filter(|act| act.record == record.name).flat_map(|act| match &act.does {
                Does::Write(values) => values.iter(),
                Does::Settle { .. } => [].iter(),
            });
        let written: BTreeSet<String> =
            written.chain(&record.start).map(|(path, value)| format!("{path} {value:?}")).collect();
        let held = &device.held[&(record.name.clone(), false)];
        let found: BTreeSet<String> = held
            .all_history()
            .into_iter()
            .map(|(path, said)| format!("{path} {:?}", said.value))
            .collect();
        assert_eq!(found, written, "{what}: {}", record.name);
    }
}

#[test]
fn what_was_written_on_joined_cards_is_on_its_own_card_when_they_are_taken_apart() {
    for seed in 0..crate::deliveries() / 20 {
        let story = story(seed);
        let mut world = World::begin(&story, Clock::Right);
        let mut dice = Dice::new(seed + 1);
        for (number, round) in story.rounds.iter().enumerate() {
            if number + 1 == story.rounds.len() {
                // Who takes apart has seen what was said.
                world.sync_in_order(&story.people());
            }
            world.act_and_sync_at_random(round, &mut dice);
            for device in world.devices.values() {
                check_everybody_is_there(&world, device, &format!("{} {number}", story.id));
            }
        }
        world.sync_in_order(&story.people());
        world.check_alike(&story.id);
        let new = world.somebody_new(&mut dice, &[], &story.id);
        for device in world.devices.values().chain([&new]) {
            if device.knows != world.hub.len() && device.knows != 0 {
                continue;
            }
            check_everybody_is_there(&world, device, &story.id);
        }
        check_each_edit_is_where_it_was_written(&world, &new, &story.id);
        for (part, held) in &world.devices["A"].held {
            assert_eq!(held.heads(), new.held[part].heads(), "{}", story.id);
            assert_eq!(held.canonical_json(), new.held[part].canonical_json(), "{}", story.id);
        }
        let read =
            |record: &Record| Some((record.name.clone(), world.state_on(&new, &record.name)?));
        let states: States = story.records.iter().filter_map(read).collect();
        let same = world.same(&states);
        for one in CARDS {
            let (case, entry) = card(one);
            assert_eq!(same.under(case, &entry), None, "{}: {one:?} is itself again", story.id);
        }
    }
}
