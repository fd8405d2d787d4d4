//! What must not be in a record any more is in no byte of it: not in the log, the rows, on a tablet, nor when
//! an old backup is put back. And nobody's work is lost for it.

mod restored;
mod twice;

use std::path::Path;

use ankomst_shared::app::{Act, Acted, Agreement, Contact, FieldView};
use ankomst_shared::document::{Document, Edit};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::packed::from_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Ack, Outcome};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::opened::opened;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::kit::{local, new_case, password, signed_in, text};

const FROM: &str = "arriving_from";
const PHONE: &str = "phone";

/// Words that stand only in what is to be cleaned.
const CANARIES: [&str; 2] = ["Kanariegatan", "Felskrivna"];

/// A case with an address that must not be known, corrected since, and a person who never was in it.
async fn told(elin: &Tablet, others: &[&Tablet]) -> (DocumentId, String) {
    let case = new_case(elin, "Familjen Haddad").await;
    for number in 1..4 {
        elin.answer(case, FROM, text(&format!("Kanariegatan {number}"))).await;
    }
    let add = Act::Add { parent: case, list: "persons".to_owned() };
    let acted = elin.act(add, &[("given", text("Felskrivna"))]).await;
    elin.answer(case, PHONE, text("+46701740605")).await;
    elin.sync().await;
    for other in others {
        other
            .until_field((case, FROM), "the address", |field| field.text == "Kanariegatan 3")
            .await;
    }
    (case, acted.entry.unwrap())
}

/// What is said to somebody who cleans.
async fn said(one: &RawDevice, act: &str, reason: &str) -> String {
    let answer = one.administers_with(act, &[("reason", reason)]).await;
    assert_eq!(answer.status, 200);
    from_bytes::<Acted>(&answer.body).unwrap().say
}

/// Whoever may not do it in the app has not decided it either.
fn only_a_supervisor_decides(server: &Server, id: &str) {
    let all = [("elin", "may not clean"), ("sixten", "may not clean"), ("ingen", "no account")];
    for (by, wanted) in all {
        let how = ["clean", id, FROM, "--reason", "Skyddad adress", "--by", by];
        let (fine, told) = server.try_command(&how);
        assert!(!fine && told.contains(wanted), "{by}: {told}");
    }
}

/// With a reason, and not a second time.
async fn cleans_once(ingrid: &RawDevice, act: &str) {
    for (reason, wanted) in [
        (" ", "Nothing was changed: give a reason"),
        ("Skyddad adress", "Cleared."),
        ("Skyddad adress", "Nothing was changed"),
    ] {
        let told = said(ingrid, act, reason).await;
        assert!(told.starts_with(wanted), "{told}");
    }
}

async fn corrected(elin: &Tablet, (case, entry): (DocumentId, &str)) {
    elin.answer(case, FROM, text("Sundsvall")).await;
    let (list, entry) = ("persons".to_owned(), entry.to_owned());
    elin.act(Act::Remove { document: case, list, entry }, &[("reason", text("fel person"))]).await;
    elin.sync().await;
}

async fn alone(tablets: &[&Tablet]) {
    for tablet in tablets {
        let alone = || tablet.status().contact != Contact::Live;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
    }
}

/// Which of the canaries stand in some bytes, in whatever case.
fn found(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    CANARIES.into_iter().filter(|canary| text.contains(&canary.to_lowercase())).collect()
}

fn file(server: &Server, name: &str) -> Vec<u8> {
    let read = |end: &str| std::fs::read(server.data().join(format!("{name}{end}"))).ok();
    ["", "-wal", "-shm"].into_iter().filter_map(read).flatten().collect()
}

async fn on(folder: &Path, login: &str) -> Vec<&'static str> {
    found(&opened(folder, login).await)
}

