//! A record is lawfully destroyed while a tablet is away for six weeks (M-14): nothing of it is left on the server, the
//! tablets or in what an old backup brings back, nor of its pictures, and whoever wrote in it or took one since is told.

use std::path::Path;
use std::time::Instant;

use ankomst_core::store::{Store, Table};
use ankomst_shared::app::{Command, Contact, FileAsk, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::opened::opened;
use ankomst_tests::tablet::store::FileStore;

use crate::kit::{local, new_case, password, photo, photos, signed_in, text, visit_of_case};

const PHONE: &str = "phone";
/// Nobody answers there.
const VALLEY: &str = "http://localhost:9";
/// A picture of three pieces, in bytes.
const LONG: usize = 2 * FILE_PIECE_BYTES + 7;
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

/// Files in a folder and those in it.
fn files_in(folder: &Path) -> usize {
    let Ok(all) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.path() {
        path if path.is_dir() => files_in(&path),
        _ => 1,
    };
    all.flatten().map(of).sum()
}

/// Pictures that lie on the server, small ones, too.
fn pictures_at(server: &Server) -> usize {
    files_in(&server.data().join("files"))
}

/// Rows of pictures on a tablet, keys and pieces alike.
async fn rows_of_files(folder: &Path) -> usize {
    // The journal is looked at as it lies: the tablet is on.
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("rows.journal"), copy.path().join("rows.journal")).unwrap();
    FileStore::open(copy.path()).unwrap().load(Table::Files, b"").await.unwrap().len()
}

/// Waits until the pictures of a tablet are with the server.
async fn handed_in(tablet: &Tablet) {
    assert!(
        tablet.eventually(SYNC_MAX, || tablet.status().files == 0).await,
        "{:?}",
        tablet.status()
    );
}

fn nothing_left(server: &Server) {
    assert_eq!(pictures_at(server), 0);
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
    photo(elin, case, (1, LONG)).await;
    elin.sync().await;
    handed_in(elin).await;
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
    local(story(&mut server));
}

async fn story(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let backups = at("backups");
    server.stop();
    server.option("--backup", &backups.to_string_lossy());
    server.start();
    let elin = signed_in(server, &at("a"), "elin").await;
    let oskar = signed_in(server, &at("b"), "oskar").await;
    let case = closed(&elin).await;
    oskar.until_field((case, PHONE), "the case", |_| true).await;
    // The picture of a colleague is on his tablet as well.
    let shown = photos(&oskar, &format!("/arenden/{case}")).await;
    assert_eq!(shown.len(), 1, "{shown:?}");
    fetches(&oskar, case, &shown[0].name).await;
    let asleep = oskar.crash().await;
    server.stop_in_order();
    alone(&elin).await;
    barred(server, case, "elin", "may not destroy");
    barred(server, case, "ingrid", "it is not closed yet");
    server.start();
    elin.answer(case, "state", text("closed")).await;
    elin.sync().await;
    let old = backups.join("old.db").to_string_lossy().into_owned();
    server.command(&["backup", &old]);
    server.stop_in_order();
    alone(&elin).await;
    // The control: it is everywhere.
    assert_eq!(found(server.dump().text().as_bytes()), CANARIES);
    assert_eq!(on(&at("a"), "elin").await, CANARIES);
    assert_eq!(pictures_at(server), 2, "one, and a small one of it");
    assert!(rows_of_files(&at("a")).await > 0 && rows_of_files(&asleep).await > 0);
    destroy(server, case);
    nothing_left(server);
    server.start();
    // She is in contact: it goes with the next one, and she is told.
    elin.exchange().await;
    elin.sync().await;
    assert!(on(&at("a"), "elin").await.is_empty(), "it is still on her tablet");
    assert_eq!(rows_of_files(&at("a")).await, 0);
    let told = said(&elin).await;
    assert!(told.contains("Dnr 2026:14") && !told.contains("inte togs emot"), "{told}");
    let oskar = comes_late(server, &asleep, case).await;
    server.stop_in_order();
    nothing_left(server);
    assert!(!server.dump().text().contains("+46701740605"));
    old_backup(server, [&elin, &oskar], case, &old).await;
}

/// A picture that was taken elsewhere is fetched to be shown.
async fn fetches(tablet: &Tablet, case: DocumentId, name: &str) {
    let get = Command::File(FileAsk::Get(case, name.to_owned(), 0));
    let begun = Instant::now();
    while !matches!(tablet.must(get.clone()).await, Reply::Piece(_, 3)) {
        assert!(begun.elapsed() < SYNC_MAX, "the picture never comes");
        tablet.exchange().await;
    }
}

/// He writes and takes two pictures without contact, also in what is new in it, and comes six weeks later.
async fn comes_late(server: &Server, asleep: &Path, case: DocumentId) -> Tablet {
    let away = Tablet::open(asleep, VALLEY).await;
    away.unlock("oskar").await;
    away.answer(case, PHONE, text("+46701740605")).await;
    let run = visit_of_case(&away, case).await;
    let before = rows_of_files(asleep).await;
    photo(&away, case, (2, LONG)).await;
    photo(&away, case, (3, 900)).await;
    assert_eq!(photos(&away, &format!("/arenden/{case}")).await.len(), 3);
    assert!(rows_of_files(asleep).await > before && away.status().files == 2);
    let only_here = away.status().waiting + 2;
    away.crash().await;
    let oskar = Tablet::open(asleep, &server.url()).await;
    oskar.unlock("oskar").await;
    oskar.exchange().await;
    oskar.sync().await;
    // All that was only here is counted: each change, and both pictures.
    let (told, count) = (said(&oskar).await, format!("inte togs emot: {only_here}."));
    assert!(told.contains("Dnr 2026:14") && told.contains(&count), "{count} {told}");
    assert!(on(asleep, "oskar").await.is_empty(), "it is still on his tablet");
    assert_eq!((oskar.status().waiting, oskar.status().files), (0, 0));
    assert_eq!(
        rows_of_files(asleep).await,
        0,
        "a picture, or a key of one, is still on his tablet"
    );
    for id in [case, run] {
        assert!(oskar.field((id, PHONE)).await.is_none());
    }
    let told = server.command(&["destroyed"]);
    assert!(told.contains("gone on 2, not yet on 0, came late 1"), "{told}");
    oskar
}

/// An older backup brings nothing back, nor does a tablet from before.
async fn old_backup(server: &mut Server, tablets: [&Tablet; 2], case: DocumentId, old: &str) {
    for tablet in tablets {
        alone(tablet).await;
    }
    server.lose_disk();
    let told = server.command(&["restore", old]);
    assert!(told.contains("1 records were destroyed again"), "{told}");
    nothing_left(server);
    server.start();
    for (tablet, login) in tablets.into_iter().zip(["elin", "oskar"]) {
        tablet.handle(Command::SyncNow).await;
        tablet.login(login, &password(login)).await;
        tablet.sync().await;
        assert!(tablet.field((case, PHONE)).await.is_none());
        assert_eq!(tablet.status().files, 0);
    }
    let told = server.command(&["destroyed"]);
    assert!(told.contains("gone on 2, not yet on 0, came late 1"), "{told}");
    let list = server.command(&["destroyed", "--csv"]);
    assert!(list.contains(";decision;Dnr 2026:14;Ingrid Wikander;2;0;1"), "{list}");
    server.stop_in_order();
    nothing_left(server);
}
