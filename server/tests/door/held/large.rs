//! A record has so much room, and each author so much of it: what is more waits, and keeps nobody else from writing.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_server::limits::{AUTHOR_WEIGHT_MAX, RECORD_WEIGHT_MAX};
use ankomst_server::storage::sqlite::{held, log, trials, weights};
use ankomst_server::sync::held::HeldError;
use ankomst_shared::chunk::hostile::make;
use ankomst_shared::chunk::{Op, parse};
use ankomst_shared::document::{ChangeMeta, Chunk};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::limits::FIELD_TEXT_BYTES_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::world::{BO, ELIN, INGRID, Made, World, begins, device, user, writes};

const HERE: DocumentId = DocumentId::from_bytes([90; 16]);

/// Texts of one change, the longest there are.
const TEXTS: u64 = 7;

/// Somebody who writes changes that are as large as they may be.
pub(super) struct Filler {
    who: u8,
    last: Made,
    seq: u64,
    /// It says the same again and again; otherwise everything it says counts.
    is_again: bool,
    made: Vec<Made>,
}

impl Filler {
    pub(super) fn new(who: u8, first: &Made, is_again: bool) -> Self {
        Self { who, last: first.clone(), seq: 0, is_again, made: Vec::new() }
    }

    pub(super) fn next(&mut self) -> Made {
        let actor = ActorId::from_bytes([self.who + 100; 16]);
        let meta = ChangeMeta {
            device: device(self.who),
            user: user(self.who),
            claimed_ms: 1_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let before = parse(&self.last.chunk.bytes).unwrap();
        let start = before.max_op + 1;
        self.seq += 1;
        let ops = (start..start + TEXTS).map(|counter| {
            let place = if self.is_again { counter - start } else { counter };
            let key = FieldPath::parse(&format!("newer/{}x{place}", self.who)).unwrap();
            let stands = (self.is_again && self.seq > 1).then(|| (actor, counter - TEXTS));
            let value = Some(Value::text("x".repeat(FIELD_TEXT_BYTES_MAX)));
            Op { key, value, header: None, replaces: stands.into_iter().collect() }
        });
        let bytes = make((actor, &meta), (self.seq, start), &[before.hash], ops.collect());
        let hash = parse(&bytes).unwrap().hash;
        let chunk = Chunk { hash, bytes };
        self.last = Made { document: HERE, who: self.who, actor, chunk };
        self.last.clone()
    }

    /// Writes until so much is written.
    pub(super) async fn fills(&mut self, world: &World, weight: u64) {
        let (mut all, mut written) = (Vec::new(), 0);
        while written < weight {
            let made = self.next();
            written += weights::of_change(&parse(&made.chunk.bytes).unwrap());
            all.push(made);
        }
        world.push(&all).await;
        self.made.extend(all);
    }
}

fn weighs(world: &World) -> weights::Weights {
    world.app.readers.read(|db| weights::of(db, HERE)).unwrap()
}

/// What is held, by reason.
fn reasons(world: &World) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for chunk in world.app.readers.read(|db| log::held(db, None)).unwrap() {
        *all.entry(chunk.reason.unwrap()).or_default() += 1;
    }
    all
}

/// Settles until nothing waits for its trial: on a busy machine a trial may need more than one turn.
async fn rests(world: &World) {
    for _ in 0..40 {
        world.settle().await;
        if world.are(HERE, "pending").is_empty() {
            return;
        }
    }
}

