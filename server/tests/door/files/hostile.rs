//! What is not what it says it is: nothing of it is kept, and nobody else is hindered.

use ankomst_server::storage::files::place_of;
use ankomst_server::storage::sqlite::devices;
use ankomst_shared::ids::{DeviceId, FileName};
use ankomst_shared::limits::FILE_BYTES_MAX;
use ankomst_shared::sign::FileHead;
use ankomst_shared::sign::deposit::Sealed;
use ankomst_shared::sync::message::{FileState, HandInFile, Piece};
use axum::http::StatusCode;

use super::super::kit::{Browser, Door};
use super::{
    CASE, Kept, brings, fetch_all, kept, name_of, picture, place, rows, says, sealed_head, told,
};

/// Nothing is kept of it: no bytes, no row, no key.
fn is_nowhere(door: &Door, device: DeviceId, file: &Kept, what: &str) {
    assert!(!file.path(door, device).exists(), "{what}: its bytes are there");
    assert!(rows(door).is_empty(), "{what}: it is counted");
    let key = door.app.keys.file_key(place_of(device, file.id)).unwrap();
    assert_eq!(key, None, "{what}: its key is there");
}

/// The same pieces under a head that says something else.
fn saying(door: &Door, file: &Kept, name: FileName, bytes: usize, key: Vec<u8>) -> Kept {
    let bytes = u64::try_from(bytes).unwrap();
    let head = FileHead { document: file.document, name, bytes, key: key.into() };
    Kept { head: sealed_head(door, Sealed::File, 9, &head), ..file.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_its_head_says_is_refused_and_nothing_is_kept() {
    let place = place("fil-fel").await;
    let (door, device) = (&place.door, place.device());
    let plain = picture(1);
    let (good, length, key) = (kept(door, CASE, &plain, 1), plain.len(), vec![1; 32]);
    let name = good.name;
    let edge = usize::try_from(FILE_BYTES_MAX).unwrap();
    let mut bent = good.clone();
    bent.pieces[1][500] ^= 1;
    let mut turned = good.clone();
    turned.pieces.swap(0, 1);
    let mut cut = good.clone();
    cut.pieces[2].pop();
    let mut long = good.clone();
    long.pieces[2].push(0);
    let mut empty = good.clone();
    empty.pieces[0].clear();
    let as_work = FileHead { document: CASE, name, bytes: 6, key: key.clone().into() };
    let as_work = Kept { head: sealed_head(door, Sealed::Work, 9, &as_work), ..good.clone() };
    let cases = [
        ("another key", saying(door, &good, name, length, vec![2; 32])),
        ("another name", saying(door, &good, name_of(b"other"), length, key.clone())),
        ("longer", saying(door, &good, name, length + 1, key.clone())),
        ("shorter", saying(door, &good, name, length - 1, key.clone())),
        ("one piece", saying(door, &good, name, 100, key.clone())),
        ("nothing", saying(door, &good, name, 0, key.clone())),
        ("too long", saying(door, &good, name, edge + 1, key.clone())),
        ("a short key", saying(door, &good, name, length, vec![1; 31])),
        ("sealed as work", as_work),
        ("no head", Kept { head: vec![7; 90], ..good.clone() }),
        ("an empty head", Kept { head: Vec::new(), ..good.clone() }),
        ("a bent piece", bent),
        ("pieces in another order", turned),
        ("a cut piece", cut),
        ("a longer piece", long),
        ("an empty piece", empty),
    ];
    for (what, file) in &cases {
        assert_eq!(brings(door, device, file).await, FileState::Refused, "{what}");
        is_nowhere(door, device, file, what);
    }
    // Nothing is held against the file itself.
    assert_eq!(brings(door, device, &good).await, FileState::Whole);
    // Bytes that are no message at all, and one that is too long for any.
    let mut stranger = Browser::new(77);
    for (body, status) in [(vec![0xff; 100], 400), (vec![0; 140 * 1024], 413)] {
        let call = stranger.call(door, (axum::http::Method::POST, "/api/v1/files"), body).await;
        assert_eq!(call.status.as_u16(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_that_came_first_hinders_no_honest_file() {
    let mut place = place("fil-skrap").await;
    let (door, device) = (&place.door, place.device());
    let hostile = place.colleague.device.unwrap();
    let file = kept(door, CASE, &picture(1), 1);
    // The very id, the record and the name, and other bytes.
    let mut junk = file.clone();
    junk.pieces = kept(door, CASE, &picture(2), 1).pieces;
    told(door, &junk.asked(door, hostile, Some(0))).await;
    assert_eq!(told(door, &file.asked(door, device, Some(0))).await, (FileState::Partial, 1));
    told(door, &junk.asked(door, hostile, Some(1))).await;
    assert_eq!(told(door, &junk.asked(door, hostile, Some(2))).await, (FileState::Refused, 0));
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
    // Nobody brings a piece of another's file: under the word of another device it is another file.
    let second = kept(door, CASE, &picture(3), 3);
    told(door, &second.asked(door, device, Some(0))).await;
    let bent = Piece { number: 1, sealed: vec![0; second.pieces[1].len()].into() };
    let asked = HandInFile { piece: Some(bent), ..second.asked(door, hostile, None) };
    assert_eq!(told(door, &asked).await, (FileState::Unknown, 0));
    assert_eq!(brings(door, device, &second).await, FileState::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_word_of_the_device_lets_in_also_one_that_was_revoked() {
    let place = place("fil-ord").await;
    let (door, device) = (&place.door, place.device());
    let file = kept(door, CASE, &picture(1), 1);
    let asked = file.asked(door, device, Some(0));
    let mut bent = asked.token.to_vec();
    bent[31] ^= 1;
    for token in [bent, Vec::new(), vec![0; 32]] {
        let answer = says(door, &HandInFile { token: token.into(), ..asked.clone() }).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::FORBIDDEN, "forbidden"));
    }
    is_nowhere(door, device, &file, "a wrong word");
    let order = door.app.writer.write(move |db| devices::order_wipe(db, device, 5));
    assert!(order.await.unwrap());
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    // One that the log does not know any more has its word all the same.
    let gone = DeviceId::from_bytes([200; 16]);
    let other = kept(door, CASE, &picture(2), 2);
    assert_eq!(brings(door, gone, &other).await, FileState::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_piece_that_is_not_what_its_head_says_writes_nothing() {
    let place = place("fil-forst").await;
    let (door, device) = (&place.door, place.device());
    let good = kept(door, CASE, &picture(1), 1);
    let note = kept(door, CASE, b"a note", 2);
    let mut bent = good.clone();
    bent.pieces[0][500] ^= 1;
    let key = saying(door, &good, good.name, good.plain.len(), vec![2; 32]);
    let name = saying(door, &note, good.name, note.plain.len(), vec![2; 32]);
    // Whoever touched the folder of files would find a file in its place.
    let folder = door.app.folder.join("files");
    std::fs::write(&folder, b"").unwrap();
    for (what, file) in [("bent", &bent), ("another key", &key), ("another name", &name)] {
        assert_eq!(brings(door, device, file).await, FileState::Refused, "{what}");
        let key = door.app.keys.file_key(place_of(device, file.id)).unwrap();
        assert!(key.is_none() && rows(door).is_empty(), "{what}");
    }
    std::fs::remove_file(&folder).unwrap();
    for file in [&good, &note] {
        assert_eq!(brings(door, device, file).await, FileState::Whole);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_disk_has_damaged_is_no_fault_of_the_tablet_which_brings_it_anew() {
    let mut place = place("fil-disk").await;
    let (door, device) = (&place.door, place.device());
    for (seed, length) in [(1, None), (2, Some(70_000))] {
        let file = kept(door, CASE, &picture(seed), seed);
        for piece in 0..2 {
            told(door, &file.asked(door, device, Some(piece))).await;
        }
        let mut there = std::fs::read(file.path(door, device)).unwrap();
        there[500] ^= 1;
        there.truncate(length.unwrap_or(there.len()));
        std::fs::write(file.path(door, device), there).unwrap();
        assert_eq!(told(door, &file.asked(door, device, Some(2))).await, (FileState::Unknown, 0));
        is_nowhere_of(door, device, &file);
        assert_eq!(brings(door, device, &file).await, FileState::Whole);
        assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
    }
}

fn is_nowhere_of(door: &Door, device: DeviceId, file: &Kept) {
    let place = place_of(device, file.id);
    assert!(!file.path(door, device).exists() && rows(door).iter().all(|row| row.id != place));
    assert_eq!(door.app.keys.file_key(place).unwrap(), None);
}
