//! One-time links: whoever has one chooses the password of the account, once; no other link is told from another.

use ankomst_server::accounts::link::make;
use ankomst_server::http::listen::Peer;
use ankomst_server::storage::accesses::entry::{Entry, What};
use ankomst_server::storage::sqlite::{accounts, links};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Acted, Body as Shown, Language, Role};
use ankomst_shared::ids::UserId;
use ankomst_shared::packed::from_bytes;
use ankomst_shared::sync::message::SignInRequest;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};

use super::audited::count;
use super::desk::{act, page, read, someone};
use super::gone::{leaves, until};
use super::kinds::Somebody;
use super::kit::{Answer, Browser, Door, PASSWORD};

const HOST: &str = "ankomst.example.org";
const CHOSEN: &str = "fyra ord i en rad";

async fn send(door: &Door, (path, from): (&str, u8), body: serde_json::Value) -> Answer {
    let request = Request::post(path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("https://{HOST}"))
        .extension(ConnectInfo(Peer(([192, 0, 2, from], 1).into())))
        .body(Body::from(body.to_string()));
    door.send(request.unwrap()).await
}

async fn take(door: &Door, from: u8, secret: &str, password: &str) -> Answer {
    let body = serde_json::json!({ "secret": secret, "password": password });
    send(door, ("/api/v1/welcome", from), body).await
}

async fn look(door: &Door, from: u8, secret: &str) -> Answer {
    let body = serde_json::json!({ "secret": secret });
    send(door, ("/api/v1/welcome/look", from), body).await
}

async fn made(door: &Door, user: UserId) -> String {
    make(&door.app, user, Entry::of(What::LinkMade)).await.unwrap()
}

fn user(door: &Door, login: &str) -> UserId {
    door.app.readers.read(|db| accounts::user_by_login(db, login)).unwrap().unwrap().id
}

