//! Written when one had no right to any more: after the account was closed (M-29), and after a case was handed over
//! (M-11). Nothing is let in silently, nothing is lost, and what a supervisor lets in reaches every tablet, however
//! late.

use std::path::Path;

use ankomst_shared::app::{Act, Body, Command, Contact, FieldView, Line, PageView};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::packed::from_bytes;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kit::{local, new_case, password, signed_in, text};

const HERE: &str = "/administration/hallna";
const FIELDS: [(&str, &str); 4] = [
    ("phone", "+46701740611"),
    ("email", "namn@example.org"),
    ("arriving_from", "Hembesök den fjärde"),
    ("arrival_date", "2026-11-02"),
];

async fn raw(server: &Server, folder: &Path, login: &str) -> RawDevice {
    let folder = folder.join(format!("raw-{login}"));
    std::fs::create_dir_all(&folder).unwrap();
    RawDevice::enrol(&server.url(), &folder, (login, &password(login))).await
}

async fn page(raw: &RawDevice, address: &str) -> PageView {
    let answer = raw.visits(address).await;
    assert_eq!(answer.status, 200, "{:?}", answer.problem);
    from_bytes(&answer.body).unwrap()
}

fn lines(page: &PageView, key: &str) -> Vec<Line> {
    let part = page.parts.iter().find(|part| part.key == key);
    part.map_or_else(Vec::new, |part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    })
}

/// What an action of a line asks the server for.
fn asks(line: &Line, name: &str) -> String {
    let action = line.actions.iter().find(|action| action.name == name);
    match action.map(|action| &action.act) {
        Some(Act::Server(_, what)) => what.clone(),
        other => panic!("no {name} at {line:#?}: {other:?}"),
    }
}

async fn decides(raw: &RawDevice, what: &str, reason: &str) {
    let answer = raw.administers_with(what, &[("reason", reason)]).await;
    assert_eq!(answer.status, 200, "{:?}", answer.problem);
}

/// Groups of what waits for a decision, of a record.
async fn held(raw: &RawDevice, key: &str, case: DocumentId) -> Vec<Line> {
    let of_case = |line: &Line| line.key.starts_with(&case.to_string());
    lines(&page(raw, HERE).await, key).into_iter().filter(of_case).collect()
}

async fn alone(tablets: &[&Tablet]) {
    for tablet in tablets {
        let alone = || tablet.status().contact != Contact::Live;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
    }
}

async fn stands(tablet: &Tablet, case: DocumentId, field: &str, wanted: &str) {
    let there =
        |field: &FieldView| field.text.contains(wanted) || field.value.as_str() == Some(wanted);
    tablet.until_field((case, field), wanted, there).await;
}

async fn shows_nothing(tablet: &Tablet, case: DocumentId) {
    tablet.exchange().await;
    for (field, text) in FIELDS {
        let field = tablet.field((case, field)).await.unwrap();
        assert_ne!(field.value.as_str(), Some(text), "{field:?}");
        assert!(field.statements.iter().all(|one| !one.text.contains(text)), "{field:?}");
    }
}

