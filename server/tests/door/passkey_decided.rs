//! Where a unit has decided that a password is not enough: who still comes in by one, and what a removed passkey ends.

use ankomst_server::accounts::{link, passkeys as door};
use ankomst_server::policies::Policy;
use ankomst_server::storage::accesses::entry::{Entry, What};
use ankomst_server::storage::sqlite::{accounts, passkeys};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Language, Role};
use axum::http::StatusCode;

use super::desk::{act, page, read, someone};
use super::kit::{Browser, PASSWORD};
use super::passkey::{BEGIN, HERE, PAGE, Passkey, lines, makes, user};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_does_not_know_the_decision_lets_no_bare_password_in() {
    let (door, mut browser, _) = someone("nyckel-g", Role::Administrator).await;
    makes(&mut browser, &door, &Passkey::new(1)).await;
    let enters = async || {
        let answer = Browser::new(2).enrol(&door, "nyckel-g", PASSWORD).await;
        if answer.status == StatusCode::OK { String::new() } else { answer.problem().to_owned() }
    };
    let unit = user(&door, "nyckel-g").unit;
    let decides = async |browser: &mut Browser, value: &str, from: &str| {
        let said = [("key", "sign_in"), ("value", value), ("valid_from", from)];
        act(browser, &door, "org-policy", &said).await;
        feed::settle(&door.app).await.unwrap();
    };
    decides(&mut browser, "password", "2020-01-01").await;
    assert_eq!(enters().await, "", "that a password is enough is no such decision");
    decides(&mut browser, "passkey", "2020-02-01").await;
    let view = read(&page(&mut browser, &door, PAGE, Language::Sv).await);
    assert!(view.parts.iter().any(|part| part.key == "last"), "it is the only one");
    let policy = |value: &str, from: &str| Policy {
        unit,
        key: "sign_in".to_owned(),
        value: value.to_owned(),
        from: from.to_owned(),
        to: String::new(),
    };
    let before = policy("password", "2020-01-01");
    for (known, problem) in [
        (vec![], "passkey-needed"),
        (vec![before.clone()], "passkey-needed"),
        (vec![before.clone(), policy("password", "2099-01-01")], "passkey-needed"),
        (vec![before, policy("password", "2020-03-01")], ""),
    ] {
        door.app.policies.set(known.clone());
        assert_eq!(enters().await, problem, "{known:?}");
    }
}

