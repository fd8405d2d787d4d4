//! Signing in, renewing, signing out, and who is kept out.

use ankomst_server::storage::sqlite::accounts;
use ankomst_server::storage::sqlite::grants::{self, GrantRow};
use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, UserId};
use ankomst_shared::sign::{Enrolment, PublicKey, SigningKey};
use ankomst_shared::sync::message::{Exchange, Hello, Push, SignInAnswer, SignInRequest};
use ankomst_shared::sync::wire;
use axum::http::{Method, StatusCode, header};
use minicbor::bytes::ByteVec;

use super::kit::{Browser, Door, PASSWORD};

const HELD: (Method, &str) = (Method::GET, "/api/v1/held");

/// Whether the session is good: the list of held changes is not for this role, but only a good
/// session is told so.
async fn is_in(browser: &mut Browser, door: &Door) -> bool {
    let answer = browser.call(door, HELD, Vec::new()).await;
    match (answer.status, answer.problem()) {
        (StatusCode::FORBIDDEN, "forbidden") => true,
        (StatusCode::UNAUTHORIZED, "signed-out") => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn enrolling_signs_in_with_cookies_no_script_and_no_other_site_can_use() {
    let door = Door::with("kakor").await;
    let mut browser = Browser::new(1);
    let answer = browser.enrol(&door, "kakor", PASSWORD).await;
    let said: SignInAnswer = answer.read();
    let server = PublicKey::from_bytes(said.server_key);
    let enrolment = Enrolment::open(&said.enrolment, &server).unwrap();
    assert_eq!((enrolment.device, enrolment.user), (said.device, said.me.user));
    let cookies: Vec<&str> = answer
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|one| one.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-ankomst"), "{cookie}");
        for part in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(is_in(&mut browser, &door).await);
    assert!(!is_in(&mut Browser::new(1), &door).await);
}

#[tokio::test]
async fn an_unknown_login_and_a_wrong_password_look_the_same() {
    let door = Door::with("finns").await;
    let wrong = Browser::new(1).enrol(&door, "finns", "fel lösenord här").await;
    let unknown = Browser::new(1).enrol(&door, "finns ej", "fel lösenord här").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.problem(), "wrong-password");
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(wrong.headers, unknown.headers);
}

#[tokio::test]
async fn too_many_attempts_are_told_to_wait_even_with_the_right_password() {
    let door = Door::with("gissad").await;
    for _ in 0..10 {
        let answer = Browser::new(1).enrol(&door, "gissad", "fel lösenord här").await;
        assert_eq!(answer.problem(), "wrong-password");
    }
    let answer = Browser::new(1).enrol(&door, "gissad", PASSWORD).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::TOO_MANY_REQUESTS, "too-many"));
}

#[tokio::test]
async fn strangers_who_use_up_the_attempts_keep_no_known_tablet_out() {
    let door = Door::with("belagrad").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "belagrad", PASSWORD).await;
    let device = browser.device.unwrap();
    let sign_in = |enrolment: Option<ByteVec>| SignInRequest {
        login: "belagrad".to_owned(),
        password: PASSWORD.to_owned(),
        device,
        enrolment,
        passkey: None,
    };
    for _ in 0..10 {
        Browser::new(2).enrol(&door, "belagrad", "fel lösenord här").await;
    }
    let post = "/api/v1/session";
    let real = browser.enrolment.clone();
    let me = door.app.readers.read(|db| accounts::user_by_login(db, "belagrad")).unwrap().unwrap();
    let (key, name) = (*browser.key.public().as_bytes(), "Surfplatta".to_owned());
    let made_up = Enrolment { device, user: me.id, key, name: name.clone(), at_ms: 1 }
        .sign(&SigningKey::from_seed([9; 32]));
    let of_another = Enrolment { device, user: UserId::new(5, [5; 10]), key, name, at_ms: 1 }
        .sign(&door.app.secrets.server);
    for other in [None, Some(made_up.into()), Some(of_another.into())] {
        let answer = browser.clone().post(&door, post, &sign_in(other)).await;
        assert_eq!(answer.problem(), "too-many");
    }
    let answer = browser.post(&door, post, &sign_in(real.clone())).await;
    assert_eq!(answer.status, StatusCode::OK);
    door.app.writer.write(move |db| accounts::revoke_device(db, device)).await.unwrap();
    assert_eq!(browser.post(&door, post, &sign_in(real)).await.problem(), "too-many");
}

