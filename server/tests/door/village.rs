//! The story pack behind the door: what each role is given.

use std::collections::BTreeMap;

use ankomst_server::seed::town::{Plan, Size};
use ankomst_server::storage::sqlite::{log, register};
use ankomst_server::{projector, seed};
use ankomst_shared::sync::message::{Exchange, ExchangeAnswer, Hello, Push};
use axum::http::{Method, StatusCode};

use super::kit::{Browser, Door};
use super::register::{lines, page, read};

/// The next exchange of a browser, which tells how far it was told.
pub(crate) async fn again(
    browser: &mut Browser,
    door: &Door,
    before: &ExchangeAnswer,
) -> ExchangeAnswer {
    let first = Hello::first(browser.device.unwrap(), "test".to_owned());
    let cursor = before.feed.cursor;
    let hello = Hello {
        epoch: Some(before.welcome.epoch),
        cursor,
        high: cursor,
        arrived: before.welcome.received,
        digest: before.digest,
        ..first
    };
    let question =
        Exchange { hello, push: Push::default(), deposits: Vec::new(), looks: None, gone: None };
    browser.post(door, "/api/v1/sync", &question).await.read()
}

pub(crate) async fn first_exchange(door: &Door, login: &str) -> (Browser, ExchangeAnswer) {
    let mut browser = Browser::new(1);
    let answer = browser.enrol(door, login, &format!("{login}-i-provby")).await;
    assert_eq!(answer.status, StatusCode::OK, "{login}");
    let hello = Hello::first(browser.device.unwrap(), "test".to_owned());
    let question =
        Exchange { hello, push: Push::default(), deposits: Vec::new(), looks: None, gone: None };
    let answer = browser.post(door, "/api/v1/sync", &question).await.read();
    (browser, answer)
}

#[tokio::test]
async fn each_role_is_given_its_part_of_the_village_and_nobody_more() {
    let door = Door::open().await;
    let said = seed::run(&door.app, 1).await.unwrap();
    assert!(said.starts_with("SYNTETISKA DATA") && said.contains("elin-i-provby"));
    let whole = [("residence", 3), ("case", 13), ("protected", 2), ("review", 18)];
    let houses = [("residence", 3), ("review", 3)];
    // The child caseworker has the houses, and of the cases the one of somebody who came alone.
    let alone = [("residence", 3), ("case", 1), ("review", 4)];
    let wanted = [
        ("elin", &whole[..]),
        ("ingrid", &whole[..]),
        ("mats", &houses[..]),
        ("sixten", &[]),
        ("vera", &alone[..]),
        ("tyra", &[]),
        ("anton", &[]),
    ];
    for (login, wanted) in wanted {
        let (mut browser, answer) = first_exchange(&door, login).await;
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for document in &answer.documents {
            *kinds.entry(document.kind.as_str()).or_default() += 1;
        }
        assert_eq!(kinds, wanted.iter().copied().collect(), "{login}");
        assert!(answer.held.is_empty() && answer.documents_left == 0);
        let held = browser.call(&door, (Method::GET, "/api/v1/held"), Vec::new()).await;
        let may = login == "ingrid";
        assert_eq!(held.status, if may { StatusCode::OK } else { StatusCode::FORBIDDEN });
        if may {
            assert_eq!(held.body, b"[]");
        }
    }
    let (mut tyra, _) = first_exchange(&door, "tyra").await;
    let tasks = lines(&read(&page(&mut tyra, &door, "/register").await));
    assert_eq!(tasks.len(), 1, "one task was sent to the school");
    let again = seed::run(&door.app, 2).await.unwrap();
    assert!(again.contains("nothing was planted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_is_held_by_the_log_as_if_it_had_been_pushed() {
    let door = Door::open().await;
    let today = "2026-11-25".parse().unwrap();
    let plan = Plan { size: Size::S, seed: 1, years: 1, today };
    let said = seed::town::sow(&door.app, plan).await.unwrap();
    assert!(said.starts_with("SYNTETISKA DATA") && said.contains("ingrid-i-provby"));
    projector::rebuild(&door.app).unwrap();
    let rows = door.app.row_readers.read(register::all).unwrap();
    let of_review = |db: &_| Ok(log::documents_after(db, 0)?.len());
    let documents = door.app.readers.read(of_review).unwrap();
    assert!(rows.len() > 200 && rows.len() < documents, "reviews have no row of their own");
    assert_eq!(rows.iter().filter(|row| row.open > 0).count(), 1);
    assert!(door.app.readers.read(|db| log::held(db, None)).unwrap().is_empty());
    let (_, elin) = first_exchange(&door, "elin").await;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for document in &elin.documents {
        *kinds.entry(document.kind.as_str()).or_default() += 1;
    }
    assert_eq!(kinds.get("residence"), Some(&12));
    // The rest comes with the next exchanges: one answer has an end.
    assert!(["case", "journal", "run", "review"].iter().all(|kind| kinds.contains_key(kind)));
    assert!(elin.held.is_empty());
    let (_, mats) = first_exchange(&door, "mats").await;
    assert!(mats.documents.iter().all(|one| one.kind != "case" && one.kind != "journal"));
    let again = seed::town::sow(&door.app, plan).await.unwrap();
    assert!(again.contains("nothing was planted"));
}
