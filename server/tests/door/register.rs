//! The register: everybody finds what the access rule gives, and nothing tells of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex};

use ankomst_server::accounts::password;
use ankomst_server::desk::register::{PAGE_LINES, lists};
use ankomst_server::projector;
use ankomst_server::seed::town::{self, Plan, Size};
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::rows::ProjectedRow;
use ankomst_server::storage::sqlite::units;
use ankomst_server::storage::sqlite::{log, register, wants};
use ankomst_server::sync::access;
use ankomst_shared::app::{Act, Body, Language, Line, PAGE_FORM, PageView, Role};
use ankomst_shared::find::heard;
use ankomst_shared::ids::{DocumentId, UnitId, UserId};
use ankomst_shared::packed::{from_bytes, to_bytes};
use axum::http::{Method, StatusCode};

use super::kit::{Answer, Browser, Door, PASSWORD};

const ROLES: [Role; 4] = [Role::Caseworker, Role::Inspector, Role::Supervisor, Role::Administrator];
const NOBODY: &str = "qvxzqy";

pub(crate) async fn page(browser: &mut Browser, door: &Door, address: &str) -> Answer {
    let body = to_bytes(&(PAGE_FORM, to_bytes(&(address.to_owned(), Language::Sv))));
    browser.call(door, (Method::POST, "/api/v1/desk/page"), body).await
}

pub(crate) fn read(answer: &Answer) -> PageView {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    from_bytes(&answer.body).unwrap()
}

pub(crate) fn lines(page: &PageView) -> Vec<Line> {
    let all = page.parts.iter().flat_map(|part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    });
    all.collect()
}

pub(crate) fn documents(page: &PageView) -> Vec<DocumentId> {
    lines(page).iter().map(|line| line.key.parse().unwrap()).collect()
}

/// Where a page's button leads.
fn leads(page: &PageView, name: &str) -> Option<String> {
    let parts = page.parts.iter().flat_map(|part| &part.actions);
    parts.chain(&page.actions).find(|action| action.name == name).map(|action| match &action.act {
        Act::Go(address) => address.clone(),
        other => panic!("{other:?}"),
    })
}

/// Somebody of a role in a unit, at a device that has taken all houses along.
struct Somebody {
    row: UserRow,
    browser: Browser,
    /// What the access rule gives.
    scope: BTreeSet<DocumentId>,
}

/// A municipality of size S whose records belong to two units by turns, with somebody of each role in
/// each unit.
async fn two_units() -> (Door, Vec<Somebody>, Vec<ProjectedRow>) {
    let door = Door::open().await;
    let plan = Plan { size: Size::S, seed: 1, years: 1, today: "2026-11-25".parse().unwrap() };
    town::sow(&door.app, plan).await.unwrap();
    let one = door.app.readers.read(units::first).unwrap().unwrap();
    let two = UnitId::new(1, [7; 10]);
    let hash = password::hash(PASSWORD).unwrap();
    let mut users = Vec::new();
    for (at, unit) in [one, two].into_iter().enumerate() {
        for (number, role) in ROLES.into_iter().enumerate() {
            let seed = u8::try_from(10 * at + number + 1).unwrap();
            users.push(UserRow {
                id: UserId::new(1, [seed; 10]),
                login: format!("register-{at}-{number}"),
                name: "Namn".to_owned(),
                password: hash.clone(),
                roles: vec![role],
                unit,
                active: true,
            });
        }
    }
    let added = users.clone();
    let write = door.app.writer.write(move |db| {
        units::add(db, two, "Den andra enheten")?;
        let families = "WITH RECURSIVE family (id) AS (
                SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id) AS turn
                    FROM documents WHERE parent IS NULL) WHERE turn % 2 = 0
                UNION SELECT documents.id FROM documents JOIN family ON documents.parent = family.id)
            UPDATE documents SET unit = ?1 WHERE id IN family";
        db.execute(families, [two.as_bytes().as_slice()])?;
        added.iter().try_for_each(|user| accounts::add_user(db, user))
    });
    write.await.unwrap();
    projector::rebuild(&door.app).unwrap();
    let rows = door.app.row_readers.read(register::all).unwrap();
    let houses: Vec<DocumentId> =
        rows.iter().filter(|row| row.kind == "residence").map(|row| row.document).collect();
    let mut people = Vec::new();
    for (at, row) in users.into_iter().enumerate() {
        let mut browser = Browser::new(u8::try_from(at).unwrap() + 1);
        assert_eq!(browser.enrol(&door, &row.login, PASSWORD).await.status, StatusCode::OK);
        let (device, along) = (browser.device.unwrap(), houses.clone());
        door.app.writer.write(move |db| wants::set(db, device, &along, 1)).await.unwrap();
        let scope = door.app.readers.read(|db| access::scope(db, &row, device)).unwrap();
        people.push(Somebody { row, browser, scope });
    }
    (door, people, rows)
}

