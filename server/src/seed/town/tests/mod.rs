//! A dataset: the same for a seed each time, sound for the trial, and with everything the demo needs.

mod demo;
mod fits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::thread;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::sha256;
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::occupancy::{self, Fault};
use ankomst_shared::same::Same;
use ankomst_shared::sign::{AuthorEnvelope, Header};
use ankomst_shared::trial::{Verdict, try_changes};

use super::super::pools::{Sex, Years, numbers};
use super::names::{UNCONFIRMED, coordination};
use super::person::{Number, Person};
use super::*;

const TODAY: &str = "2026-11-25";

struct Record {
    header: Header,
    chunks: Vec<Vec<u8>>,
    envelopes: Vec<Vec<u8>>,
    state: RecordState,
}

fn town(size: Size, seed: u64) -> Town {
    let plan = Plan { size, seed, years: 1, today: TODAY.parse().unwrap() };
    let mut number = 0;
    let key = move || {
        number += 1;
        Ok([number; 32])
    };
    Town::draw(plan, key).unwrap()
}

fn records(town: &Town, pieces: impl Iterator<Item = usize>) -> Vec<Record> {
    let all = pieces.flat_map(|piece| town.piece(piece).unwrap());
    all.map(|one| {
        let id = (one.header.kind.as_str(), one.header.document);
        let state = record_state(Catalog::builtin(), id, &one.document, None);
        let (chunks, envelopes) =
            one.changes.into_iter().map(|one| (one.info.bytes, one.envelope)).unzip();
        Record { header: one.header, chunks, envelopes, state }
    })
    .collect()
}

/// All pieces of size S, drawn on two threads.
fn drawn(seed: u64) -> (Town, Vec<Record>) {
    let town = town(Size::S, seed);
    let half = town.pieces() / 2;
    let records = thread::scope(|scope| {
        let first = scope.spawn(|| records(&town, 0..half));
        let second = records(&town, half..town.pieces());
        first.join().unwrap().into_iter().chain(second).collect()
    });
    (town, records)
}

fn small() -> &'static (Town, Vec<Record>) {
    static SMALL: OnceLock<(Town, Vec<Record>)> = OnceLock::new();
    SMALL.get_or_init(|| drawn(1))
}

fn hash(records: &[Record]) -> [u8; 32] {
    let chunks: Vec<&[u8]> =
        records.iter().flat_map(|one| &one.chunks).map(Vec::as_slice).collect();
    sha256(&chunks)
}

fn of_kind(kind: &str) -> impl Iterator<Item = &'static Record> {
    small().1.iter().filter(move |one| one.header.kind == kind)
}

fn people(town: &Town) -> impl Iterator<Item = &Person> {
    town.households.iter().flat_map(|one| &one.people)
}

#[test]
fn a_seed_gives_the_same_bytes_each_time_and_another_seed_others() {
    let first = hash(&small().1);
    assert_eq!(hash(&drawn(1).1), first);
    let other = town(Size::S, 2);
    let (one, two) = (records(&small().0, 0..1), records(&other, 0..1));
    assert_ne!(hash(&one), hash(&two));
}

#[test]
fn each_size_has_its_figures_and_many_seeds_find_everybody() {
    for size in [Size::S, Size::M, Size::L] {
        let (town, figures) = (town(size, 1), size.figures());
        assert_eq!(people(&town).count(), figures.persons);
        assert_eq!((town.houses.len(), town.crew.units.len()), (figures.houses, figures.units));
        assert_eq!(town.crew.hands.len(), figures.tablets + figures.units);
        assert!(town.houses.iter().all(|house| !house.households.is_empty()));
        let children = people(&town).filter(|one| one.is_child()).count() * 100 / figures.persons;
        assert!((38..=56).contains(&children), "{children} % children");
    }
    for seed in 0..40 {
        assert!(town(Size::S, seed).story.is_some(), "{seed}");
    }
}

#[test]
fn numbers_are_published_test_numbers_used_once_and_telephones_kept_for_fiction() {
    use Years::{Adult, Child, Elder, Small, Teen, Young};
    let mut published = BTreeSet::new();
    for sex in [Sex::F, Sex::M] {
        for years in [Elder, Adult, Young, Teen, Child, Small] {
            published.extend(numbers(sex, years));
        }
        published.extend(coordination(sex));
    }
    published.extend(UNCONFIRMED.map(|(_, number)| number));
    let town = town(Size::M, 1);
    let mut used = BTreeSet::new();
    for person in people(&town) {
        let Some(Number::Personal(number) | Number::Coordination(number)) = person.number else {
            continue;
        };
        assert!(published.contains(number) && used.insert(number), "{number}");
    }
    assert!(used.len() > 80, "{}", used.len());
    for household in &town.households {
        let fiction = ["+467017406", "+463139006", "+468465004"];
        let phone = household.phone.as_str();
        assert!(phone.len() == 12 && fiction.iter().any(|one| phone.starts_with(one)), "{phone}");
        assert!(household.email.ends_with("@example.org"));
    }
}

