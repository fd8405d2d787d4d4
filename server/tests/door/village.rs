//! The story pack behind the door: what each role is given.

use std::collections::BTreeMap;

use ankomst_server::seed;
use ankomst_shared::sync::message::{Exchange, ExchangeAnswer, Hello, PROTOCOL_VERSION, Push};
use ankomst_shared::sync::{Digest, Position};
use axum::http::{Method, StatusCode};

use super::kit::{Browser, Door};

async fn first_exchange(door: &Door, login: &str) -> (Browser, ExchangeAnswer) {
    let mut browser = Browser::new(1);
    let answer = browser.enrol(door, login, &format!("{login}-i-provby")).await;
    assert_eq!(answer.status, StatusCode::OK, "{login}");
    let hello = Hello {
        version_min: PROTOCOL_VERSION,
        version_max: PROTOCOL_VERSION,
        capabilities: 0,
        build: "test".to_owned(),
        device: browser.device.unwrap(),
        epoch: None,
        cursor: Position::default(),
        high: Position::default(),
        digest: Digest::default(),
        wants: Vec::new(),
        heal: Vec::new(),
        unsure: Vec::new(),
    };
    let question = Exchange { hello, push: Push::default(), deposits: Vec::new() };
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
    let wanted =
        [("elin", &whole[..]), ("ingrid", &whole[..]), ("mats", &houses[..]), ("sixten", &[])];
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
    let again = seed::run(&door.app, 2).await.unwrap();
    assert!(again.contains("nothing was planted"));
}