/// All documents of a list, page by page.
pub(crate) async fn whole_list(
    browser: &mut Browser,
    door: &Door,
    address: &str,
) -> Vec<DocumentId> {
    let mut all = Vec::new();
    let mut next = Some(address.to_owned());
    while let Some(address) = next {
        let page = read(&page(browser, door, &address).await);
        let some = documents(&page);
        assert!(some.len() <= PAGE_LINES);
        all.extend(some);
        next = leads(&page, "next");
    }
    all
}

async fn sees_its_lists(one: &mut Somebody, door: &Door, wanted: &BTreeSet<DocumentId>) {
    let Somebody { row, browser, .. } = one;
    let overview = read(&page(browser, door, "/register").await);
    let counts: BTreeMap<String, String> =
        lines(&overview).into_iter().map(|line| (line.key, line.figure)).collect();
    let mut seen = BTreeSet::new();
    for (home, kind) in lists() {
        let address = format!("/register/{home}/{kind}");
        let Some(count) = counts.get(&address) else {
            let answer = page(browser, door, &address).await;
            assert_eq!(answer.problem(), "nowhere", "{:?} at {address}", row.roles);
            continue;
        };
        let list = whole_list(browser, door, &address).await;
        assert_eq!(list.len().to_string(), *count, "{:?} at {address}", row.roles);
        let set: BTreeSet<DocumentId> = list.iter().copied().collect();
        assert_eq!(set.len(), list.len(), "no line comes twice");
        let updated = whole_list(browser, door, &format!("{address}/updated")).await;
        assert!(
            updated.into_iter().collect::<BTreeSet<_>>() == set,
            "another order, the same rows"
        );
        seen.extend(set);
    }
    let apart = seen.symmetric_difference(wanted).count();
    assert_eq!(apart, 0, "{:?} of {}: too many or too few", row.roles, row.unit);
}

async fn finds_its_own(one: &mut Somebody, door: &Door, all: &[ProjectedRow]) {
    let nobody = page(&mut one.browser, door, &format!("/register/sok/{NOBODY}")).await;
    assert!(lines(&read(&nobody)).is_empty());
    let mut silent = 0;
    for row in all.iter().filter(|row| !row.keys.is_empty()) {
        // The longest key: a name or a number.
        let written = row.keys.iter().filter(|key| !key.starts_with('~'));
        let key = written.max_by_key(|key| key.len()).unwrap();
        let answer = page(&mut one.browser, door, &format!("/register/sok/{key}")).await;
        let found = documents(&read(&answer));
        assert!(found.iter().all(|id| one.scope.contains(id)), "{:?} found {key}", one.row.roles);
        assert!(
            found.len() == PAGE_LINES
                || found.contains(&row.document) == one.scope.contains(&row.document)
        );
        let mine = all.iter().filter(|row| one.scope.contains(&row.document));
        // Bones are all that a sound is looked for by.
        let bones: Vec<String> = heard(key).into_iter().flat_map(|word| word.bones).collect();
        let tells = |other: &String| {
            other.starts_with(key.as_str()) || bones.iter().any(|bones| other.starts_with(bones))
        };
        if !mine.flat_map(|row| &row.keys).any(tells) {
            silent += 1;
            assert_eq!(answer.body, nobody.body, "{key} tells {:?} something", one.row.roles);
        }
    }
    assert!(silent > 5, "{silent} names of others");
}

