//! What is held has an exit: whatever the order in which people decide, the same is shown, also after a restore.

mod brought;
mod large;
mod may;
mod rights;
pub(crate) mod world;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use ankomst_server::storage::sqlite::{backup, log};
use ankomst_server::sync::held::{HeldError, catch_up};
use ankomst_server::sync::lines;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use proptest::prelude::*;

use self::world::{BO, ELIN, INGRID, MATS, Made, World, begins, writes};

/// Changes of a case, each with the numbers of those it builds on; the first is its beginning.
struct Case {
    all: Vec<Made>,
    on: Vec<BTreeSet<usize>>,
}

/// Bo's account has ended, Mats may not write in a case; what Elin writes waits only for others.
fn is_held(who: u8) -> bool {
    who == BO || who == MATS
}

impl Case {
    /// Each change is written by somebody on top of some earlier ones.
    fn new(id: DocumentId, wanted: &[(u8, Vec<prop::sample::Index>)]) -> Self {
        let mut case = Self { all: vec![begins(id)], on: vec![BTreeSet::new()] };
        for (number, (who, picks)) in (1_u8..).zip(wanted) {
            let mut on: BTreeSet<usize> =
                picks.iter().map(|pick| pick.index(case.all.len())).collect();
            // Only an opened document can be written in, with everything below.
            let mut below: BTreeSet<usize> = on.iter().flat_map(|at| case.below(*at)).collect();
            below.insert(0);
            on.insert(0);
            let opened: Vec<&Made> = below.iter().map(|at| &case.all[*at]).collect();
            let text = format!("Provby {number}");
            let made = writes(*who, number, &opened, ("arriving_from", &text));
            case.all.push(made);
            case.on.push(on);
        }
        case
    }

    /// A change and everything it builds on.
    fn below(&self, at: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::from([at]);
        for one in &self.on[at] {
            all.extend(self.below(*one));
        }
        all
    }

    fn named(&self, numbers: impl IntoIterator<Item = usize>) -> BTreeSet<ChangeHash> {
        numbers.into_iter().map(|at| self.all[at].hash()).collect()
    }
}

/// What must come of decisions, told anew from the first one on.
#[derive(Default, Clone)]
struct Model {
    /// Released, or refused.
    decided: BTreeMap<usize, bool>,
}

impl Model {
    fn is_open(&self, case: &Case, at: usize) -> bool {
        self.decided.get(&at).copied().unwrap_or(!is_held(case.all[at].who))
    }

    fn shown(&self, case: &Case) -> BTreeSet<usize> {
        let open = |at: &usize| case.below(*at).iter().all(|one| self.is_open(case, *one));
        (0..case.all.len()).filter(open).collect()
    }

    /// Whether it could be released, with what it builds on.
    fn release(&mut self, case: &Case, at: usize) -> bool {
        let closed: Vec<usize> =
            case.below(at).into_iter().filter(|one| !self.is_open(case, *one)).collect();
        let refused = |one: &usize| *one != at && self.decided.get(one) == Some(&false);
        if closed.is_empty() || closed.iter().any(refused) {
            return false;
        }
        self.decided.extend(closed.into_iter().map(|one| (one, true)));
        true
    }

    /// It, and what builds on it and waits for a reason of its own.
    fn refuse(&mut self, case: &Case, at: usize) {
        for above in at..case.all.len() {
            let waits = is_held(case.all[above].who) && !self.decided.contains_key(&above);
            if above == at || (waits && case.below(above).contains(&at)) {
                self.decided.insert(above, false);
            }
        }
    }
}

fn wanted() -> impl Strategy<Value = Vec<(u8, Vec<prop::sample::Index>)>> {
    let who = prop_oneof![3 => Just(BO), 2 => Just(MATS), 2 => Just(ELIN)];
    prop::collection::vec((who, prop::collection::vec(any::<prop::sample::Index>(), 0..3)), 3..10)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

/// Decides at random, and looks after each step whether what must be shown is.
async fn decides(
    world: &World,
    case: &Case,
    steps: &[(prop::sample::Index, bool)],
    model: &mut Model,
) {
    let id = case.all[0].document;
    for (pick, is_release) in steps {
        let at = pick.index(case.all.len());
        let hash = case.all[at].hash();
        let is_waiting = world.are(id, "held").contains(&hash);
        let done = world.decide((INGRID, *is_release), (id, &[hash])).await;
        if *is_release {
            let could = is_waiting && model.release(case, at);
            assert_eq!(done.is_ok(), could, "{done:?}: {at} of {:?}", case.on);
        } else if done.is_ok() {
            model.refuse(case, at);
        }
        world.settle().await;
        assert_eq!(world.are(id, "visible"), case.named(model.shown(case)), "{at} {is_release}");
    }
}

/// Everything is let in, each after what it builds on, whatever was decided before.
async fn all_in(world: &World, case: &Case) {
    let id = case.all[0].document;
    for made in &case.all {
        if world.are(id, "held").contains(&made.hash()) {
            let done = world.decide((INGRID, true), (id, &[made.hash()])).await;
            assert!(done.is_ok() || world.reason(made).unwrap() == "depends", "{done:?}");
            world.settle().await;
        }
    }
    assert_eq!(world.are(id, "visible"), case.named(0..case.all.len()));
    assert!(world.are(id, "held").is_empty() && world.are(id, "pending").is_empty());
}

#[test]
fn whatever_the_order_of_decisions_the_same_is_shown() {
    let runtime = runtime();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.set_active("bo", false).await;
        world
    });
    let number = Cell::new(0);
    let steps = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12);
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let tried = runner.run(&(wanted(), steps), |(wanted, steps)| {
        number.set(number.get() + 1);
        runtime.block_on(async {
            let case = Case::new(DocumentId::new(number.get(), [1; 10]), &wanted);
            world.push(&case.all).await;
            world.settle().await;
            let mut model = Model::default();
            let id = case.all[0].document;
            assert_eq!(world.are(id, "visible"), case.named(model.shown(&case)));
            decides(&world, &case, &steps, &mut model).await;
            all_in(&world, &case).await;
        });
        Ok(())
    });
    tried.unwrap();
}

