//! Who takes part: people of the synthetic village, each with a tablet of their own.

use std::path::Path;

use ankomst_shared::app::{Act, Body, Command, FileAsk, FileView, NewFile, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

/// The checklist of a visit.
pub(crate) const INSPECTION: &str = "residence_inspection";

/// A tablet with that person signed in and everything of theirs on it.
pub(crate) async fn signed_in(server: &Server, folder: &Path, login: &str) -> Tablet {
    let tablet = Tablet::open(folder, &server.url()).await;
    tablet.login(login, &password(login)).await;
    tablet.sync().await;
    tablet
}

/// The password of a login of the village.
pub(crate) fn password(login: &str) -> String {
    format!("{login}-i-provby")
}

/// Takes a house along.
pub(crate) async fn take(tablet: &Tablet, residence: DocumentId) {
    tablet.act(Act::TakeAlong { residence, keep: true }, &[]).await;
    tablet.sync().await;
}

/// Starts or joins the visit at a house.
pub(crate) async fn visit(tablet: &Tablet, residence: DocumentId) -> DocumentId {
    let checklist = INSPECTION.to_owned();
    let acted = tablet.act(Act::StartRun { parent: residence, checklist }, &[]).await;
    acted.document.unwrap()
}

/// Begins a form of a case.
pub(crate) async fn visit_of_case(tablet: &Tablet, case: DocumentId) -> DocumentId {
    let checklist = "arrival_household".to_owned();
    let acted = tablet.act(Act::StartRun { parent: case, checklist }, &[]).await;
    acted.document.unwrap()
}

/// Makes a case.
pub(crate) async fn new_case(tablet: &Tablet, label: &str) -> DocumentId {
    let acted = tablet.act(Act::NewCase, &[("label", Value::text(label))]).await;
    acted.document.unwrap()
}

/// Takes a picture of so many bytes for a record, with a small one of it; the same for the same number.
pub(crate) async fn photo(tablet: &Tablet, document: DocumentId, (number, bytes): (u8, usize)) {
    let picture = vec![number; bytes];
    let new = NewFile {
        document,
        shows: String::new(),
        caption: String::new(),
        mime: "image/jpeg".to_owned(),
        bytes: u64::try_from(bytes).unwrap(),
        taken_ms: 1_790_000_000_000,
        geo_stripped: true,
    };
    let Reply::Entry(file) = tablet.must(Command::File(FileAsk::Begin(new))).await else {
        panic!("no picture is begun")
    };
    for (at, piece) in (0..).zip(picture.chunks(FILE_PIECE_BYTES)) {
        tablet.must(Command::File(FileAsk::Piece(file.clone(), at, piece.to_vec()))).await;
    }
    tablet.must(Command::File(FileAsk::End(file, vec![number; 700]))).await;
}

/// The pictures that a place shows.
pub(crate) async fn photos(tablet: &Tablet, address: &str) -> Vec<FileView> {
    let bodies = tablet.page(address).await.parts.into_iter().map(|part| part.body);
    let of = |body| if let Body::Files(view) = body { view.files } else { Vec::new() };
    bodies.flat_map(of).collect()
}

/// A text value.
pub(crate) fn text(text: &str) -> Value {
    Value::text(text)
}

/// Runs a future and what it spawns on this thread.
pub(crate) use ankomst_tests::tablet::device::local;
