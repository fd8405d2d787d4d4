//! Rows follow the log, and are made good from it whatever became of them.

use std::path::PathBuf;

use ankomst_server::app::App;
use ankomst_server::storage::sqlite::rows::{self, ProjectedRow};
use ankomst_server::storage::sqlite::{log, register};
use ankomst_server::{projector, seed};
use ankomst_shared::app::{Language, PAGE_FORM, PageView};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::packed::{from_bytes, to_bytes};
use ankomst_shared::sync::message::Push;
use axum::http::{Method, StatusCode};

use super::kinds::Somebody;
use super::kit::{Browser, Door};

fn all(app: &App) -> Vec<ProjectedRow> {
    app.row_readers.read(register::all).unwrap()
}

async fn readiness(door: &Door) -> String {
    let answer = door.get("/readyz", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let state: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    state.get("rows").unwrap().as_str().unwrap().to_owned()
}

/// Keys of the parts of a supervisor's search.
async fn parts(browser: &mut Browser, door: &Door) -> Vec<String> {
    let question = ("/register/sok/skolvagen".to_owned(), Language::Sv);
    let body = to_bytes(&(PAGE_FORM, to_bytes(&question)));
    let answer = browser.call(door, (Method::POST, "/api/v1/desk/page"), body).await;
    let page: PageView = from_bytes(&answer.body).unwrap();
    page.parts.into_iter().map(|part| part.key).collect()
}

#[tokio::test]
async fn following_gives_the_rows_that_making_all_anew_gives() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    assert_eq!(readiness(&door).await, "whole", "a new folder has nothing to make");
    let followed = all(&door.app);
    assert_eq!(followed.iter().filter(|row| row.kind == "case").count(), 13);
    assert!(followed.iter().all(|row| row.pending == 0 && row.held == 0 && row.feed > 0));
    projector::rebuild(&door.app).unwrap();
    assert_eq!(all(&door.app), followed);
}

#[tokio::test]
async fn a_row_that_broke_off_stops_none_that_come_after_it() {
    let door = Door::open().await;
    let breaking = std::sync::Arc::clone(&door.app);
    let breaks = move || {
        let _one = breaking.projecting.lock().unwrap();
        panic!("while a row was made");
    };
    assert!(std::thread::spawn(breaks).join().is_err());
    seed::run(&door.app, 1).await.unwrap();
    let made = all(&door.app);
    assert_eq!(made.iter().filter(|row| row.kind == "case").count(), 13);
    let document = made.first().unwrap().document;
    projector::again(&door.app, document).unwrap();
    projector::forget(&door.app, &[document]);
}

#[tokio::test]
async fn rows_that_a_power_cut_took_are_made_good_at_the_next_start() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let followed = all(&door.app);
    let epoch = door.app.readers.read(log::epoch).unwrap().unwrap();
    // As the file stood some changes ago: rows in the state of then, or not there yet.
    let newest = followed.iter().map(|row| row.feed).max().unwrap();
    let back = followed.iter().map(|row| row.feed).filter(|feed| *feed < newest).max().unwrap();
    {
        let db = door.app.rows.lock().unwrap();
        let at = i64::try_from(back).unwrap();
        db.execute("DELETE FROM keys WHERE row IN (SELECT id FROM rows WHERE feed > ?1)", [at])
            .unwrap();
        assert!(db.execute("DELETE FROM rows WHERE feed > ?1", [at]).unwrap() > 0);
        rows::set_made_to(&db, epoch, Some(back)).unwrap();
    }
    assert_ne!(all(&door.app), followed);
    projector::make_whole(&door.app).unwrap();
    assert_eq!(all(&door.app), followed);
    let made_to = rows::made_to(&door.app.rows.lock().unwrap(), epoch).unwrap();
    assert_eq!(made_to, Some(door.app.readers.read(log::head).unwrap().feed));
}

