//! Pictures and other files: in by pieces and without a session, out to who may read the record.

mod backups;
mod beside;
mod destroyed;
mod hostile;
mod room;

use std::path::PathBuf;

use ankomst_server::accounts::password;
use ankomst_server::app::App;
use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::files::{self as bytes, place_of};
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::files::{self, FileRow};
use ankomst_server::sync::farewell;
use ankomst_shared::app::Role;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DeviceId, DocumentId, FileId, FileName, UnitId, UserId};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::deposit::{Sealed, seal_as};
use ankomst_shared::sign::file::Naming;
use ankomst_shared::sign::{DepositRandom, FileHead, file::FileCipher};
use ankomst_shared::sync::message::{
    FetchFile, FetchFileAnswer, FileState, HandInFile, HandInFileAnswer, Outcome, Piece,
};
use ankomst_shared::value::Value;

use super::audited::count;
use super::kinds::Somebody;
use super::kit::{Answer, Browser, Door, PASSWORD};

pub(super) const CASE: DocumentId = DocumentId::from_bytes([91; 16]);

/// A file as a tablet keeps it.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) id: FileId,
    pub(super) document: DocumentId,
    pub(super) name: FileName,
    pub(super) head: Vec<u8>,
    pub(super) pieces: Vec<Vec<u8>>,
    pub(super) plain: Vec<u8>,
}

/// Bytes of two pieces and a little more, different with each seed.
pub(super) fn picture(seed: u8) -> Vec<u8> {
    let length = 2 * FILE_PIECE_BYTES + 7;
    (0..length).map(|at| u8::try_from(at % 251).unwrap() ^ seed).collect()
}

pub(super) fn name_of(plain: &[u8]) -> FileName {
    let mut naming = Naming::default();
    naming.add(plain);
    naming.done()
}

pub(super) fn sealed_head(door: &Door, what: Sealed, seed: u8, head: &FileHead) -> Vec<u8> {
    let random = DepositRandom { key: [seed; 32], nonce: [seed; 12] };
    seal_as(what, &door.app.secrets.deposit.public(), &minicbor::to_vec(head).unwrap(), &random)
        .unwrap()
}

/// Takes a file in on a tablet: its id and key are drawn from the seed.
pub(super) fn kept(door: &Door, document: DocumentId, plain: &[u8], seed: u8) -> Kept {
    let (name, bytes, key) = (name_of(plain), u64::try_from(plain.len()).unwrap(), [seed; 32]);
    let head = FileHead { document, name, bytes, key: key.to_vec().into() };
    let head = sealed_head(door, Sealed::File, seed, &head);
    let cipher = FileCipher::new(&key, bytes);
    let numbered = plain.chunks(FILE_PIECE_BYTES).zip(0..);
    let pieces = numbered.map(|(piece, number)| cipher.seal(number, piece).unwrap()).collect();
    let id = FileId::new(door.app.now_ms(), [seed; 10]);
    Kept { id, document, name, head, pieces, plain: plain.to_vec() }
}

impl Kept {
    /// What a device says of it, with a piece or without.
    pub(super) fn asked(&self, door: &Door, device: DeviceId, piece: Option<usize>) -> HandInFile {
        let piece = piece.map(|number| Piece {
            number: u32::try_from(number).unwrap(),
            sealed: self.pieces[number].clone().into(),
        });
        let token = farewell::token(&door.app, device).to_vec().into();
        HandInFile { device, token, file: self.id, head: Some(self.head.clone().into()), piece }
    }

    pub(super) fn whole(&self) -> u32 {
        u32::try_from(self.pieces.len()).unwrap()
    }

    /// Where its bytes lie.
    pub(super) fn path(&self, door: &Door, device: DeviceId) -> PathBuf {
        bytes::path(&door.app.folder, place_of(device, self.id))
    }
}

/// Somebody who has only the word of the device: no cookie, no key.
pub(super) async fn says(door: &Door, asked: &HandInFile) -> Answer {
    Browser::new(77).post(door, "/api/v1/files", asked).await
}

pub(super) async fn told(door: &Door, asked: &HandInFile) -> (FileState, u32) {
    let answer: HandInFileAnswer = says(door, asked).await.read();
    (answer.state, answer.have)
}

/// Brings a file from where it stands to its end, as a tablet does; tells what became of it.
pub(super) async fn brings(door: &Door, device: DeviceId, file: &Kept) -> FileState {
    let (mut state, mut have) = told(door, &file.asked(door, device, None)).await;
    for _ in 0..=file.pieces.len() {
        if !matches!(state, FileState::Unknown | FileState::Partial) {
            break;
        }
        let piece = usize::try_from(have).unwrap();
        (state, have) = told(door, &file.asked(door, device, Some(piece))).await;
    }
    state
}

pub(super) async fn fetched(
    door: &Door,
    browser: &mut Browser,
    (document, name): (DocumentId, FileName),
    piece: u32,
) -> Answer {
    browser.post(door, "/api/v1/files/fetch", &FetchFile { document, name, piece }).await
}