#[test]
fn three_offline_tablets_lose_nothing_and_nothing_of_it_is_left_anywhere() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("a"), "elin").await;
        let oskar = signed_in(&server, &at("b"), "oskar").await;
        let ingrid = signed_in(&server, &at("c"), "ingrid").await;
        let (case, entry) = told(&elin, &[&oskar, &ingrid]).await;
        let wrong = format!("persons/{entry}");
        assert_eq!(found(&file(&server, "rows.db")), ["Felskrivna"]);
        corrected(&elin, (case, &entry)).await;
        for tablet in [&oskar, &ingrid] {
            tablet.until_field((case, FROM), "hers", |field| field.text == "Sundsvall").await;
        }
        server.stop_in_order();
        alone(&[&elin, &oskar, &ingrid]).await;
        // The control: it is everywhere.
        assert_eq!(found(server.dump().text().as_bytes()), CANARIES);
        for (name, login) in [("a", "elin"), ("b", "oskar"), ("c", "ingrid")] {
            assert_eq!(on(&at(name), login).await, CANARIES, "{login}");
        }
        std::fs::copy(server.data().join("log.db"), at("log.db")).unwrap();
        // All write without contact; he writes also where it is cleaned meanwhile.
        elin.answer(case, PHONE, text("+46701740606")).await;
        oskar.answer(case, PHONE, text("+46701740607")).await;
        oskar.answer(case, FROM, text("Härnösand")).await;
        oskar.answer(case, "email", text("namn@example.org")).await;
        ingrid.answer(case, "priority", text("urgent")).await;
        let id = case.to_string();
        only_a_supervisor_decides(&server, &id);
        let how = ["--reason", "Skyddad adress", "--by", "ingrid"];
        let said = server.command(&[&["clean", &id, FROM, &wrong], how.as_slice()].concat());
        assert!(said.contains("earlier statements are gone"), "{said}");
        server.start();
        for tablet in [&elin, &oskar, &ingrid] {
            tablet.sync().await;
        }
        for tablet in [&elin, &oskar, &ingrid] {
            let both = |field: &FieldView| {
                let said = |end: &str| field.statements.iter().any(|one| one.text.ends_with(end));
                field.agreement == Agreement::Open && said("06") && said("07")
            };
            tablet.until_field((case, PHONE), "both numbers", both).await;
            let mail = |field: &FieldView| field.text == "namn@example.org";
            tablet.until_field((case, "email"), "his address", mail).await;
            let set = |field: &FieldView| !field.text.is_empty() && field.text != "Normal";
            tablet.until_field((case, "priority"), "her priority", set).await;
            let from = tablet.field((case, FROM)).await.unwrap();
            assert_eq!((from.text.as_str(), from.agreement), ("Sundsvall", Agreement::Agreed));
        }
        // What he wrote in the field waits for a person, and he is told.
        assert!(oskar.eventually(SYNC_MAX, || oskar.status().held == 1).await);
        assert!(server.command(&["held", "list"]).contains("cleaned"));
        assert!(server.dump().text().contains("Härnösand"));
        // The next word in the field is one like any other.
        elin.answer(case, FROM, text("Kramfors")).await;
        elin.sync().await;
        for tablet in [&oskar, &ingrid] {
            tablet.until_field((case, FROM), "hers", |field| field.text == "Kramfors").await;
        }
        for (name, login) in [("a", "elin"), ("b", "oskar"), ("c", "ingrid")] {
            assert!(on(&at(name), login).await.is_empty(), "it is still on the tablet of {login}");
        }
        server.stop_in_order();
        assert!(found(server.dump().text().as_bytes()).is_empty());
        assert!(found(&file(&server, "rows.db")).is_empty());
        assert!(found(&file(&server, "cleaned.jsonl")).is_empty());
        // A copy of the log from before cannot be read with the keys there are now.
        std::fs::copy(at("log.db"), server.data().join("log.db")).unwrap();
        let (fine, said) = server.try_command(&["dump"]);
        assert!(!fine && found(said.as_bytes()).is_empty(), "{said}");
    });
}

#[test]
fn an_old_backup_is_cleaned_again_before_anybody_reads_it() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let backups = at("backups");
        server.stop();
        server.option("--backup", &backups.to_string_lossy());
        server.start();
        let elin = signed_in(&server, &at("a"), "elin").await;
        let oskar = signed_in(&server, &at("b"), "oskar").await;
        let (case, entry) = told(&elin, &[&oskar]).await;
        let wrong = format!("persons/{entry}");
        // He hears nothing of what follows, and has it all.
        let asleep = oskar.crash().await;
        let old = backups.join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        corrected(&elin, (case, &entry)).await;
        // A supervisor takes it out while the server runs; nobody else may.
        let device = |name: &str, login: &'static str| {
            let (url, folder) = (server.url(), at(name));
            async move { RawDevice::enrol(&url, &folder, (login, &password(login))).await }
        };
        let reason = [("reason", "Skyddad adress")];
        let (ingrid, caseworker) = (device("r", "ingrid").await, device("s", "elin").await);
        for path in [FROM, &wrong] {
            let act = format!("clean:{case}/{path}");
            assert_eq!(caseworker.administers_with(&act, &reason).await.status, 403);
            cleans_once(&ingrid, &act).await;
        }
        elin.exchange().await;
        elin.answer(case, PHONE, text("+46701740608")).await;
        elin.sync().await;
        assert!(on(&at("a"), "elin").await.is_empty());
        server.stop_in_order();
        alone(&[&elin]).await;
        elin.answer(case, "email", text("namn@example.org")).await;
        server.lose_disk();
        let said = server.command(&["restore", &old]);
        assert!(said.contains("2 cleanings"), "{said}");
        assert!(found(server.dump().text().as_bytes()).is_empty());
        server.start();
        elin.handle(ankomst_shared::app::Command::SyncNow).await;
        elin.login("elin", &password("elin")).await;
        elin.sync().await;
        let oskar = Tablet::open(&asleep, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.answer(case, "arrival_date", text("2026-11-02")).await;
        oskar.login("oskar", &password("oskar")).await;
        oskar.sync().await;
        for tablet in [&elin, &oskar] {
            for (field, wanted) in [
                (FROM, "Sundsvall"),
                (PHONE, "08"),
                ("email", "namn@example.org"),
                ("arrival_date", "2026-11-02"),
            ] {
                let there = |field: &FieldView| field.text.ends_with(wanted);
                tablet.until_field((case, field), wanted, there).await;
                let field = tablet.field((case, field)).await.unwrap();
                assert_eq!(field.agreement, Agreement::Agreed, "{field:?}");
            }
        }
        for (name, login) in [("a", "elin"), ("b", "oskar")] {
            assert!(on(&at(name), login).await.is_empty(), "it came back to {login}");
        }
        server.stop_in_order();
        assert!(found(server.dump().text().as_bytes()).is_empty());
        assert!(found(&file(&server, "rows.db")).is_empty());
    });
}
