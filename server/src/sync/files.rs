//! Pictures and other files: pieces come in without a session, by the word of a farewell ([`super::farewell`]), and go out
//! to who may read the record. Text never waits for them: they have their own routes, bounds and share of the disk.
//!
//! A key is durable before the first piece, a piece before the row that counts it, so that a cut leaves at most bytes that
//! nobody counts, and the tablet brings them once more.

use std::sync::Arc;

use ankomst_shared::ids::{DocumentId, FileId, FileName};
use ankomst_shared::sign::deposit::Sealed;
use ankomst_shared::sign::file::{FileCipher, FileHead, Naming, SEAL_BYTES, piece_bytes, pieces};
use ankomst_shared::sync::message::{
    FetchFile, FetchFileAnswer, FileState, HandInFile, HandInFileAnswer, Piece,
};

use crate::app::App;
use crate::audit::By;
use crate::care::files::drop_file;
use crate::given;
use crate::limits::{
    FILE_BYTES_DAILY, FILES_DAILY, FILES_LATE_PART, FILES_REFUSED_DAILY, PIECES_IN_AT_ONCE,
};
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::files::{self as bytes, Lies, Turn};
use crate::storage::refused::DAY_MS;
use crate::storage::sqlite::files::{self, FileRow};
use crate::storage::sqlite::{Connection, accounts, destroyed, log};
use crate::sync::Session;
use crate::sync::access::may_read;

/// A file of which a device brings something.
#[derive(Clone)]
struct Coming {
    row: FileRow,
    /// Its key, where it is not known yet.
    key: Option<[u8; 32]>,
}

/// What became of a piece.
enum Put {
    /// It is on the disk.
    There,
    /// All of the file is, and it is what its head says.
    Whole,
    /// It is not what its head says.
    Wrong,
    /// What was there of it is lost.
    Lost,
}

/// Takes in a piece, if one is brought, and tells how far the file has come. The word was looked at before.
///
/// # Errors
/// When storage refuses; that there is no room is an answer.
pub async fn hand_in(app: &Arc<App>, asked: HandInFile) -> Result<HandInFileAnswer, StorageError> {
    let id = bytes::place_of(asked.device, asked.file);
    // Two that bring the same file: the second is told what stands.
    let turn = app.files.begin(id, PIECES_IN_AT_ONCE);
    let (stands, coming) = app.readers.read(|db| stands(app, db, &asked, id))?;
    let (Some(turn), Some(coming), Some(piece)) = (turn, coming, asked.piece) else {
        return Ok(stands);
    };
    if piece.number != coming.row.have {
        return Ok(stands);
    }
    let no_room = HandInFileAnswer { state: FileState::NoRoom, ..stands.clone() };
    if !has_room(app, &coming)? {
        return Ok(no_room);
    }
    let own = Arc::clone(app);
    // To its end, also when whoever asked has gone.
    let brought = given::apart(async move { bring(&own, coming, piece, turn).await });
    match brought.await.map_err(|_| StorageError::Stopped)? {
        Ok((state, have)) => Ok(HandInFileAnswer { state, have, ..stands }),
        Err(error @ (StorageError::Full | StorageError::Low)) => {
            app.ballast.hears(&error);
            Ok(no_room)
        }
        Err(error) => Err(error),
    }
}

/// How far a file has come, and what it is if more of it can come.
fn stands(
    app: &App,
    db: &Connection,
    asked: &HandInFile,
    id: FileId,
) -> Result<(HandInFileAnswer, Option<Coming>), StorageError> {
    let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
    let answer = |state, have| HandInFileAnswer { state, have, epoch };
    let (coming, state) = match (files::one(db, id)?, &asked.head) {
        (Some(row), _) => (Coming { row, key: None }, FileState::Partial),
        (None, None) => return Ok((answer(FileState::Unknown, 0), None)),
        (None, Some(sealed)) => match read_head(app, asked, sealed, id) {
            Some(coming) => (coming, FileState::Unknown),
            None => return Ok((answer(FileState::Refused, 0), None)),
        },
    };
    let FileRow { document, name, bytes, have, .. } = coming.row;
    if destroyed::record_of(db, document)?.is_some() {
        return Ok((answer(FileState::Destroyed, 0), None));
    }
    // Whether that stands nobody can tell yet, and a tablet may have the only copy.
    if app.begun.has(document) {
        return Ok((answer(FileState::NoRoom, have), None));
    }
    if let Some(whole) = files::whole(db, (document, name), epoch)? {
        let is_backed = whole.backed == Some(epoch);
        let state = if is_backed { FileState::BackedUp } else { FileState::Whole };
        return Ok((answer(state, pieces(bytes).unwrap_or(have)), None));
    }
    Ok((answer(state, have), Some(coming)))
}

