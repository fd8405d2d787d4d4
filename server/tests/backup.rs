//! Backups and restores at their edges: cut off, repeated, onto another folder, without their keys.
#![expect(clippy::unwrap_used, reason = "a test crate")]

#[path = "backup/ledgers.rs"]
mod ledgers;
#[path = "backup/passkeys.rs"]
mod passkeys;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Authoring, Document};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::sign::Header;

use ankomst_server::app::App;
use ankomst_server::care::{self, Schedule};
use ankomst_server::key_files::{Key, KeyFiles};
use ankomst_server::storage::StorageError;
use ankomst_server::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use ankomst_server::storage::sqlite::devices::{self, State};
use ankomst_server::storage::sqlite::grants::{self, GrantRow};
use ankomst_server::storage::sqlite::{Keys, backed, backup, links, log, stricter, units};
use ankomst_shared::app::Role;
use ankomst_shared::sync::Chain;

const MASTER: [u8; 32] = [5; 32];

async fn server(folder: &Path) -> Arc<App> {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("master.key"), MASTER).unwrap();
    App::open(folder, PathBuf::from("/bin/false")).await.unwrap()
}

async fn put(app: &Arc<App>) {
    put_document(app, 7).await;
}

async fn put_document(app: &Arc<App>, number: u8) {
    let by = Authoring {
        device: DeviceId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        now_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let actor = ActorId::from_bytes([number; 16]);
    let (_, chunk) = Document::create(actor, vec![1], &[], &by).unwrap();
    let document = DocumentId::from_bytes([number; 16]);
    let info = parse(&chunk.bytes).unwrap();
    let sealed = app.keys.seal(document, &info.hash, &info.bytes).unwrap();
    app.writer
        .write(move |db| {
            let header = Header {
                document,
                kind: "case".into(),
                parent: None,
                unit: UnitId::from_bytes([8; 16]),
                protection: 0,
                user: UserId::from_bytes([2; 16]),
                device: DeviceId::from_bytes([1; 16]),
                created_ms: 1,
                template: None,
            };
            log::add_document(db, &header, 1)?;
            let arrival = log::Arrival {
                document,
                info: &info,
                sealed: &sealed,
                envelope: &[],
                received_ms: 1,
                held: None,
            };
            log::add_chunk(db, &arrival)?;
            log::make_visible(db, document, info.hash)?;
            Ok(())
        })
        .await
        .unwrap();
}

/// The log was lost with its keys, tablets filled a new server (same master key), then the old
/// backup is found and restored.
#[tokio::test(flavor = "multi_thread")]
async fn changes_restored_over_other_keys_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    let file = dir.path().join("b.db");
    put(&server(&old).await).await;
    backup::make(&old, &file, MASTER).unwrap();
    put(&server(&new).await).await;
    backup::restore(&file, &new, MASTER, 1).unwrap();
    let keys = Keys::open(&new, MASTER).unwrap();
    let db = rusqlite::Connection::open(new.join("log.db")).unwrap();
    let mut seen = Vec::new();
    log::each_chunk(&db, |chunk| {
        seen.push(keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed).map(|_| ()));
        Ok(())
    })
    .unwrap();
    assert!(seen.len() == 1 && seen[0].is_ok(), "{seen:?}");
}

/// A crash or a full disk while keys.db is copied.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_can_be_repeated_after_half_a_file_of_keys() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old");
    let file = dir.path().join("b.db");
    put(&server(&old).await).await;
    backup::make(&old, &file, MASTER).unwrap();
    for cut in [0_usize, 5000] {
        let new = dir.path().join(format!("new{cut}"));
        std::fs::create_dir_all(&new).unwrap();
        let bytes = std::fs::read(backup::keys_of(&file)).unwrap();
        std::fs::write(new.join("keys.db"), &bytes[..cut.min(bytes.len() - 1)]).unwrap();
        let out = backup::restore(&file, &new, MASTER, 1);
        assert!(out.is_ok(), "cut {cut}: {out:?}");
    }
}

