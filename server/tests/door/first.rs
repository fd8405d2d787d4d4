//! The first account: one link, once, for a day; every other link is answered the same.

use ankomst_server::accounts::first::invite;
use ankomst_server::http::listen::Peer;
use ankomst_server::storage::sqlite::{accounts, first, units};
use ankomst_shared::app::Role;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};

use super::kit::{Answer, Browser, Door, PASSWORD};

const HOST: &str = "ankomst.example.org";

fn typed(secret: &str) -> serde_json::Value {
    serde_json::json!({
        "secret": secret, "unit": "Bergby kommun", "name": "Anna Berg", "login": "Anna.Berg",
        "password": PASSWORD,
    })
}

/// Sends what was typed from an address of the test's own, since attempts are counted.
async fn send(door: &Door, from: u8, body: impl Into<Body>) -> Answer {
    let peer = ConnectInfo(Peer(([192, 0, 2, from], 1).into()));
    let request = Request::post("/api/v1/welcome")
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("https://{HOST}"))
        .extension(peer)
        .body(body.into());
    door.send(request.unwrap()).await
}

fn people(door: &Door) -> usize {
    door.app.readers.read(accounts::users).unwrap().len()
}

#[tokio::test]
async fn the_link_makes_an_administrator_with_a_unit_who_can_sign_in() {
    let door = Door::open().await;
    let secret = invite(&door.app).await.unwrap().unwrap();
    let answer = send(&door, 1, typed(&secret).to_string()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.problem());
    let users = door.app.readers.read(accounts::users).unwrap();
    assert_eq!((users[0].login.as_str(), users[0].name.as_str()), ("anna.berg", "Anna Berg"));
    assert_eq!(users[0].roles, [Role::Administrator]);
    let unit = door.app.readers.read(units::first).unwrap();
    assert_eq!(unit, Some(users[0].unit));
    let answer = Browser::new(1).enrol(&door, "anna.berg", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(invite(&door.app).await.unwrap(), None, "there is an account");
}

#[tokio::test]
async fn links_that_are_wrong_used_old_huge_or_no_link_at_all_look_the_same() {
    let door = Door::open().await;
    let never = send(&door, 2, typed("8q277tqvm357ha0w7dxb1qvnh4").to_string()).await;
    assert_eq!((never.status, never.problem()), (StatusCode::FORBIDDEN, "link"));

    let replaced = invite(&door.app).await.unwrap().unwrap();
    let ended = invite(&door.app).await.unwrap().unwrap();
    assert_ne!(replaced, ended);
    let end = |db: &rusqlite::Connection| {
        let sql = "UPDATE meta SET value = CAST(x'0000000000000001' || substr(value, 9) AS BLOB) WHERE key = 'first_link'";
        assert_eq!(db.execute(sql, [])?, 1);
        Ok(())
    };
    let mut answers = vec![send(&door, 2, typed(&replaced).to_string()).await];
    door.app.writer.write(end).await.unwrap();
    answers.push(send(&door, 2, typed(&ended).to_string()).await);
    let good = invite(&door.app).await.unwrap().unwrap();
    let bodies = [
        typed(&"x".repeat(10_000)).to_string(),
        typed("").to_string(),
        format!("{{\"secret\":\"{good}\",{}", typed(&good).to_string().trim_start_matches('{')),
        format!("{{\"secret\":\"{good}\"}}"),
        "hej".to_owned(),
        String::new(),
    ];
    for body in bodies {
        answers.push(send(&door, 2, body).await);
    }
    assert_eq!(people(&door), 0);
    assert_eq!(send(&door, 2, typed(&good).to_string()).await.status, StatusCode::NO_CONTENT);
    answers.push(send(&door, 2, typed(&good).to_string()).await);
    assert_eq!(people(&door), 1);
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (never.status, &never.body));
        assert_eq!(answer.headers, never.headers);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_named_and_uses_nothing_up() {
    let door = Door::open().await;
    let secret = invite(&door.app).await.unwrap().unwrap();
    let cases = [
        ("unit", "  ", "bad-unit"),
        ("unit", &"x".repeat(81), "bad-unit"),
        ("name", "a\u{0}b", "bad-name"),
        ("login", "anna berg", "bad-login"),
        ("login", "åsa", "bad-login"),
        ("password", "elva tecken", "bad-password"),
        ("password", &"x".repeat(2_000), "bad-password"),
    ];
    for (field, value, problem) in cases {
        let mut asked = typed(&secret);
        asked[field] = value.into();
        let answer = send(&door, 3, asked.to_string()).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::UNPROCESSABLE_ENTITY, problem));
    }
    let answer = send(&door, 3, typed(&secret.to_uppercase()).to_string()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "a link typed by hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_have_the_link_make_one_account() {
    let door = Door::open().await;
    let secret = invite(&door.app).await.unwrap().unwrap();
    let mut other = typed(&secret);
    other["login"] = "annan".into();
    let both =
        tokio::join!(send(&door, 4, typed(&secret).to_string()), send(&door, 5, other.to_string()));
    let mut found = [both.0.status, both.1.status];
    found.sort();
    assert_eq!(found, [StatusCode::NO_CONTENT, StatusCode::FORBIDDEN]);
    assert_eq!(people(&door), 1);
}

#[tokio::test]
async fn attempts_with_links_come_to_an_end() {
    let door = Door::open().await;
    let secret = invite(&door.app).await.unwrap().unwrap();
    for _ in 0..20 {
        assert_eq!(send(&door, 6, typed("fel").to_string()).await.problem(), "link");
    }
    let answer = send(&door, 6, typed(&secret).to_string()).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::TOO_MANY_REQUESTS, "too-many"));
    assert_eq!(send(&door, 7, typed(&secret).to_string()).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn only_the_hash_of_a_link_is_kept_and_another_page_may_not_use_it() {
    let door = Door::open().await;
    let secret = invite(&door.app).await.unwrap().unwrap();
    for name in ["log.db", "log.db-wal"] {
        let bytes = std::fs::read(door.app.folder.join(name)).unwrap();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{name}");
    }
    let request = Request::post("/api/v1/welcome")
        .header(header::HOST, HOST)
        .header(header::ORIGIN, "https://evil.example.org")
        .body(Body::from(typed(&secret).to_string()));
    assert_eq!(door.send(request.unwrap()).await.problem(), "origin");
    assert!(!door.app.readers.read(first::has_accounts).unwrap());
}

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_script() {
    let door = Door::open().await;
    let page = door.get("/welcome", "").await;
    let text = String::from_utf8_lossy(&page.body);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for inline in ["style=", "<style", " onclick", " onsubmit", "<script>", "javascript:"] {
        assert!(!text.contains(inline), "{inline}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    ));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    for (path, kind) in [("/welcome/page.js", "javascript"), ("/welcome/page.css", "css")] {
        let file = door.get(path, "").await;
        assert!(text.contains(path) && file.header("content-type").contains(kind), "{path}");
    }
}
