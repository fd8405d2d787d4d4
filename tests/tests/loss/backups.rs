//! Backups made while tablets write, each read whole; and an old one restored, which loses nothing
//! that any tablet has.

use std::path::{Path, PathBuf};

use ankomst_shared::app::Contact;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, signed_in, text};

/// Backups made under load.
const BACKUPS: usize = 12;

#[test]
fn every_backup_under_load_is_whole_and_an_old_one_loses_nothing_a_tablet_has() {
    let Some(mut server) = Server::with_village() else { return };
    local(under_load(&mut server));
}

async fn under_load(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let author = signed_in(server, &folder.path().join("author"), "elin").await;
    let other = signed_in(server, &folder.path().join("other"), "oskar").await;
    let mut ledger = Ledger::default();
    let mut cases = Vec::new();
    let files: Vec<PathBuf> =
        (0..BACKUPS).map(|number| folder.path().join(format!("b{number}.db"))).collect();
    for (number, file) in files.iter().enumerate() {
        let name = format!("Under säkerhetskopia {number}");
        let case = new_case(&author, &name).await;
        author.answer(case, "arriving_from", text(&format!("Ort nummer {number}"))).await;
        author.handle(ankomst_shared::app::Command::SyncNow).await;
        ledger.note(&name, Shown::Saved);
        ledger.note(&format!("Ort nummer {number}"), Shown::Saved);
        cases.push(case);
        // The server goes on taking changes meanwhile.
        let made = backup(server, file).await;
        assert!(made.contains("read whole"), "{made}");
    }
    author.sync().await;
    let last = (*cases.last().unwrap(), "arriving_from");
    let wanted = format!("Ort nummer {}", BACKUPS - 1);
    other.until_field(last, "the last answer", |field| field.text == wanted).await;
    // A tablet that came after the oldest backup.
    let late = signed_in(server, &folder.path().join("late"), "mats").await;
    let house = late.listed("/boenden").await[0].0;
    let run = crate::kit::visit(&late, house).await;
    late.answer(run, "item/B-F02/comment", text("Skrivet på en ny surfplatta")).await;
    late.sync().await;
    ledger.note("Skrivet på en ny surfplatta", Shown::Saved);
    for file in &files {
        assert!(server.command(&["verify", &name_of(file)]).contains("read whole"));
    }
    damaged_backups_are_refused(server, &folder.path().join("bad"), &files[3]);

    // The author's tablet is gone, and the oldest backup is all there is.
    drop(author);
    server.stop();
    let alone = || other.status().contact != Contact::Live;
    assert!(other.eventually(SYNC_MAX, alone).await);
    server.command(&["restore", &name_of(&files[0])]);
    assert!(!server.command(&["dump"]).contains(&wanted), "nothing was put back");
    let alone = || late.status().contact != Contact::Live;
    assert!(late.eventually(SYNC_MAX, alone).await);
    server.start();
    for tablet in [&other, &late] {
        tablet.sync().await;
        let shared = || tablet.status().waiting == 0 && tablet.status().received == 0;
        assert!(tablet.eventually(SYNC_MAX, shared).await);
        assert!(!tablet.status().sign_in_needed);
    }
    assert_eq!(ledger.missing(&server.command(&["dump"]), Shown::Saved), Vec::new());
    let desk = signed_in(server, &folder.path().join("desk"), "ingrid").await;
    assert!(desk.everything_shown().await.contains(&wanted));
    let kept = std::fs::read_dir(server.data()).unwrap().flatten();
    let names = kept.map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert!(names.into_iter().any(|name| name.starts_with("before-restore-")));
}

async fn backup(server: &Server, file: &Path) -> String {
    server.command_beside(&["backup", &name_of(file)]).await
}

/// A cut, a bent and a half backup are told from a good one, and a server in use is not replaced.
fn damaged_backups_are_refused(server: &Server, folder: &Path, good: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let bad = folder.join("bad.db");
    let keys = |file: &Path| PathBuf::from(format!("{}.keys", file.display()));
    let bytes = std::fs::read(good).unwrap();
    let mut bent = bytes.clone();
    let sealed = 3 * bent.len() / 4;
    bent[sealed] ^= 0x40;
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
    assert!(!fine && said.contains("stop it first"), "{said}");
    let (fine, said) = server.try_command(&["backup", &name_of(good)]);
    assert!(!fine && said.contains("there already"), "{said}");
}

fn name_of(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}