#[test]
fn what_was_written_after_an_account_was_closed_waits_for_a_supervisor_and_reaches_all() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let old = at("old.db").to_string_lossy().into_owned();
        // Oskar and Mats share a tablet.
        let shared = signed_in(&server, &at("shared"), "oskar").await;
        let elin = signed_in(&server, &at("elin"), "elin").await;
        let ingrid = signed_in(&server, &at("ingrid"), "ingrid").await;
        let [good, wrong] =
            [new_case(&elin, "Familjen Haddad").await, new_case(&elin, "Familjen Sen").await];
        elin.sync().await;
        for tablet in [&shared, &ingrid] {
            for case in [good, wrong] {
                stands(tablet, case, "household_label", "Familjen").await;
            }
        }
        server.stop_in_order();
        alone(&[&shared, &elin, &ingrid]).await;
        server.command(&["backup", &old]);
        server.command(&["user", "off", "oskar"]);
        // The first to the fourth of November, without contact.
        for (field, said) in FIELDS {
            shared.answer(good, field, text(said)).await;
        }
        shared.answer(wrong, "phone", text("+46701740612")).await;
        server.start();
        shared.must(Command::SignOut).await;
        shared.login("mats", &password("mats")).await;
        shared.sync().await;
        let handed_in = || shared.status().deposits == 0;
        assert!(shared.eventually(SYNC_MAX, handed_in).await, "{:?}", shared.status());

        // Nobody sees it, and the supervisor is told all of it.
        let desk = raw(&server, folder.path(), "ingrid").await;
        let [waits] = held(&desk, "held", good).await.try_into().unwrap();
        assert!(waits.title.contains("Oskar") && waits.title.contains("Haddad"), "{waits:#?}");
        assert!(waits.detail.contains("account had ended"), "{waits:#?}");
        let story = page(&desk, waits.href.as_ref().unwrap()).await;
        let said = format!("{:?}", lines(&story, "says"));
        assert!(said.contains("Hembesök den fjärde") && said.contains("2026-11-02"), "{said}");
        for tablet in [&elin, &ingrid] {
            shows_nothing(tablet, good).await;
        }
        // Letting him in again lets nothing in that he wrote.
        let told = server.command(&["user", "on", "oskar"]);
        assert!(told.contains("5 changes of this account are held"), "{told}");
        server.command(&["user", "off", "oskar"]);
        // Others go on meanwhile, and what is newer is served.
        elin.answer(good, "priority", text("urgent")).await;
        elin.sync().await;
        ingrid.exchange().await;
        shows_nothing(&ingrid, good).await;
        let cases = server.command(&["held", "list"]);
        assert_eq!(cases.lines().filter(|line| line.contains("oskar")).count(), 5, "{cases}");

        decides(&desk, &asks(&waits, "release"), "Lämnade sin sista vecka efter avslutet").await;
        let [wrong_one] = held(&desk, "held", wrong).await.try_into().unwrap();
        decides(&desk, &asks(&wrong_one, "refuse"), "Fel familj").await;
        for tablet in [&elin, &ingrid] {
            for (field, said) in FIELDS {
                stands(tablet, good, field, said).await;
            }
            let field = tablet.field((wrong, "phone")).await.unwrap();
            assert!(field.text.is_empty(), "{field:?}");
        }
        let lately = format!("{:?}", lines(&page(&desk, HERE).await, "lately"));
        assert!(lately.contains("Oskar") && lately.contains("sista vecka"), "{lately}");
        assert_eq!(held(&desk, "refused", wrong).await.len(), 1);
        and_after_a_restore(&mut server, [&shared, &elin, &ingrid], (good, wrong), &old).await;
    });
}

/// What was decided holds when an older log is put back and the tablets bring it all again.
async fn and_after_a_restore(
    server: &mut Server,
    tablets: [&Tablet; 3],
    (good, wrong): (DocumentId, DocumentId),
    old: &str,
) {
    let [shared, _, ingrid] = tablets;
    server.stop_in_order();
    assert!(server.dump().text().contains("+46701740612"), "refused is kept");

    alone(&tablets).await;
    server.command(&["restore", old]);
    server.start();
    for tablet in tablets {
        tablet.handle(Command::SyncNow).await;
        tablet.sync().await;
    }
    for (field, said) in FIELDS {
        stands(ingrid, good, field, said).await;
    }
    let refused = || server.command(&["held", "list"]);
    assert!(shared.eventually(SYNC_MAX, || refused().contains("refused")).await);
    assert!(!refused().contains("account ended"), "{}", refused());
    assert!(ingrid.field((wrong, "phone")).await.unwrap().text.is_empty());
    // It was his family after all: taken back by a command beside the running server.
    let list = refused();
    let line = list.lines().find(|line| line.contains("refused")).unwrap();
    let id = wrong.to_string();
    let change = line.split_whitespace().nth(1).unwrap();
    let asked = ["held", "release", &id, change, "--reason", "Rätt familj", "--by"];
    for login in ["elin", "sixten", "nobody"] {
        let (fine, said) = server.try_command(&[&asked[..], &[login]].concat());
        assert!(!fine && !said.is_empty(), "{login}: {said}");
    }
    server.command(&[&asked[..], &["ingrid"]].concat());
    stands(ingrid, wrong, "phone", "+46701740612").await;
    assert!(server.command(&["held", "list"]).is_empty());
}

