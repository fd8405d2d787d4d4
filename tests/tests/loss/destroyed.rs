//! A record is lawfully destroyed while a tablet is away for six weeks (M-14): nothing of it is left on the server, the
//! tablets or in what an old backup brings back, and whoever wrote in it since is told.

use std::path::Path;

use ankomst_shared::app::Contact;
use ankomst_shared::ids::DocumentId;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::opened::opened;

use crate::kit::{local, new_case, signed_in, text, visit_of_case};

const PHONE: &str = "phone";
/// Words that stand only in the case.
const CANARIES: [&str; 2] = ["Kanariehaddad", "Kanariegatan"];

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

async fn alone(tablet: &Tablet) {
    let alone = || tablet.status().contact != Contact::Live;
    assert!(tablet.eventually(SYNC_MAX, alone).await);
}

fn nothing_left(server: &Server) {
    assert!(found(server.dump().text().as_bytes()).is_empty());
    for name in ["rows.db", "destroyed.jsonl", "log.db"] {
        assert!(found(&file(server, name)).is_empty(), "{name}");
    }
}

/// What the first place says was destroyed.
async fn said(tablet: &Tablet) -> String {
    let page = tablet.page("/idag").await;
    let parts = page.parts.into_iter().map(|part| part.help);
    parts.filter(|help| help.contains("enligt lag")).collect()
}

/// A case that is closed.
async fn closed(elin: &Tablet) -> DocumentId {
    let case = new_case(elin, "Familjen Kanariehaddad").await;
    elin.answer(case, "arriving_from", text("Kanariegatan 3")).await;
    elin.sync().await;
    case
}

/// Only a supervisor, only what is closed, only with the number typed once more.
fn barred(server: &Server, case: DocumentId, by: &str, wanted: &str) {
    let id = case.to_string();
    let how = ["destroy", &id, "--ground", "decision", "--reference", "Dnr 2026:14", "--by", by];
    let (fine, told) = server.try_command(&how);
    assert!(!fine && told.contains(wanted), "{told}");
    let (fine, told) = server.try_command(&[how.as_slice(), &["--confirm", &id]].concat());
    assert!(!fine && (told.contains(wanted) || wanted.contains("--confirm")), "{told}");
}

fn destroy(server: &Server, case: DocumentId) {
    let id = case.to_string();
    let how = ["destroy", &id, "--ground", "decision", "--reference", "Dnr 2026:14", "--by"];
    let (fine, told) = server.try_command(&[how.as_slice(), &["ingrid"]].concat());
    assert!(!fine && told.contains("nothing was changed. Type --confirm"), "{told}");
    let (fine, told) =
        server.try_command(&[how.as_slice(), &["ingrid", "--confirm", "fel"]].concat());
    assert!(!fine && told.contains("is not the number"), "{told}");
    let told = server.command(&[how.as_slice(), &["ingrid", "--confirm", &id]].concat());
    assert!(told.contains("documents are destroyed"), "{told}");
}

#[test]
fn six_weeks_away_and_the_case_destroyed_meanwhile() {
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
        let case = closed(&elin).await;
        oskar.until_field((case, PHONE), "the case", |_| true).await;
        let asleep = oskar.crash().await;
        server.stop_in_order();
        alone(&elin).await;
        barred(&server, case, "elin", "may not destroy");
        barred(&server, case, "ingrid", "it is not closed yet");
        server.start();
        elin.answer(case, "state", text("closed")).await;
        elin.sync().await;
        let old = backups.join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        server.stop_in_order();
        alone(&elin).await;
        assert_eq!(found(server.dump().text().as_bytes()), CANARIES);
        assert_eq!(on(&at("a"), "elin").await, CANARIES);
        destroy(&server, case);
        nothing_left(&server);
        server.start();
        // She is in contact: it goes with the next one, and she is told.
        elin.exchange().await;
        elin.sync().await;
        assert!(on(&at("a"), "elin").await.is_empty(), "it is still on her tablet");
        let told = said(&elin).await;
        assert!(told.contains("Dnr 2026:14") && !told.contains("inte togs emot"), "{told}");
        // He writes without contact, also what is new in it, and comes six weeks later.
        let oskar = Tablet::open(&asleep, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.answer(case, PHONE, text("+46701740605")).await;
        let run = visit_of_case(&oskar, case).await;
        oskar.exchange().await;
        oskar.sync().await;
        let told = said(&oskar).await;
        assert!(told.contains("inte togs emot"), "{told}");
        assert!(on(&asleep, "oskar").await.is_empty(), "it is still on his tablet");
        assert_eq!(oskar.status().waiting, 0);
        for id in [case, run] {
            assert!(oskar.field((id, PHONE)).await.is_none());
        }
        let told = server.command(&["destroyed"]);
        assert!(told.contains("gone on 2, not yet on 0, came late 1"), "{told}");
        server.stop_in_order();
        nothing_left(&server);
        assert!(!server.dump().text().contains("+46701740605"));
        // An older backup brings nothing back, nor does a tablet from before.
        alone(&elin).await;
        server.lose_disk();
        let told = server.command(&["restore", &old]);
        assert!(told.contains("1 records were destroyed again"), "{told}");
        nothing_left(&server);
        server.start();
        elin.handle(ankomst_shared::app::Command::SyncNow).await;
        elin.login("elin", "elin-i-provby").await;
        elin.sync().await;
        assert!(elin.field((case, PHONE)).await.is_none());
        let told = server.command(&["destroyed"]);
        assert!(told.contains("gone on 2, not yet on 0, came late 1"), "{told}");
        let list = server.command(&["destroyed", "--csv"]);
        assert!(list.contains(";decision;Dnr 2026:14;Ingrid Wikander;2;0;1"), "{list}");
        server.stop_in_order();
        nothing_left(&server);
    });
}
