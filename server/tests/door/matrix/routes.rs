//! Every route × who comes: without a session, from another site, with a session that is good or was, in each role.

use std::sync::Arc;

use ankomst_server::accounts::password;
use ankomst_server::http::serve::routes;
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::grants::ROLES;
use ankomst_server::storage::sqlite::units;
use ankomst_shared::app::Role;
use ankomst_shared::ids::{UnitId, UserId};
use axum::http::{Method, StatusCode};

use super::super::kit::{Answer, Browser, Door, PASSWORD, TLS};

/// Who may come: anybody, pages of the app, who is signed in, supervisors. A new route is written here, too.
const TABLE: [(&str, &str, &str); 23] = [
    ("POST", "/api/v1/devices", "pages"),
    ("POST", "/api/v1/session", "pages"),
    ("POST", "/api/v1/session/refresh", "pages"),
    ("POST", "/api/v1/session/passkey", "pages"),
    ("POST", "/api/v1/passkeys/begin", "signed in"),
    ("POST", "/api/v1/passkeys", "signed in"),
    ("POST", "/api/v1/farewell", "pages"),
    ("POST", "/api/v1/welcome", "pages"),
    ("POST", "/api/v1/welcome/look", "pages"),
    ("POST", "/api/v1/desk/page", "signed in"),
    ("POST", "/api/v1/desk/act", "signed in"),
    ("POST", "/api/v1/sync", "signed in"),
    ("POST", "/api/v1/files", "pages"),
    ("POST", "/api/v1/files/fetch", "signed in"),
    ("GET", "/api/v1/held", "supervisors"),
    ("GET", "/api/v1/live", "signed in"),
    ("CONNECT", "/api/v1/live", "signed in"),
    ("GET", "/welcome", "anybody"),
    ("GET", "/welcome/page.js", "anybody"),
    ("GET", "/welcome/page.css", "anybody"),
    ("GET", "/healthz", "anybody"),
    ("GET", "/readyz", "anybody"),
    // It ends the session that comes, so it is asked last.
    ("DELETE", "/api/v1/session", "signed in"),
];

async fn calls(browser: &Browser, door: &Door, (method, path): (&str, &str)) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    browser.clone().call(door, (method, path), Vec::new()).await
}

/// Whether the rule has let somebody in: what the handler says is another matter.
fn is_in(answer: &Answer) -> bool {
    !matches!(answer.problem(), "origin" | "signed-out" | "forbidden")
}

fn user(number: u8, role: Role, hash: &str) -> UserRow {
    UserRow {
        id: UserId::from_bytes([number; 16]),
        login: format!("vag-{number}"),
        name: "Namn".to_owned(),
        password: hash.to_owned(),
        roles: vec![role],
        unit: UnitId::from_bytes([1; 16]),
        active: true,
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let door = Door::open().await;
    let (_, added) = routes(Arc::clone(&door.app), None, TLS);
    let mut known: Vec<(&str, &str)> =
        TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    let mut there: Vec<(&str, &str)> =
        added.iter().map(|route| (route.method, route.path)).collect();
    known.sort_unstable();
    there.sort_unstable();
    assert_eq!(there, known, "each route stands in the table once");
    let hash = password::hash(PASSWORD).unwrap();
    let numbered = ROLES.into_iter().zip(1_u8..);
    let users: Vec<UserRow> = numbered.map(|(role, number)| user(number, role, &hash)).collect();
    let write = door.app.writer.write(move |db| {
        units::add(db, UnitId::from_bytes([1; 16]), "Enheten")?;
        users.iter().try_for_each(|user| accounts::add_user(db, user))
    });
    write.await.unwrap();
    let mut people = Vec::new();
    for (role, number) in ROLES.into_iter().zip(1_u8..) {
        let mut browser = Browser::new(number);
        let login = format!("vag-{number}");
        assert_eq!(browser.enrol(&door, &login, PASSWORD).await.status, StatusCode::OK);
        people.push((role, browser));
    }
    for (method, path, who) in TABLE {
        let route = (method, path);
        let what = format!("{method} {path}");
        let mut stranger = Browser::new(90);
        let answer = calls(&stranger, &door, route).await;
        // Only renewing says of itself that nobody is signed in.
        let renews = path.ends_with("refresh");
        assert_eq!(is_in(&answer) || renews, matches!(who, "anybody" | "pages"), "{what}");
        for origin in [Some("https://example.net"), None] {
            stranger.origin = origin.map(str::to_owned);
            let answer = calls(&stranger, &door, route).await;
            assert_eq!(is_in(&answer), who == "anybody", "{what} from {origin:?}");
        }
        for (role, browser) in &people {
            let mut elsewhere = browser.clone();
            elsewhere.origin = Some("https://example.net".to_owned());
            let answer = calls(&elsewhere, &door, route).await;
            assert_eq!(is_in(&answer), who == "anybody", "{what} of {role:?} from elsewhere");
            let answer = calls(browser, &door, route).await;
            let may = who != "supervisors" || *role == Role::Supervisor;
            // The desk says of itself what a role lacks, and an empty question is none.
            assert_eq!(is_in(&answer) || renews, may, "{what} of {role:?}: {}", answer.problem());
        }
    }
}

#[tokio::test]
async fn a_session_is_no_better_than_its_account_and_its_device() {
    let door = Door::with("konto-vag").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "konto-vag", PASSWORD).await;
    let signed =
        || TABLE.into_iter().filter(|(_, _, who)| matches!(*who, "signed in" | "supervisors"));
    for (table, other) in [("users", "devices"), ("devices", "users")] {
        let set = |table: &'static str, active: bool| {
            // As if written by something that knows nothing of sessions.
            let sql = format!("UPDATE {table} SET active = {active}");
            door.app.writer.write(move |db| Ok(db.execute(&sql, [])?))
        };
        set(other, true).await.unwrap();
        let held = calls(&browser, &door, ("GET", "/api/v1/held")).await;
        assert_eq!(held.problem(), "forbidden", "a good session of a caseworker");
        set(table, false).await.unwrap();
        for (method, path, _) in signed() {
            let answer = calls(&browser, &door, (method, path)).await;
            assert_eq!(answer.problem(), "signed-out", "{method} {path} without {table}");
        }
        set(table, true).await.unwrap();
    }
}