#[tokio::test]
async fn whoever_removes_a_passkey_is_signed_out_on_other_tablets() {
    let (door, mut browser, _) = someone("nyckel-h", Role::Caseworker).await;
    makes(&mut browser, &door, &Passkey::new(1)).await;
    makes(&mut browser, &door, &Passkey::new(2)).await;
    let mut other = Browser::new(2);
    assert_eq!(other.enrol(&door, "nyckel-h", PASSWORD).await.status, StatusCode::OK);
    let view = read(&page(&mut browser, &door, PAGE, Language::Sv).await);
    assert!(view.parts.iter().all(|part| part.key != "last"));
    let name = format!("passkey-out:{}", lines(&view)[0].key);
    assert_eq!(act(&mut browser, &door, &name, &[]).await.status, StatusCode::OK);
    assert_eq!(other.call(&door, BEGIN, Vec::new()).await.problem(), "signed-out");
    assert_eq!(browser.call(&door, BEGIN, Vec::new()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_a_passkey_is_decided_a_password_is_enough_for_nothing_but_to_make_the_first_by_a_link()
 {
    let (door, mut browser, me) = someone("nyckel-f", Role::Caseworker).await;
    let row = user(&door, "nyckel-f");
    let decided = |value: &str| Policy {
        unit: row.unit,
        key: "sign_in".to_owned(),
        value: value.to_owned(),
        from: "2026-01-01".to_owned(),
        to: String::new(),
    };
    door.app.policies.set(vec![decided("password")]);
    assert_eq!(Browser::new(2).enrol(&door, "nyckel-f", PASSWORD).await.status, StatusCode::OK);
    door.app.policies.set(vec![decided("passkey")]);
    assert_eq!(
        Browser::new(3).enrol(&door, "nyckel-f", PASSWORD).await.problem(),
        "passkey-needed"
    );
    let wrong = Browser::new(3).enrol(&door, "nyckel-f", "fel lösenord här").await;
    assert_eq!(wrong.problem(), "wrong-password", "nothing is said to whoever has no password");
    let nobody = Browser::new(3).enrol(&door, "nyckel-ingen", PASSWORD).await;
    assert_eq!(nobody.problem(), "wrong-password");

    let chosen = "fyra nya ord i rad";
    let takes = async || {
        let secret = link::make(&door.app, me, Entry::of(What::LinkMade)).await.unwrap();
        link::take(&door.app, &secret, chosen.to_owned()).await.unwrap();
    };
    takes().await;
    assert_eq!(browser.enrol(&door, "nyckel-f", chosen).await.status, StatusCode::OK);
    assert_eq!(makes(&mut browser, &door, &Passkey::new(1)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(Browser::new(4).enrol(&door, "nyckel-f", chosen).await.problem(), "passkey-needed");
    // A link makes no second one: the first was perhaps lost, and an administrator removes it.
    takes().await;
    assert_eq!(Browser::new(4).enrol(&door, "nyckel-f", chosen).await.problem(), "passkey-needed");
    let gone = door.app.writer.write(move |db| passkeys::remove(db, me, &[1; 20], 5));
    assert!(gone.await.unwrap());
    assert_eq!(Browser::new(4).enrol(&door, "nyckel-f", chosen).await.status, StatusCode::OK);
    // A passkey of a name the server had before signs nobody in here, so it does not stand in the way either.
    let old = passkeys::PasskeyRow {
        credential: vec![7; 20],
        user: me,
        name: "Surfplatta".to_owned(),
        host: "old.example.org".to_owned(),
        key: vec![1],
        counter: 0,
        made_ms: 1,
        used_ms: None,
        regressed_ms: None,
    };
    let write = door.app.writer.write(move |db| passkeys::add(db, &old));
    assert!(write.await.unwrap());
    assert!(!door::has_one_for(&door.app, me, HERE).unwrap());
    assert!(door::has_one_for(&door.app, me, "https://old.example.org:8443").unwrap());
    takes().await;
    assert_eq!(Browser::new(4).enrol(&door, "nyckel-f", chosen).await.status, StatusCode::OK);
    // A password that somebody else has set is no link.
    let hash = row.password;
    door.app.writer.write(move |db| accounts::set_password(db, me, &hash)).await.unwrap();
    assert_eq!(
        Browser::new(5).enrol(&door, "nyckel-f", PASSWORD).await.problem(),
        "passkey-needed"
    );
}

#[tokio::test]
async fn a_passkey_goes_together_with_the_sessions_it_may_have_begun_or_not_at_all() {
    let (door, mut browser, _) = someone("nyckel-j", Role::Caseworker).await;
    makes(&mut browser, &door, &Passkey::new(1)).await;
    let mut other = Browser::new(2);
    assert_eq!(other.enrol(&door, "nyckel-j", PASSWORD).await.status, StatusCode::OK);
    let view = read(&page(&mut browser, &door, PAGE, Language::Sv).await);
    let name = format!("passkey-out:{}", lines(&view)[0].key);
    let sql = |sql: &'static str| door.app.writer.write(move |db| Ok(db.execute_batch(sql)?));
    sql("CREATE TRIGGER stays BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await
        .unwrap();
    let failed = act(&mut browser, &door, &name, &[]).await;
    assert_ne!(failed.status, StatusCode::OK);
    sql("DROP TRIGGER stays").await.unwrap();
    let there = lines(&read(&page(&mut browser, &door, PAGE, Language::Sv).await)).len();
    assert_eq!(there, 1, "whoever is told that it failed still has it");
    assert_eq!(act(&mut browser, &door, &name, &[]).await.status, StatusCode::OK);
    assert!(lines(&read(&page(&mut browser, &door, PAGE, Language::Sv).await)).is_empty());
    assert_eq!(other.refresh(&door).await.problem(), "signed-out");
}