async fn goes_on(world: &World, number: u8, first: &Made) {
    let text = format!("Provby {number}");
    let honest = writes(ELIN, number, &[first], ("arriving_from", &text));
    world.push(std::slice::from_ref(&honest)).await;
    rests(world).await;
    assert!(world.are(HERE, "visible").contains(&honest.hash()), "{:?}", world.reason(&honest));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_a_record_so_large_that_its_trial_dies_of_it() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    let mut bo = Filler::new(BO, &first, false);
    bo.fills(&world, AUTHOR_WEIGHT_MAX + AUTHOR_WEIGHT_MAX / 4).await;
    rests(&world).await;
    // What Bo has is no more than a share, and the rest is neither lost nor tried.
    let weight = weighs(&world);
    assert!(weight.by[&user(BO)] <= AUTHOR_WEIGHT_MAX, "{weight:?}");
    assert!(weight.by[&user(BO)] > AUTHOR_WEIGHT_MAX / 2, "{weight:?} {:?}", reasons(&world));
    let held = reasons(&world);
    assert_eq!(held.keys().collect::<Vec<_>>(), ["depends", "large"], "{held:?}");
    let all = world.are(HERE, "held").len() + world.are(HERE, "visible").len();
    let waits = world.app.readers.read(|db| trials::marks(db, HERE)).unwrap();
    assert_eq!(all, bo.made.len() + 1, "{waits:?} {weight:?}");
    // Others go on as if nothing had been.
    goes_on(&world, 1, &first).await;
    // Nobody can let it in, and it comes in by itself when there is room.
    let hash = bo.made.iter().map(Made::hash).find(|hash| world.are(HERE, "held").contains(hash));
    let let_in = world.decide((INGRID, true), (HERE, &[hash.unwrap()])).await;
    assert!(matches!(let_in, Err(HeldError::Crowded)), "{let_in:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_no_room_comes_in_however_some_came_to_be() {
    let world = World::new().await;
    let first = begins(HERE);
    let late = writes(BO, 1, &[&first], ("phone", "1"));
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    world.push(std::slice::from_ref(&late)).await;
    let hash = late.hash();
    // As if what took the room had gone since: by a cleaning, or because it did not pass its trial.
    world.write(move |db| log::hold(db, HERE, hash, "large")).await;
    world.app.crowded.add([HERE]);
    rests(&world).await;
    assert!(world.are(HERE, "visible").contains(&hash), "{:?}", world.reason(&late));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_already_is_not_walked_through_again() {
    let world = World::new().await;
    let mut all = vec![begins(HERE)];
    for number in 1..4 {
        let text = number.to_string();
        all.push(writes(ELIN, number, &all.iter().collect::<Vec<_>>(), ("phone", &text)));
    }
    world.push(&all).await;
    let (first, last) = (all[1].hash(), all[3].hash());
    world.write(move |db| log::hold(db, HERE, first, "refused")).await;
    assert_eq!(world.are(HERE, "held").len(), 3, "what builds on it goes with it");
    world.write(move |db| held::wait(db, HERE, last)).await;
    world.write(move |db| log::hold(db, HERE, first, "refused")).await;
    assert!(world.are(HERE, "pending").contains(&last), "nothing behind it is looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_killed_twice_is_held_without_another_trial() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    let hash = first.hash();
    // What was found of it the second time was not noted.
    world.write(move |db| trials::mark(db, (HERE, hash), 2)).await;
    rests(&world).await;
    assert_eq!(world.reason(&first).as_deref(), Some("the trial was aborted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_no_room_comes_in_once_the_record_has_gone_on_with_less() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    let mut bo = Filler::new(BO, &first, true);
    bo.fills(&world, AUTHOR_WEIGHT_MAX + AUTHOR_WEIGHT_MAX / 4).await;
    assert!(reasons(&world).contains_key("large"), "{:?}", reasons(&world));
    // Each time it goes on, something more has room.
    for number in 1..4 {
        goes_on(&world, number, &first).await;
        assert!(weighs(&world).all <= RECORD_WEIGHT_MAX);
    }
    assert!(reasons(&world).is_empty(), "{:?}", reasons(&world));
    let all: BTreeSet<_> =
        world.are(HERE, "visible").union(&world.are(HERE, "ended")).copied().collect();
    assert!(bo.made.iter().all(|made| all.contains(&made.hash())), "nothing is lost");
    assert!(!world.are(HERE, "ended").is_empty(), "it has gone on");
}
