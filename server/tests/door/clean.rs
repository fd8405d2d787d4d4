//! Records are cleaned: what is said to who asks, also when something goes wrong on the way.

use core::future::{Future, poll_fn};
use core::task::Poll;
use core::time::Duration;

use ankomst_server::seed;
use ankomst_server::storage::ledger;
use ankomst_server::storage::sqlite::{accounts, cuts, staff};
use ankomst_server::sync::behind::behind;
use ankomst_server::sync::{clean, feed};
use ankomst_shared::app::{Acted, Language, Role};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, UnitId, UserId};
use ankomst_shared::packed::from_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::desk::{act, page, read};
use super::kinds::Somebody;
use super::kit::Door;

const WRONG: &str = "zzzzzzzzzzzzzzzz";
const RIGHT: &str = "yyyyyyyyyyyyyyyy";
const CASE: [u8; 16] = [93; 16];

/// A village with a case in which one person was written down wrongly and removed.
async fn village() -> (Door, Somebody, DocumentId) {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let (mut ingrid, _) = Somebody::with(&door, ("ingrid", "ingrid-i-provby"), 1).await;
    let case = DocumentId::from_bytes(CASE);
    let edits = [
        (format!("persons/{RIGHT}/given"), "Rima"),
        (format!("persons/{WRONG}/given"), "Felskrivna"),
        (format!("persons/{WRONG}/tombstone"), "fel person"),
    ]
    .map(|(path, text)| Edit { path: FieldPath::parse(&path).unwrap(), value: Value::text(text) });
    ingrid.begins_with(&door, ("case", case), None, &edits).await;
    feed::settle(&door.app).await.unwrap();
    (door, ingrid, case)
}

/// What is said to the supervisor who cleans a place.
async fn said(door: &Door, one: &mut Somebody, place: &str, reason: &str) -> String {
    let name = format!("clean:{}/{place}", DocumentId::from_bytes(CASE));
    let answer = act(&mut one.browser, door, &name, &[("reason", reason)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{place}");
    from_bytes::<Acted>(&answer.body).unwrap().say
}

async fn parts(door: &Door, one: &mut Somebody) -> Vec<String> {
    let address = format!("/administration/rensa/{}", DocumentId::from_bytes(CASE));
    let shown = read(&page(&mut one.browser, door, &address, Language::Sv).await);
    shown.parts.into_iter().map(|part| part.key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cleaning_that_stands_in_the_ledger_is_told_as_begun_and_ended_later() {
    let (door, mut ingrid, case) = village().await;
    let full = "CREATE TEMP TRIGGER no_room BEFORE INSERT ON main.cuts
                BEGIN SELECT RAISE(ABORT, 'no room'); END";
    let write = door.app.writer.write(|db| Ok(db.execute_batch(full)?));
    write.await.unwrap();
    let place = format!("persons/{WRONG}");
    let told = said(&door, &mut ingrid, &place, "Skyddad").await;
    assert!(told.starts_with("Rensningen är antecknad"), "{told}");
    assert_eq!(ledger::read(&door.app.folder).unwrap().len(), 1);
    assert_eq!(behind(&door.app, case).unwrap().len(), 1, "it is still there");
    assert!(parts(&door, &mut ingrid).await.contains(&"begun".to_owned()));
    let write = door.app.writer.write(|db| Ok(db.execute_batch("DROP TRIGGER no_room")?));
    write.await.unwrap();
    assert_eq!(clean::clean_again(&door.app).await.unwrap(), 1);
    assert_eq!(behind(&door.app, case).unwrap(), []);
    assert_eq!(ledger::read(&door.app.folder).unwrap().len(), 1);
    assert!(!parts(&door, &mut ingrid).await.contains(&"begun".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_a_case_is_is_read_anew_after_a_cleaning() {
    let (door, mut ingrid, case) = village().await;
    let wrong = door.app.writer.write(move |db| {
        staff::set_child(db, case, Some(true))?;
        let left = std::iter::once(UserId::from_bytes([7; 16])).collect();
        staff::set(db, case, &left)
    });
    wrong.await.unwrap();
    said(&door, &mut ingrid, &format!("persons/{WRONG}"), "Skyddad").await;
    let unit = ingrid_unit(&door);
    let (of_children, left) = door
        .app
        .readers
        .read(|db| {
            let nobody = UserId::from_bytes([8; 16]);
            let left = staff::cases_of(db, UserId::from_bytes([7; 16]))?;
            Ok((staff::of_children(db, unit, nobody)?, left))
        })
        .unwrap();
    assert!(!of_children.contains(&case) && left.is_empty(), "nothing of it says so");
}

fn ingrid_unit(door: &Door) -> UnitId {
    door.app.readers.read(|db| accounts::user_by_login(db, "ingrid")).unwrap().unwrap().unit
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_begun_is_told_as_not_begun() {
    let (door, mut ingrid, case) = village().await;
    // Nothing can be written where the ledger is to be.
    std::fs::create_dir(door.app.folder.join(ledger::LEDGER)).unwrap();
    let name = format!("clean:{case}/persons/{WRONG}");
    let answer = act(&mut ingrid.browser, &door, &name, &[("reason", "Skyddad")]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    std::fs::remove_dir(door.app.folder.join(ledger::LEDGER)).unwrap();
    assert_eq!(clean::clean_again(&door.app).await.unwrap(), 0);
    assert_eq!(behind(&door.app, case).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_something_is_not_cleaned_is_said_in_the_language_of_who_asks() {
    let (door, mut ingrid, _) = village().await;
    let (wrong, right) = (format!("persons/{WRONG}"), format!("persons/{RIGHT}"));
    let long = "å".repeat(501);
    for (place, reason, wanted) in [
        (&wrong, " ", "Inget ändrades: skriv ett skäl, högst 500 tecken."),
        (&wrong, &long, "Inget ändrades: skriv ett skäl, högst 500 tecken."),
        (&right, "Fel", "Inget ändrades: Person finns kvar och behöver tas bort först."),
        (
            &format!("{right}/given"),
            "Fel",
            "Inget ändrades: det ligger inget bakom det som står i Person · Förnamn.",
        ),
        (&"phone".to_owned(), "Fel", "Inget ändrades: det finns inget sådant fält här."),
        (&wrong, &"å".repeat(500), "Rensat. 1 tidigare uppgifter är borta."),
    ] {
        assert_eq!(said(&door, &mut ingrid, place, reason).await, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cleaning_is_ended_also_when_who_asked_has_gone() {
    let (door, _ingrid, case) = village().await;
    let by = door.app.readers.read(|db| accounts::user_by_login(db, "ingrid")).unwrap().unwrap();
    assert!(by.is(Role::Supervisor));
    let asked = clean::Asked {
        document: case,
        paths: vec![FieldPath::parse(&format!("persons/{WRONG}")).unwrap()],
        reason: "Skyddad".to_owned(),
        by: by.id,
    };
    let mut news = door.app.news.subscribe();
    {
        let mut asking = Box::pin(clean::clean(&door.app, &asked));
        poll_fn(|context| {
            assert!(asking.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    tokio::time::timeout(Duration::from_mins(1), news.changed()).await.unwrap();
    let _ended = door.app.cleaning.lock().await;
    assert_eq!(door.app.keys.in_renewal().unwrap(), []);
    assert_eq!(door.app.readers.read(|db| cuts::newest(db, case)).unwrap(), 1);
}