#[test]
fn the_awkward_ones_are_there() {
    let (town, _) = small();
    let any = |fits: &dyn Fn(&Person) -> bool| people(town).any(fits);
    assert!(any(&|one| one.given.contains('-')) && any(&|one| one.family.contains('\'')));
    assert!(any(&|one| one.family.chars().count() == 40) && any(&|one| one.family.is_empty()));
    for letter in ['ل', 'ሰ', 'Т'] {
        assert!(any(&|one| one.native.as_ref().is_some_and(|name| name.contains(letter))));
    }
    assert!(any(&|one| one.born.is_none()) && any(&|one| one.given.starts_with("Barn 1 till ")));
    for place in [(4, "00"), (6, "60")] {
        assert!(any(&|one| matches!(one.number, Some(Number::Coordination(number))
            if number.get(place.0..place.0 + 2) == Some(place.1) && one.born.is_none())));
    }
    let twins = town.households.iter().any(|one| {
        let born: Vec<_> = one.people.iter().filter_map(|one| one.born).collect();
        born.len() > born.iter().collect::<BTreeSet<_>>().len()
    });
    assert!(twins);
    let named = |one: &&Person| one.given == "Karam" && one.family == "Haddad";
    let same = town.houses.iter().any(|house| {
        let homes = house.households.iter().map(|at| &town.households[*at].people);
        homes.flatten().filter(named).count() == 3
    });
    assert!(same);
}

#[test]
fn everybody_has_a_bed_and_only_one_room_is_too_full() {
    let (town, _) = small();
    let (mut lived, mut faults, mut free, mut blocked) = (0, Vec::new(), 0, 0);
    for one in of_kind("residence") {
        let house = occupancy::house(Catalog::builtin(), &one.state, &Same::default());
        assert!(house.without_room.is_empty());
        lived += house.persons;
        for room in &house.rooms {
            faults.extend(room.faults.iter().copied());
            assert!(room.without_bed.is_empty());
            blocked += usize::from(room.blocked);
            if !room.blocked {
                free += room.beds.iter().filter(|bed| bed.occupants.is_empty()).count();
            }
        }
    }
    // A boy of 17 shares with a young man, as such places for both do.
    assert_eq!(
        (lived, faults.as_slice(), blocked),
        (120, [Fault::Full, Fault::Stranger].as_slice(), 1)
    );
    assert!(free > 0);
    let mut placed = BTreeSet::new();
    for one in of_kind("residence") {
        for entry in one.state.entries(Catalog::builtin(), "residence", "occupancy") {
            let text = |field: &str| one.state.text(&format!("occupancy/{entry}/{field}"));
            if text("state") == "active" {
                assert!(placed.insert((text("case"), text("person"))));
            }
        }
    }
    let all = town.households.iter().flat_map(|household| {
        household.people.iter().map(|one| (household.case.to_string(), one.id.to_string()))
    });
    let placed: BTreeSet<_> =
        placed.into_iter().map(|(case, person)| (case.to_owned(), person.to_owned())).collect();
    assert_eq!(placed, all.collect());
}

#[test]
fn what_is_planted_passes_the_trial_and_is_signed() {
    let (town, all) = small();
    let keys: BTreeMap<_, _> =
        town.crew.hands.iter().map(|hand| (hand.device, hand.key.public())).collect();
    // The trial of everything takes long without optimisation: all kinds, not all documents.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for one in all {
        for envelope in &one.envelopes {
            let author = AuthorEnvelope::peek(envelope).unwrap();
            let opened = AuthorEnvelope::open(envelope, &keys[&author.device]).unwrap();
            assert_eq!(opened.document, one.header.document);
        }
        let count = seen.entry(one.header.kind.as_str()).or_default();
        *count += 1;
        if *count <= 12 {
            let chunks: Vec<&[u8]> = one.chunks.iter().map(Vec::as_slice).collect();
            let verdicts = try_changes(Catalog::builtin(), &one.header.kind, &mut None, &chunks);
            assert!(verdicts.iter().all(|one| *one == Verdict::Passed), "{}", one.header.kind);
        }
    }
    assert_eq!(seen.len(), 7, "{seen:?}");
}
