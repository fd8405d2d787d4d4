//! Merge stories: what several people wrote without contact, and what everybody must see after it.
//!
//! Each file of `tests/stories/` is one story (its form: [`story`]). Each is told in every order in which
//! the devices can sync, in a thousand sampled deliveries with repeated, reordered and cut-off changes,
//! with each clock in turn two years wrong, and with syncs between the edits ([`world`], [`checks`]).
//! `ANKOMST_DELIVERIES` gives another number than a thousand, and a tenth of it of syncs between the edits.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a story told as a test: a failed step fails it"
)]

#[path = "stories/cards.rs"]
mod cards;
#[path = "stories/checks.rs"]
mod checks;
#[path = "stories/story.rs"]
mod story;
#[path = "stories/world.rs"]
mod world;

use std::path::Path;

use story::Story;
use world::{Clock, Dice, World};

/// Sampled deliveries of each story; a tenth as many tellings have syncs between the edits.
fn deliveries() -> u64 {
    let told = std::env::var("ANKOMST_DELIVERIES").ok();
    told.map_or(1_000, |number| number.parse().unwrap())
}

fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files.iter().map(|file| Story::read(file)).collect()
}

#[test]
fn every_story_is_here() {
    let mut ids: Vec<String> = stories().iter().map(|story| story.id.clone()).collect();
    // Those of persons who are said to be one are told beside M-01.
    ids.retain(|id| !id.starts_with("P-"));
    let all: Vec<String> = (1..=32).map(|number| format!("M-{number:02}")).collect();
    assert_eq!(ids, all);
}

#[test]
fn everybody_sees_the_same_in_every_order_of_syncs() {
    for story in stories() {
        for order in world::orders(&story.people()) {
            let mut world = World::begin(&story, Clock::Right);
            for (number, round) in story.rounds.iter().enumerate() {
                world.act(round);
                world.sync_in_order(&order);
                world.check(round, &format!("{} round {number}, order {order:?}", story.id));
            }
        }
    }
}

#[test]
fn any_delivery_shows_the_same() {
    for story in stories() {
        let mut world = World::begin(&story, Clock::Right);
        for (number, round) in story.rounds.iter().enumerate() {
            world.act(round);
            let each = deliveries() / u64::try_from(story.rounds.len()).unwrap();
            for seed in 0..each {
                let what = format!("{} round {number}, delivery {seed}", story.id);
                world.deliver_to_somebody_new(&mut Dice::new(seed), round, &what);
            }
            world.sync_in_order(&story.people());
        }
    }
}

#[test]
fn a_wrong_clock_decides_nothing_and_is_told() {
    for story in stories() {
        for person in story.people() {
            for years in [2, -2] {
                let mut world = World::begin(&story, Clock::Wrong { of: person.clone(), years });
                for (number, round) in story.rounds.iter().enumerate() {
                    world.act(round);
                    world.sync_in_order(&story.people());
                    let what =
                        format!("{} round {number}, clock of {person} {years} years", story.id);
                    world.check(round, &what);
                }
            }
        }
    }
}

#[test]
fn syncs_between_the_edits_lose_nothing_and_end_alike() {
    for story in stories() {
        for seed in 0..deliveries() / 10 {
            let mut world = World::begin(&story, Clock::Right);
            let mut dice = Dice::new(seed);
            for round in &story.rounds {
                world.act_and_sync_at_random(round, &mut dice);
            }
            world.sync_in_order(&story.people());
            world.check_alike(&format!("{} mixed, seed {seed}", story.id));
        }
    }
}
