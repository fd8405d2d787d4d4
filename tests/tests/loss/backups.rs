//! Backups made while tablets write, each restored elsewhere and looked through; and an old one
//! restored in earnest, which loses nothing that any tablet has.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ankomst_shared::app::Contact;
use ankomst_shared::ids::ChangeHash;
use ankomst_tests::kit::dump::Dump;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::kit::times;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, signed_in, text};
use crate::load::Load;

#[test]
fn a_hundred_backups_under_load_are_whole_and_an_old_one_loses_nothing_a_tablet_has() {
    let Some(mut server) = Server::with_village() else { return };
    local(under_load(&mut server, times("ANKOMST_BACKUPS", 100)));
}

async fn under_load(server: &mut Server, backups: usize) {
    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let mut load = Load::begin(server, folder.path(), &["elin", "oskar"], 100).await;
    let mut contents = Vec::new();
    let name = |number: usize| folder.path().join(format!("b{number}.db"));
    for number in 0..backups {
        load.until_acked(1).await;
        let acked = load.acked();
        // The server goes on taking changes meanwhile.
        let file = name(number);
        let made = server.begin_on(server.data(), &["backup", &name_of(&file)]).await;
        assert!(made.contains("read whole"), "{made}");
        load.rest(true);
        contents.push(restored_elsewhere(server, &file, acked).await);
        load.rest(false);
        // The first and the fourth are needed again.
        if ![0, 3].contains(&number) {
            std::fs::remove_file(&file).unwrap();
            std::fs::remove_file(format!("{}.keys", name_of(&file))).unwrap();
        }
    }
    let ledger = load.end().await;
    load.settle().await;
    let dump = server.dump();
    for (number, backup) in contents.iter().enumerate() {
        let head = backup.head();
        assert_eq!(
            Some(head.chain),
            dump.chain_at(head.feed),
            "backup {number} is of another feed"
        );
    }
    let grew = contents.windows(2).filter(|pair| pair[0].len() < pair[1].len()).count();
    assert!(grew >= backups / 2, "hardly anything was written between backups: {grew}");
    eprintln!(
        "{backups} backups restored in {:.0?}, of {} to {} changes",
        begun.elapsed(),
        contents[0].len(),
        contents[backups - 1].len()
    );
    damaged_backups_are_refused(server, &folder.path().join("bad"), &name(3));
    restored_in_earnest(server, (load, &ledger, &dump), folder.path()).await;
}

/// One author's tablet is gone, and the oldest backup is all there is.
async fn restored_in_earnest(
    server: &mut Server,
    (mut load, ledger, dump): (Load, &RefCell<Ledger>, &Dump),
    folder: &Path,
) {
    // A tablet that came after the oldest backup.
    let late = signed_in(server, &folder.join("late"), "mats").await;
    let house = late.listed("/boenden").await[0].0;
    let run = crate::kit::visit(&late, house).await;
    late.answer(run, "item/B-F02/comment", text("Skrivet på en ny surfplatta")).await;
    late.sync().await;
    ledger.borrow_mut().note("Skrivet på en ny surfplatta", Shown::Saved);

    drop(load.tablets.remove(0));
    let other = load.tablets.remove(0);
    server.stop();
    let alone = || other.status().contact != Contact::Live;
    assert!(other.eventually(SYNC_MAX, alone).await);
    server.command(&["restore", &name_of(&folder.join("b0.db"))]);
    let lost = ledger.borrow().missing(server.dump().text(), Shown::Saved).len();
    assert!(lost > ledger.borrow().len() / 2, "nothing was put back");
    let alone = || late.status().contact != Contact::Live;
    assert!(late.eventually(SYNC_MAX, alone).await);
    server.start();
    for tablet in [&*other, &late] {
        tablet.sync().await;
        let shared = || tablet.status().waiting == 0 && tablet.status().received == 0;
        assert!(tablet.eventually(SYNC_MAX, shared).await);
        assert!(!tablet.status().sign_in_needed);
    }
    let healed = server.dump();
    assert_eq!(ledger.borrow().missing(healed.text(), Shown::Saved), Vec::new());
    assert!(dump.changes().all(|hash| healed.lacks([hash]).is_empty()));
    let desk = signed_in(server, &folder.join("desk"), "ingrid").await;
    assert!(desk.everything_shown().await.contains("Rum 0-"), "of the tablet that is gone");
    let kept = std::fs::read_dir(server.data()).unwrap().flatten();
    let names = kept.map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert!(names.into_iter().any(|name| name.starts_with("before-restore-")));
}

/// Restores a backup into a fresh folder that has nothing but the keys, and looks whether all is in
/// it that was acknowledged before it was begun.
async fn restored_elsewhere(server: &Server, file: &Path, acked: BTreeSet<ChangeHash>) -> Dump {
    let fresh = tempfile::tempdir().unwrap();
    for key in ["master.key", "server.key", "deposit.key", "session.key"] {
        std::fs::copy(server.data().join(key), fresh.path().join(key)).unwrap();
    }
    let verified = server.begin_on(fresh.path(), &["verify", &name_of(file)]).await;
    assert!(verified.contains("read whole"), "{verified}");
    server.begin_on(fresh.path(), &["restore", &name_of(file)]).await;
    let dump = Dump::read(server.begin_on(fresh.path(), &["dump"]).await);
    let lost = dump.lacks(&acked);
    assert!(lost.is_empty(), "{} lacks what was acknowledged before: {lost:?}", file.display());
    dump
}

/// A cut, a bent and a half backup are told from a good one, and a server in use is not replaced.
fn damaged_backups_are_refused(server: &Server, folder: &Path, good: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let bad = folder.join("bad.db");
    let keys = |file: &Path| PathBuf::from(format!("{}.keys", file.display()));
    let bytes = std::fs::read(good).unwrap();
    let mut bent = bytes.clone();
    for place in within_sealed_changes(&bytes) {
        bent[place] ^= 0x40;
    }
    for broken in [bytes[..bytes.len() / 2].to_vec(), bent, Vec::new()] {
        std::fs::write(&bad, broken).unwrap();
        std::fs::copy(keys(good), keys(&bad)).unwrap();
        let (fine, said) = server.try_command(&["verify", &name_of(&bad)]);
        assert!(!fine, "{said}");
    }
    std::fs::copy(good, &bad).unwrap();
    std::fs::remove_file(keys(&bad)).unwrap();
    assert!(!server.try_command(&["verify", &name_of(&bad)]).0);
    let (fine, said) = server.try_command(&["restore", &name_of(good)]);
    assert!(!fine && said.contains("stop the server first"), "{said}");
    let (fine, said) = server.try_command(&["backup", &name_of(good)]);
    assert!(!fine && said.contains("there already"), "{said}");
}

/// Places within long stretches that look drawn by lot, as only sealed changes do. Some may lie in
/// pages that are no longer used.
fn within_sealed_changes(bytes: &[u8]) -> Vec<usize> {
    const STRETCH: usize = 1_024;
    let drawn = |at: &usize| {
        let seen: BTreeSet<&u8> = bytes[*at..*at + STRETCH].iter().collect();
        seen.len() > 235
    };
    let places = (0..bytes.len() - STRETCH).step_by(STRETCH).filter(drawn);
    places.map(|at| at + STRETCH / 2).collect()
}

fn name_of(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}
