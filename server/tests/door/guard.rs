//! Roles with days, records that are protected more, one person let in, and opening in an emergency: what everybody
//! sees, and that nobody loses what was written.

use std::collections::BTreeSet;

use ankomst_server::projector;
use ankomst_server::seed;
use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::sqlite::{accounts, grants, log, register};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Body, PageView, Role};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sync::message::{ExchangeAnswer, Look, Looks, Outcome, Push};
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::audited::count;
use super::desk::act;
use super::kinds::{Somebody, held};
use super::kit::{Browser, Door, PASSWORD};
use super::register::{documents, lines, page, read};

const PEOPLE: &str = "/administration/personer";
const GUARD: &str = "/administration/skydd";

fn ids(answer: &ExchangeAnswer, kind: &str) -> Vec<DocumentId> {
    let of_kind = answer.documents.iter().filter(|document| document.kind == kind);
    of_kind.map(|document| document.document).collect()
}

/// A village with a caseworker, a supervisor and an administrator.
pub(crate) async fn village() -> (Door, Somebody, Somebody, Browser) {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let (elin, _) = Somebody::with(&door, ("elin", "elin-i-provby"), 1).await;
    let (ingrid, _) = Somebody::with(&door, ("ingrid", "ingrid-i-provby"), 2).await;
    let mut sixten = Browser::new(3);
    sixten.enrol(&door, "sixten", "sixten-i-provby").await;
    (door, elin, ingrid, sixten)
}

pub(crate) async fn does(browser: &mut Browser, door: &Door, name: &str, answers: &[(&str, &str)]) {
    let answer = act(browser, door, name, answers).await;
    assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.problem());
}

/// An hour passes since all rights, half an hour since tablets were told of them: they know.
async fn told(door: &Door) {
    let write = door.app.writer.write(|db| {
        db.execute(
            "UPDATE grants SET from_ms = max(0, from_ms - 3600000), to_ms = to_ms - 3600000",
            [],
        )?;
        Ok(db.execute("UPDATE told SET at_ms = at_ms - 1800000", [])?)
    });
    write.await.unwrap();
}

