//! Work by somebody who lost a right by a hand-over: taken and marked if the tablet could not know, held if it
//! could (M-11), and always held when the account had ended (M-29) or the tablet was revoked.

use ankomst_server::storage::sqlite::rights::{self, TOLD_GRACE_MS};
use ankomst_server::storage::sqlite::{accounts, backup, decided};
use ankomst_server::sync::held::{Group, groups};
use ankomst_shared::app::Role;
use ankomst_shared::ids::DocumentId;

use super::world::{
    BO, ELIN, Made, OTHER, UNIT, World, begins, begins_by, device, enrol, user, writes,
};

const CASE: DocumentId = DocumentId::from_bytes([77; 16]);

/// So long ago a role was lost, in milliseconds.
const LOST_MS: i64 = 3 * TOLD_GRACE_MS;
/// So long ago a tablet was in contact that did not hear of it.
const BEFORE_MS: i64 = 100 * TOLD_GRACE_MS;

async fn becomes(world: &World, who: u8, role: Role) {
    world.becomes(who, role, (UNIT, LOST_MS)).await;
}

/// The device's exchange was answered so long ago.
async fn told(world: &World, who: u8, ago_ms: i64) {
    let at_ms = world.app.now_ms() - ago_ms;
    world.write(move |db| rights::tell(db, device(who), at_ms)).await;
}

async fn arrives(world: &World, made: &Made) -> Option<String> {
    world.push(std::slice::from_ref(made)).await;
    world.settle().await;
    let is_shown = world.are(made.document, "visible").contains(&made.hash());
    assert_ne!(is_shown, world.reason(made).is_some());
    world.reason(made)
}

fn is_marked(world: &World) -> bool {
    world.app.readers.read(|db| decided::is_handed_over(db, CASE, 0)).unwrap()
}

fn held(world: &World) -> Vec<Group> {
    world.app.readers.read(|db| groups(&world.app, db, UNIT)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_the_tablet_could_know_is_taken_and_marked() {
    let world = World::new().await;
    let first = begins(CASE);
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    let [one, two, three] = [1, 2, 3]
        .map(|number| writes(ELIN, number, &[&first], ("arriving_from", &number.to_string())));
    assert!(!is_marked(&world));
    told(&world, ELIN, BEFORE_MS).await;
    becomes(&world, ELIN, Role::Inspector).await;
    assert_eq!(arrives(&world, &one).await, None);
    assert!(is_marked(&world));
    // What it still sends just after it was told was written before.
    told(&world, ELIN, TOLD_GRACE_MS - 60_000).await;
    assert_eq!(arrives(&world, &two).await, None);
    told(&world, ELIN, TOLD_GRACE_MS + 1).await;
    assert_eq!(arrives(&world, &three).await.as_deref(), Some("not permitted"));
    // A right that is given back lets nothing in by itself; it is said that nothing stands against it.
    assert!(!held(&world)[0].is_free);
    becomes(&world, ELIN, Role::Caseworker).await;
    told(&world, ELIN, 0).await;
    world.settle().await;
    assert_eq!(world.reason(&three).as_deref(), Some("not permitted"));
    assert!(held(&world)[0].is_free);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_left_is_a_hand_over_too() {
    let world = World::new().await;
    let first = begins(CASE);
    world.push(std::slice::from_ref(&first)).await;
    told(&world, ELIN, BEFORE_MS).await;
    world.becomes(ELIN, Role::Caseworker, (OTHER, LOST_MS)).await;
    assert_eq!(arrives(&world, &writes(ELIN, 1, &[&first], ("phone", "1"))).await, None);
    told(&world, ELIN, TOLD_GRACE_MS + 1).await;
    let late = writes(ELIN, 2, &[&first], ("phone", "2"));
    assert_eq!(arrives(&world, &late).await.as_deref(), Some("not permitted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_account_and_a_revoked_tablet_are_never_a_hand_over() {
    let world = World::new().await;
    let first = begins(CASE);
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    let write = |who, number: u8| writes(who, number, &[&first], ("phone", &number.to_string()));
    told(&world, BO, BEFORE_MS).await;
    told(&world, ELIN, BEFORE_MS).await;
    world.set_active("bo", false).await;
    assert_eq!(arrives(&world, &write(BO, 1)).await.as_deref(), Some("account ended"));
    let ended = world.app.readers.read(|db| rights::ended_ms(db, user(BO))).unwrap();
    assert!(ended.is_some_and(|at| world.app.now_ms() - at < 60_000), "{ended:?}");
    // Ended between: what follows from the role of then is not taken by itself either.
    world.set_active("bo", true).await;
    becomes(&world, BO, Role::Inspector).await;
    assert_eq!(arrives(&world, &write(BO, 2)).await.as_deref(), Some("not permitted"));
    world.write(|db| accounts::revoke_device(db, device(ELIN))).await;
    becomes(&world, ELIN, Role::Inspector).await;
    assert_eq!(arrives(&world, &write(ELIN, 3)).await.as_deref(), Some("device revoked"));
    // A tablet enrolled after the change knows how things are.
    let world = World::new().await;
    world.push(std::slice::from_ref(&first)).await;
    world
        .write(|db| {
            db.execute("DELETE FROM told", [])?;
            Ok(db.execute("DELETE FROM devices WHERE user = ?1", [user(BO).as_bytes()])?)
        })
        .await;
    becomes(&world, BO, Role::Inspector).await;
    world.write(|db| enrol(db, BO, jiff::Timestamp::now().as_millisecond())).await;
    assert_eq!(arrives(&world, &write(BO, 4)).await.as_deref(), Some("not permitted"));
    // One who never had the right has lost none.
    let mut never = begins_by(DocumentId::from_bytes([78; 16]), super::MATS);
    becomes(&world, super::MATS, Role::Administrator).await;
    never.who = super::MATS;
    assert_eq!(arrives(&world, &never).await.as_deref(), Some("not permitted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_stays_taken_and_a_lost_right_lost_after_a_restore() {
    let world = World::new().await;
    let first = begins(CASE);
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    let file = world.folder.path().join("old.db");
    backup::make(&world.folder.path().join("data"), &file, world.app.secrets.master).unwrap();
    told(&world, ELIN, BEFORE_MS).await;
    becomes(&world, ELIN, Role::Inspector).await;
    let one = writes(ELIN, 1, &[&first], ("phone", "1"));
    assert_eq!(arrives(&world, &one).await, None);
    told(&world, ELIN, TOLD_GRACE_MS + 1).await;
    let world = super::restored(world, &file, std::slice::from_ref(&one)).await;
    assert_eq!(world.reason(&one), None, "it was taken before");
    assert!(is_marked(&world));
    let two = writes(ELIN, 2, &[&first], ("phone", "2"));
    assert_eq!(arrives(&world, &two).await.as_deref(), Some("not permitted"));
}