/// What a failed backup leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_backup_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (old, to) = (dir.path().join("old"), dir.path().join("to"));
    std::fs::create_dir_all(&to).unwrap();
    put(&server(&old).await).await;
    for at in 0..3 {
        assert!(backup::make(&old, &to.join(format!("b{at}.db")), [6; 32]).is_err());
    }
    let left: Vec<_> = std::fs::read_dir(&to).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The master key is gone; doctor opens the app first.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_master_key_is_told_and_none_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let app = server(dir.path()).await;
    put(&app).await;
    drop(app);
    std::fs::remove_file(dir.path().join("master.key")).unwrap();
    for command in 0..2 {
        let opened = App::open(dir.path(), PathBuf::from("/bin/false")).await;
        assert!(matches!(opened, Err(StorageError::KeyGone("master.key"))), "{command}");
    }
    assert!(KeyFiles::default().read(dir.path(), Key::Master).is_err());
}

/// A crash between the end of `restore` and the new epoch.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_log_never_opens_with_the_old_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old");
    let file = dir.path().join("b.db");
    let app = server(&old).await;
    put(&app).await;
    let before = app.readers.read(log::epoch).unwrap();
    backup::make(&old, &file, MASTER).unwrap();
    drop(app);
    backup::restore(&file, &old, MASTER, 1).unwrap();
    // killed here
    let app = server(&old).await;
    let after = app.readers.read(log::epoch).unwrap();
    assert_ne!(before, after);
}

/// Killed after log.db was set aside and before its -wal was; then repeated.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_stays_whole_through_a_cut() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old");
    let file = dir.path().join("b.db");
    let app = server(&old).await;
    backup::make(&old, &file, MASTER).unwrap();
    put(&app).await; // only in the -wal
    // a server that was killed: its files as they are
    let dead = dir.path().join("dead");
    std::fs::create_dir_all(&dead).unwrap();
    for entry in std::fs::read_dir(&old).unwrap().flatten() {
        std::fs::copy(entry.path(), dead.join(entry.file_name())).unwrap();
    }
    assert!(dead.join("log.db-wal").metadata().unwrap().len() > 0);
    // first try, killed after the first rename
    std::fs::write(dead.join("restoring"), "before-restore-1").unwrap();
    std::fs::create_dir_all(dead.join("before-restore-1")).unwrap();
    std::fs::rename(dead.join("log.db"), dead.join("before-restore-1/log.db")).unwrap();
    backup::restore(&file, &dead, MASTER, 2).unwrap();
    let mut best = 0;
    for at in ["before-restore-1", "before-restore-2"] {
        let at = dead.join(at).join("log.db");
        if at.exists() {
            let db = rusqlite::Connection::open(at).unwrap();
            let n: i64 =
                db.query_row("SELECT count(*) FROM chunks", [], |r| r.get(0)).unwrap_or(-1);
            best = best.max(n);
        }
    }
    assert_eq!(best, 1, "the newest change is in no readable log");
}

