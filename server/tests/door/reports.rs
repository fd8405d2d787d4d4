//! Reports: whoever may read what they are made of reads them, and they agree with the records.

use ankomst_server::accounts::password;
use ankomst_server::export::Asked;
use ankomst_server::reports::{self, REPORTS, Whose};
use ankomst_server::seed::town::{self, Plan, Size};
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::units;
use ankomst_shared::app::{Act, Body, Language, PAGE_FORM, PageView, Role};
use ankomst_shared::ids::UserId;
use ankomst_shared::packed::{from_bytes, to_bytes};
use axum::http::{Method, StatusCode};

use super::kit::{Answer, Browser, Door, PASSWORD};

async fn page(browser: &mut Browser, door: &Door, address: &str, language: Language) -> Answer {
    let body = to_bytes(&(PAGE_FORM, to_bytes(&(address.to_owned(), language))));
    browser.call(door, (Method::POST, "/api/v1/desk/page"), body).await
}

fn read(answer: &Answer) -> PageView {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    from_bytes(&answer.body).unwrap()
}

/// Which reports a role reads, in their order.
const READS: [(Role, &[&str]); 6] = [
    (Role::Caseworker, &["spridning", "andelar", "avdelningar", "indikatorer"]),
    (Role::Inspector, &["spridning", "indikatorer"]),
    (Role::Supervisor, &["bostadslage", "spridning", "andelar", "avdelningar", "indikatorer"]),
    (Role::ChildCaseworker, &["avdelningar", "indikatorer"]),
    (Role::Regional, &["andelar"]),
    (Role::Administrator, &[]),
];

#[tokio::test]
async fn each_role_reads_the_reports_of_what_it_reads_and_finds_no_others() {
    let door = Door::open().await;
    let plan = Plan { size: Size::S, seed: 1, years: 1, today: "2026-11-25".parse().unwrap() };
    town::sow(&door.app, plan).await.unwrap();
    let unit = door.app.readers.read(units::first).unwrap().unwrap();
    for (at, (role, wanted)) in READS.into_iter().enumerate() {
        let login = format!("rapport-{at}");
        let user = UserRow {
            id: UserId::new(1, [u8::try_from(at).unwrap() + 1; 10]),
            login: login.clone(),
            name: "Namn".to_owned(),
            password: password::hash(PASSWORD).unwrap(),
            roles: vec![role],
            unit,
            active: true,
        };
        door.app.writer.write(move |db| accounts::add_user(db, &user)).await.unwrap();
        let mut browser = Browser::new(u8::try_from(at).unwrap() + 1);
        browser.enrol(&door, &login, PASSWORD).await;
        let lists = page(&mut browser, &door, "/register", Language::Sv).await;
        let offered = if wanted.is_empty() {
            assert_eq!(lists.status, StatusCode::FORBIDDEN);
            Vec::new()
        } else {
            let part = read(&lists).parts.into_iter().find(|part| part.key == "reports").unwrap();
            let Body::Lines(lines, _) = part.body else { panic!() };
            lines.into_iter().filter_map(|line| line.href).collect()
        };
        let places = wanted.iter().map(|place| format!("/register/rapport/{place}"));
        assert_eq!(offered, places.collect::<Vec<_>>(), "{role:?}");
        for report in &REPORTS {
            let place = format!("/register/rapport/{}", report.place);
            for language in [Language::Sv, Language::En] {
                let answer = page(&mut browser, &door, &place, language).await;
                if wanted.contains(&report.place) {
                    let page = read(&answer);
                    assert!(!page.title.is_empty() && page.parts.len() >= 3, "{role:?} {place}");
                } else {
                    assert_ne!(answer.status, StatusCode::OK, "{role:?} {place}");
                }
            }
        }
        if role == Role::Supervisor {
            agrees(&door, &mut browser).await;
        }
        for nowhere in
            ["/register/rapport", "/register/rapport/annat", "/register/rapport/andelar/a/b"]
        {
            let answer = page(&mut browser, &door, nowhere, Language::Sv).await;
            assert_ne!(answer.status, StatusCode::OK, "{nowhere}");
        }
    }
}

/// The reports of a village of size S say of its people what its records do, on the page and in the file.
async fn agrees(door: &Door, browser: &mut Browser) {
    let unit = door.app.readers.read(units::first).unwrap().unwrap();
    let tables = |name: &str| {
        let report = reports::known(name).unwrap();
        reports::made(&door.app, Whose { unit, reader: None }, report, (Language::En, None))
            .unwrap()
    };
    let sum = |name: &str, table: &str, column: &str| -> i64 {
        let tables = tables(name);
        let table = tables.iter().find(|one| one.id == table).unwrap();
        let at = table.columns.iter().position(|(id, _)| *id == column).unwrap();
        let cells = table.rows.iter().map(|row| row.cells[at].as_str());
        cells.map(|cell| cell.parse::<i64>().unwrap_or_else(|_| panic!("{cell}"))).sum()
    };
    let living = sum("r02", "now", "occupied");
    assert!(living > 50, "{living} live somewhere");
    assert_eq!(sum("r14", "areas", "placed_persons"), living);
    assert_eq!(sum("shares", "categories", "persons"), sum("shares", "citizenships", "persons"));
    let waiting = ["tasks", "items", "actions"].map(|one| sum("departments", "departments", one));
    let open = tables("departments").into_iter().find(|one| one.id == "open").unwrap().rows.len();
    assert_eq!(waiting.iter().sum::<i64>(), i64::try_from(open).unwrap());
    assert!(open > 20, "{open} things wait");
    // A department's own page has what its line counts.
    let all = read(&page(browser, door, "/register/rapport/avdelningar", Language::Sv).await);
    let part = all.parts.iter().find(|part| part.key == "departments").unwrap();
    let Body::Lines(lines, _) = &part.body else { panic!() };
    assert!(all.parts.iter().all(|part| part.key != "open"));
    let href = lines[0].href.clone().unwrap();
    let own = read(&page(browser, door, &href, Language::Sv).await);
    let part = own.parts.iter().find(|part| part.key == "open").unwrap();
    let Body::Lines(lines, _) = &part.body else { panic!() };
    assert!(!lines.is_empty() && lines.iter().all(|line| line.href.is_some()));
    // The file is the one of the command line.
    let report = reports::known("r02").unwrap();
    let asked = Asked { unit, years: None, language: Language::Sv, comma: true };
    let made = reports::made(&door.app, Whose { unit, reader: None }, report, (Language::Sv, None))
        .unwrap();
    let file = reports::file(&door.app, (report, &made), asked).unwrap();
    assert!(
        file.starts_with('\u{feff}') && file.contains("\r\nmonths_households\r\nmonth;"),
        "{file}"
    );
    let shown = read(&page(browser, door, "/register/rapport/bostadslage", Language::Sv).await);
    let saved = shown.actions.iter().find_map(|action| match &action.act {
        Act::Save(name, text) if name == "R02.csv" => Some(text.clone()),
        _ => None,
    });
    let rows = |text: &str| {
        text.lines().filter(|line| line.starts_with("20")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rows(&saved.unwrap()), rows(&file));
}