pub(crate) fn user(door: &Door, login: &str) -> accounts::UserRow {
    door.app.readers.read(|db| accounts::user_by_login(db, login)).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_given_takes_none_away_and_begins_and_ends_on_its_days() {
    let (door, _, _, mut sixten) = village().await;
    let elin = user(&door, "elin");
    does(&mut sixten, &door, &format!("role:{}", elin.id), &[("role", "inspector")]).await;
    assert_eq!(user(&door, "elin").roles, [Role::Caseworker, Role::Inspector]);
    let later = [("role", "supervisor"), ("from", "2199-01-01"), ("until", "2199-01-31")];
    does(&mut sixten, &door, &format!("role:{}", elin.id), &later).await;
    assert_eq!(user(&door, "elin").roles, [Role::Caseworker, Role::Inspector], "not yet");
    let people = lines(&read(&page(&mut sixten, &door, PEOPLE).await));
    let line = people.iter().find(|line| line.key == elin.id.to_string()).unwrap();
    assert!(line.detail.contains("2199-01-01–2199-01-31"), "{}", line.detail);
    does(&mut sixten, &door, &format!("unrole:{}", elin.id), &[("role", "caseworker")]).await;
    assert_eq!(user(&door, "elin").roles, [Role::Inspector]);
    let answer =
        act(&mut sixten, &door, &format!("unrole:{}", elin.id), &[("role", "trainee")]).await;
    assert_eq!(answer.problem(), "bad-value", "a role that is not there");
    for (from, until) in [("2026-02-31", ""), ("", "2020-01-01"), ("2199-02-01", "2199-01-31")] {
        let days = [("role", "trainee"), ("from", from), ("until", until)];
        let answer = act(&mut sixten, &door, &format!("role:{}", elin.id), &days).await;
        assert_eq!(answer.problem(), "bad-value", "from {from} until {until}");
    }
    // A trainee for a time: nothing secret, and after the last day nothing at all.
    let new = [
        ("login", "tuva"),
        ("name", "Tuva"),
        ("role", "trainee"),
        ("password", PASSWORD),
        ("until", "2199-01-31"),
    ];
    does(&mut sixten, &door, "new", &new).await;
    let (mut tuva, first) = Somebody::with(&door, ("tuva", PASSWORD), 4).await;
    assert!(first.documents.is_empty(), "the village has nothing that is not secret");
    let plan = DocumentId::from_bytes([70; 16]);
    let title =
        |text: &str| [Edit { path: FieldPath::parse("title").unwrap(), value: Value::text(text) }];
    tuva.begins_with(&door, ("plan", plan), None, &title("Språkkaféet")).await;
    feed::settle(&door.app).await.unwrap();
    assert_eq!(ids(&tuva.exchange(&door, Push::default()).await, "plan"), [plan]);
    let id = user(&door, "tuva").id;
    let over = door.app.writer.write(move |db| {
        let all = grants::of(db, id)?;
        grants::end(db, id, all[0].id, all[0].from_ms + 1)
    });
    assert!(over.await.unwrap());
    let late = DocumentId::from_bytes([71; 16]);
    let (outcome, hash) = tuva.begins_with(&door, ("plan", late), None, &title("Efteråt")).await;
    assert!(matches!(outcome, Outcome::Received(_)), "what is handed in late is not lost");
    assert_eq!(held(&door, hash).as_deref(), Some("not permitted"));
    assert!(tuva.exchange(&door, Push::default()).await.documents.is_empty());
}

/// Who has what on paper, as supervisors are told.
async fn on_paper(door: &Door, ingrid: &mut Somebody) -> Vec<String> {
    let view: PageView = read(&page(&mut ingrid.browser, door, GUARD).await);
    let part = view.parts.into_iter().find(|part| part.key == "prints");
    match part.map(|part| part.body) {
        Some(Body::Lines(lines, _)) => lines.into_iter().map(|line| line.detail).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_record_on_paper_is_told_where_it_is_protected_more() {
    let (door, mut elin, mut ingrid, _) = village().await;
    let cases = ids(&elin.exchange(&door, Push::default()).await, "case");
    let at_ms = 1_790_000_000_000;
    let look = |number, printed, document| Look { number, document, at_ms, live: None, printed };
    let sheets =
        vec![look(1, None, cases[0]), look(2, Some(true), cases[0]), look(3, Some(true), cases[1])];
    elin.tells(&door, Push::default(), Some(Looks { last: 3, all: sheets })).await;
    let before = on_paper(&door, &mut ingrid).await;
    let record = cases[0].to_string();
    let raise = [("record", record.as_str()), ("level", "2"), ("reason", "Hot")];
    does(&mut ingrid.browser, &door, "raise", &raise).await;
    let sheets = on_paper(&door, &mut ingrid).await;
    let name = user(&door, "elin").name;
    let of_elin = |all: &[String]| all.iter().filter(|line| line.starts_with(&name)).count();
    assert_eq!((of_elin(&before), of_elin(&sheets)), (0, 1), "{before:?} {sheets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_protected_more_is_nowhere_for_those_who_do_not_reach_it() {
    let (door, mut elin, mut ingrid, mut sixten) = village().await;
    let whole = elin.exchange(&door, Push::default()).await;
    let (cases, secret) = (ids(&whole, "case"), ids(&whole, "protected"));
    assert!(cases.len() == 13 && secret.len() == 2, "everything, as before there were levels");
    let me = user(&door, "elin");
    does(&mut sixten, &door, &format!("level:{}", me.id), &[("level", "1")]).await;
    let narrowed = elin.exchange(&door, Push::default()).await;
    assert_eq!((ids(&narrowed, "case"), ids(&narrowed, "protected")), (cases.clone(), Vec::new()));
    let case = cases[0];
    let record = case.to_string();
    let raise = [("record", record.as_str()), ("level", "2"), ("reason", "Hot")];
    assert_eq!(act(&mut elin.browser, &door, "raise", &raise).await.problem(), "forbidden");
    does(&mut ingrid.browser, &door, "raise", &raise).await;
    let lower = [("record", record.as_str()), ("level", "1"), ("reason", "Ändå inte")];
    does(&mut ingrid.browser, &door, "raise", &lower).await;
    let raised = lines(&read(&page(&mut ingrid.browser, &door, GUARD).await));
    assert!(
        raised
            .iter()
            .any(|line| line.key == record && line.figure.ends_with('2') && line.detail == "Hot")
    );
    let without = elin.exchange(&door, Push::default()).await;
    assert!(!ids(&without, "case").contains(&case) && ids(&without, "case").len() == 12);
    let list = "/register/case/case";
    for round in 0..2 {
        assert!(
            !documents(&read(&page(&mut elin.browser, &door, list).await)).contains(&case),
            "{round}"
        );
        assert!(
            documents(&read(&page(&mut ingrid.browser, &door, list).await)).contains(&case),
            "{round}"
        );
        projector::rebuild(&door.app).unwrap();
    }
    // What belongs to it and begins later is protected as it is.
    told(&door).await;
    let journal = companion(case, "journal");
    let remark = [Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") }];
    let (outcome, hash) = elin.begins_with(&door, ("journal", journal), Some(case), &remark).await;
    assert!(matches!(outcome, Outcome::Received(_)));
    assert_eq!(held(&door, hash).as_deref(), Some("not permitted"));
    let incident = DocumentId::from_bytes([72; 16]);
    ingrid.begins_with(&door, ("incident", incident), Some(case), &remark).await;
    feed::settle(&door.app).await.unwrap();
    let rows = door.app.row_readers.read(register::all).unwrap();
    assert!(rows.iter().any(|row| row.document == incident && row.protection == 2));
    assert!(!ids(&elin.exchange(&door, Push::default()).await, "incident").contains(&incident));
    // One person is let in, for a while.
    let letin = [
        ("record", record.as_str()),
        ("login", "elin"),
        ("role", "caseworker"),
        ("until", "2199-01-31"),
        ("reason", "Har ärendet"),
    ];
    does(&mut ingrid.browser, &door, "letin", &letin).await;
    let again = elin.exchange(&door, Push::default()).await;
    assert!(ids(&again, "case").contains(&case) && ids(&again, "incident").contains(&incident));
    assert!(documents(&read(&page(&mut elin.browser, &door, list).await)).contains(&case));
    let task = DocumentId::from_bytes([73; 16]);
    let (_, hash) = elin.begins_with(&door, ("incident", task), Some(case), &remark).await;
    assert_eq!(held(&door, hash), None, "who was let in may write");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_assignment_decides_a_caseworker_has_the_own_cases_and_new_ones_that_nobody_has() {
    let (door, mut elin, mut ingrid, mut sixten) = village().await;
    let (mut oskar, _) = Somebody::with(&door, ("oskar", "oskar-i-provby"), 5).await;
    let [me, he] = ["elin", "oskar"].map(|login| user(&door, login).id.to_string());
    let assign = |who: &str| {
        [Edit { path: FieldPath::parse("assigned_to").unwrap(), value: Value::text(who) }]
    };
    let co_worker = |who: &str| {
        let path = FieldPath::parse("co_workers/zzzzzzzzzzzzzzzz/user").unwrap();
        [Edit { path, value: Value::text(who) }]
    };
    let [hers, his, both, new] = [80, 81, 82, 83].map(|byte| DocumentId::from_bytes([byte; 16]));
    let remark = [Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") }];
    elin.begins_with(&door, ("case", hers), None, &assign(&me)).await;
    elin.begins_with(&door, ("case", his), None, &assign(&he)).await;
    let shared = [assign(&he), co_worker(&me)].concat();
    oskar.begins_with(&door, ("case", both), None, &shared).await;
    elin.begins_with(&door, ("case", new), None, &remark).await;
    feed::settle(&door.app).await.unwrap();
    let seen = |answer: &ExchangeAnswer| -> BTreeSet<DocumentId> {
        let wanted = [hers, his, both, new];
        ids(answer, "case").into_iter().filter(|id| wanted.contains(id)).collect()
    };
    let all = elin.exchange(&door, Push::default()).await;
    assert_eq!(seen(&all).len(), 4, "as before, while nothing was said");
    assert_eq!(act(&mut ingrid.browser, &door, "assign", &[]).await.problem(), "forbidden");
    does(&mut sixten, &door, "assign", &[]).await;
    let list = "/register/case/case";
    let wanted = [
        (&mut elin, BTreeSet::from([hers, both, new])),
        (&mut oskar, BTreeSet::from([his, both])),
        (&mut ingrid, BTreeSet::from([hers, his, both, new])),
    ];
    for (one, wanted) in wanted {
        let answer = one.exchange(&door, Push::default()).await;
        assert_eq!(seen(&answer), wanted);
        assert!(!ids(&answer, "residence").is_empty(), "houses are nobody's");
        let listed: BTreeSet<DocumentId> =
            documents(&read(&page(&mut one.browser, &door, list).await)).into_iter().collect();
        assert_eq!(listed, ids(&answer, "case").into_iter().collect(), "and no count of others");
        let overview = lines(&read(&page(&mut one.browser, &door, "/register").await));
        let line = overview.iter().find(|line| line.key == list).unwrap();
        assert_eq!(line.figure, listed.len().to_string());
    }
    // What is written without the case waits; it is not lost.
    let incident = DocumentId::from_bytes([84; 16]);
    let (outcome, hash) = elin.begins_with(&door, ("incident", incident), Some(his), &remark).await;
    assert!(matches!(outcome, Outcome::Received(_)));
    assert_eq!(held(&door, hash).as_deref(), Some("not permitted"));
    let (_, hash) =
        elin.begins_with(&door, ("journal", companion(both, "journal")), Some(both), &remark).await;
    assert_eq!(held(&door, hash), None);
    does(&mut sixten, &door, "unassign", &[]).await;
    assert_eq!(seen(&elin.exchange(&door, Push::default()).await).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_opens_a_record_on_the_server_for_a_day_and_everybody_is_told() {
    let (door, mut elin, mut ingrid, mut sixten) = village().await;
    let case = ids(&ingrid.exchange(&door, Push::default()).await, "case")[0];
    let record = case.to_string();
    let raise = [("record", record.as_str()), ("level", "3"), ("reason", "Hot")];
    does(&mut ingrid.browser, &door, "raise", &raise).await;
    let me = user(&door, "ingrid");
    does(&mut sixten, &door, &format!("level:{}", me.id), &[("level", "0")]).await;
    let place = format!("{GUARD}/{case}");
    assert_eq!(page(&mut ingrid.browser, &door, &place).await.problem(), "nowhere");
    let open = [("record", record.as_str()), ("need", "child"), ("reason", "Larm från skolan")];
    assert_eq!(act(&mut elin.browser, &door, "open", &open).await.problem(), "forbidden");
    assert_eq!(act(&mut sixten, &door, "open", &open).await.problem(), "forbidden");
    for wrong in [("need", "other"), ("reason", " "), ("record", "T-000000")] {
        let answers = open.map(|(id, value)| if id == wrong.0 { wrong } else { (id, value) });
        assert_eq!(act(&mut ingrid.browser, &door, "open", &answers).await.problem(), "bad-value");
    }
    does(&mut ingrid.browser, &door, "open", &open).await;
    let shown = page(&mut ingrid.browser, &door, &place).await;
    assert_eq!(shown.status, StatusCode::OK);
    // Why it is on no tablet is read by the same right, and noted so.
    let noted = count(&door, What::ReadInNeed);
    let why = page(&mut ingrid.browser, &door, &format!("/register/varfor/{case}")).await;
    assert_eq!((why.status, count(&door, What::ReadInNeed)), (StatusCode::OK, noted + 1));
    let row = door.app.row_readers.read(register::all).unwrap();
    let title = row.iter().find(|row| row.document == case).unwrap().title.clone();
    assert!(!title.is_empty() && String::from_utf8_lossy(&shown.body).contains(&title));
    // Never on a device, in no list, and nothing is written with it.
    assert!(!ids(&ingrid.exchange(&door, Push::default()).await, "case").contains(&case));
    let list = page(&mut ingrid.browser, &door, "/register/case/case").await;
    assert!(!documents(&read(&list)).contains(&case));
    let remark = [Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") }];
    told(&door).await;
    let incident = DocumentId::from_bytes([74; 16]);
    let (_, hash) = ingrid.begins_with(&door, ("incident", incident), Some(case), &remark).await;
    assert_eq!(held(&door, hash).as_deref(), Some("not permitted"));
    assert_eq!(page(&mut elin.browser, &door, &place).await.problem(), "forbidden");
    // Supervisors are told why; administrators only that.
    for (browser, told) in [(&mut ingrid.browser, true), (&mut sixten, false)] {
        let opened = lines(&read(&page(browser, &door, GUARD).await));
        let kind = Catalog::builtin().kind("case").unwrap();
        let line = opened.iter().find(|line| line.title == me.name).unwrap();
        assert!(line.detail.starts_with(&kind.label.sv));
        assert_eq!(line.detail.contains("Larm från skolan"), told);
    }
    let id = me.id;
    let day_later = door.app.writer.write(move |db| {
        db.execute("UPDATE grants SET from_ms = from_ms - 86400000, to_ms = to_ms - 86400000 WHERE category IS NOT NULL", [])?;
        grants::of(db, id)
    });
    assert!(day_later.await.unwrap().iter().any(|grant| grant.category.is_some()));
    assert_eq!(page(&mut ingrid.browser, &door, &place).await.problem(), "nowhere");
    assert!(door.app.readers.read(|db| log::document(db, case)).unwrap().is_some());
}
