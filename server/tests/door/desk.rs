//! Administration: who may see and do what, and what happens to those concerned.

use ankomst_server::storage::sqlite::grants::{self, GrantRow};
use ankomst_server::storage::sqlite::{accounts, units};
use ankomst_shared::app::{Acted, Body, Language, PAGE_FORM, PageView, Role};
use ankomst_shared::ids::UserId;
use ankomst_shared::packed::{Packed, from_bytes, to_bytes};
use ankomst_shared::value::Value;
use axum::http::{Method, StatusCode};

use super::kit::{Answer, Browser, Door, PASSWORD};

const PLACES: [&str; 5] = [
    "/administration",
    "/administration/personer",
    "/administration/surfplattor",
    "/administration/hallna",
    "/administration/skydd",
];

fn asked(question: &impl Packed) -> Vec<u8> {
    to_bytes(&(PAGE_FORM, to_bytes(question)))
}

pub(crate) async fn page(
    browser: &mut Browser,
    door: &Door,
    address: &str,
    language: Language,
) -> Answer {
    let body = asked(&(address.to_owned(), language));
    browser.call(door, (Method::POST, "/api/v1/desk/page"), body).await
}

pub(crate) async fn act(
    browser: &mut Browser,
    door: &Door,
    name: &str,
    answers: &[(&str, &str)],
) -> Answer {
    let answers: Vec<(String, Value)> =
        answers.iter().map(|(id, value)| ((*id).to_owned(), Value::text(*value))).collect();
    let what = ("/administration".to_owned(), name.to_owned());
    let body = asked(&(what, (Language::Sv, answers)));
    browser.call(door, (Method::POST, "/api/v1/desk/act"), body).await
}

pub(crate) fn read(answer: &Answer) -> PageView {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    from_bytes(&answer.body).unwrap()
}

/// Gives somebody one other role instead of all others.
async fn becomes(door: &Door, me: UserId, role: Role) {
    let write = door.app.writer.write(move |db| {
        for grant in grants::of(db, me)? {
            grants::end(db, me, grant.id, 0)?;
        }
        let unit = units::first(db)?.unwrap();
        grants::add(db, &GrantRow::of_role(me, unit, role))
    });
    write.await.unwrap();
}

/// Someone of a role, signed in at a server of their own.
pub(crate) async fn someone(login: &str, role: Role) -> (Door, Browser, UserId) {
    let door = Door::with(login).await;
    let me = door.app.readers.read(|db| accounts::user_by_login(db, login)).unwrap().unwrap().id;
    becomes(&door, me, role).await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, login, PASSWORD).await;
    (door, browser, me)
}

fn titles(page: &PageView) -> Vec<String> {
    let lines = page.parts.iter().flat_map(|part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    });
    lines.map(|line| line.title).collect()
}