/// A name in another script finds what the person may read and nothing else.
async fn finds_by_sound(one: &mut Somebody, door: &Door, all: &[ProjectedRow]) -> usize {
    let mut number = 0;
    for wanted in ["хаддад", "Ковальенко", "درویش", "ሰላም", "Mansoor"] {
        let words = heard(wanted);
        let is_heard = |key: &String| words.iter().all(|word| word.is_heard(key));
        let mine = all.iter().filter(|row| one.scope.contains(&row.document));
        let heard = mine.filter(|row| row.keys.iter().any(is_heard));
        let wanted_rows: BTreeSet<DocumentId> = heard.map(|row| row.document).collect();
        let answer = page(&mut one.browser, door, &format!("/register/sok/{wanted}")).await;
        let found: BTreeSet<DocumentId> = documents(&read(&answer)).into_iter().collect();
        assert!(found.is_subset(&one.scope), "{:?} found {wanted}", one.row.roles);
        assert!(wanted_rows.is_subset(&found) || found.len() >= PAGE_LINES, "{wanted}");
        number += wanted_rows.len();
    }
    number
}

#[tokio::test]
async fn lists_and_searches_give_what_the_access_rule_gives_and_nothing_tells_of_the_rest() {
    let (door, mut people, rows) = two_units().await;
    let mut by_sound = 0;
    let kinds: BTreeSet<(&str, &str)> =
        rows.iter().map(|row| (row.home.as_str(), row.kind.as_str())).collect();
    assert!(kinds.is_subset(&lists().into_iter().collect()), "{kinds:?} are listed");
    assert!(kinds.len() >= 7, "the world has some of {kinds:?}");
    for one in &mut people {
        let with_row =
            rows.iter().map(|row| row.document).filter(|id| one.scope.contains(id)).collect();
        if one.row.is(Role::Administrator) {
            assert!(one.scope.is_empty());
            for address in ["/register", "/register/case/case", "/register/sok/karam"] {
                let answer = page(&mut one.browser, &door, address).await;
                assert_eq!(answer.problem(), "forbidden");
            }
            continue;
        }
        sees_its_lists(one, &door, &with_row).await;
        finds_its_own(one, &door, &rows).await;
        by_sound += finds_by_sound(one, &door, &rows).await;
        // Without houses taken along a device holds less, and never anything that is not found.
        let device = one.browser.device.unwrap();
        door.app.writer.write(move |db| wants::set(db, device, &[], 1)).await.unwrap();
        let held = door.app.readers.read(|db| access::scope(db, &one.row, device)).unwrap();
        assert!(held.is_subset(&one.scope));
        for row in rows.iter().filter(|row| row.unit == one.row.unit) {
            let document = door.app.readers.read(|db| log::document(db, row.document)).unwrap();
            let may = |db: &_| access::may_read(db, &one.row, &document.unwrap());
            let may = door.app.readers.read(may).unwrap().is_some();
            assert_eq!(may, one.scope.contains(&row.document), "{}", row.kind);
        }
    }
    assert!(by_sound > 5, "{by_sound} found by sound");
    what_is_searched_for_is_not_logged(&door, &mut people).await;
    an_ended_account_finds_nothing(&door, &mut people).await;
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<u8>>>);

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn what_is_searched_for_is_not_logged(door: &Door, people: &mut [Somebody]) {
    let ear = Ear::default();
    let heard = ear.clone();
    let all = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || heard.clone())
        .finish();
    let listening = tracing::subscriber::set_default(all);
    tracing::info!("the ear is open");
    for one in people {
        page(&mut one.browser, door, "/register/sok/gullviva 19900526-2382").await;
    }
    drop(listening);
    let said = String::from_utf8(ear.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("the ear is open"));
    assert!(!said.contains("gullviva") && !said.contains("2382"), "{said}");
}

async fn an_ended_account_finds_nothing(door: &Door, people: &mut [Somebody]) {
    let one = people.get_mut(2).unwrap();
    let login = one.row.login.clone();
    door.app.writer.write(move |db| accounts::set_user_active(db, &login, false)).await.unwrap();
    assert_ne!(page(&mut one.browser, door, "/register").await.status, StatusCode::OK);
}
