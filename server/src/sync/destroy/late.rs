//! Devices that have a record which was destroyed: what they still bring is refused and counted, they are told, and say
//! when they have nothing of it any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::storage::sqlite::Connection;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::ids::{DeviceId, DocumentId, UserId};
use ankomst_shared::limits::{DESTROYED_MAX, UNSURE_MAX};
use ankomst_shared::sign::header::companion;
use ankomst_shared::sign::{Header, PublicKey};
use ankomst_shared::sync::message::{
    Ack, CAN_DESTROY, Destroyed, ExchangeAnswer, Hello, Outcome, Refused,
};

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::destroyed::{self as ledger, Line, Met};
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::{destroyed, log};
use crate::sync::{Session, access};

/// What a push has brought too late of documents that nobody knows, each with its author's device, and of which destroyed
/// record it is. A device says so of what it writes itself: what others write under the same id is not lost by it.
pub(in crate::sync) type Brought = BTreeMap<(DocumentId, DeviceId), DocumentId>;

/// Whether a change is of a record that was destroyed, or begins something that belongs to one. Then it is counted, once
/// for each device.
///
/// # Errors
/// When the database refuses.
pub(in crate::sync) fn is_late(
    (app, db): (&App, &Connection),
    (document, info): (DocumentId, &ChunkInfo),
    brought: &mut Brought,
    now_ms: i64,
) -> Result<bool, StorageError> {
    let device = info.meta.device;
    let known = record_of(db, brought, (document, device))?;
    let Some(record) = (match known {
        Some(record) => Some(record),
        None => below(db, brought, document, info)?,
    }) else {
        return Ok(false);
    };
    brought.insert((document, device), record);
    has(db, &app.folder, (record, device), now_ms)?;
    if destroyed::late(db, (record, device), now_ms)? {
        let line = Line::Late(Met::of(record, device, now_ms));
        if let Err(error) = ledger::add(&app.folder, &line) {
            tracing::error!(%error, "What came too late for a destroyed record is not in the ledger.");
        }
    }
    Ok(true)
}

/// Notes that a device has something of a destroyed record; in the ledger, too, if that had it that it has nothing.
///
/// # Errors
/// When the database refuses.
pub(in crate::sync) fn has(
    db: &Connection,
    folder: &Path,
    of: (DocumentId, DeviceId),
    now_ms: i64,
) -> Result<(), StorageError> {
    if destroyed::has(db, of)?
        && let Err(error) = ledger::add(folder, &Line::Back(Met::of(of.0, of.1, now_ms)))
    {
        tracing::error!(%error, "What a device has again of a destroyed record is not in the ledger.");
    }
    Ok(())
}

/// The destroyed record that a document was of, or is as its author says in the same push.
fn record_of(
    db: &Connection,
    brought: &Brought,
    (document, device): (DocumentId, DeviceId),
) -> Result<Option<DocumentId>, StorageError> {
    let known = destroyed::record_of(db, document)?;
    Ok(known.or_else(|| brought.get(&(document, device)).copied()))
}

/// The destroyed record that a new document belongs to, as its header says. Anybody can write that of any id, so it is
/// said of this change alone.
fn below(
    db: &Connection,
    brought: &Brought,
    document: DocumentId,
    info: &ChunkInfo,
) -> Result<Option<DocumentId>, StorageError> {
    let bytes = info.ops.iter().find_map(|op| op.header.as_deref());
    let (Some(bytes), true) = (bytes, info.deps.is_empty()) else { return Ok(None) };
    let Ok(claimed) = Header::peek(bytes) else { return Ok(None) };
    let Some(parent) = claimed.parent else { return Ok(None) };
    let by = info.meta.device;
    let Some(record) = record_of(db, brought, (parent, by))? else { return Ok(None) };
    if log::document(db, document)?.is_some() {
        return Ok(None);
    }
    let key = accounts::device(db, claimed.device)?.map(|row| PublicKey::from_bytes(row.key));
    let Some(header) = key.and_then(|key| Header::open(bytes, &key).ok()) else { return Ok(None) };
    let single = Catalog::builtin().kind(&header.kind).is_some_and(|kind| kind.single);
    let own = !single || companion(parent, &header.kind) == document;
    let fits = header.document == document && header.device == by && own;
    Ok(fits.then_some(record))
}

