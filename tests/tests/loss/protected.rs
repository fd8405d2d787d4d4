//! A protected case that was taken along is not longer on a tablet than twelve hours without contact (L-11): it goes,
//! everything written in it comes home, and it comes again only to who may still read it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use ankomst_core::store::{Store, Table};
use ankomst_shared::app::Screen;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::opened::opened;
use ankomst_tests::tablet::store::FileStore;

use crate::kit::{local, new_case, signed_in, text};

const HOUR: Duration = Duration::from_hours(1);
const PERSON: &str = "persons/zzzzzzzzzzzzzzzz";
const NAME: &str = "Zarghona Provdotter";
const SENT: &str = "från Mazar via Trelleborg";

/// Rows of a tablet that belong to a record and are not sealed to the server.
async fn rows_of(folder: &Path, document: DocumentId) -> usize {
    // The journal is looked at as it lies: the tablet is on.
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("rows.journal"), copy.path().join("rows.journal")).unwrap();
    let store = FileStore::open(copy.path()).unwrap();
    let mut count = 0;
    for table in [Table::Chunks, Table::Drafts, Table::Files] {
        let rows = store.load(table, b"").await.unwrap();
        let names = |key: &[u8]| key.windows(16).any(|part| part == document.as_bytes());
        count += rows.iter().filter(|(key, _)| names(key)).count();
    }
    count
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn cases(tablet: &Tablet) -> BTreeSet<DocumentId> {
    tablet.listed("/arenden").await.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn a_protected_case_goes_after_twelve_hours_comes_home_and_comes_again_while_the_right_stands() {
    let Some(mut server) = Server::with_village() else { return };
    local(goes(&mut server, true));
}

#[test]
fn a_protected_case_that_went_does_not_come_again_once_the_right_has_gone() {
    let Some(mut server) = Server::with_village() else { return };
    local(goes(&mut server, false));
}

/// A case of somebody else, who says that a person's data are protected, and one of nobody special; both are on the
/// tablet.
async fn taken_along(oskar: &Tablet, elin: &Tablet) -> [DocumentId; 2] {
    let secret = new_case(oskar, "Familjen Provdotter").await;
    let open = new_case(oskar, "Familjen Noori").await;
    oskar.answer(secret, &format!("{PERSON}/given"), text(NAME)).await;
    let mark = Value::text("protected_registration");
    oskar.answer(secret, &format!("{PERSON}/protected_identity"), mark).await;
    oskar.sync().await;
    elin.until_field((secret, &format!("{PERSON}/given")), "the case", |it| it.text == NAME).await;
    // The answer that tells what is protected.
    elin.exchange().await;
    assert!(cases(elin).await.is_superset(&BTreeSet::from([secret, open])));
    [secret, open]
}

/// Writes without contact, and leaves something half typed.
async fn writes(elin: &Tablet, [secret, open]: [DocumentId; 2]) -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0..10 {
        let written = format!("{SENT} {number}");
        elin.answer(secret, "arriving_from", text(&written)).await;
        ledger.note(&written, Shown::Saved);
    }
    // Neither an address nor a day: they stay half typed.
    for (path, typed) in [("email", "halvskriven adress"), ("arrival_date", "någon gång i maj")] {
        elin.type_only(secret, path, text(typed)).await;
        ledger.note(typed, Shown::Saved);
    }
    elin.answer(open, "arriving_from", text("inte skyddat")).await;
    ledger.note("inte skyddat", Shown::Saved);
    ledger
}

async fn goes(server: &mut Server, is_theirs: bool) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("elin");
    let oskar = signed_in(server, &folder.path().join("oskar"), "oskar").await;
    let elin = signed_in(server, &at, "elin").await;
    let [secret, open] = taken_along(&oskar, &elin).await;
    server.stop();
    let ledger = writes(&elin, [secret, open]).await;
    elin.later(HOUR * 11);
    assert!(!elin.eventually(Duration::from_secs(2), || elin.status().shed).await);
    let waiting = elin.status().waiting;
    // Control: it is there, and the search finds it.
    assert!(rows_of(&at, secret).await > 10 && waiting > 10);
    let before = opened(&at, "elin").await;
    assert!([NAME, SENT, "halvskriven adress", "inte skyddat"].iter().all(|it| holds(&before, it)));

    elin.later(HOUR + HOUR / 2);
    assert!(elin.eventually(SYNC_MAX, || elin.status().shed).await, "{:?}", elin.status());
    assert_eq!((elin.status().screen, elin.status().waiting), (Screen::Lease, waiting));
    assert_eq!(rows_of(&at, secret).await, 0);
    let after = opened(&at, "elin").await;
    assert!(![NAME, SENT, "halvskriven adress"].iter().any(|it| holds(&after, it)));
    assert!(rows_of(&at, open).await > 0 && holds(&after, "inte skyddat"));

    // Her right ends, or does not, while she is away.
    if !is_theirs {
        server.command(&["user", "take", "elin", "caseworker"]);
        server.command(&["user", "give", "elin", "inspector"]);
    }
    server.start();
    let opens = || elin.status().screen == Screen::Open && !elin.status().shed;
    assert!(elin.eventually(SYNC_MAX, opens).await, "{:?}", elin.status());
    let arrived = || elin.status().deposits == 0 && elin.status().waiting == 0;
    assert!(elin.eventually(SYNC_MAX, arrived).await, "{:?}", elin.status());
    assert_eq!(ledger.missing(server.dump().text(), Shown::Saved), []);
    // What is half typed fits nowhere and is not let in by itself.
    oskar.sync().await;
    let last = format!("{SENT} 9");
    oskar.until_field((secret, "arriving_from"), "what she wrote", |it| it.text == last).await;
    let half = oskar.field((secret, "email")).await.unwrap();
    assert!(half.value.as_str() != Some("halvskriven adress"), "{half:?}");

    if is_theirs {
        elin.until_field((secret, "arriving_from"), "her case", |it| it.text == last).await;
        assert!(cases(&elin).await.contains(&secret));
        assert!(holds(&opened(&at, "elin").await, NAME), "as before");
    } else {
        for _ in 0..3 {
            elin.exchange().await;
        }
        assert_eq!(cases(&elin).await, BTreeSet::new());
        assert_eq!(rows_of(&at, secret).await, 0);
        assert!(!holds(&opened(&at, "elin").await, NAME));
    }
}