/// All of a file as somebody is given it.
pub(super) async fn fetch_all(door: &Door, browser: &mut Browser, file: &Kept) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for piece in 0..file.whole() {
        let answer: FetchFileAnswer =
            fetched(door, browser, (file.document, file.name), piece).await.read();
        if answer.bytes == 0 {
            return None;
        }
        assert_eq!(answer.bytes, u64::try_from(file.plain.len()).unwrap());
        all.extend_from_slice(&answer.piece.unwrap());
    }
    Some(all)
}

pub(super) fn rows(door: &Door) -> Vec<FileRow> {
    door.app.readers.read(files::all).unwrap()
}

/// A server with a case, its author, a colleague and somebody who administers.
pub(super) struct Place {
    pub(super) door: Door,
    pub(super) author: Somebody,
    pub(super) colleague: Browser,
    pub(super) administrator: Browser,
}

pub(super) async fn place(login: &str) -> Place {
    let door = Door::with(login).await;
    let unit = UnitId::new(1, [1; 10]);
    let more = [(3, "kollega", Role::Caseworker), (4, "adm", Role::Administrator)];
    let people = more.map(|(number, end, role)| UserRow {
        id: UserId::new(1, [number; 10]),
        login: format!("{login}-{end}"),
        name: "Namn".to_owned(),
        password: password::hash(PASSWORD).unwrap(),
        roles: vec![role],
        unit,
        active: true,
    });
    let write = door
        .app
        .writer
        .write(move |db| people.iter().try_for_each(|user| accounts::add_user(db, user)));
    write.await.unwrap();
    let (mut author, _) = Somebody::with(&door, (login, PASSWORD), 1).await;
    let label = Edit {
        path: FieldPath::parse("household_label").unwrap(),
        value: Value::text("Familjen Prov"),
    };
    let (outcome, _) = author.begins_with(&door, ("case", CASE), None, &[label]).await;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
    let mut others = Vec::new();
    for (end, seed) in [("kollega", 2), ("adm", 3)] {
        let mut browser = Browser::new(seed);
        browser.enrol(&door, &format!("{login}-{end}"), PASSWORD).await;
        others.push(browser);
    }
    let administrator = others.pop().unwrap();
    Place { door, author, colleague: others.pop().unwrap(), administrator }
}

impl Place {
    pub(super) fn device(&self) -> DeviceId {
        self.author.browser.device.unwrap()
    }