#[tokio::test]
async fn rows_of_another_version_are_thrown_away_and_lists_say_that_they_are_not_whole() {
    let mut door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let followed = all(&door.app);
    door.app.rows.lock().unwrap().pragma_update(None, "user_version", 1).unwrap();
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_ankomst"));
    door.app = App::open(&door.folder.path().join("data"), binary).await.unwrap();
    let mut ingrid = Browser::new(1);
    ingrid.enrol(&door, "ingrid", "ingrid-i-provby").await;
    assert_eq!(readiness(&door).await, "rebuilding");
    let (mut one, _) = Somebody::with(&door, ("ingrid", "ingrid-i-provby"), 2).await;
    let welcome = one.exchange(&door, Push::default()).await.welcome;
    let guarded = welcome.guarded;
    assert!(guarded.is_some(), "what is protected is told without rows, too");
    assert_eq!(welcome.guarded_more, Some(true), "it may be more than is told");
    assert!(all(&door.app).is_empty());
    assert_eq!(parts(&mut ingrid, &door).await, ["making", "server-found"]);
    projector::make_whole(&door.app).unwrap();
    assert_eq!(readiness(&door).await, "whole");
    // Of which cases somebody says so, only the rows know.
    let welcome = one.exchange(&door, Push::default()).await.welcome;
    assert_eq!(welcome.guarded_more, None);
    let whole = welcome.guarded.unwrap();
    let guarded = guarded.unwrap();
    assert!(guarded.len() < whole.len() && guarded.iter().all(|id| whole.contains(id)));
    assert_eq!(all(&door.app), followed);
    assert_eq!(parts(&mut ingrid, &door).await, ["server-found"]);
}

#[tokio::test]
async fn of_what_was_sent_to_a_department_the_nearest_days_come_first() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let case = all(&door.app).into_iter().find(|row| row.kind == "case").unwrap();
    let sent = |(number, due): (u8, &str)| ProjectedRow {
        document: DocumentId::from_bytes([number; 16]),
        protection: 0,
        shielded: false,
        due: due.to_owned(),
        keys: vec![rows::sent_key("OTHER")],
        ..case.clone()
    };
    let cases = [(1, ""), (2, "2031-02-03"), (3, "2030-05-01"), (4, "2030-06-01")].map(sent);
    rows::put_all(&door.app.rows.lock().unwrap(), &cases, None).unwrap();
    let first = |most| {
        let of = |db: &_| register::sent_to(db, case.unit, "OTHER", most);
        door.app.row_readers.read(of).unwrap()
    };
    assert_eq!(first(9), [3, 4, 2, 1].map(|number| DocumentId::from_bytes([number; 16])));
    assert_eq!(first(2), first(9)[..2]);
}

#[tokio::test]
async fn a_row_that_could_not_be_written_is_made_good_with_the_next_change() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let followed = all(&door.app);
    let newest = followed.iter().max_by_key(|row| row.feed).unwrap();
    let head = door.app.readers.read(log::head).unwrap().feed;
    {
        let db = door.app.rows.lock().unwrap();
        let epoch = door.app.readers.read(log::epoch).unwrap().unwrap();
        rows::set_made_to(&db, epoch, Some(newest.feed - 1)).unwrap();
        db.execute_batch("ALTER TABLE rows RENAME TO away").unwrap();
    }
    projector::follow(&door.app, newest.document, head);
    assert_eq!(readiness(&door).await, "rebuilding");
    {
        let db = door.app.rows.lock().unwrap();
        db.execute_batch("ALTER TABLE away RENAME TO rows").unwrap();
        db.execute(
            "UPDATE rows SET title = 'alt' WHERE feed >= ?1",
            [i64::try_from(newest.feed).unwrap()],
        )
        .unwrap();
    }
    let other = followed.iter().min_by_key(|row| row.feed).unwrap();
    projector::follow(&door.app, other.document, head);
    assert_eq!(readiness(&door).await, "whole");
    assert_eq!(all(&door.app), followed);
}
