//! A record is opened to an auditor by two persons: one asks, another agrees; for a day, and each step is in the log.

use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::accesses::read as log;
use ankomst_shared::app::Role;
use axum::http::StatusCode;

use super::desk::act;
use super::guard::{does, village};
use super::kit::{Browser, Door};
use super::register::{documents, lines, page, read};

const HERE: &str = "/administration/logg";
const REASON: &str = "Tillsyn nr 4";

async fn hired(door: &Door, sixten: &mut Browser, (login, seed): (&str, u8)) -> Browser {
    let password = format!("{login}-i-provby-1");
    let new = [
        ("login", login),
        ("name", login),
        ("role", Role::Auditor.name()),
        ("password", password.as_str()),
    ];
    does(sixten, door, "new", &new).await;
    let mut browser = Browser::new(seed);
    assert_eq!(browser.enrol(door, login, &password).await.status, StatusCode::OK);
    browser
}

pub(crate) fn count(door: &Door, what: What) -> usize {
    let mut found = 0;
    let all = door.app.audit.read(|db| {
        log::each(db, (1, i64::MAX), |noted| {
            found += usize::from(noted.entry.what == what);
            Ok(())
        })
    });
    all.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_opened_for_an_audit_by_two_and_by_nobody_alone() {
    let (door, mut elin, mut ingrid, mut sixten) = village().await;
    let list = read(&page(&mut elin.browser, &door, "/register/case/case").await);
    let (case, name) = (documents(&list)[0].to_string(), lines(&list)[0].title.clone());
    let place = format!("/administration/skydd/{case}");
    let mut greta = hired(&door, &mut sixten, ("greta", 11)).await;
    let mut other = hired(&door, &mut sixten, ("birger", 12)).await;

    let asks = [("record", case.as_str()), ("reason", REASON)];
    for one in [&mut elin.browser, &mut ingrid.browser, &mut sixten] {
        assert_eq!(act(one, &door, "audit-ask", &asks).await.problem(), "forbidden");
    }
    assert_eq!(
        act(&mut greta, &door, "audit-ask", &[("record", &case)]).await.problem(),
        "bad-value"
    );
    does(&mut greta, &door, "audit-ask", &asks).await;
    let seq = lines(&read(&page(&mut ingrid.browser, &door, HERE).await))
        .into_iter()
        .find(|line| line.detail.contains(REASON))
        .unwrap();
    assert!(!seq.title.contains(&name), "{}: by its number", seq.title);
    let agree = format!("audit-agree:{}", seq.key);

    // Not alone, not by who may not, not what was never asked for.
    assert_eq!(act(&mut greta, &door, &agree, &[]).await.problem(), "nowhere");
    for one in [&mut elin.browser, &mut sixten] {
        assert_eq!(act(one, &door, &agree, &[]).await.problem(), "forbidden");
    }
    for wrong in ["audit-agree:1", "audit-agree:x", "audit-agree:-1"] {
        assert_eq!(act(&mut ingrid.browser, &door, wrong, &[]).await.problem(), "nowhere");
    }
    assert_eq!(page(&mut greta, &door, &place).await.problem(), "nowhere");

    does(&mut ingrid.browser, &door, &agree, &[]).await;
    assert_eq!(act(&mut ingrid.browser, &door, &agree, &[]).await.problem(), "nowhere", "once");
    let shown = page(&mut greta, &door, &place).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&shown.body).contains(&name), "what stands in the record");
    assert_eq!(page(&mut other, &door, &place).await.problem(), "nowhere", "to nobody else");
    for place in ["/register", "/register/case/case", "/administration/skydd"] {
        assert_eq!(page(&mut greta, &door, place).await.problem(), "forbidden", "{place}");
    }
    let noted =
        [What::AuditAsked, What::AuditOpened, What::ReadInNeed].map(|what| count(&door, what));
    assert_eq!(noted, [1, 1, 1]);

    // A day later it is over; and another auditor can be the second, too.
    let later = door.app.writer.write(|db| {
        Ok(db.execute("UPDATE grants SET from_ms = 0, to_ms = 1 WHERE category = 'audit'", [])?)
    });
    assert_eq!(later.await.unwrap(), 1);
    assert_eq!(page(&mut greta, &door, &place).await.problem(), "nowhere");
    does(&mut greta, &door, "audit-ask", &asks).await;
    let newest = lines(&read(&page(&mut other, &door, HERE).await))
        .into_iter()
        .find(|line| line.detail.contains(REASON))
        .unwrap();
    does(&mut other, &door, &format!("audit-agree:{}", newest.key), &[]).await;
    assert_eq!(page(&mut greta, &door, &place).await.status, StatusCode::OK);
}