/// Puts an older log back and lets tablets bring again what it lacks.
async fn restored(world: World, file: &std::path::Path, bring: &[Made]) -> World {
    let World { app, folder } = world;
    let (data, master) = (folder.path().join("data"), app.secrets.master);
    drop(app);
    backup::restore(file, &data, master, 2).unwrap();
    let world = World { app: world::app(&folder).await, folder };
    catch_up(&world.app).await.unwrap();
    world.push(bring).await;
    world.settle().await;
    world
}

#[test]
fn what_was_decided_holds_after_a_restore_of_before_it() {
    let config = ProptestConfig { cases: 6, failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let steps = || prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 4..8);
    let all = (wanted(), steps(), steps(), any::<bool>());
    let runtime = runtime();
    let tried = runner.run(&all, |(wanted, first, then, has_them)| {
        runtime.block_on(async {
            let mut world = World::new().await;
            world.set_active("bo", false).await;
            let case = Case::new(DocumentId::new(1, [1; 10]), &wanted);
            world.push(&case.all[..1]).await;
            if has_them {
                // The backup has the held changes and not what was decided.
                world.push(&case.all[1..]).await;
            }
            world.settle().await;
            let file = world.folder.path().join("old.db");
            let master = world.app.secrets.master;
            backup::make(&world.folder.path().join("data"), &file, master).unwrap();
            world.push(&case.all).await;
            world.settle().await;
            let mut model = Model::default();
            decides(&world, &case, &first, &mut model).await;
            let id = case.all[0].document;
            let shown = world.are(id, "visible");
            world = restored(world, &file, &case.all).await;
            assert_eq!(world.are(id, "visible"), shown, "what was decided is decided");
            decides(&world, &case, &then, &mut model).await;
            all_in(&world, &case).await;
        });
        Ok(())
    });
    tried.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_let_in_also_after_its_record_has_gone_on() {
    let world = World::new().await;
    world.set_active("bo", false).await;
    let id = DocumentId::new(1, [1; 10]);
    let first = begins(id);
    let held = writes(BO, 1, &[&first], ("phone", "+46701740601"));
    let after = writes(ELIN, 2, &[&first], ("arriving_from", "Sundsvall"));
    let late = writes(BO, 3, &[&first, &held], ("email", "namn@example.org"));
    let above = writes(ELIN, 4, &[&first, &held], ("phone", "+46701740602"));
    world.push(&[first, held.clone(), after, late.clone(), above.clone()]).await;
    world.settle().await;
    world.decide((INGRID, false), (id, &[held.hash()])).await.unwrap();
    for made in [&late, &above] {
        assert_eq!(world.reason(made).as_deref(), Some("refused"), "it builds on it");
    }
    let unseen = world.app.readers.read(|db| log::unseen(db, id)).unwrap();
    assert_eq!(unseen, (0, 0), "nobody waits for what was refused");
    let gone_on = lines::continue_record(&world.app, id, lines::Why::Asked { days: 0 }).await;
    assert!(matches!(gone_on, Ok(lines::Outcome::Continued { .. })), "{gone_on:?}");
    let base = world.decide((INGRID, true), (id, &[late.hash()])).await;
    assert!(matches!(base, Err(HeldError::Base)), "{base:?}");
    for made in [&held, &late] {
        world.decide((INGRID, true), (id, &[made.hash()])).await.unwrap();
        world.settle().await;
        assert!(world.are(id, "visible").contains(&made.hash()), "it stands under a new name");
        assert!(world.are(id, "held").is_disjoint(&BTreeSet::from([made.hash()])));
    }
    assert!(world.are(id, "ended").contains(&held.hash()));
    assert!(world.are(id, "visible").contains(&above.hash()), "it had only waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_released_late_comes_after_everything_that_was_served() {
    let world = World::new().await;
    world.set_active("bo", false).await;
    let id = DocumentId::new(1, [1; 10]);
    let first = begins(id);
    let held = writes(BO, 1, &[&first], ("phone", "+46701740601"));
    world.push(&[first.clone(), held.clone()]).await;
    world.settle().await;
    for number in 2..6 {
        world.push(&[writes(ELIN, number, &[&first], ("arriving_from", "Timrå"))]).await;
        world.settle().await;
    }
    let before = world.app.readers.read(log::head).unwrap().feed;
    world.decide((INGRID, true), (id, &[held.hash()])).await.unwrap();
    assert_eq!(world.app.readers.read(log::head).unwrap().feed, before, "not before its trial");
    world.settle().await;
    let chunk = world.app.readers.read(|db| log::chunk_of(db, id, held.hash())).unwrap().unwrap();
    assert_eq!(chunk.feed, Some(before + 1));
    let again = world.decide((INGRID, true), (id, &[held.hash()])).await;
    assert!(matches!(again, Err(HeldError::Unknown)), "{again:?}");
}