fn reaches(app: &Arc<App>) -> Option<u64> {
    app.readers.read(backed::up_to).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_backup_that_was_read_says_how_far_it_reaches() {
    let dir = tempfile::tempdir().unwrap();
    let app = server(&dir.path().join("data")).await;
    let schedule = Schedule { folder: dir.path().join("backups"), every_hours: 24, keep: 30 };
    assert_eq!(reaches(&app), None);
    put_document(&app, 1).await;
    let (first, _) = care::one(&app, &schedule).await.unwrap();
    assert_eq!((reaches(&app), first.received), (Some(1), 1));
    put_document(&app, 2).await;
    assert_eq!(reaches(&app), Some(1), "nobody has read the second change in a backup");

    // One that fails: a file stands where the folder should be.
    let no_folder = dir.path().join("file");
    std::fs::write(&no_folder, "x").unwrap();
    let failing = Schedule { folder: no_folder, ..schedule.clone() };
    care::one(&app, &failing).await.unwrap_err();
    assert_eq!(reaches(&app), Some(1));
    care::one(&app, &schedule).await.unwrap();
    assert_eq!(reaches(&app), Some(2));
    // One that was begun earlier and ends later.
    assert!(app.writer.write(move |db| backed::note(db, &first, 5)).await.unwrap());
    assert_eq!(reaches(&app), Some(2));

    // One made while the log began a new life.
    let made = backup::make(&app.folder, &dir.path().join("b.db"), MASTER).unwrap();
    app.writer.write(log::new_epoch).await.unwrap();
    assert_eq!(reaches(&app), None, "a backup of another life says nothing of this one");
    assert!(!app.writer.write(move |db| backed::note(db, &made, 6)).await.unwrap());
    assert_eq!(reaches(&app), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_are_chained_also_after_a_log_without_chain() {
    let dir = tempfile::tempdir().unwrap();
    let app = server(dir.path()).await;
    put_document(&app, 1).await;
    // As version 0.1 left it.
    let strip = "UPDATE chunks SET arrival = NULL";
    app.writer.write(move |db| Ok(db.execute(strip, [])?)).await.unwrap();
    let before = app.readers.read(log::arrivals).unwrap();
    assert_eq!((before.feed, before.chain), (1, Chain::default()));
    put_document(&app, 2).await;
    let (newest, at) =
        app.readers.read(|db| Ok((log::arrivals(db)?, log::arrival_at(db, 2)?))).unwrap();
    assert_eq!((newest.feed, Some(newest.chain)), (2, at));
    assert_ne!(newest.chain, Chain::default());
    let nowhere = app.readers.read(|db| log::arrival_at(db, 3)).unwrap();
    assert_eq!(nowhere, None);
}

/// Whoever lost a right since the backup does not have it again, and a record that is protected more since stays so.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_brings_no_right_back_and_protects_nothing_less() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, file) = (dir.path().join("data"), dir.path().join("b.db"));
    let app = server(&folder).await;
    let (user, unit) = (UserId::from_bytes([2; 16]), UnitId::from_bytes([8; 16]));
    let row = UserRow {
        id: user,
        login: "anna".to_owned(),
        name: "Anna".to_owned(),
        password: String::new(),
        roles: vec![Role::Caseworker, Role::Supervisor],
        unit,
        active: true,
    };
    let add = app.writer.write(move |db| {
        units::add(db, unit, "Enheten")?;
        accounts::add_user(db, &row)
    });
    add.await.unwrap();
    put_document(&app, 7).await;
    app.writer.write(move |db| links::let_enrol(db, user, i64::MAX)).await.unwrap();
    backup::make(&folder, &file, MASTER).unwrap();
    put_document(&app, 9).await;
    let [known, newer] = [7, 9].map(|number| DocumentId::from_bytes([number; 16]));
    let since = app.writer.write(move |db| {
        let all = grants::of(db, user)?;
        let supervises = all.iter().find(|grant| grant.role == Role::Supervisor).unwrap();
        grants::end(db, user, supervises.id, 1_000)?;
        grants::add(db, &GrantRow { level: 1, ..GrantRow::of_role(user, unit, Role::Inspector) })?;
        grants::raise(db, (known, 2), (user, "Hot", 1))?;
        let of = GrantRow {
            department: Some("SKO".into()),
            ..GrantRow::of_role(user, unit, Role::Recipient)
        };
        grants::add(db, &of)?;
        stricter::note(db, (unit, "enrol_by_link"), "2026-01-01")?;
        stricter::note(db, (unit, "sign_in"), "2026-02-01")?;
        grants::raise(db, (newer, 3), (user, "Hot", 1))
    });
    since.await.unwrap();
    let before = app.readers.read(|db| grants::of(db, user)).unwrap();
    drop(app);
    backup::restore(&file, &folder, MASTER, 2_000).unwrap();
    let app = server(&folder).await;
    let mut after = app.readers.read(|db| grants::of(db, user)).unwrap();
    for (after, before) in after.iter_mut().zip(&before) {
        after.id = before.id;
    }
    assert_eq!(after, before);
    let roles = app.readers.read(|db| accounts::user(db, user)).unwrap().unwrap().roles;
    assert_eq!(roles, [Role::Caseworker, Role::Inspector, Role::Recipient]);
    let days = |key| app.readers.read(|db| stricter::days(db, (unit, key))).unwrap();
    assert_eq!(days("enrol_by_link"), ["2026-01-01"], "tablets are still enrolled only by link");
    assert_eq!(days("sign_in"), ["2026-02-01"], "a password is still not enough");
    let may = app.readers.read(|db| links::may_enrol(db, user, 1)).unwrap();
    assert!(!may, "what a link let in does not come back");
    let level =
        |id| app.readers.read(|db| log::document(db, id)).unwrap().map(|row| row.protection);
    assert_eq!((level(known), level(newer)), (Some(2), None), "the newer one is not in the backup");
    // A tablet brings it back: it is as protected as it was.
    put_document(&app, 9).await;
    assert_eq!(level(newer), Some(3));
}

/// A device that was revoked or is to be wiped stays so, whichever of the two logs says it.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_lets_no_device_in_again_and_takes_no_order_back() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, file) = (dir.path().join("data"), dir.path().join("b.db"));
    let app = server(&folder).await;
    let (user, unit) = (UserId::from_bytes([2; 16]), UnitId::from_bytes([8; 16]));
    let id = |number: u8| DeviceId::from_bytes([number; 16]);
    let row = UserRow {
        id: user,
        login: "anna".to_owned(),
        name: "Anna".to_owned(),
        password: String::new(),
        roles: vec![Role::Caseworker],
        unit,
        active: true,
    };
    let add = app.writer.write(move |db| {
        units::add(db, unit, "Enheten")?;
        accounts::add_user(db, &row)?;
        for number in 1..=6 {
            let name = format!("Surfplatta {number}");
            let (key, enrolment) = ([number; 32], vec![number]);
            let row = DeviceRow { id: id(number), user, name, key, enrolment, active: true };
            accounts::add_device(db, &row, 1)?;
        }
        devices::retire(db, id(4))
    });
    add.await.unwrap();
    // As if the folder were put back by its disk, and then a newer backup be restored over it.
    let put_back = dir.path().join("put-back");
    backup::make(&folder, &put_back, MASTER).unwrap();
    let later = app.writer.write(move |db| {
        accounts::revoke_device(db, id(1))?;
        devices::order_wipe(db, id(2), 5)?;
        devices::order_wipe(db, id(4), 5)?;
        devices::order_wipe(db, id(3), 5)?;
        devices::wiped(db, id(3), 6).map(drop)
    });
    later.await.unwrap();
    let all = |app: &Arc<App>| {
        app.readers
            .read(|db| {
                let mut all = Vec::new();
                for number in 1..=6 {
                    let device = accounts::device(db, id(number))?.unwrap();
                    let noted = devices::standing(db, device.id)?.unwrap();
                    all.push((device.active, noted.state, noted.ordered_ms, noted.receipt_ms));
                }
                Ok(all)
            })
            .unwrap()
    };
    let wanted = all(&app);
    let states: Vec<State> = wanted.iter().map(|(_, state, _, _)| *state).collect();
    let [active, retired, lost, wiped] = [State::Active, State::Retired, State::Lost, State::Wiped];
    assert_eq!(states, [active, lost, wiped, lost, active, active]);
    assert_ne!(retired, lost);
    backup::make(&folder, &file, MASTER).unwrap();
    drop(app);
    // The older backup over what is there, then the newer one over the older state.
    for (number, source) in [(1, &put_back), (2, &file)] {
        backup::restore(source, &folder, MASTER, number).unwrap();
        let app = server(&folder).await;
        assert_eq!(all(&app), wanted, "after {number}");
        drop(app);
    }
    let fresh = dir.path().join("fresh");
    drop(server(&fresh).await);
    backup::restore(&put_back, &fresh, MASTER, 3).unwrap();
    backup::restore(&file, &fresh, MASTER, 4).unwrap();
    assert_eq!(all(&server(&fresh).await), wanted, "the backup knows more than the folder");
}
