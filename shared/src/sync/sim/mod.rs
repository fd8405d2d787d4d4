//! Tablets' real side and the server's real decision on a network that loses, repeats and cuts,
//! with crashes, rights that come and go, people who share a machine, and a hub that makes backups and
//! whose disk is put back.
//!
//! The hub is a double: maps instead of a database. Reading order: [`hub`], [`machine`], [`tablet`],
//! [`world`].

mod hub;
mod machine;
mod tablet;
mod world;

use std::panic::catch_unwind;

use world::{Backups, Faults, Plant, World};

/// Seeds of one test run.
const SEEDS: u64 = 125;
/// A planted defect must show within so many seeds.
const FOUND_WITHIN: u64 = 200;

fn live(faults: Faults) -> usize {
    (0..SEEDS).map(|seed| World::new(seed, faults).live_and_check()).sum()
}

#[test]
fn nothing_is_lost_and_all_end_alike_on_a_bad_network() {
    live(Faults::default());
}

#[test]
fn rights_that_come_and_go_move_only_their_documents() {
    live(Faults { rights: true, ..Faults::default() });
}

#[test]
fn a_hub_whose_disk_went_back_gets_everything_again() {
    let epochs = live(Faults { backups: Backups::Unchecked, ..Faults::default() });
    assert!(epochs > 20, "only {epochs} histories noticed a hub that went back");
}

#[test]
fn all_faults_at_once_lose_nothing_a_living_device_holds() {
    live(Faults { rights: true, backups: Backups::Unchecked, ..Faults::default() });
}

#[test]
fn what_one_person_wrote_arrives_by_the_other_who_uses_the_machine() {
    live(Faults { rights: true, shared: true, ..Faults::default() });
}

/// Checked backups, so that tablets forget; and the hub goes back to the newest.
const FORGETTING: Faults =
    Faults { rights: true, backups: Backups::Checked, shared: true, plant: Plant::None };

#[test]
fn what_was_forgotten_is_in_the_newest_backup_and_nothing_is_kept_for_ever() {
    live(Faults { shared: false, ..FORGETTING });
    live(FORGETTING);
}

#[test]
fn forgetting_before_a_backup_has_it_is_found() {
    assert!(is_found(Plant::FirstLevel), "no history lost a change");
}

#[test]
fn comparing_arrivals_with_a_log_that_never_told_them_is_found() {
    assert!(is_found(Plant::Unasked), "no history lost a change");
}

/// Whether a history loses a change by a defect.
fn is_found(plant: Plant) -> bool {
    (0..FOUND_WITHIN).any(|seed| {
        let faults = Faults { plant, ..FORGETTING };
        let ended = catch_unwind(|| World::new(seed, faults).live_and_check());
        let said = ended.err().and_then(|said| said.downcast::<String>().ok());
        said.is_some_and(|said| said.contains("a change is lost"))
    })
}