/// Reads what a device says that a file is.
fn read_head(app: &App, asked: &HandInFile, sealed: &[u8], id: FileId) -> Option<Coming> {
    let opened = app.secrets.deposit.open_as(Sealed::File, sealed).ok()?;
    let head: FileHead = minicbor::decode(&opened).ok()?;
    pieces(head.bytes)?;
    let key = head.key.as_slice().try_into().ok()?;
    let FileHead { document, name, bytes, .. } = head;
    let (have, whole_ms, backed) = (0, None, None);
    let row = FileRow { id, document, name, bytes, have, device: asked.device, whole_ms, backed };
    Some(Coming { row, key: Some(key) })
}

/// Whether there is room for a piece: what is left to text stays free, and a device has its share of a day.
fn has_room(app: &App, coming: &Coming) -> Result<bool, StorageError> {
    let row = &coming.row;
    let left = if coming.key.is_some() { row.bytes } else { 0 };
    let is_tight = app.ballast.room()?.free < app.files.free().saturating_add(left);
    if is_tight || app.ballast.is_low() {
        return Ok(false);
    }
    if coming.key.is_none() {
        return Ok(true);
    }
    let now_ms = app.now_ms();
    let refused = app.files.refused.of(row.device, now_ms);
    app.readers.read(|db| {
        let (count, bytes) = files::since(db, row.device, now_ms - DAY_MS)?;
        let is_used = accounts::device(db, row.device)?.is_some_and(|device| device.active);
        let part = if is_used { 1 } else { FILES_LATE_PART };
        let bytes = bytes.saturating_add(refused.1).saturating_add(row.bytes);
        let count = count.saturating_add(refused.0);
        let fits = bytes <= FILE_BYTES_DAILY / part && count < FILES_DAILY / part;
        Ok(fits && refused.0 < FILES_REFUSED_DAILY / part)
    })
}

/// Takes in a piece that is the next one.
async fn bring(
    app: &Arc<App>,
    coming: Coming,
    piece: Piece,
    _turn: Turn,
) -> Result<(FileState, u32), StorageError> {
    let (own, file) = (Arc::clone(app), coming.clone());
    let put = given::beside(move || put(&own, &file, &piece)).await;
    let put = put.map_err(|_| StorageError::Stopped)?;
    let (now_ms, is_new) = (app.now_ms(), coming.key.is_some());
    let mut row = coming.row;
    let id = row.id;
    let whole_ms = match put {
        Ok(Put::There) => None,
        Ok(Put::Whole) => Some(now_ms),
        Ok(Put::Wrong) if is_new => return Ok((FileState::Refused, 0)),
        Ok(Put::Wrong) => {
            app.files.refused.add(row.device, row.bytes, now_ms);
            return drop_file(app, id).await.map(|()| (FileState::Refused, 0));
        }
        Ok(Put::Lost) => return drop_file(app, id).await.map(|()| (FileState::Unknown, 0)),
        Err(error) => return Err(left(app, (id, is_new), error).await),
    };
    (row.have, row.whole_ms) = (row.have + 1, whole_ms);
    let have = row.have;
    match app.writer.write(move |db| note(db, &row, now_ms)).await {
        Ok(Noted::Yes) if whole_ms.is_some() => Ok((FileState::Whole, have)),
        Ok(Noted::Yes) => Ok((FileState::Partial, have)),
        Ok(Noted::Destroyed) => drop_file(app, id).await.map(|()| (FileState::Destroyed, 0)),
        Ok(Noted::Stands(0)) => Ok((FileState::Unknown, 0)),
        Ok(Noted::Stands(have)) => Ok((FileState::Partial, have)),
        Err(error) => Err(left(app, (id, is_new), error).await),
    }
}

/// Whether a piece counts.
enum Noted {
    Yes,
    /// Its record was destroyed meanwhile.
    Destroyed,
    /// It is not the next one any more: so many are counted.
    Stands(u32),
}

fn note(db: &Connection, row: &FileRow, now_ms: i64) -> Result<Noted, StorageError> {
    if destroyed::record_of(db, row.document)?.is_some() {
        return Ok(Noted::Destroyed);
    }
    if files::note(db, row, now_ms)? {
        return Ok(Noted::Yes);
    }
    Ok(Noted::Stands(files::one(db, row.id)?.map_or(0, |stands| stands.have)))
}