#[tokio::test]
async fn an_administrator_hands_a_link_over_and_the_person_comes_in_by_it() {
    let (door, mut browser, _) = someone("lank-a", Role::Administrator).await;
    let new = [("login", "rakel"), ("name", "Rakel Ek"), ("role", "caseworker"), ("password", "")];
    let answer = act(&mut browser, &door, "new", &new).await;
    let acted: Acted = from_bytes(&answer.body).unwrap();
    let place = acted.go.unwrap();
    let shown = read(&page(&mut browser, &door, &place, Language::Sv).await);
    let address = shown.parts.iter().find_map(|part| match &part.body {
        Shown::Facts(facts) => Some(facts[0].1.clone()),
        _ => None,
    });
    let (before, secret) = address.as_deref().unwrap().split_once("/welcome#").unwrap();
    assert!(before.starts_with("https://"), "{before}");
    let is_picture = |body: &Shown| matches!(body, Shown::Picture(at) if at.starts_with("data:image/svg+xml,%3Csvg"));
    assert!(shown.parts.iter().any(|part| is_picture(&part.body)));

    let seen = look(&door, 31, secret).await;
    assert_eq!(seen.body, br#"{"person":["rakel","Rakel Ek"]}"#);
    let short = take(&door, 31, secret, "elva tecken").await;
    assert_eq!((short.status, short.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "bad-password"));
    assert_eq!(take(&door, 31, secret, CHOSEN).await.status, StatusCode::NO_CONTENT);
    assert_eq!(take(&door, 31, secret, "ett annat lösenord").await.problem(), "link");
    let mut rakel = Browser::new(2);
    assert_eq!(rakel.enrol(&door, "rakel", CHOSEN).await.status, StatusCode::OK);
    // Who made it and that it was used are in the access log.
    let noted =
        [What::AccountMade, What::LinkMade, What::PasswordSet].map(|what| count(&door, what));
    assert_eq!(noted, [1, 1, 1]);
}

#[tokio::test]
async fn a_link_ends_what_was_open_and_only_then() {
    let (door, mut browser, me) = someone("lank-b", Role::Administrator).await;
    let secret = made(&door, me).await;
    let held = (Method::GET, "/api/v1/desk/page");
    assert_ne!(browser.call(&door, held.clone(), Vec::new()).await.problem(), "signed-out");
    assert_eq!(take(&door, 32, &secret, CHOSEN).await.status, StatusCode::NO_CONTENT);
    let place = "/administration";
    let answer = page(&mut browser, &door, place, Language::Sv).await;
    assert_eq!(answer.problem(), "signed-out", "whoever had the old password is out");
    assert_ne!(browser.enrol(&door, "lank-b", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(browser.enrol(&door, "lank-b", CHOSEN).await.status, StatusCode::OK);
}

#[tokio::test]
async fn links_that_are_wrong_replaced_old_used_or_of_an_ended_account_look_the_same() {
    let (door, mut browser, _) = someone("lank-c", Role::Administrator).await;
    let new = |login| [("login", login), ("name", "N"), ("role", "inspector"), ("password", "")];
    for login in ["lank-d", "lank-e", "lank-f"] {
        assert_eq!(act(&mut browser, &door, "new", &new(login)).await.status, StatusCode::OK);
    }
    let never = take(&door, 33, "8q277tqvm357ha0w7dxb1qvnh4", CHOSEN).await;
    assert_eq!((never.status, never.problem()), (StatusCode::FORBIDDEN, "link"));

    let replaced = made(&door, user(&door, "lank-d")).await;
    let good = made(&door, user(&door, "lank-d")).await;
    let old = made(&door, user(&door, "lank-e")).await;
    let end =
        "UPDATE links SET ends_ms = 1 WHERE user = (SELECT id FROM users WHERE login = 'lank-e')";
    let write = door.app.writer.write(move |db| Ok(db.execute(end, [])?)).await;
    assert_eq!(write.unwrap(), 1);
    let ended = made(&door, user(&door, "lank-f")).await;
    let id = user(&door, "lank-f");
    act(&mut browser, &door, &format!("end:{id}"), &[]).await;
    let mut answers = Vec::new();
    for secret in [&replaced, &old, &ended, "", &"x".repeat(9_000)] {
        answers.push(take(&door, 33, secret, CHOSEN).await);
        answers.push(look(&door, 33, secret).await);
    }
    assert_eq!(take(&door, 33, &good, CHOSEN).await.status, StatusCode::NO_CONTENT);
    answers.push(look(&door, 33, &good).await);
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (never.status, &never.body));
        assert_eq!(answer.headers, never.headers);
    }
    // A password that somebody else sets makes a link void, too.
    let secret = made(&door, user(&door, "lank-d")).await;
    let id = user(&door, "lank-d");
    act(&mut browser, &door, &format!("password:{id}"), &[("password", PASSWORD)]).await;
    assert_eq!(take(&door, 34, &secret, CHOSEN).await.problem(), "link");
}

#[tokio::test]
async fn only_administrators_make_links_and_stored_is_no_secret() {
    let (door, mut browser, me) = someone("lank-g", Role::Supervisor).await;
    let answer = act(&mut browser, &door, &format!("link:{me}"), &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let secret = made(&door, me).await;
    let place = format!("/administration/personer/lank/{me}");
    let answer = page(&mut browser, &door, &place, Language::Sv).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let dump = |db: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM links WHERE instr(hash, CAST(?1 AS BLOB)) > 0";
        Ok(db.query_row(sql, [&secret], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(door.app.readers.read(dump).unwrap(), 0);
    let write = door.app.writer.write(links::end_all).await;
    write.unwrap();
    assert_eq!(take(&door, 35, &secret, CHOSEN).await.problem(), "link");
}

/// The decision that tablets are enrolled only by link, as the desk takes it.
const ONLY: [(&str, &str); 3] =
    [("key", "enrol_by_link"), ("value", "1"), ("valid_from", "2020-01-01")];

#[tokio::test]
async fn where_a_unit_decides_so_only_a_link_enrols_and_known_tablets_go_on() {
    let (door, mut browser, me) = someone("lank-bara", Role::Administrator).await;
    let app = &door.app;
    assert_eq!(act(&mut browser, &door, "org-policy", &ONLY).await.status, StatusCode::OK);
    feed::settle(app).await.unwrap();
    let mut other = Browser::new(2);
    let refused = other.enrol(&door, "lank-bara", PASSWORD).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::FORBIDDEN, "only-by-link"));
    assert!(String::from_utf8_lossy(&refused.body).contains("ask an administrator"));
    assert_eq!(other.enrol(&door, "lank-bara", "fel").await.problem(), "wrong-password");
    assert_eq!(count(&door, What::Enrolled), 1, "the first tablet");
    // What is known goes on, also with a new session.
    let question = SignInRequest {
        login: "lank-bara".to_owned(),
        password: PASSWORD.to_owned(),
        device: browser.device.unwrap(),
        enrolment: browser.enrolment.clone(),
        passkey: None,
    };
    let again = browser.post(&door, "/api/v1/session", &question).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.problem());

    let secret = made(&door, me).await;
    assert_eq!(take(&door, 41, &secret, CHOSEN).await.status, StatusCode::NO_CONTENT);
    assert_eq!(other.enrol(&door, "lank-bara", "fel").await.problem(), "wrong-password");
    // An answer that is lost on the way uses up nothing: the one that asks again stands in its place.
    let mut lost = Browser::new(4);
    assert_eq!(lost.enrol(&door, "lank-bara", CHOSEN).await.status, StatusCode::OK);
    assert_eq!(other.enrol(&door, "lank-bara", CHOSEN).await.status, StatusCode::OK);
    assert_eq!(lost.refresh(&door).await.problem(), "signed-out");
    assert_eq!(other.refresh(&door).await.status, StatusCode::NO_CONTENT);
    assert_eq!(count(&door, What::Revoked), 1, "that it was ended stands in the log");
    let third = Browser::new(3).enrol(&door, "lank-bara", CHOSEN).await;
    assert_eq!(third.problem(), "only-by-link", "a link enrols one");
    app.writer.write(move |db| links::let_enrol(db, me, i64::MAX)).await.unwrap();
    Somebody::with(&door, ("lank-bara", CHOSEN), 5).await;
    assert!(!app.readers.read(|db| links::may_enrol(db, me, 1)).unwrap(), "it has come");
    assert_eq!(other.refresh(&door).await.status, StatusCode::NO_CONTENT, "and ends nobody");
    // What a link lets in ends by itself.
    app.writer.write(move |db| links::let_enrol(db, me, 1)).await.unwrap();
    assert_eq!(Browser::new(3).enrol(&door, "lank-bara", CHOSEN).await.problem(), "only-by-link");
    // A log that does not know the decision weakens nothing.
    app.policies.set(Vec::new());
    assert_eq!(Browser::new(3).enrol(&door, "lank-bara", CHOSEN).await.problem(), "only-by-link");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_did_is_noted_also_when_whoever_used_it_has_gone() {
    let (door, mut browser, me) = someone("lank-borta", Role::Administrator).await;
    let app = &door.app;
    assert_eq!(act(&mut browser, &door, "org-policy", &ONLY).await.status, StatusCode::OK);
    feed::settle(app).await.unwrap();
    let secret = made(&door, me).await;
    let is_used = || app.readers.read(|db| links::may_enrol(db, me, 1)).unwrap();
    leaves(take(&door, 42, &secret, CHOSEN), is_used).await;
    until(|| count(&door, What::PasswordSet) == 1).await;
    let (mut lost, mut other) = (Browser::new(4), Browser::new(5));
    assert_eq!(lost.enrol(&door, "lank-borta", CHOSEN).await.status, StatusCode::OK);
    let lost = lost.device.unwrap();
    let is_ended = || !app.readers.read(|db| accounts::device(db, lost)).unwrap().unwrap().active;
    leaves(other.enrol(&door, "lank-borta", CHOSEN), is_ended).await;
    until(|| count(&door, What::Revoked) == 1).await;
}

#[tokio::test]
async fn a_decision_that_binds_without_standing_in_the_record_is_shown() {
    let (door, mut browser, _) = someone("lank-bredvid", Role::Administrator).await;
    let (app, place) = (&door.app, "/administration/organisation");
    let shown = async |browser: &mut Browser| {
        let shown = read(&page(browser, &door, place, Language::Sv).await);
        let of = |key: &str| {
            let part = shown.parts.iter().find(|part| part.key == key);
            part.map_or_else(Vec::new, |part| match &part.body {
                Shown::Lines(lines, _) => lines.clone(),
                _ => Vec::new(),
            })
        };
        [of("decisions"), of("beside")]
    };
    let sql = |sql: &'static str| app.writer.write(move |db| Ok(db.execute_batch(sql)?));
    sql("CREATE TRIGGER full BEFORE INSERT ON chunks BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await
        .unwrap();
    let failed = act(&mut browser, &door, "org-policy", &ONLY).await;
    assert_ne!(failed.status, StatusCode::OK);
    // Rather too strict than not strict enough: it binds, and is told.
    assert_eq!(
        Browser::new(2).enrol(&door, "lank-bredvid", PASSWORD).await.problem(),
        "only-by-link"
    );
    let [decisions, beside] = shown(&mut browser).await;
    assert!(decisions.is_empty(), "{decisions:?}");
    assert!(beside.len() == 1 && beside[0].figure.contains("2020-01-01"), "{beside:?}");
    // Decided once more it stands there.
    sql("DROP TRIGGER full").await.unwrap();
    assert_eq!(act(&mut browser, &door, "org-policy", &ONLY).await.status, StatusCode::OK);
    feed::settle(app).await.unwrap();
    let [decisions, beside] = shown(&mut browser).await;
    assert!(decisions.len() == 1 && beside.is_empty(), "{decisions:?} {beside:?}");
}

#[tokio::test]
async fn a_decision_about_links_that_has_ended_binds_nobody() {
    let (door, mut browser, me) = someone("lank-slut", Role::Administrator).await;
    assert_eq!(act(&mut browser, &door, "org-policy", &ONLY).await.status, StatusCode::OK);
    feed::settle(&door.app).await.unwrap();
    assert_eq!(Browser::new(2).enrol(&door, "lank-slut", PASSWORD).await.problem(), "only-by-link");
    let place = "/administration/organisation";
    let shown = read(&page(&mut browser, &door, place, Language::Sv).await);
    let entry = shown.parts.iter().find_map(|part| match &part.body {
        Shown::Lines(lines, _) if part.key == "decisions" => Some(lines[0].key.clone()),
        _ => None,
    });
    let end = format!("org-end:{}", entry.unwrap());
    let ended = act(&mut browser, &door, &end, &[("valid_to", "2020-02-01")]).await;
    assert_eq!(ended.status, StatusCode::OK);
    feed::settle(&door.app).await.unwrap();
    let answer = Browser::new(2).enrol(&door, "lank-slut", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    // Nor does a link: who enrols two tablets after it has both.
    let secret = made(&door, me).await;
    assert_eq!(take(&door, 41, &secret, CHOSEN).await.status, StatusCode::NO_CONTENT);
    let (mut one, mut two) = (Browser::new(5), Browser::new(6));
    for tablet in [&mut one, &mut two] {
        assert_eq!(tablet.enrol(&door, "lank-slut", CHOSEN).await.status, StatusCode::OK);
    }
    for tablet in [&mut one, &mut two] {
        assert_eq!(tablet.refresh(&door).await.status, StatusCode::NO_CONTENT);
    }
}
