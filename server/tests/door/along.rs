//! A house that was taken along and that nobody opens goes back by itself; so do more than a tablet may have.

use ankomst_server::storage::sqlite::wants::{self, ALONG_MAX, ALONG_UNUSED_MS};
use ankomst_shared::ids::{DeviceId, DocumentId};

use crate::held::world::{ELIN, World, device};

const DAY_MS: i64 = 24 * 3_600_000;

fn house(number: i64) -> DocumentId {
    let [a, b, ..] = number.to_le_bytes();
    DocumentId::from_bytes([7, a, b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
}

/// What goes back of a device's at a moment.
async fn returned(world: &World, device: DeviceId, now_ms: i64) -> Vec<DocumentId> {
    world.write(move |db| wants::returned(db, device, now_ms)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_goes_back_when_nobody_opens_it_for_long() {
    let world = World::new().await;
    let elin = device(ELIN);
    let takes = async |houses: Vec<DocumentId>, now_ms| {
        world.write(move |db| wants::set(db, elin, &houses, now_ms)).await;
    };
    let [opened, shut] = [house(1), house(2)];
    takes(vec![opened, shut], DAY_MS).await;
    world.write(move |db| wants::opened(db, elin, &[opened], 20 * DAY_MS)).await;
    // Each exchange says once more what is along, and that is no opening.
    takes(vec![shut, opened], 25 * DAY_MS).await;
    assert_eq!(returned(&world, elin, ALONG_UNUSED_MS + DAY_MS - 1).await, []);
    assert_eq!(returned(&world, elin, ALONG_UNUSED_MS + DAY_MS).await, [shut]);
    assert_eq!(returned(&world, device(9), ALONG_UNUSED_MS + DAY_MS).await, []);
    // Given back and taken along again, it begins anew.
    takes(vec![opened], 31 * DAY_MS).await;
    takes(vec![opened, shut], 32 * DAY_MS).await;
    assert_eq!(returned(&world, elin, 50 * DAY_MS).await, [opened]);
    // In another life of the log nothing is known of openings: it counts from the next contact on.
    world.write(|db| ankomst_server::storage::sqlite::log::new_epoch(db).map(drop)).await;
    takes(vec![opened, shut], 90 * DAY_MS).await;
    assert_eq!(returned(&world, elin, 91 * DAY_MS).await, []);
    assert_eq!(returned(&world, elin, 120 * DAY_MS).await, [opened, shut]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_those_opened_longest_ago_go_back() {
    let world = World::new().await;
    let elin = device(ELIN);
    for number in 0..ALONG_MAX + 2 {
        let houses: Vec<DocumentId> = (0..=number).map(house).collect();
        world.write(move |db| wants::set(db, elin, &houses, DAY_MS + number)).await;
    }
    world.write(move |db| wants::opened(db, elin, &[house(0)], 3 * DAY_MS)).await;
    assert_eq!(returned(&world, elin, 4 * DAY_MS).await, [house(1), house(2)]);
}
