//! Six weeks without contact (M-15): forty cases on a tablet, six hundred changes by others meanwhile, fifty-five of its
//! own and nine contradictions. Nothing of it is lost, nobody merges by hand before work goes on, and what may no longer
//! be held goes after what was written in it has come home.

use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_shared::app::{Agreement, Command, FieldView, Query, Reply, Screen, View};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kit::{local, new_case, password, signed_in, text};

const CASES: usize = 40;
const OTHERS: usize = 600;
const OWN: usize = 55;
/// Both wrote a telephone number and an address into four cases, and a number into one more.
const BOTH: [(usize, &str); 9] = [
    (0, "phone"),
    (0, "email"),
    (1, "phone"),
    (1, "email"),
    (2, "phone"),
    (2, "email"),
    (3, "phone"),
    (3, "email"),
    (4, "phone"),
];
/// Cases that are protected more meanwhile.
const GUARDED: [usize; 2] = [38, 39];
/// Nobody answers there.
const VALLEY: &str = "http://localhost:9";
const WEEKS: Duration = Duration::from_hours(6 * 7 * 24);

/// What one of two says of a field.
fn said(field: &str, number: usize, who: usize) -> String {
    match field {
        "phone" => format!("+46701740{}", 610 + 2 * number + who),
        _ => format!("hushall{number}-{who}@example.org"),
    }
}

async fn raw(server: &Server, folder: &Path, login: &str) -> RawDevice {
    let folder = folder.join(format!("raw-{login}"));
    std::fs::create_dir_all(&folder).unwrap();
    RawDevice::enrol(&server.url(), &folder, (login, &password(login))).await
}

/// Waits until a tablet lists all of these cases, or none of them.
async fn lists(tablet: &Tablet, cases: &[DocumentId], all: bool) {
    let begun = Instant::now();
    loop {
        let listed = tablet.listed("/arenden").await;
        let is_there = |case: &DocumentId| listed.iter().any(|(id, _)| id == case);
        if cases.iter().all(|case| is_there(case) == all) {
            return;
        }
        assert!(begun.elapsed() < SYNC_MAX, "{} cases are listed", listed.len());
        tablet.exchange().await;
    }
}

/// The six weeks of the one who is away.
async fn away(store: &Path, cases: &[DocumentId], ledger: &mut Ledger) {
    let tablet = Tablet::open(store, VALLEY).await;
    tablet.unlock("elin").await;
    let mut write = async |case: usize, field: &str, typed: &str| {
        tablet.answer(cases[case], field, text(typed)).await;
        ledger.note(typed, Shown::Saved);
    };
    for (number, (case, field)) in BOTH.into_iter().enumerate() {
        write(case, field, &said(field, number, 0)).await;
    }
    for number in 0..OWN - BOTH.len() {
        write((CASES - 1) - number % CASES, "assignment_ref", &format!("Anvisning {number}")).await;
    }
    tablet.later(WEEKS);
    let Reply::Status(status) = tablet.handle(Command::Status).await else { panic!("no status") };
    assert_eq!(status.screen, Screen::Lease, "it can be read without contact for ever");
    tablet.crash().await;
}

/// The six weeks of all others.
async fn meanwhile(tablet: &Tablet, cases: &[DocumentId], ledger: &mut Ledger) {
    for (number, (case, field)) in BOTH.into_iter().enumerate() {
        let typed = said(field, number, 1);
        tablet.answer(cases[case], field, text(&typed)).await;
        ledger.note(&typed, Shown::Saved);
    }
    for number in 0..OTHERS - BOTH.len() {
        let typed = format!("Ort {number}");
        tablet.answer(cases[number % CASES], "arriving_from", text(&typed)).await;
        ledger.note(&typed, Shown::Saved);
    }
    tablet.sync().await;
}

/// The contradictions of some cases in the inbox of who decides: by case, how many.
async fn contradictions(tablet: &Tablet, cases: &[DocumentId]) -> Vec<u32> {
    let Some(View::Inbox(inbox)) = tablet.view(Query::Inbox).await else { panic!("no inbox") };
    let of = |case: &DocumentId| {
        let rows: Vec<_> = inbox.rows.iter().filter(|row| row.document == *case).collect();
        assert!(rows.len() <= 1, "a case has one line");
        rows.first().map_or(0, |row| row.conflicts)
    };
    cases.iter().map(of).filter(|count| *count > 0).collect()
}

