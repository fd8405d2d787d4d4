//! Files of records that are lawfully destroyed go with them.

use ankomst_server::care::Schedule;
use ankomst_server::storage::files::{self as bytes, place_of};
use ankomst_server::storage::sqlite::files::{self, FileRow};
use ankomst_server::sync::destroy::{self, Ground};
use ankomst_server::verify::{self, found::Kind};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sync::message::FileState;

use super::super::destroyed::{CASE, asked, village};
use super::super::kit::Door;
use super::backups::backs_up_by;
use super::{brings, fetched, kept, picture, rows, told};

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_record_takes_its_files_along_wherever_they_lie() {
    let (door, mut ingrid, case) = village(&[]).await;
    let device = ingrid.browser.device.unwrap();
    let journal = companion(DocumentId::from_bytes(CASE), "journal");
    let all = [kept(&door, case, &picture(1), 1), kept(&door, journal, &picture(2), 2)];
    let half = kept(&door, case, &picture(3), 3);
    let other = kept(&door, DocumentId::from_bytes([99; 16]), &picture(4), 4);
    for file in all.iter().chain([&other]) {
        assert_eq!(brings(&door, device, file).await, FileState::Whole);
    }
    told(&door, &half.asked(&door, device, Some(0))).await;
    let folder = door.folder.path().join("backups");
    door.app.backups.set(folder.clone()).unwrap();
    let schedule = Schedule { folder: folder.clone(), every_hours: 24, keep: 3 };
    backs_up_by(&door.app, &schedule).await;
    let beside = |file: &super::Kept| bytes::path(&folder, place_of(device, file.id));
    assert!(beside(&all[0]).exists() && beside(&other).exists());

    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    for file in all.iter().chain([&half]) {
        assert!(!file.path(&door, device).exists() && !beside(file).exists());
        assert_eq!(door.app.keys.file_key(place_of(device, file.id)).unwrap(), None);
        let told = told(&door, &file.asked(&door, device, None)).await;
        assert_eq!(told, (FileState::Destroyed, 0));
        assert_eq!(brings(&door, device, file).await, FileState::Destroyed);
        let gone = fetched(&door, &mut ingrid.browser, (file.document, file.name), 0).await;
        assert_eq!(gone.problem(), "forbidden");
    }
    assert_eq!(rows(&door).len(), 1, "of another record");
    assert!(other.path(&door, device).exists() && beside(&other).exists());

    // As after a cut, or where an older log was put back: bytes, key and row are there once more.
    let place = place_of(device, all[0].id);
    let path = bytes::path(&door.app.folder, place);
    bytes::write(&path, 0, &all[0].pieces[0]).unwrap();
    door.app.keys.put_file_key((place, case), &[1; 32]).unwrap();
    let (name, bytes) = (all[0].name, u64::try_from(all[0].plain.len()).unwrap());
    let (whole_ms, backed) = (Some(1), None);
    let row = FileRow { id: place, document: case, name, bytes, have: 1, device, whole_ms, backed };
    door.app.writer.write(move |db| files::note(db, &row, 1)).await.unwrap();
    let again = told(&door, &all[0].asked(&door, device, None)).await;
    assert_eq!(again, (FileState::Destroyed, 0));
    let faults = |door: &Door| {
        let report = verify::run((&door.app.folder, door.app.secrets.master), &|_| ()).unwrap();
        report.faults.into_iter().map(|fault| (fault.kind, fault.record)).collect::<Vec<_>>()
    };
    assert_eq!(faults(&door), [(Kind::Key, Some(case))], "its key is found");
    destroy::destroy_again(&door.app).await.unwrap();
    assert!(!path.exists() && rows(&door).len() == 1);
    assert_eq!(door.app.keys.file_key(place).unwrap(), None);
    assert_eq!(faults(&door), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_destruction_that_stands_is_told_to_a_tablet_that_has_the_only_copy() {
    let (door, ingrid, case) = village(&[]).await;
    let device = ingrid.browser.device.unwrap();
    let (half, fresh) = (kept(&door, case, &picture(1), 1), kept(&door, case, &picture(2), 2));
    told(&door, &half.asked(&door, device, Some(0))).await;
    // Begun, and nobody knows whether it stands: the tablet waits.
    door.app.begun.add(vec![case]);
    assert_eq!(told(&door, &half.asked(&door, device, Some(1))).await, (FileState::NoRoom, 1));
    assert_eq!(brings(&door, device, &fresh).await, FileState::NoRoom);
    assert!(!fresh.path(&door, device).exists());
    // It turns out that the ledger does not have it.
    destroy::destroy_again(&door.app).await.unwrap();
    for file in [&half, &fresh] {
        assert_eq!(brings(&door, device, file).await, FileState::Whole);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_the_log_does_not_count_is_no_destruction() {
    let (door, ingrid, case) = village(&[]).await;
    let device = ingrid.browser.device.unwrap();
    let file = kept(&door, case, &picture(1), 1);
    let not =
        "CREATE TEMP TRIGGER skips BEFORE INSERT ON main.files BEGIN SELECT RAISE(IGNORE); END";
    door.app.writer.write(move |db| Ok(db.execute_batch(not)?)).await.unwrap();
    assert_eq!(told(&door, &file.asked(&door, device, Some(0))).await, (FileState::Unknown, 0));
    door.app.writer.write(|db| Ok(db.execute_batch("DROP TRIGGER skips")?)).await.unwrap();
    assert_eq!(brings(&door, device, &file).await, FileState::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_removed_hinders_no_destruction_and_goes_the_next_time() {
    let (door, ingrid, case) = village(&[]).await;
    let device = ingrid.browser.device.unwrap();
    let (stuck, other) = (kept(&door, case, &picture(1), 1), kept(&door, case, &picture(2), 2));
    for file in [&stuck, &other] {
        assert_eq!(brings(&door, device, file).await, FileState::Whole);
    }
    // A folder in its place: no file system removes that as a file.
    let path = stuck.path(&door, device);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    assert!(!other.path(&door, device).exists());
    assert_eq!(door.app.keys.file_key(place_of(device, stuck.id)).unwrap(), None);
    assert_eq!(rows(&door).len(), 1, "by which it is found the next time");
    assert_eq!(brings(&door, device, &stuck).await, FileState::Destroyed);
    destroy::destroy_again(&door.app).await.unwrap();
    std::fs::remove_dir(&path).unwrap();
    destroy::destroy_again(&door.app).await.unwrap();
    assert!(rows(&door).is_empty());
}
