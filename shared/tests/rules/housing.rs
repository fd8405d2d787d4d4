//! Who must not share a room: a child with an adult of another household, whoever said what of them.

use std::fmt::Write as _;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::conflict::{Class, conflicts};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::occupancy::{Fault, house};
use ankomst_shared::same::NOBODY;

use super::case::record;

/// What is wrong in a room with these people in it, each as their answers.
fn wrong(room: &str, people: &[&str]) -> Vec<Fault> {
    let mut text = format!("rooms/A/kind=bedroom rooms/A/area_m2='60 {room}");
    for (letter, person) in ["P", "Q", "R"].iter().zip(people) {
        let at = format!(" occupancy/{letter}/");
        write!(text, "{at}room=@A{at}person=p{letter}").unwrap();
        for answer in person.split(' ').filter(|answer| !answer.is_empty()) {
            write!(text, "{at}{answer}").unwrap();
        }
    }
    let record = record(&text);
    let faults = house(Catalog::builtin(), &record, &NOBODY).rooms.remove(0).faults;
    let id = DocumentId::from_bytes([7; 16]);
    let told = conflicts(Catalog::builtin(), ("residence", id), &record, &NOBODY);
    let at = "rooms/aaaaaaaaaaaaaaaa/age_band";
    let told = told.iter().any(|one| one.class == Class::Safety && one.at == at);
    assert_eq!(told, faults.contains(&Fault::Stranger), "{text}");
    faults
}

const BOY: &str = "state=active case=c1 age_band=13-17";

#[test]
fn a_child_and_an_adult_of_another_household_do_not_share_a_room() {
    let alone: [&[&str]; 7] = [
        &[BOY],
        &[BOY, "state=active case=c2 age_band=6-12"],
        &[BOY, "state=active case=c1 age_band=18-64"],
        &[BOY, "state=active case=c2 household=c1 age_band=65-"],
        &[BOY, "state=planned case=c2 age_band=18-64"],
        &[BOY, "state=ended case=c2 age_band=18-64"],
        &["state=active case=c1 age_band=18-64", "state=active case=c2 age_band=18-64"],
    ];
    for people in alone {
        assert_eq!(wrong("", people), [], "{people:?}");
    }
    let strangers: [&[&str]; 8] = [
        &[BOY, "state=active case=c2 age_band=18-64"],
        &[BOY, "state=active case=c2 age_band=65-"],
        // Whose age is not known may be an adult, and whose household is not known may be anybody.
        &[BOY, "state=active case=c2"],
        &[BOY, "state=active age_band=18-64"],
        // What people disagree on.
        &[BOY, "state=active case=c2 age_band=6-12|18-64"],
        &["state=active case=c1 age_band=18-64|13-17", "state=active case=c2 age_band=18-64"],
        &[
            "state=active case=c1 household=c1|c2 age_band=13-17",
            "state=active case=c1 age_band=18-64",
        ],
        // A parent in the room does not make the stranger known.
        &[BOY, "state=active case=c1 age_band=18-64", "state=disputed case=c2 age_band=18-64"],
    ];
    for people in strangers {
        assert_eq!(wrong("", people), [Fault::Stranger], "{people:?}");
    }
}

#[test]
fn whoever_may_not_be_in_the_room_by_anything_that_was_said_of_it_is_told() {
    let woman = "state=active case=c1 age_band=18-64 sex=F";
    assert_eq!(wrong("rooms/A/sex_rule=any|men", &[woman]), [Fault::SexRule]);
    assert_eq!(
        wrong("rooms/A/sex_rule=women", &["state=active case=c1 sex=F|M"]),
        [Fault::SexRule]
    );
    assert_eq!(wrong("rooms/A/sex_rule=women", &[woman]), []);
}