#[test]
fn after_six_weeks_without_contact_nothing_is_lost_and_nine_contradictions_wait_by_case() {
    let Some(server) = Server::with_village() else { return };
    local(weeks(&server));
}

async fn weeks(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut ledger = Ledger::default();
    let elin = signed_in(server, &at("elin"), "elin").await;
    let oskar = signed_in(server, &at("oskar"), "oskar").await;
    let mut cases = Vec::new();
    for number in 0..CASES {
        cases.push(new_case(&elin, &format!("Familjen i dalen {number}")).await);
    }
    elin.sync().await;
    lists(&oskar, &cases, true).await;
    let store = elin.crash().await;
    away(&store, &cases, &mut ledger).await;
    meanwhile(&oskar, &cases, &mut ledger).await;
    narrow(server, folder.path(), &GUARDED.map(|case| cases[case])).await;

    let elin = Tablet::open(&store, &server.url()).await;
    elin.unlock("elin").await;
    let is_out = || elin.status().sign_in_needed;
    assert!(elin.eventually(SYNC_MAX, is_out).await, "she need not sign in again");
    assert_eq!(usize::try_from(elin.status().waiting).unwrap(), OWN);
    elin.login("elin", &password("elin")).await;
    elin.sync().await;
    assert_eq!(ledger.missing(server.dump().text(), Shown::Saved), []);
    lists(&elin, &GUARDED.map(|case| cases[case]), false).await;
    lists(&elin, &cases[..GUARDED[0]], true).await;
    decides(server, (&elin, &at("ingrid")), &cases).await;
}

/// She may no longer see what is protected, two cases are, and she is signed out.
async fn narrow(server: &Server, folder: &Path, guarded: &[DocumentId]) {
    let [elin, ingrid, sixten] = [
        raw(server, folder, "elin").await,
        raw(server, folder, "ingrid").await,
        raw(server, folder, "sixten").await,
    ];
    let level = format!("level:{}", elin.me.me.user);
    assert_eq!(sixten.administers_with(&level, &[("level", "1")]).await.status, 200);
    for case in guarded {
        let id = case.to_string();
        let raise = [("record", id.as_str()), ("level", "2"), ("reason", "Hot mot familjen")];
        assert_eq!(ingrid.administers_with("raise", &raise).await.status, 200);
    }
    server.command(&["session", "end", "elin"]);
}

/// Whoever decides finds the nine by case, each with what both said and when.
async fn decides(server: &Server, (elin, store): (&Tablet, &Path), cases: &[DocumentId]) {
    let ingrid = signed_in(server, store, "ingrid").await;
    let begun = Instant::now();
    while contradictions(&ingrid, cases).await != [2, 2, 2, 2, 1] {
        assert!(begun.elapsed() < SYNC_MAX, "{:?}", contradictions(&ingrid, cases).await);
        ingrid.exchange().await;
    }
    for (number, (case, path)) in BOTH.into_iter().enumerate() {
        let wanted = [0, 1].map(|who| Value::text(said(path, number, who)));
        let both = |field: &FieldView| {
            let said: Vec<&Value> = field.statements.iter().map(|one| &one.value).collect();
            field.agreement == Agreement::Open && wanted.iter().all(|value| said.contains(&value))
        };
        for tablet in [elin, &ingrid] {
            let field = tablet.until_field((cases[case], path), "what both said", both).await;
            let dated = field.statements.iter().all(|one| one.received_ms.is_some());
            assert!(
                dated && field.statements.iter().any(|one| one.who.contains("Elin")),
                "{field:#?}"
            );
        }
        let changes = ingrid.changes(cases[case]).await;
        let row = changes.fields.iter().find(|one| one.field.path.as_str() == path).unwrap();
        assert!(row.field.conflict.is_some() && row.before.is_empty(), "then and now: {row:#?}");
    }
}
