//! A log that went back: noticed by what tablets were told, healed by whoever has it; and claims of a
//! tablet that was told no such thing, which concern nobody else.

use std::path::Path;

use ankomst_shared::app::Contact;
use ankomst_shared::ids::Epoch;
use ankomst_shared::sync::{Chain, Position};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kit::{local, new_case, password, signed_in, text};

#[test]
fn a_put_back_log_is_noticed_and_healed_by_another_tablet_than_the_authors() {
    let Some(mut server) = Server::with_village() else { return };
    local(put_back(&mut server));
}

async fn put_back(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let author = signed_in(server, &folder.path().join("author"), "elin").await;
    let other = signed_in(server, &folder.path().join("other"), "oskar").await;
    let early = new_case(&author, "Före säkerhetskopian").await;
    author.sync().await;
    let watch = RawDevice::enrol(&server.url(), folder.path(), ("hedda", &password("hedda"))).await;
    let before = watch.exchange(Vec::new()).await.welcome.epoch;
    server.stop();
    let kept = folder.path().join("kept");
    copy_files(server.data(), &kept, |_| true);

    server.start();
    author.sync().await;
    let late = new_case(&author, "Efter säkerhetskopian").await;
    author.answer(late, "arriving_from", text("Östersund")).await;
    author.answer(early, "arriving_from", text("Sundsvall")).await;
    author.sync().await;
    for (case, town) in [(late, "Östersund"), (early, "Sundsvall")] {
        let at = (case, "arriving_from");
        other.until_field(at, "the author's answer", |field| field.text == town).await;
    }
    // The author's tablet falls into the water; then the server's disk is put back.
    drop(author);
    server.stop();
    let alone = || other.status().contact != Contact::Live;
    assert!(other.eventually(SYNC_MAX, alone).await);
    copy_files(&kept, server.data(), |name| name.starts_with("log.db"));
    server.start();
    let dump = server.command(&["dump"]);
    assert!(!dump.contains("Östersund") && !dump.contains("Sundsvall"), "nothing was put back");

    other.sync().await;
    let shared = || other.status().waiting == 0 && other.status().received == 0;
    assert!(other.eventually(SYNC_MAX, shared).await);
    let after = watch.exchange(Vec::new()).await.welcome.epoch;
    assert_ne!(after, before, "the log must begin a new life");
    let dump = server.command(&["dump"]);
    for text in ["Efter säkerhetskopian", "Östersund", "Sundsvall"] {
        assert!(dump.contains(text), "{text} is lost");
    }
    let desk = signed_in(server, &folder.path().join("desk"), "ingrid").await;
    assert!(desk.everything_shown().await.contains("Östersund"));
}

#[test]
fn a_place_that_was_never_told_begins_no_new_life_of_the_log() {
    let Some(mut server) = Server::with_village() else { return };
    local(false_claims(&mut server));
}

async fn false_claims(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let honest = signed_in(server, &folder.path().join("honest"), "oskar").await;
    let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
    let first = raw.exchange(Vec::new()).await;
    let (life, told) = (first.welcome.epoch, first.feed.cursor);
    assert!(told.feed > 0);

    // What it was told is good, and goes on from there.
    assert!(!raw.claim(Some(life), told, told).await.anew);
    let longer = Position { feed: told.feed + 1, ..told };
    let far = Position { feed: u64::MAX, ..told };
    let other = Position { chain: Chain::from_bytes([1; 8]), ..told };
    for claim in [longer, far, other, Position::at(longer.feed, told.chain)] {
        for (cursor, high) in [(told, claim), (claim, told), (claim, claim)] {
            let answer = raw.claim(Some(life), cursor, high).await;
            assert!(answer.anew, "{claim:?}");
            assert_eq!(answer.welcome.epoch, life, "{claim:?}");
        }
    }
    assert_eq!(raw.claim(Some(Epoch::from_bytes([1; 16])), far, far).await.welcome.epoch, life);
    assert_eq!(raw.exchange(Vec::new()).await.welcome.epoch, life);
    new_case(&honest, "Går som vanligt").await;
    honest.sync().await;
    assert!(server.command(&["dump"]).contains("Går som vanligt"));
}

fn copy_files(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(to).unwrap().flatten() {
        if wanted(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if wanted(&entry.file_name().to_string_lossy()) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
