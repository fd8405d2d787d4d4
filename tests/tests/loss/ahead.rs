//! A backup of the night is restored in the afternoon, and twelve tablets are ahead of it (M-31): everything comes back
//! with them, nothing that was cleaned meanwhile does, and what no tablet could bring is told, not passed over.

use std::path::Path;

use ankomst_shared::app::{Contact, FieldView};
use ankomst_shared::ids::DocumentId;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, signed_in, text};

const TABLETS: usize = 12;
/// Tablets that the village has from the beginning; nobody uses them here.
const UNUSED: usize = 4;
const LOGINS: [&str; 3] = ["elin", "oskar", "ingrid"];
const FROM: &str = "arriving_from";

async fn alone(tablets: &[Tablet]) {
    for tablet in tablets {
        let alone = || tablet.status().contact != Contact::Live;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
    }
}

async fn synced(tablets: &[Tablet]) {
    for tablet in tablets {
        tablet.sync().await;
    }
    for tablet in tablets {
        let shared = || tablet.status().waiting == 0 && tablet.status().received == 0;
        assert!(tablet.eventually(SYNC_MAX, shared).await);
    }
}

/// Twelve tablets write after the backup, each in a case of its own.
async fn write_on(tablets: &[Tablet], ledger: &mut Ledger) {
    for (number, tablet) in tablets.iter().enumerate() {
        let label = format!("Familjen efter natten {number}");
        let case = new_case(tablet, &label).await;
        let from = format!("Mazar via Trelleborg {number}");
        tablet.answer(case, FROM, text(&from)).await;
        ledger.note(&label, Shown::Saved);
        ledger.note(&from, Shown::Saved);
    }
    synced(tablets).await;
}

/// Something that stood behind an answer is taken out for good.
async fn clean(server: &mut Server, tablets: &[Tablet]) -> DocumentId {
    let author = &tablets[0];
    let case = new_case(author, "Familjen med skyddad adress").await;
    for town in ["Kanariegatan 3", "Sundsvall"] {
        author.answer(case, FROM, text(town)).await;
    }
    synced(tablets).await;
    server.stop();
    alone(tablets).await;
    let how = ["--reason", "Skyddad adress", "--by", "ingrid"];
    server.command(&[&["clean", &case.to_string(), FROM], how.as_slice()].concat());
    server.start();
    synced(tablets).await;
    case
}

/// One more tablet writes what no other ever gets, and is lost.
async fn only_there(server: &Server, folder: &Path) -> DocumentId {
    let late = signed_in(server, folder, "oskar").await;
    let case = new_case(&late, "Bara på en surfplatta").await;
    late.sync().await;
    late.crash().await;
    case
}

fn silent(tablets: usize) -> String {
    format!("\n{} tablets were not in contact since", tablets + UNUSED)
}

/// What `ankomst missing` says, and whether it says that all is well.
fn missing(server: &Server) -> (bool, String) {
    server.try_command(&["missing"])
}

#[test]
fn what_twelve_tablets_have_comes_back_and_what_none_has_is_told() {
    let Some(mut server) = Server::with_village() else { return };
    local(ahead(&mut server));
}

async fn ahead(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (mut tablets, mut ledger) = (Vec::new(), Ledger::default());
    for number in 0..TABLETS {
        let login = LOGINS[number % LOGINS.len()];
        tablets.push(signed_in(server, &at(&format!("tablet-{number}")), login).await);
    }
    assert_eq!(missing(server), (true, "Nothing was put aside by a restore here.\n".to_owned()));
    let night = at("night.db").to_string_lossy().into_owned();
    server.command(&["backup", &night]);
    write_on(&tablets, &mut ledger).await;
    let cleaned = clean(server, &tablets).await;
    // Those who are to come back are switched off before the last one writes.
    let mut off = Vec::new();
    for tablet in tablets.drain(..) {
        off.push(tablet.crash().await);
    }
    let lost = only_there(server, &at("lost")).await;
    server.stop();
    let said = server.command(&["restore", &night]);
    assert!(said.contains("changes now; `ankomst missing`"), "{said}");
    let dump = server.dump();
    assert!(!ledger.missing(dump.text(), Shown::Saved).is_empty(), "nothing was put back");
    let (fine, said) = missing(server);
    assert!(!fine && said.contains(&silent(TABLETS + 1)), "{said}");

    server.start();
    for (number, store) in off.iter().enumerate() {
        let tablet = Tablet::open(store, &server.url()).await;
        tablet.unlock(LOGINS[number % LOGINS.len()]).await;
        tablets.push(tablet);
    }
    synced(&tablets).await;
    let dump = server.dump();
    assert_eq!(ledger.missing(dump.text(), Shown::Saved), []);
    assert!(!dump.text().contains("Kanariegatan"), "what was cleaned came back");
    for tablet in &tablets {
        // The line without it may come a moment after what stands in it.
        let is_clean = |field: &FieldView| {
            field.text == "Sundsvall" && !format!("{field:?}").contains("Kanariegatan")
        };
        tablet.until_field((cleaned, FROM), "what is left alone", is_clean).await;
    }
    only_the_lost_is_missing(server, lost);

    // It is found after all, under a seat.
    let found = Tablet::open(&at("lost"), &server.url()).await;
    found.unlock("oskar").await;
    synced(&[found]).await;
    let (fine, said) = missing(server);
    assert!(fine && said.ends_with("Everything that was put aside is here.\n"), "{said}");
    let (_, doctor) = server.try_command(&["doctor"]);
    assert!(doctor.contains("ok    before-restore-"), "{doctor}");
}

fn only_the_lost_is_missing(server: &Server, lost: DocumentId) {
    let (fine, said) = missing(server);
    let rows: Vec<&str> = said.lines().filter(|line| line.contains("  oskar ")).collect();
    assert!(!fine && said.contains("changes are not back"), "{said}");
    assert!(said.contains(&silent(1)), "{said}");
    let (changes, tablets): (Vec<&str>, Vec<&str>) =
        rows.into_iter().partition(|line| line.contains(&lost.to_string()));
    assert!(!changes.is_empty() && tablets.len() == 2, "{said}");
    let other = said.lines().filter(|line| line.contains("  case ") || line.contains("  review "));
    assert!({ other }.all(|line| line.contains(&lost.to_string())), "{said}");
    let (_, doctor) = server.try_command(&["doctor"]);
    assert!(doctor.contains("changes of it are not back"), "{doctor}");
}