/// Leaves nothing of a file that there was no room to begin. After another error nobody knows what of it is noted.
async fn left(app: &Arc<App>, (id, is_new): (FileId, bool), error: StorageError) -> StorageError {
    if is_new
        && matches!(error, StorageError::Full)
        && let Err(error) = drop_file(app, id).await
    {
        tracing::debug!(%error, file.id = %id, "What was made for a file stays until it is brought again.");
    }
    error
}

/// Puts a piece on the disk that opens as what its head says; the last one only together with a look at all of them.
fn put(app: &App, coming: &Coming, piece: &Piece) -> Result<Put, StorageError> {
    let row = &coming.row;
    let path = bytes::path(&app.folder, row.id);
    let length = piece_bytes(row.bytes, piece.number).map(|length| length + SEAL_BYTES);
    if length != Some(piece.sealed.len()) {
        return Ok(Put::Wrong);
    }
    let Some(key) = coming.key.map_or_else(|| app.keys.file_key(row.id), |key| Ok(Some(key)))?
    else {
        return Ok(Put::Lost);
    };
    if !opens(row, piece, &key) {
        return Ok(Put::Wrong);
    }
    if coming.key.is_some() {
        app.keys.put_file_key((row.id, row.document), &key)?;
    } else if bytes::length(&path)? < bytes::sealed_bytes(row.bytes, row.have) {
        return Ok(Put::Lost);
    }
    bytes::write(&path, piece.number, &piece.sealed)?;
    if Some(piece.number + 1) != pieces(row.bytes) {
        return Ok(Put::There);
    }
    Ok(match bytes::lies(&path, (row.bytes, row.name), &key)? {
        Lies::Whole => Put::Whole,
        // Each piece was opened before it was written: the disk has changed them.
        Lies::Damaged => Put::Lost,
        Lies::Another => Put::Wrong,
    })
}

/// Whether a piece is sealed with the key of its file; one that is all of it must have its name, too.
fn opens(row: &FileRow, piece: &Piece, key: &[u8; 32]) -> bool {
    let Ok(plain) = FileCipher::new(key, row.bytes).open(piece.number, &piece.sealed) else {
        return false;
    };
    pieces(row.bytes) != Some(1) || {
        let mut naming = Naming::default();
        naming.add(&plain);
        naming.done() == row.name
    }
}

/// A file that somebody may read.
struct Readable {
    kind: String,
    by: By,
    /// If all of it is here.
    row: Option<FileRow>,
}

/// Gives a piece of a file; nothing to who may not read the record, whether it is here or not.
///
/// # Errors
/// When storage refuses, or the access log cannot be written.
pub async fn fetch(
    app: &Arc<App>,
    session: &Session,
    asked: FetchFile,
) -> Result<Option<FetchFileAnswer>, StorageError> {
    let what = (asked.document, asked.name);
    let Some(found) = app.readers.read(|db| readable(db, session, what))? else {
        return Ok(None);
    };
    let Some(row) = found.row else {
        return Ok(Some(FetchFileAnswer { bytes: 0, piece: None }));
    };
    let shown = (session.user, session.device, asked.document, asked.name);
    let now_ms = app.now_ms();
    if !app.files.is_noted(&shown, now_ms) {
        let entry = found.by.entry(What::Read);
        let entry = Entry { record: Some(asked.document), about: found.kind, ..entry };
        app.audit.note(vec![entry]).await?;
        app.files.note(shown, now_ms);
    }
    if piece_bytes(row.bytes, asked.piece).is_none() {
        return Ok(Some(FetchFileAnswer { bytes: row.bytes, piece: None }));
    }
    let own = Arc::clone(app);
    let opened = given::beside(move || {
        let key = own.keys.file_key(row.id)?.ok_or(StorageError::Damaged("a file has no key"))?;
        let piece = bytes::open(&bytes::path(&own.folder, row.id), asked.piece, row.bytes, &key)?;
        Ok(FetchFileAnswer { bytes: row.bytes, piece: Some(piece.into()) })
    });
    opened.await.map_err(|_| StorageError::Stopped)?.map(Some)
}

fn readable(
    db: &Connection,
    session: &Session,
    (document, name): (DocumentId, FileName),
) -> Result<Option<Readable>, StorageError> {
    let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
    let (Some(user), Some(record)) =
        (accounts::user(db, session.user)?, log::document(db, document)?)
    else {
        return Ok(None);
    };
    let Some(grant) = may_read(db, &user, &record)? else { return Ok(None) };
    let by = By { who: Some(user.id), device: Some(session.device), unit: Some(record.unit) };
    let row = files::whole(db, (grant.document(), name), epoch)?;
    Ok(Some(Readable { kind: record.kind, by, row }))
}