#[test]
fn who_hands_a_case_over_while_away_loses_no_word_and_then_the_case() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("elin"), "elin").await;
        let oskar = signed_in(&server, &at("oskar"), "oskar").await;
        let case = new_case(&elin, "Familjen Haddad").await;
        elin.sync().await;
        stands(&oskar, case, "household_label", "Familjen Haddad").await;
        server.stop_in_order();
        alone(&[&elin, &oskar]).await;
        // In a village at eleven; at ten she was given other work.
        for (field, said) in &FIELDS[..2] {
            elin.answer(case, field, text(said)).await;
        }
        elin.type_only(case, FIELDS[2].0, text(FIELDS[2].1)).await;
        let away = elin.crash().await;
        server.start();
        let sixten = raw(&server, folder.path(), "sixten").await;
        let users = page(&sixten, "/administration/personer").await;
        let people = lines(&users, "people");
        let her = people.iter().find(|line| line.title.contains("Elin")).unwrap();
        for (act, role) in [("role", "inspector"), ("unrole", "caseworker")] {
            let done = sixten.administers_with(&asks(her, act), &[("role", role)]).await;
            assert_eq!(done.status, 200, "{act}");
        }
        oskar.sync().await;
        oskar.answer(case, "priority", text("urgent")).await;

        let elin = Tablet::open(&away, &server.url()).await;
        elin.unlock("elin").await;
        elin.sync().await;
        for (field, said) in &FIELDS[..3] {
            stands(&oskar, case, field, said).await;
        }
        // It is gone from her, and her work is hers.
        let gone = async || elin.listed("/arenden").await.iter().all(|(id, _)| *id != case);
        let begun = std::time::Instant::now();
        while !gone().await {
            assert!(begun.elapsed() < SYNC_MAX, "she keeps the case");
            elin.exchange().await;
        }
        assert_eq!(elin.status().held, 0);
        let field = oskar.field((case, "phone")).await.unwrap();
        assert!(format!("{field:?}").contains("Elin"), "{field:?}");
        let desk = raw(&server, folder.path(), "ingrid").await;
        let shown = page(&desk, HERE).await;
        assert!(lines(&shown, "held").is_empty());
        let lately = format!("{:?}", lines(&shown, "lately"));
        assert!(lately.contains("Elin") && lately.contains("after a hand-over"), "{lately}");
        let list = format!("{:?}", lines(&page(&desk, "/register/case/case").await, "register"));
        assert!(list.contains("After hand-over"), "{list}");
        server.stop_in_order();
        let dump = server.dump();
        for (_, said) in &FIELDS[..3] {
            assert!(dump.text().contains(said), "{said}");
        }
    });
}

#[test]
fn a_case_that_is_handed_over_in_the_middle_of_a_sentence_keeps_the_sentence() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("elin"), "elin").await;
        let oskar = signed_in(&server, &at("oskar"), "oskar").await;
        let case = new_case(&elin, "Familjen Haddad").await;
        elin.sync().await;
        stands(&oskar, case, "household_label", "Familjen Haddad").await;
        let sixten = raw(&server, folder.path(), "sixten").await;
        let people = lines(&page(&sixten, "/administration/personer").await, "people");
        let her = people.iter().find(|line| line.title.contains("Elin")).unwrap();
        elin.type_only(case, "arriving_from", text("Sundsvall")).await;
        for (act, role) in [("role", "inspector"), ("unrole", "caseworker")] {
            let done = sixten.administers_with(&asks(her, act), &[("role", role)]).await;
            assert_eq!(done.status, 200, "{act}");
        }
        elin.exchange().await;
        elin.sync().await;
        stands(&oskar, case, "arriving_from", "Sundsvall").await;
        assert!(server.command(&["held", "list"]).is_empty());
    });
}
