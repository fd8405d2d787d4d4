//! Devices that have a record which was destroyed: what they still bring is refused and counted, they are told, and say
//! when they have nothing of it any more.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::storage::sqlite::Connection;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::limits::{DESTROYED_MAX, UNSURE_MAX};
use ankomst_shared::sign::header::companion;
use ankomst_shared::sign::{Header, PublicKey};
use ankomst_shared::sync::message::{
    Ack, CAN_DESTROY, Destroyed, ExchangeAnswer, Hello, Outcome, Refused,
};

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::destroyed::{self as ledger, Line, Met};
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::{destroyed, log};
use crate::sync::Session;

/// Whether a change is of a record that was destroyed, or begins something that belongs to one. Then it is counted, once
/// for each device.
///
/// # Errors
/// When the database refuses.
pub(in crate::sync) fn is_late(
    (app, db): (&App, &Connection),
    document: DocumentId,
    info: &ChunkInfo,
    now_ms: i64,
) -> Result<bool, StorageError> {
    let record = match destroyed::record_of(db, document)? {
        Some(record) => record,
        None => match below(db, document, info)? {
            Some(record) => {
                destroyed::note_document(db, record, document)?;
                record
            }
            None => return Ok(false),
        },
    };
    let device = info.meta.device;
    if destroyed::late(db, (record, device), now_ms)? {
        let line = Line::Late(Met::of(record, device, now_ms));
        if let Err(error) = ledger::add(&app.folder, &line) {
            tracing::error!(%error, "What came too late for a destroyed record is not in the ledger.");
        }
    }
    Ok(true)
}

/// The destroyed record that a new document belongs to. Only who may begin it can say so.
fn below(
    db: &Connection,
    document: DocumentId,
    info: &ChunkInfo,
) -> Result<Option<DocumentId>, StorageError> {
    let bytes = info.ops.iter().find_map(|op| op.header.as_deref());
    let (Some(bytes), true) = (bytes, info.deps.is_empty()) else { return Ok(None) };
    let Ok(claimed) = Header::peek(bytes) else { return Ok(None) };
    let Some(parent) = claimed.parent else { return Ok(None) };
    let Some(record) = destroyed::record_of(db, parent)? else { return Ok(None) };
    if log::document(db, document)?.is_some() {
        return Ok(None);
    }
    let key = accounts::device(db, claimed.device)?.map(|row| PublicKey::from_bytes(row.key));
    let Some(header) = key.and_then(|key| Header::open(bytes, &key).ok()) else { return Ok(None) };
    let single = Catalog::builtin().kind(&header.kind).is_some_and(|kind| kind.single);
    let own = !single || companion(parent, &header.kind) == document;
    let fits = header.document == document && header.device == info.meta.device && own;
    Ok(fits.then_some(record))
}

/// Notes what a device says of destroyed records: that they are gone there, or, by what it has just brought or is not
/// sure of, that it has something of them.
///
/// # Errors
/// When storage refuses.
pub(in crate::sync) async fn hears(
    app: &Arc<App>,
    device: DeviceId,
    gone: Vec<DocumentId>,
    (acks, hello): (&[Ack], &Hello),
) -> Result<(), StorageError> {
    let refused = acks.iter().filter(|ack| ack.outcome == Outcome::Refused(Refused::Destroyed));
    let brought = refused.map(|ack| ack.document);
    let unsure = hello.unsure.iter().take(UNSURE_MAX).copied();
    let has = app.readers.read(|db| {
        let mut has = BTreeSet::new();
        for document in brought.chain(unsure) {
            has.extend(destroyed::record_of(db, document)?);
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
            has.into_iter().try_for_each(|record| destroyed::has(db, record, device))
        })
        .await
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

/// What a device is to be told. Number, ground and whom to ask are told to people of the record's unit.
///
/// # Errors
/// When the database refuses.
pub(in crate::sync) fn told(
    db: &Connection,
    (session, user): (&Session, &UserRow),
    hello: &Hello,
) -> Result<Told, StorageError> {
    let mut told = Told::default();
    let is_new = destroyed::is_to_tell(db, session.device)?;
    for record in destroyed::open_on(db, session.device)?.into_iter().take(DESTROYED_MAX) {
        let Some(row) = destroyed::one(db, record)? else { continue };
        let documents = destroyed::documents(db, record)?;
        if hello.capabilities & CAN_DESTROY == 0 {
            told.drop.extend(documents.into_iter().filter(|_| is_new));
            continue;
        }
        let is_own = row.unit == user.unit;
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
