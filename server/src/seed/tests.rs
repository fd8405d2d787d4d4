//! The story pack: the same for a seed each time, within the pools, sound for the trial.

use std::collections::BTreeSet;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::occupancy;
use ankomst_shared::same::Same;
use ankomst_shared::sign::{Header, SigningKey};
use ankomst_shared::sync::message::PushPart;
use ankomst_shared::trial::{Verdict, try_changes};

use super::outline::Protection;
use super::pack::{Pack, pack};
use super::pools::{Sex, Years, numbers};
use super::village::village;

fn story(seed: u64) -> Pack {
    pack(seed, &[[1; 32], [2; 32], [3; 32], [4; 32]].map(SigningKey::from_seed)).unwrap()
}

fn parts(pack: &Pack) -> impl Iterator<Item = &PushPart> {
    pack.pushes.iter().flat_map(|push| &push.parts)
}

#[test]
fn a_seed_gives_the_same_bytes_each_time_and_another_seed_others() {
    let bytes = |seed| -> Vec<Vec<u8>> {
        parts(&story(seed)).flat_map(|part| &part.chunks).map(|chunk| chunk.to_vec()).collect()
    };
    let first = bytes(1);
    assert_eq!(first, bytes(1));
    assert_ne!(first, bytes(2));
}

#[test]
fn many_seeds_fit_the_pools_and_the_catalog() {
    for seed in 0..40 {
        assert!(!story(seed).pushes.is_empty());
    }
}

#[test]
fn the_village_is_the_story() {
    let village = village(1).unwrap();
    let people: Vec<_> = village.iter().flat_map(|household| &household.people).collect();
    assert_eq!((village.len(), people.len()), (13, 38));
    let count = |protection| people.iter().filter(|one| one.protection == protection).count();
    assert_eq!((count(Protection::Pregnant), count(Protection::Hidden)), (1, 1));
    let same = village.iter().filter(|household| household.label == "Karam Haddad").count();
    assert_eq!(same, 3);
    assert!(people.iter().any(|person| person.given.starts_with("Barn 1 till ")));
}

#[test]
fn every_number_is_a_published_test_number_and_used_once() {
    use Years::{Adult, Child, Elder, Small, Teen, Unconfirmed, Young};
    let published: BTreeSet<&str> = [Sex::F, Sex::M]
        .into_iter()
        .flat_map(|sex| {
            [Elder, Adult, Young, Teen, Child, Small, Unconfirmed]
                .into_iter()
                .flat_map(move |years| numbers(sex, years))
        })
        .copied()
        .collect();
    let mut used = BTreeSet::new();
    for household in village(7).unwrap() {
        for person in household.people {
            let Some(number) = person.number else { continue };
            assert!(published.contains(number.as_str()) && used.insert(number));
        }
    }
    assert_eq!(used.len(), 37);
}

#[test]
fn telephones_and_mail_are_those_kept_for_fiction() {
    let mut seen = BTreeSet::new();
    for household in village(3).unwrap() {
        let end: u32 = household.phone.strip_prefix("+467017406").unwrap().parse().unwrap();
        assert!((5..=99).contains(&end), "{}", household.phone);
        assert!(household.email.ends_with("@example.org") && seen.insert(household.email));
    }
}

#[test]
fn every_change_passes_gate_and_trial_and_headers_are_signed() {
    let pack = story(1);
    let mut documents: std::collections::BTreeMap<_, (String, Option<Document>)> =
        std::collections::BTreeMap::new();
    for part in parts(&pack) {
        for chunk in &part.chunks {
            let info = parse(chunk).unwrap();
            if let Some(bytes) = info.ops.iter().find_map(|op| op.header.as_deref()) {
                let kind = Header::peek(bytes).unwrap().kind;
                documents.insert(part.document, (kind, None));
            }
            let (kind, document) = documents.get_mut(&part.document).unwrap();
            let verdicts = try_changes(Catalog::builtin(), kind, document, &[chunk.as_slice()]);
            assert_eq!(verdicts, [Verdict::Passed], "{kind}");
        }
    }
    let of = |wanted: &str| documents.values().filter(|(kind, _)| kind == wanted).count();
    assert_eq!((of("residence"), of("case"), of("protected")), (3, 13, 2));
}

#[test]
fn a_house_knows_its_people_only_by_initials() {
    let pack = story(1);
    let names: Vec<String> = village(1)
        .unwrap()
        .into_iter()
        .flat_map(|household| household.people)
        .map(|person| person.family)
        .collect();
    let first = parts(&pack).next().unwrap().document;
    for part in parts(&pack).filter(|part| part.document == first) {
        let text = String::from_utf8_lossy(part.chunks.first().unwrap()).into_owned();
        assert!(names.iter().all(|name| !text.contains(name)));
    }
}

#[test]
fn everybody_lives_in_one_place_under_their_own_id() {
    let pack = story(1);
    let mut documents: std::collections::BTreeMap<_, (String, Vec<Vec<u8>>)> =
        std::collections::BTreeMap::new();
    for part in parts(&pack) {
        let (kind, chunks) = documents.entry(part.document).or_default();
        for chunk in &part.chunks {
            let info = parse(chunk).unwrap();
            if let Some(bytes) = info.ops.iter().find_map(|op| op.header.as_deref()) {
                *kind = Header::peek(bytes).unwrap().kind;
            }
            chunks.push(chunk.to_vec());
        }
    }
    let catalog = Catalog::builtin();
    let record = |kind: &str| -> Vec<(DocumentId, RecordState)> {
        let of = documents.iter().filter(|(_, (known, _))| known == kind);
        of.map(|(id, (kind, chunks))| {
            let actor = ActorId::from_bytes([0; 16]);
            let opened = Document::open(actor, chunks.iter().map(Vec::as_slice)).unwrap();
            (*id, record_state(catalog, (kind, *id), &opened, None))
        })
        .collect()
    };
    let mut people = BTreeSet::new();
    for (case, record) in record("case") {
        let persons = record.entries(catalog, "case", "persons");
        people.extend(persons.into_iter().map(|person| (case.to_string(), person)));
    }
    let mut placed = BTreeSet::new();
    for (_, record) in record("residence") {
        let house = occupancy::house(catalog, &record, &Same::default());
        assert!(house.without_room.is_empty() && house.faults() == 0, "{house:?}");
        for entry in record.entries(catalog, "residence", "occupancy") {
            let text = |field: &str| record.text(&format!("occupancy/{entry}/{field}")).to_owned();
            assert!(["F", "M"].contains(&text("sex").as_str()));
            assert!(placed.insert((text("case"), text("person"))), "placed twice");
        }
    }
    assert_eq!(people, placed);
}