#[tokio::test]
async fn only_this_apps_own_pages_may_change_anything_or_open_the_socket() {
    let door = Door::with("ursprung").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "ursprung", PASSWORD).await;
    let others = [
        None,
        Some("null"),
        Some("https://evil.example.org"),
        Some("https://ankomst.example.org.evil.example.org"),
        Some("https://ankomst.example.org:8443"),
    ];
    for origin in others {
        browser.origin = origin.map(str::to_owned);
        for path in ["devices", "session", "session/refresh", "sync"] {
            let call = (Method::POST, &*format!("/api/v1/{path}"));
            let answer = browser.call(&door, call, Vec::new()).await;
            assert_eq!((answer.status, answer.problem()), (StatusCode::FORBIDDEN, "origin"));
        }
        let answer = browser.call(&door, (Method::DELETE, "/api/v1/session"), Vec::new()).await;
        assert_eq!(answer.problem(), "origin", "{origin:?}");
    }
    browser.origin = None;
    assert!(is_in(&mut browser, &door).await, "a plain reading sends no origin");
    browser.origin = Some("https://evil.example.org".to_owned());
    assert_eq!(browser.call(&door, HELD, Vec::new()).await.problem(), "origin");
}

#[tokio::test]
async fn a_refresh_secret_without_the_devices_key_is_worth_nothing() {
    let door = Door::with("nyckel").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "nyckel", PASSWORD).await;
    let mut thief = browser.clone();
    thief.key = SigningKey::from_seed([9; 32]);
    assert_eq!(thief.refresh(&door).await.problem(), "signed-out");
    assert_eq!(browser.refresh(&door).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn signing_out_and_revoking_end_what_a_token_could_do() {
    let door = Door::with("ute").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "ute", PASSWORD).await;
    let mut kept = browser.clone();
    browser.call(&door, (Method::DELETE, "/api/v1/session"), Vec::new()).await;
    assert!(!is_in(&mut kept, &door).await);
    let (device, enrolment) = (browser.device.unwrap(), browser.enrolment.clone());
    let again = |login: &str| SignInRequest {
        login: login.to_owned(),
        password: PASSWORD.to_owned(),
        device,
        enrolment: enrolment.clone(),
        passkey: None,
    };
    let answer = browser.post(&door, "/api/v1/session", &again("ute")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(is_in(&mut browser, &door).await);
    door.app.writer.write(move |db| accounts::revoke_device(db, device)).await.unwrap();
    assert!(!is_in(&mut browser, &door).await);
    assert_eq!(browser.refresh(&door).await.problem(), "signed-out");
    assert_eq!(browser.post(&door, "/api/v1/session", &again("ute")).await.problem(), "signed-out");
}

#[tokio::test]
async fn a_device_that_a_restored_log_does_not_know_comes_back_with_its_enrolment() {
    let door = Door::with("nykommen").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "nykommen", PASSWORD).await;
    let device = browser.device.unwrap();
    // As after a restore of a backup from before.
    let forget = "DELETE FROM sessions; DELETE FROM devices";
    door.app.writer.write(move |db| Ok(db.execute_batch(forget)?)).await.unwrap();
    let sign_in = |password: &str, enrolment: Option<ByteVec>| SignInRequest {
        login: "nykommen".to_owned(),
        password: password.to_owned(),
        device,
        enrolment,
        passkey: None,
    };
    assert_eq!(browser.refresh(&door).await.problem(), "signed-out");
    let post = "/api/v1/session";
    let real = browser.enrolment.clone();
    let key = *browser.key.public().as_bytes();
    let claimed = |device, user, by: &SigningKey| {
        let name = "Surfplatta".to_owned();
        Some(ByteVec::from(Enrolment { device, user, key, name, at_ms: 1 }.sign(by)))
    };
    let me = door.app.readers.read(|db| accounts::user_by_login(db, "nykommen")).unwrap().unwrap();
    let server = &door.app.secrets.server;
    let others = [
        None,
        // Signed by nobody known, of another device, of another person.
        claimed(device, me.id, &SigningKey::from_seed([9; 32])),
        claimed(DeviceId::new(5, [5; 10]), me.id, server),
        claimed(device, UserId::new(5, [5; 10]), server),
    ];
    for other in others {
        let answer = browser.post(&door, post, &sign_in(PASSWORD, other)).await;
        assert_eq!(answer.problem(), "signed-out");
    }
    let answer = browser.post(&door, post, &sign_in("fel lösenord", real.clone())).await;
    assert_eq!(answer.problem(), "wrong-password");
    let answer = browser.post(&door, post, &sign_in(PASSWORD, real.clone())).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.read::<SignInAnswer>().device, device);
    assert!(is_in(&mut browser, &door).await);
    // Once the log says that it is revoked, its enrolment opens nothing.
    door.app.writer.write(move |db| accounts::revoke_device(db, device)).await.unwrap();
    let answer = browser.post(&door, post, &sign_in(PASSWORD, real)).await;
    assert_eq!(answer.problem(), "signed-out");
}