    /// The server is stopped and started again.
    pub(super) async fn again(&mut self) {
        let folder = self.door.app.folder.clone();
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_ankomst"));
        self.door.app = App::open(&folder, binary).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_in_by_pieces_and_goes_out_to_who_may_read_the_record() {
    let mut place = place("fil-hel").await;
    let (door, device) = (&place.door, place.device());
    let file = kept(door, CASE, &picture(1), 1);
    assert_eq!(told(door, &file.asked(door, device, None)).await, (FileState::Unknown, 0));
    assert!(rows(door).is_empty() && !file.path(door, device).exists(), "it only asked");
    for (piece, wanted) in [FileState::Partial, FileState::Partial].into_iter().enumerate() {
        let have = u32::try_from(piece).unwrap() + 1;
        assert_eq!(told(door, &file.asked(door, device, Some(piece))).await, (wanted, have));
        // Nobody is given half a file.
        assert_eq!(fetch_all(door, &mut place.colleague, &file).await, None);
    }
    let without_head = HandInFile { head: None, ..file.asked(door, device, Some(2)) };
    assert_eq!(told(door, &without_head).await, (FileState::Whole, 3));
    let sealed = std::fs::read(file.path(door, device)).unwrap();
    assert_eq!(sealed, file.pieces.concat(), "as they came");
    assert_eq!(count(door, What::Read), 0);

    for _ in 0..2 {
        assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
    }
    assert_eq!(count(door, What::Read), 1, "once for the device and the file");
    assert_eq!(fetch_all(door, &mut place.author.browser, &file).await.unwrap(), file.plain);
    assert_eq!(count(door, What::Read), 2);
    let behind = fetched(door, &mut place.colleague, (CASE, file.name), 3).await;
    assert_eq!(behind.read::<FetchFileAnswer>().piece, None);
    let other = fetched(door, &mut place.colleague, (CASE, name_of(b"other")), 0).await;
    assert_eq!(other.read::<FetchFileAnswer>(), FetchFileAnswer { bytes: 0, piece: None });

    // Who may not read the record learns not even that there is one.
    let hidden = fetched(door, &mut place.administrator, (CASE, file.name), 0).await;
    let nowhere = (DocumentId::from_bytes([9; 16]), file.name);
    let unknown = fetched(door, &mut place.administrator, nowhere, 0).await;
    assert_eq!((hidden.problem(), hidden.status.as_u16()), ("forbidden", 403));
    assert_eq!((hidden.status, &hidden.body), (unknown.status, &unknown.body));
    let unknown = fetched(door, &mut place.colleague, nowhere, 0).await;
    assert_eq!((hidden.status, &hidden.body), (unknown.status, &unknown.body));
    assert_eq!(count(door, What::Read), 2, "nothing was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_goes_on_where_it_was() {
    let mut place = place("fil-kapad").await;
    let device = place.device();
    let file = kept(&place.door, CASE, &picture(1), 1);
    told(&place.door, &file.asked(&place.door, device, Some(0))).await;
    for piece in [2, 0] {
        let asked = file.asked(&place.door, device, Some(piece));
        assert_eq!(told(&place.door, &asked).await, (FileState::Partial, 1), "not the next one");
    }
    assert_eq!(told(&place.door, &file.asked(&place.door, device, Some(1))).await.1, 2);
    place.again().await;
    let door = &place.door;
    assert_eq!(told(door, &file.asked(door, device, None)).await, (FileState::Partial, 2));
    // The last piece was on the disk, and nothing counted it: it is brought once more.
    let full =
        "CREATE TEMP TRIGGER cut BEFORE UPDATE ON main.files BEGIN SELECT RAISE(ABORT, 'cut'); END";
    door.app.writer.write(move |db| Ok(db.execute_batch(full)?)).await.unwrap();
    assert_eq!(says(door, &file.asked(door, device, Some(2))).await.problem(), "storage");
    place.again().await;
    let door = &place.door;
    assert_eq!(told(door, &file.asked(door, device, None)).await, (FileState::Partial, 2));
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_counts_hinders_no_file() {
    let mut place = place("fil-rest").await;
    let device = place.device();
    let file = kept(&place.door, CASE, b"a note", 1);
    let full =
        "CREATE TEMP TRIGGER cut BEFORE INSERT ON main.files BEGIN SELECT RAISE(ABORT, 'cut'); END";
    place.door.app.writer.write(move |db| Ok(db.execute_batch(full)?)).await.unwrap();
    let cut = says(&place.door, &file.asked(&place.door, device, Some(0))).await;
    assert_eq!(cut.problem(), "storage");
    place.again().await;
    let door = &place.door;
    assert!(rows(door).is_empty());
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    // Bytes that were lost under a file in the making: it begins anew, and nothing of it is believed.
    let other = kept(door, CASE, &picture(2), 2);
    told(door, &other.asked(door, device, Some(0))).await;
    std::fs::remove_file(other.path(door, device)).unwrap();
    assert_eq!(told(door, &other.asked(door, device, Some(1))).await, (FileState::Unknown, 0));
    assert_eq!(brings(door, device, &other).await, FileState::Whole);
    assert_eq!(fetch_all(door, &mut place.colleague, &other).await.unwrap(), other.plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_twice_is_one_and_two_requests_do_not_mix() {
    let mut place = place("fil-dubbel").await;
    let (door, device) = (&place.door, place.device());
    let other = place.colleague.device.unwrap();
    let (one, two) = (kept(door, CASE, &picture(1), 1), kept(door, CASE, &picture(1), 2));
    assert_eq!(brings(door, device, &one).await, FileState::Whole);
    for device in [device, other] {
        assert_eq!(told(door, &two.asked(door, device, None)).await, (FileState::Whole, 3));
        assert_eq!(told(door, &two.asked(door, device, Some(0))).await, (FileState::Whole, 3));
    }
    assert_eq!(rows(door).len(), 1);
    // In another record it is another file.
    let elsewhere = kept(door, DocumentId::from_bytes([92; 16]), &picture(1), 3);
    assert_eq!(brings(door, device, &elsewhere).await, FileState::Whole, "its text may come later");

    let third = kept(door, CASE, &picture(3), 4);
    let turn = door.app.files.begin(place_of(device, third.id), 8).unwrap();
    assert_eq!(told(door, &third.asked(door, device, Some(0))).await, (FileState::Unknown, 0));
    drop(turn);
    let asked = third.asked(door, device, Some(0));
    let both = tokio::join!(told(door, &asked), told(door, &asked), told(door, &asked));
    for (state, have) in [both.0, both.1, both.2] {
        let fits = [(FileState::Unknown, 0), (FileState::Partial, 1)].contains(&(state, have));
        assert!(fits, "{state:?} {have}");
    }
    assert_eq!(brings(door, device, &third).await, FileState::Whole);
    assert_eq!(fetch_all(door, &mut place.colleague, &third).await.unwrap(), third.plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cleaned_record_keeps_its_files() {
    let mut place = place("fil-rensad").await;
    let (door, device) = (&place.door, place.device());
    let file = kept(door, CASE, b"a note", 1);
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    door.app.keys.begin_renewal(CASE).unwrap();
    door.app.keys.end_renewal(CASE).unwrap();
    assert_eq!(fetch_all(door, &mut place.colleague, &file).await.unwrap(), file.plain);
}
