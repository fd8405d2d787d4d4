//! How much there is room for: text goes on whatever files take.

use ankomst_server::care::files::{empty_keys, give_up};
use ankomst_server::limits::{FILE_BYTES_DAILY, FILES_DAILY, FILES_LATE_PART, FILES_REFUSED_DAILY};
use ankomst_server::storage::sqlite::files;
use ankomst_server::storage::sqlite::files::FileRow;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DeviceId, DocumentId, FileId, FileName};
use ankomst_shared::limits::FILE_BYTES_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{FileState, Outcome};
use ankomst_shared::value::Value;

use super::super::kit::Door;
use super::{CASE, brings, fetch_all, kept, picture, place, rows, told};

const DAY_MS: i64 = 24 * 3_600_000;

/// As if a device had brought so many files of a length at a time.
async fn had(door: &Door, device: DeviceId, (count, bytes): (u64, u64), at_ms: i64) {
    let write = door.app.writer.write(move |db| {
        for number in 0..count {
            let mut id = [7; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            id[8..].copy_from_slice(&device.as_bytes()[8..]);
            let row = FileRow {
                id: FileId::from_bytes(id),
                document: CASE,
                name: FileName::from_bytes([8; 32]),
                bytes,
                have: 1,
                device,
                whole_ms: None,
                backed: None,
            };
            assert!(files::note(db, &row, at_ms)?);
        }
        Ok(())
    });
    write.await.unwrap();
}

async fn none(door: &Door) {
    door.app.writer.write(|db| Ok(db.execute("DELETE FROM files", [])?)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_so_many_files_and_bytes_in_a_day_and_one_that_is_not_used_a_part() {
    let place = place("fil-dygn").await;
    let (door, device) = (&place.door, place.device());
    let gone = DeviceId::from_bytes([200; 16]);
    let now_ms = door.app.now_ms();
    let file = kept(door, CASE, b"one more", 1);
    let eight = 8;
    for (device, part) in [(device, 1), (gone, FILES_LATE_PART)] {
        let most = (FILES_DAILY / part, FILE_BYTES_DAILY / part);
        for (had_count, bytes, fits) in [
            (most.0 - 1, 1, true),
            (most.0, 1, false),
            (1, most.1 - eight, true),
            (1, most.1 - eight + 1, false),
        ] {
            had(door, device, (had_count, bytes), now_ms).await;
            let state = brings(door, device, &file).await;
            let wanted = if fits { FileState::Whole } else { FileState::NoRoom };
            assert_eq!(state, wanted, "{had_count} of {bytes} of {device}");
            if !fits {
                // Others do not pay for it, and what has come is not given up.
                let other = place.colleague.device.unwrap();
                assert_eq!(brings(door, other, &file).await, FileState::Whole);
            }
            none(door).await;
        }
        assert!(most.1 >= FILE_BYTES_MAX, "the longest there may be comes in all the same");
        had(door, device, (most.0, 1), now_ms - DAY_MS).await;
        assert_eq!(brings(door, device, &file).await, FileState::Whole, "another day");
        none(door).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_and_refused_counts_as_well_and_text_does_not_wait_for_its_end() {
    let mut place = place("fil-avvisad").await;
    let (door, device) = (&place.door, place.device());
    let gone = DeviceId::from_bytes([200; 16]);
    let wal =
        || std::fs::metadata(door.app.folder.join("keys.db-wal")).map_or(0, |data| data.len());
    for (device, most) in
        [(device, FILES_REFUSED_DAILY), (gone, FILES_REFUSED_DAILY / FILES_LATE_PART)]
    {
        let mut bent = kept(door, CASE, &picture(1), 1);
        bent.pieces[1][500] ^= 1;
        for number in 0..most {
            assert_eq!(brings(door, device, &bent).await, FileState::Refused, "{number}");
            assert!(wal() > 0, "a word to the disk for each of them, which text waits for");
        }
        assert_eq!(brings(door, device, &bent).await, FileState::NoRoom, "it is not begun");
        // Their bytes count, too, and what is going on goes on.
        let (count, bytes) = door.app.files.refused.of(device, door.app.now_ms());
        assert_eq!((count, bytes), (most, most * u64::try_from(bent.plain.len()).unwrap()));
        let tomorrow = door.app.now_ms() + DAY_MS;
        assert_eq!(door.app.files.refused.of(device, tomorrow), (0, 0));
    }
    assert!(rows(door).is_empty());
    // Nobody else pays for it.
    let file = kept(door, CASE, &picture(2), 2);
    let other = place.colleague.device.unwrap();
    assert_eq!(brings(door, other, &file).await, FileState::Whole);
    empty_keys(&door.app).await.unwrap();
    assert_eq!(wal(), 0);
    assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_room_for_files_text_goes_on() {
    let mut place = place("fil-fullt").await;
    let device = place.device();
    let door = &place.door;
    let file = kept(door, CASE, &picture(1), 1);
    told(door, &file.asked(door, device, Some(0))).await;
    door.app.files.leave_free(u64::MAX);
    let half = told(door, &file.asked(door, device, Some(1))).await;
    assert_eq!(half, (FileState::NoRoom, 1), "what is there stays");
    let other = kept(door, CASE, b"a note", 2);
    assert_eq!(brings(door, device, &other).await, FileState::NoRoom);
    assert_eq!(rows(door).len(), 1);
    let (id, note) = (DocumentId::from_bytes([94; 16]), FieldPath::parse("title").unwrap());
    let note = [Edit { path: note, value: Value::text("Text") }];
    let (outcome, _) = place.author.begins_with(door, ("incident", id), Some(CASE), &note).await;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
    door.app.files.leave_free(0);
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    assert_eq!(brings(door, device, &other).await, FileState::Whole);
    // A disk that is full in the middle of a write is no other answer.
    let third = kept(door, CASE, b"another note", 3);
    let pages = |pages: &'static str| {
        door.app.writer.write(move |db| {
            let now: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let sql = format!("PRAGMA max_page_count = {}", pages.replace("now", &now.to_string()));
            Ok(db.query_row(&sql, [], |_| Ok(()))?)
        })
    };
    pages("now").await.unwrap();
    let to_the_end = "INSERT INTO files SELECT randomblob(16), document, randomblob(32), 1, 1, device, at_ms, 1, NULL FROM files";
    while door.app.writer.write(move |db| Ok(db.execute(to_the_end, [])?)).await.is_ok() {}
    let to_the_end = "INSERT INTO files SELECT randomblob(16), document, randomblob(32), 1, 1, device, 0, 1, NULL FROM files LIMIT 1";
    while door.app.writer.write(move |db| Ok(db.execute(to_the_end, [])?)).await.is_ok() {}
    assert_eq!(brings(door, device, &third).await, FileState::NoRoom);
    assert!(!third.path(door, device).exists(), "nothing lies there that nobody counts");
    pages("1000000").await.unwrap();
    assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_and_has_not_moved_for_a_month_is_given_up() {
    let place = place("fil-gammal").await;
    let (door, device) = (&place.door, place.device());
    let (old, fresh, whole) = (
        kept(door, CASE, &picture(1), 1),
        kept(door, CASE, &picture(2), 2),
        kept(door, CASE, b"a note", 3),
    );
    assert_eq!(brings(door, device, &whole).await, FileState::Whole);
    told(door, &old.asked(door, device, Some(0))).await;
    let month = "UPDATE files SET at_ms = at_ms - 2592000001";
    door.app.writer.write(move |db| Ok(db.execute(month, [])?)).await.unwrap();
    told(door, &fresh.asked(door, device, Some(0))).await;
    assert_eq!(give_up(&door.app).await.unwrap(), 1);
    let left = [&old, &fresh, &whole].map(|file| file.path(door, device).exists());
    assert_eq!(left, [false, true, true]);
    assert_eq!(give_up(&door.app).await.unwrap(), 0);
    assert_eq!(brings(door, device, &old).await, FileState::Whole, "it begins anew");
}
