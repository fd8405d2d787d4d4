//! What a tablet may forget, and when: nothing before a backup that was read whole has it, everything
//! after; and what it kept comes back after a restore, by whoever uses the tablet.

use std::path::Path;

use ankomst_shared::app::{Act, Command, Contact, Level};
use ankomst_shared::ids::DocumentId;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, password, signed_in, take, text, visit};

const SECRET: &str = "från Mazar via Trelleborg";

#[test]
fn sent_work_is_kept_until_a_checked_backup_has_it_and_then_no_longer() {
    let Some(server) = Server::with_village() else { return };
    local(kept_until_backed_up(&server));
}

async fn kept_until_backed_up(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let backup = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let tablet = signed_in(server, &folder.path().join("tablet"), "elin").await;
    let case = new_case(&tablet, "Familjen Provlund").await;
    tablet.answer(case, "arriving_from", text(SECRET)).await;
    tablet.sync().await;
    // Without a backup it stays, however often the two meet.
    tablet.exchange().await;
    tablet.exchange().await;
    assert_eq!(tablet.status().kept, 2, "{:?}", tablet.status());
    assert!(tablet.status().without_backup);
    assert_eq!(level(&tablet, case).await, Level::Shared);

    server.command(&["backup", &backup("b1.db")]);
    meets(&tablet, |tablet| tablet.status().kept == 0).await;
    assert!(!tablet.status().without_backup);
    assert_eq!(level(&tablet, case).await, Level::BackedUp);

    // What comes later is in no backup, and one that fails changes nothing.
    tablet.answer(case, "arriving_from", text("Sassnitz")).await;
    tablet.sync().await;
    let (fine, said) = server.try_command(&["backup", &backup("b1.db")]);
    assert!(!fine, "{said}");
    tablet.exchange().await;
    tablet.exchange().await;
    assert_eq!(tablet.status().kept, 1);
    assert_eq!(level(&tablet, case).await, Level::Shared);
    server.command(&["backup", &backup("b2.db")]);
    meets(&tablet, |tablet| tablet.status().kept == 0).await;
    assert_eq!(tablet.heard().handed_in, 0, "one's own changes go by themselves");
    // Of both texts nothing is left but what is sealed in her vault.
    let again = tablet.reopen().await;
    assert_eq!((again.status().kept, again.status().deposits), (0, 0));
    again.unlock("elin").await;
    assert_eq!(level(&again, case).await, Level::BackedUp);
}

#[test]
fn after_a_restore_the_next_person_hands_in_what_an_absent_one_had_sent() {
    let Some(mut server) = Server::with_village() else { return };
    local(by_the_next_person(&mut server));
}

async fn by_the_next_person(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("before.db").to_string_lossy().into_owned();
    let shared = folder.path().join("shared");
    let tablet = signed_in(server, &shared, "elin").await;
    tablet.sync().await;
    server.command(&["backup", &file]);
    let case = new_case(&tablet, "Familjen Provlund").await;
    tablet.answer(case, "arriving_from", text(SECRET)).await;
    tablet.sync().await;
    tablet.must(Command::SignOut).await;
    tablet.login("mats", &password("mats")).await;
    tablet.sync().await;
    // The server has it all: nothing to hand in, and two changes to keep.
    tablet.exchange().await;
    assert_eq!((tablet.status().deposits, tablet.status().kept), (0, 2));
    assert_eq!(tablet.heard().handed_in, 0);

    put_back(server, &file, &[&tablet]).await;
    assert!(!server.dump().text().contains(SECRET), "nothing was put back");
    tablet.sync().await;
    let healed = |tablet: &Tablet| tablet.status().kept == 2 && tablet.status().deposits == 0;
    meets(&tablet, healed).await;
    assert!(server.dump().text().contains(SECRET), "the author’s change is lost");
    // Once, or once more if the first answer said that the log is another one.
    tablet.exchange().await;
    tablet.exchange().await;
    assert!((2..=4).contains(&tablet.heard().handed_in), "{}", tablet.heard().handed_in);
    assert!(!tablet.everything_shown().await.contains(SECRET), "he may not read it");
    let bytes = bytes_of(&shared);
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));

    let desk = signed_in(server, &folder.path().join("desk"), "ingrid").await;
    assert!(desk.everything_shown().await.contains(SECRET));
    // And the new life’s first backup ends the keeping.
    server.command(&["backup", &folder.path().join("after.db").to_string_lossy()]);
    meets(&tablet, |tablet| tablet.status().kept == 0).await;
}

#[test]
fn work_in_a_record_that_left_the_tablet_comes_back_after_a_restore() {
    let Some(mut server) = Server::with_village() else { return };
    local(after_the_record_left(&mut server));
}

async fn after_the_record_left(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("before.db").to_string_lossy().into_owned();
    let hedda = signed_in(server, &folder.path().join("hedda"), "hedda").await;
    let mats = signed_in(server, &folder.path().join("mats"), "mats").await;
    let house = mats.listed("/boenden").await[0].0;
    for tablet in [&hedda, &mats] {
        take(tablet, house).await;
    }
    let run = visit(&hedda, house).await;
    hedda.sync().await;
    meets_run(&mats, run).await;
    server.command(&["backup", &file]);
    mats.answer(run, "item/B-F02/comment", text(SECRET)).await;
    mats.sync().await;
    mats.act(Act::TakeAlong { residence: house, keep: false }, &[]).await;
    let left = |tablet: &Tablet| tablet.status().waiting == 0;
    meets(&mats, left).await;
    let begun = std::time::Instant::now();
    while mats.view(ankomst_shared::app::Query::Run(run)).await.is_some() {
        assert!(begun.elapsed() < SYNC_MAX, "the inspection never left");
        mats.exchange().await;
    }
    assert_eq!(mats.status().kept, 1, "{:?}", mats.status());

    // The other tablet is gone, too.
    drop(hedda);
    put_back(server, &file, &[&mats]).await;
    assert!(!server.dump().text().contains(SECRET), "nothing was put back");
    mats.sync().await;
    meets(&mats, |tablet| tablet.heard().handed_in > 0 && tablet.status().kept == 1).await;
    assert!(server.dump().text().contains(SECRET), "it was forgotten too early");
}

/// The server stops, its data folder gets the backup, it starts again; the tablets have noticed.
async fn put_back(server: &mut Server, file: &str, tablets: &[&Tablet]) {
    server.stop();
    for tablet in tablets {
        let alone = || tablet.status().contact != Contact::Live;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
    }
    server.command(&["restore", file]);
    server.start();
}

/// Exchanges until something holds.
async fn meets(tablet: &Tablet, holds: impl Fn(&Tablet) -> bool) {
    let begun = std::time::Instant::now();
    while !holds(tablet) {
        assert!(begun.elapsed() < SYNC_MAX, "in vain: {:?}", tablet.status());
        tablet.exchange().await;
    }
}

async fn meets_run(tablet: &Tablet, run: DocumentId) {
    let begun = std::time::Instant::now();
    while tablet.view(ankomst_shared::app::Query::Run(run)).await.is_none() {
        assert!(begun.elapsed() < SYNC_MAX, "the inspection never came");
        tablet.exchange().await;
    }
}

async fn level(tablet: &Tablet, case: DocumentId) -> Level {
    tablet.field((case, "arriving_from")).await.unwrap().level
}

fn bytes_of(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let files = files.filter(|entry| entry.path().is_file());
    let bytes: Vec<u8> = files.flat_map(|entry| std::fs::read(entry.path()).unwrap()).collect();
    assert!(!bytes.is_empty());
    bytes
}