#[tokio::test]
async fn each_role_sees_and_does_what_is_its_own() {
    for (login, role, sees, does) in [
        ("skrivbord-h", Role::Caseworker, false, false),
        ("skrivbord-b", Role::Inspector, false, false),
        ("skrivbord-c", Role::Supervisor, true, false),
        ("skrivbord-a", Role::Administrator, true, true),
    ] {
        let (door, mut browser, _) = someone(login, role).await;
        for place in PLACES {
            for language in [Language::Sv, Language::En] {
                let answer = page(&mut browser, &door, place, language).await;
                let status = if sees { StatusCode::OK } else { StatusCode::FORBIDDEN };
                assert_eq!(answer.status, status, "{role:?} at {place}");
            }
        }
        let new = [("login", "ny"), ("name", "Ny"), ("role", "inspector"), ("password", PASSWORD)];
        let answer = act(&mut browser, &door, "new", &new).await;
        let status = if does { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, status, "{role:?} adds a person");
        // Nobody else learns whether there is such a record.
        let record = "06h1em7j8mm98fj1wsfv0ejb70";
        let status =
            if role == Role::Supervisor { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        let place = format!("/administration/rensa/{record}");
        let answer = page(&mut browser, &door, &place, Language::Sv).await;
        assert_eq!(answer.status, status, "{role:?} at {place}");
        let clean = format!("clean:{record}/phone");
        let answer = act(&mut browser, &door, &clean, &[("reason", "fel")]).await;
        assert_eq!(answer.status, status, "{role:?} cleans");
        let mut stranger = Browser::new(9);
        let answer = page(&mut stranger, &door, PLACES[0], Language::Sv).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_new_person_comes_in_and_an_ended_one_does_not() {
    let (door, mut browser, _) = someone("skrivbord-n", Role::Administrator).await;
    let new = [("login", "Vera"), ("name", "Vera"), ("role", "caseworker"), ("password", PASSWORD)];
    let answer = act(&mut browser, &door, "new", &new).await;
    let acted: Acted = from_bytes(&answer.body).unwrap();
    assert!(!acted.say.is_empty());
    let people = read(&page(&mut browser, &door, PLACES[1], Language::Sv).await);
    assert!(titles(&people).contains(&"Vera".to_owned()));
    let mut vera = Browser::new(2);
    assert_eq!(vera.enrol(&door, "vera", PASSWORD).await.status, StatusCode::OK);
    let id = door.app.readers.read(|db| accounts::user_by_login(db, "vera")).unwrap().unwrap().id;
    assert_eq!(act(&mut browser, &door, &format!("end:{id}"), &[]).await.status, StatusCode::OK);
    let held = vera.call(&door, (Method::GET, "/api/v1/held"), Vec::new()).await;
    assert_eq!(held.problem(), "signed-out", "her session has ended");
    assert_ne!(vera.enrol(&door, "vera", PASSWORD).await.status, StatusCode::OK);
    act(&mut browser, &door, &format!("again:{id}"), &[]).await;
    assert_eq!(vera.enrol(&door, "vera", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_tablet_is_out_at_once() {
    let (door, mut browser, _) = someone("skrivbord-s", Role::Administrator).await;
    let mut tablet = Browser::new(2);
    tablet.enrol(&door, "skrivbord-s", PASSWORD).await;
    let name = format!("revoke:{}", tablet.device.unwrap());
    assert_eq!(act(&mut browser, &door, &name, &[]).await.status, StatusCode::OK);
    assert_eq!(page(&mut tablet, &door, PLACES[0], Language::Sv).await.problem(), "signed-out");
    assert_eq!(page(&mut browser, &door, PLACES[2], Language::Sv).await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_nothing_else() {
    let (door, mut browser, me) = someone("skrivbord-u", Role::Administrator).await;
    let mut tablets = [Browser::new(2), Browser::new(3)];
    for tablet in &mut tablets {
        tablet.enrol(&door, "skrivbord-u", PASSWORD).await;
    }
    let out = format!("out:{me}");
    assert_eq!(act(&mut browser, &door, &out, &[]).await.status, StatusCode::OK);
    for tablet in tablets.iter_mut().chain([&mut browser]) {
        assert_eq!(page(tablet, &door, PLACES[0], Language::Sv).await.problem(), "signed-out");
        assert_eq!(tablet.refresh(&door).await.problem(), "signed-out");
    }
    assert_eq!(browser.enrol(&door, "skrivbord-u", PASSWORD).await.status, StatusCode::OK);
    // Without the role one's own only.
    becomes(&door, me, Role::Supervisor).await;
    let other = format!("out:{}", UserId::new(7, [7; 10]));
    assert_eq!(act(&mut browser, &door, &other, &[]).await.problem(), "forbidden");
    assert_eq!(act(&mut browser, &door, &out, &[]).await.status, StatusCode::OK);
    assert_eq!(page(&mut browser, &door, PLACES[0], Language::Sv).await.problem(), "signed-out");
}

#[tokio::test]
async fn an_administrator_stays_and_nonsense_changes_nothing() {
    let (door, mut browser, me) = someone("skrivbord-f", Role::Administrator).await;
    for (name, answers, problem) in [
        (format!("end:{me}"), vec![], "forbidden"),
        (format!("role:{me}"), vec![("role", "inspector")], "forbidden"),
        ("end:nobody".to_owned(), vec![], "nowhere"),
        ("fly".to_owned(), vec![], "nowhere"),
        ("new".to_owned(), vec![("login", "x")], "bad-value"),
        (format!("password:{me}"), vec![("password", "kort")], "bad-value"),
        ("revoke:00".to_owned(), vec![], "nowhere"),
    ] {
        let answer = act(&mut browser, &door, &name, &answers).await;
        assert_eq!(answer.problem(), problem, "{name}");
    }
    let twice =
        [("login", "skrivbord-f"), ("name", "Ny"), ("role", "inspector"), ("password", PASSWORD)];
    assert_eq!(act(&mut browser, &door, "new", &twice).await.problem(), "bad-value");
    let user = door.app.readers.read(|db| accounts::user(db, me)).unwrap().unwrap();
    assert!(user.active && user.is(Role::Administrator));
    let path = (Method::POST, "/api/v1/desk/page");
    let other = to_bytes(&(PAGE_FORM + 1, Vec::<u8>::new()));
    assert_eq!(browser.call(&door, path.clone(), other).await.problem(), "other-build");
    for body in [vec![], vec![0xff; 20], asked(&7_u32), vec![0; 200_000]] {
        let answer = browser.call(&door, path.clone(), body).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }
    let nowhere = page(&mut browser, &door, "/administration/annat", Language::Sv).await;
    assert_eq!(nowhere.problem(), "nowhere");
}