#[tokio::test]
async fn an_account_that_was_ended_comes_in_no_more() {
    let door = Door::with("slutat").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "slutat", PASSWORD).await;
    let ended = |db: &_| accounts::set_user_active(db, "slutat", false);
    door.app.writer.write(ended).await.unwrap();
    assert_eq!(browser.refresh(&door).await.problem(), "signed-out");
    let answer = Browser::new(2).enrol(&door, "slutat", PASSWORD).await;
    assert_eq!(answer.problem(), "wrong-password");
}

#[tokio::test]
async fn what_is_no_message_is_a_problem_and_too_much_is_refused() {
    let door = Door::open().await;
    let post = (Method::POST, "/api/v1/session");
    let answer = Browser::new(1).call(&door, post.clone(), b"hej".to_vec()).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "unreadable"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let answer = Browser::new(1).call(&door, post, vec![0; 70_000]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// What a program reads that knows no role after the seventh.
mod earlier {
    use minicbor::Decode;

    #[derive(Decode)]
    #[cbor(index_only)]
    #[derive(Debug, PartialEq)]
    pub(super) enum Role {
        #[n(0)]
        Caseworker,
        #[n(1)]
        Inspector,
        #[n(2)]
        Supervisor,
        #[n(3)]
        Administrator,
        #[n(4)]
        Coordinator,
        #[n(5)]
        Trainee,
        #[n(6)]
        Auditor,
    }

    #[derive(Decode)]
    #[cbor(map)]
    pub(super) struct Me {
        #[n(3)]
        pub(super) roles: Vec<Role>,
    }

    /// Of an answer to a sign-in, and of the greeting of an exchange.
    #[derive(Decode)]
    #[cbor(map)]
    pub(super) struct SignInAnswer {
        #[n(0)]
        pub(super) me: Me,
    }

    #[derive(Decode)]
    #[cbor(map)]
    pub(super) struct Welcome {
        #[n(4)]
        pub(super) me: Me,
    }

    #[derive(Decode)]
    #[cbor(map)]
    pub(super) struct ExchangeAnswer {
        #[n(0)]
        pub(super) welcome: Welcome,
    }
}

#[tokio::test]
async fn an_earlier_program_reads_whatever_roles_somebody_has() {
    let door = Door::with("senare").await;
    let known = |db: &_| accounts::user_by_login(db, "senare");
    let user = door.app.readers.read(known).unwrap().unwrap();
    let (id, unit) = (user.id, user.unit);
    let write = door.app.writer.write(move |db| {
        for role in [Role::ChildCaseworker, Role::Regional] {
            grants::add(db, &GrantRow::of_role(id, unit, role))?;
        }
        Ok(())
    });
    write.await.unwrap();
    let mut browser = Browser::new(1);
    let answer = browser.enrol(&door, "senare", PASSWORD).await;
    let told: earlier::SignInAnswer = wire::unpack(&answer.body).unwrap();
    assert_eq!(told.me.roles, [earlier::Role::Caseworker]);
    let hello = Hello::first(browser.device.unwrap(), "test".to_owned());
    let question =
        Exchange { hello, push: Push::default(), deposits: Vec::new(), looks: None, gone: None };
    let answer = browser.post(&door, "/api/v1/sync", &question).await;
    let told: earlier::ExchangeAnswer = wire::unpack(&answer.body).unwrap();
    assert_eq!(told.welcome.me.roles, [earlier::Role::Caseworker]);
}