/// Notes what a device says of destroyed records: that they are gone there, or, by what it has just brought or is not
/// sure of, that it has something of them. That counts only where it had them, or its person may have read them: whoever
/// guesses at ids learns nothing.
///
/// # Errors
/// When storage refuses.
pub(in crate::sync) async fn hears(
    app: &Arc<App>,
    session: &Session,
    gone: Vec<DocumentId>,
    (acks, hello): (&[Ack], &Hello),
) -> Result<(), StorageError> {
    let device = session.device;
    let refused = acks.iter().filter(|ack| ack.outcome == Outcome::Refused(Refused::Destroyed));
    let brought = refused.map(|ack| ack.document);
    let unsure = hello.unsure.iter().take(UNSURE_MAX).copied();
    let has = app.readers.read(|db| {
        let mut named = BTreeSet::new();
        for document in brought.chain(unsure) {
            named.extend(destroyed::record_of(db, document)?);
        }
        let mut has = BTreeSet::new();
        for record in named {
            let is_with = destroyed::is_with(db, record, device)?;
            if is_with || might_read(db, session.user, record)? {
                has.insert(record);
            }
        }
        Ok(has)
    })?;
    if gone.is_empty() && has.is_empty() {
        return Ok(());
    }
    let (folder, now_ms) = (app.folder.clone(), app.now_ms());
    app.writer
        .write(move |db| {
            for record in gone.into_iter().take(DESTROYED_MAX) {
                if destroyed::gone(db, (record, device), now_ms)? {
                    ledger::add(&folder, &Line::Gone(Met::of(record, device, now_ms)))?;
                }
            }
            has.into_iter().try_for_each(|record| self::has(db, &folder, (record, device), now_ms))
        })
        .await
}

/// Whether somebody reads records such as this one was. What more was asked of it went with it.
fn might_read(db: &Connection, user: UserId, record: DocumentId) -> Result<bool, StorageError> {
    let (Some(user), Some(row)) = (accounts::user(db, user)?, destroyed::one(db, record)?) else {
        return Ok(false);
    };
    Ok(access::rights_now(db, &user)?.reach(row.unit).includes(&row.kind))
}

/// What a device is to be told.
#[derive(Debug, Default)]
pub(in crate::sync) struct Told {
    /// The records, as it is told of them.
    pub(in crate::sync) records: Vec<Destroyed>,
    /// Documents to be dropped by a device that cannot be told.
    pub(in crate::sync) drop: BTreeSet<DocumentId>,
}

impl Told {
    /// As it stands in the answer.
    pub(in crate::sync) fn answer(self) -> Option<Vec<Destroyed>> {
        (!self.records.is_empty()).then_some(self.records)
    }
}

/// What a device is to be told. Number, ground and whom to ask are told to people who read such records.
///
/// # Errors
/// When the database refuses.
pub(in crate::sync) fn told(
    db: &Connection,
    session: &Session,
    hello: &Hello,
) -> Result<Told, StorageError> {
    let mut told = Told::default();
    if hello.capabilities & CAN_DESTROY == 0 {
        for record in destroyed::to_tell(db, session.device)?.into_iter().take(DESTROYED_MAX) {
            told.drop.extend(destroyed::documents(db, record)?);
        }
        return Ok(told);
    }
    for record in destroyed::open_on(db, session.device)?.into_iter().take(DESTROYED_MAX) {
        let Some(row) = destroyed::one(db, record)? else { continue };
        let documents = destroyed::documents(db, record)?;
        let is_own = might_read(db, session.user, record)?;
        let own = |text: String| if is_own { text } else { String::new() };
        let by = accounts::user(db, row.by)?.map(|user| user.name).unwrap_or_default();
        told.records.push(Destroyed {
            record,
            documents,
            kind: own(row.kind),
            number: own(row.number),
            at_ms: row.at_ms,
            ground: own(row.ground),
            reference: own(row.reference),
            ask: own(by),
        });
    }
    Ok(told)
}

/// The records that an answer names as destroyed.
pub(in crate::sync) fn told_of(answer: &ExchangeAnswer) -> Vec<DocumentId> {
    answer.destroyed.iter().flatten().map(|one| one.record).collect()
}

/// Notes that a device was told, or that it was ordered to drop what it had.
///
/// # Errors
/// When the database refuses.
pub(in crate::sync) fn note_told(
    db: &Connection,
    (records, dropped): (&[DocumentId], &BTreeSet<DocumentId>),
    device: DeviceId,
    now_ms: i64,
) -> Result<(), StorageError> {
    let mut all: BTreeSet<DocumentId> = records.iter().copied().collect();
    for document in dropped {
        all.extend(destroyed::record_of(db, *document)?);
    }
    all.into_iter().try_for_each(|record| destroyed::told(db, (record, device), now_ms))
}
