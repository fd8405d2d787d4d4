//! Tablets' real side and the server's real decision on a network that loses, repeats and cuts,
//! with crashes, rights that come and go, and a hub whose disk is put back.
//!
//! The hub is a double: maps instead of a database. Reading order: [`hub`], [`tablet`], [`world`].

mod hub;
mod tablet;
mod world;

use world::{Faults, World};

/// Seeds of one test run.
const SEEDS: u64 = 125;

#[test]
fn nothing_is_lost_and_all_end_alike_on_a_bad_network() {
    for seed in 0..SEEDS {
        World::new(seed, Faults { rights: false, rollback: false }).live_and_check();
    }
}

#[test]
fn rights_that_come_and_go_move_only_their_documents() {
    for seed in 0..SEEDS {
        World::new(seed, Faults { rights: true, rollback: false }).live_and_check();
    }
}

#[test]
fn a_hub_whose_disk_went_back_gets_everything_again() {
    let noticed = (0..SEEDS)
        .map(|seed| World::new(seed, Faults { rights: false, rollback: true }).live_and_check());
    let epochs: usize = noticed.sum();
    assert!(epochs > 20, "only {epochs} histories noticed a hub that went back");
}

#[test]
fn all_faults_at_once_lose_nothing_a_living_device_holds() {
    for seed in 0..SEEDS {
        World::new(seed, Faults { rights: true, rollback: true }).live_and_check();
    }
}
