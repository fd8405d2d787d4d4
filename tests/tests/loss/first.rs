//! The first fetching: a part of the records is never shown as the whole.

use std::time::Duration;

use ankomst_shared::app::{Body, PageView};
use ankomst_tests::kit::server::Server;
use ankomst_tests::kit::times;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, password};

fn has(page: &PageView, key: &str) -> bool {
    page.parts.iter().any(|part| part.key == key)
}

#[test]
fn a_desk_counts_what_waits_only_when_all_has_come() {
    let Some(server) = Server::with_town() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let desk = Tablet::open(folder.path(), &server.url()).await;
        desk.login("ingrid", &password("ingrid")).await;
        let mut looks = 0;
        while desk.status().first_sync.is_some() {
            let (before, today) = (desk.status(), desk.page("/idag").await);
            if desk.status() == before {
                assert!(has(&today, "still-coming") && !has(&today, "inbox"), "{today:#?}");
                looks += 1;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert!(looks > 1, "all came at once");
        let today = desk.page("/idag").await;
        assert!(!has(&today, "still-coming"));
        let inbox = today.parts.iter().find(|part| part.key == "inbox").unwrap();
        let Body::Lines(lines, _) = &inbox.body else { panic!("{inbox:#?}") };
        let waiting: usize = lines[0].title.split(' ').next().unwrap().parse().unwrap();
        assert!((1..20).contains(&waiting), "reviews came, too: {waiting}");
    });
}

/// How often the first fetching is cut off.
const CUTS: usize = 20;
/// A life that waits for nothing in particular ends after so many milliseconds at most.
const LIFE_MS: u64 = 10;

/// `ANKOMST_FIRST_SIZE`: the size of the municipality, S if not said; L has more than 50,000 documents. `ANKOMST_FIRST_SEED`:
/// when it is cut off.
#[test]
fn what_is_cut_off_twenty_times_comes_whole_and_no_part_is_shown_as_the_whole() {
    let size = std::env::var("ANKOMST_FIRST_SIZE").unwrap_or_else(|_| "S".to_owned());
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--size", &size, "--years", "1", "--seed", "1"]);
    server.start();
    let mut state = u64::try_from(times("ANKOMST_FIRST_SEED", 1)).unwrap();
    let mut roll = move |most: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Tablet::open(folder.path(), &server.url()).await;
        desk.login("ingrid", &password("ingrid")).await;
        let (mut cuts, mut furthest) = (0, 0);
        while let Some((done, all)) = desk.status().first_sync
            && cuts < CUTS
        {
            assert!(done < all || all == 0, "{done} of {all} and still coming");
            assert!(
                done >= furthest,
                "{done} after {furthest}: what had come is fetched once more"
            );
            furthest = done;
            let today = desk.page("/idag").await;
            if desk.status().first_sync.is_some() {
                assert!(has(&today, "still-coming") && !has(&today, "inbox"), "{today:#?}");
            }
            // Some lives bring at least one answer, the others end in the middle of what they do.
            if roll(if size == "S" { 12 } else { 2 }) == 0 {
                let further = || desk.status().first_sync.is_none_or(|(now, _)| now > done);
                assert!(desk.eventually(Duration::from_mins(5), further).await);
            } else {
                tokio::time::sleep(Duration::from_millis(roll(LIFE_MS))).await;
            }
            let was_whole = desk.status().first_sync.is_none();
            desk = desk.reopen().await;
            desk.unlock("ingrid").await;
            // The last of it may just have been written when it was cut off; then there is no more to come.
            if desk.status().first_sync.is_none() && !was_whole {
                let here = (desk.listed("/boenden").await, desk.listed("/arenden").await);
                desk.exchange().await;
                let now = (desk.listed("/boenden").await, desk.listed("/arenden").await);
                assert_eq!(now, here, "a part was shown as the whole");
            }
            assert!(!was_whole || desk.status().first_sync.is_none(), "{:?}", desk.status());
            cuts += 1;
        }
        assert!(cuts > 1, "all came at once");
        desk.sync().await;
        let today = desk.page("/idag").await;
        assert!(!has(&today, "still-coming"), "{today:#?}");
        eprintln!("cut off {cuts} times, {furthest} documents had come before the last one");
    });
    // Every document that the device is believed to hold has all of its changes there: `verify` compares the sums.
    drop(server.dump());
}
