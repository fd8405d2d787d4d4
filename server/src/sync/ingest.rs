//! What arrives: gate, envelope, state rules, access; then durable, then acknowledged.
//!
//! The author's envelope decides whose change it is, never the session that brings it: after a
//! restore any tablet may bring anybody's changes back, and a deposit is brought unread.

use std::collections::BTreeMap;
use std::sync::Arc;

use ankomst_shared::chunk::rules::check;
use ankomst_shared::chunk::{ChunkInfo, RuleOutcome, parse, sha256};
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::limits::{CARRIED_MAX, CHUNK_INFLATED_BYTES_MAX, PUSH_CHUNKS_MAX};
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sign::AuthorEnvelope;
use ankomst_shared::sync::message::{Ack, Outcome, Push, PushPart, Refused};
use rusqlite::Connection;

use crate::app::App;
use crate::given;
use crate::limits::UNPACKED_MAX;
use crate::metrics::Chunk;
use crate::projector;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts::DeviceRow;
use crate::storage::sqlite::held::DEPENDS;
use crate::storage::sqlite::log::{self, Arrival, Index};
use crate::storage::sqlite::{brought, destroyed, enrolled, writers};
use crate::sync::Session;
use crate::sync::authors::{self, Author, covered, spoken_for};
use crate::sync::begins::document_of;
use crate::sync::carry::{self, Becomes, Late, carry_over, in_turn, store_late};
use crate::sync::destroy::late;
use crate::sync::found::Found;
use crate::sync::held::{self, Arrived};
use crate::sync::office::Office;

/// A part whose bytes have passed the gate.
pub(super) struct Checked {
    pub(super) document: DocumentId,
    envelope: Vec<u8>,
    author: Option<AuthorEnvelope>,
    /// The author's device, if the log does not know it yet.
    newcomer: Option<DeviceRow>,
    /// The change of an ended line it stands for, if this server made it of that, and when the record had been
    /// cleaned last by then.
    pub(super) was: Option<(ChangeHash, i64)>,
    /// The server itself has written it.
    pub(super) office: Option<Office>,
    /// Made of what was half typed and never became a change on its tablet.
    is_draft: bool,
    chunks: Vec<Result<(ChunkInfo, Vec<u8>), Ack>>,
}

/// Takes a push and answers for every change in it once it is on the disk. Of changes of others than whoever brings them
/// it is noted which device has.
///
/// # Errors
/// When storage refuses or the disk has no room for it; then nothing was acknowledged.
pub async fn push(
    app: &Arc<App>,
    push: Push,
    by: Option<&Session>,
) -> Result<Vec<Ack>, StorageError> {
    take(app, push.parts.into_iter().map(|part| (part, false)).collect(), by.copied()).await
}

/// Takes parts; with each, whether it is made of what was half typed.
pub(super) async fn take(
    app: &Arc<App>,
    parts: Vec<(PushPart, bool)>,
    by: Option<Session>,
) -> Result<Vec<Ack>, StorageError> {
    let count: usize = parts.iter().map(|(part, _)| part.chunks.len()).sum();
    if count == 0 {
        return Ok(Vec::new());
    }
    if app.ballast.is_low() {
        return Err(StorageError::Low);
    }
    // The rest is offered again; of nobody who keeps to the bounds there is any.
    let mut places = PUSH_CHUNKS_MAX;
    let mut left = UNPACKED_MAX;
    let keep = parts.into_iter().take_while(move |(part, _)| {
        let is_first = places == PUSH_CHUNKS_MAX;
        let left = places.checked_sub(part.chunks.len().max(1));
        places = left.unwrap_or_default();
        is_first || left.is_some()
    });
    let opened = Arc::clone(app);
    let checked = given::beside(move || {
        let gated = keep.map_while(|part| (left > 0).then(|| gate(&opened, part, &mut left)));
        gated.collect::<Result<Vec<_>, StorageError>>()
    })
    .await
    .map_err(|_| StorageError::Stopped)?
    .inspect_err(|error| app.ballast.hears(error))?;
    let now_ms = app.now_ms();
    let storing = Arc::clone(app);
    let (acks, found) = app
        .writer
        .write(move |db| {
            let stored = store((&storing, db), &checked, now_ms)?;
            by.map_or(Ok(()), |by| note_brought(db, &checked, by))?;
            Ok(stored)
        })
        .await?;
    app.crowded.add(found.crowded);
    for (by, more) in found.charges {
        app.stored.charge(by, more, now_ms);
    }
    for ack in &acks {
        let taken = matches!(ack.outcome, Outcome::Received(_));
        app.metrics.chunk(if taken { Chunk::Received } else { Chunk::Refused });
    }
    app.arrived.notify_one();
    if !found.held.is_empty() {
        let marking = Arc::clone(app);
        let mark = move || found.held.into_iter().for_each(|id| projector::mark(&marking, id));
        drop(given::beside(mark).await);
    }
    Ok(acks)
}

/// `left` is how much may still come out of what was sent; a part that is more is offered again, whole like its envelope.
fn gate(
    app: &App,
    (part, is_draft): (PushPart, bool),
    left: &mut usize,
) -> Result<Checked, StorageError> {
    let (part, document) = (&part, part.document);
    let ack = |hash, outcome| Ack { document, hash, outcome };
    let (mut newcomer, mut office, mut was) = (None, None, None);
    let (mut author, mut otherwise) = (None, Outcome::Refused(Refused::Envelope));
    match app.readers.read(|db| authors::author(app, db, part))? {
        Author::Is(known) => (author, newcomer) = (Some(known.0), known.1),
        Author::Office(known, itself) => (author, office) = (Some(*known), Some(itself)),
        Author::Carried(carried) => {
            author = spoken_for(part, &carried);
            was = Some((carried.was, carried.cleaned_ms));
        }
        Author::Unknown => otherwise = Outcome::Missing(Vec::new()),
        Author::Nobody => {}
    }
    let is_destroyed = app.readers.read(|db| destroyed::record_of(db, document))?.is_some();
    let mut chunks = Vec::with_capacity(part.chunks.len());
    for bytes in &part.chunks {
        if *left == 0 {
            chunks.clear();
            break;
        }
        let info = parse(bytes);
        // What was deflated may have come to as much before it was refused.
        let most = if bytes.get(8) == Some(&2) { CHUNK_INFLATED_BYTES_MAX } else { bytes.len() };
        let made = info.as_ref().map_or(most, |info| info.bytes.len());
        *left = left.saturating_sub(made);
        let Ok(info) = info else {
            // A malformed change has no id of its own; it is told by the hash of its bytes.
            let hash = ChangeHash::from_bytes(sha256(&[bytes]));
            chunks.push(Err(ack(hash, Outcome::Refused(Refused::Malformed))));
            continue;
        };
        let fits = author.as_ref().is_some_and(|author| {
            author.actor == info.actor
                && author.device == info.meta.device
                && author.user == info.meta.user
        });
        chunks.push(if fits && is_destroyed {
            // Its key stays destroyed.
            Ok((info, Vec::new()))
        } else if fits {
            let sealed = app.keys.seal(document, &info.hash, &info.bytes)?;
            Ok((info, sealed))
        } else {
            Err(ack(info.hash, otherwise.clone()))
        });
    }
    let covered = author.as_ref().map(|author| {
        let infos = chunks.iter().filter_map(|chunk| chunk.as_ref().ok().map(|(info, _)| info));
        covered(&infos.collect::<Vec<_>>(), author.last)
    });
    for chunk in &mut chunks {
        if let Ok((info, _)) = chunk
            && !covered.as_ref().is_some_and(|covered| covered.contains(&info.hash))
        {
            *chunk = Err(ack(info.hash, Outcome::Refused(Refused::Envelope)));
        }
    }
    let envelope = part.envelope.to_vec();
    Ok(Checked { document, envelope, author, newcomer, was, office, is_draft, chunks })
}

/// Stores what fits; gives an answer for each change, and what was found.
fn store(
    (app, db): (&App, &Connection),
    parts: &[Checked],
    now_ms: i64,
) -> Result<(Vec<Ack>, Found), StorageError> {
    let mut found = Found::default();
    let mut outcomes: BTreeMap<(usize, usize), Outcome> = BTreeMap::new();
    for part in parts {
        if let Some(device) = &part.newcomer {
            enrolled::take_in_again(db, device, now_ms)?;
        }
    }
    let mut all = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        for (place, chunk) in part.chunks.iter().enumerate() {
            let info = chunk.as_ref().ok().map(|(info, _)| info);
            all.push(((at, place), part.document, info));
        }
    }
    for (at, place) in in_turn(db, &all)? {
        let Some(part) = parts.get(at) else { continue };
        if let Some(Ok((info, sealed))) = part.chunks.get(place) {
            let outcome = if plant::is(Plant::SecondUnwritten) && at > 0 {
                Outcome::Received(now_ms)
            } else {
                store_one((app, db), part, (info, sealed), now_ms, &mut found)?
            };
            outcomes.insert((at, place), outcome);
        }
    }
    let mut acks = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        for (place, chunk) in part.chunks.iter().enumerate() {
            acks.push(match chunk {
                Err(ack) => ack.clone(),
                Ok((info, _)) => Ack {
                    document: part.document,
                    hash: info.hash,
                    outcome: outcomes.remove(&(at, place)).unwrap_or(Outcome::Missing(Vec::new())),
                },
            });
        }
    }
    Ok((acks, found))
}

/// Notes what somebody brings that others have written.
fn note_brought(db: &Connection, parts: &[Checked], by: Session) -> Result<(), StorageError> {
    let written_by = |part: &Checked| part.author.as_ref().map(|author| author.user);
    for part in parts.iter().filter(|part| written_by(part).is_some_and(|user| user != by.user)) {
        for (info, _) in part.chunks.iter().flatten() {
            brought::note(db, by.device, (part.document, info.hash))?;
        }
    }
    Ok(())
}

/// A document that was begun for nothing is none.
fn store_one(
    (app, db): (&App, &Connection),
    part: &Checked,
    chunk: (&ChunkInfo, &[u8]),
    now_ms: i64,
    found: &mut Found,
) -> Result<Outcome, StorageError> {
    let is_new = log::document(db, part.document)?.is_none();
    let outcome = store_fitting((app, db), part, chunk, now_ms, found)?;
    if is_new && !matches!(outcome, Outcome::Received(_)) {
        log::forget_empty(db, part.document)?;
    }
    Ok(outcome)
}

fn store_fitting(
    (app, db): (&App, &Connection),
    part: &Checked,
    (info, sealed): (&ChunkInfo, &[u8]),
    now_ms: i64,
    found: &mut Found,
) -> Result<Outcome, StorageError> {
    let document = part.document;
    if late::is_late((app, db), (document, info), &mut found.late, now_ms)? {
        return Ok(Outcome::Refused(Refused::Destroyed));
    }
    if let Some(outcome) = against_rules(db, part, info, now_ms)? {
        return Ok(outcome);
    }
    let is_anybodys = part.was.is_none() && part.office.is_none();
    if is_anybodys && !found.fits(app, info, now_ms) {
        // Nothing that others lack: it waits on its tablet.
        return Ok(Outcome::Missing(Vec::new()));
    }
    let Some(row) = document_of(db, part, info, now_ms)? else {
        return Ok(Outcome::Refused(Refused::Header));
    };
    let arrived = Arrived {
        row: &row,
        hash: part.was.map_or(info.hash, |(was, _)| was),
        deps: &info.deps,
        by: part.author.as_ref().map(|author| (author.user, author.device)),
        is_draft: part.is_draft,
    };
    let mut held = held::reason(app, db, &arrived)?;
    if held.is_none() && part.office.is_none() {
        held = found.is_large(db, document, info)?;
    }
    let begun = app.begun.has(document) || row.parent.is_some_and(|parent| app.begun.has(parent));
    if begun || held.is_some() && is_anybodys && !found.may_hold(db, info.meta.user)? {
        return Ok(Outcome::Missing(Vec::new()));
    }
    // Its document's key may have been renewed since the gate.
    let anew = if app.keys.is_newest(document, &info.hash, sealed)? {
        None
    } else {
        Some(app.keys.seal(document, &info.hash, &info.bytes)?)
    };
    let sealed = anew.as_deref().unwrap_or(sealed);
    let (envelope, received_ms) = (part.envelope.as_slice(), now_ms);
    let arrival = Arrival { document, info, sealed, envelope, received_ms, held };
    let may_be = found.carried < CARRIED_MAX;
    let late = Late { row: &row, info, was: part.was, may_be, is_here: false };
    match carry_over(app, db, &late)? {
        Becomes::Itself => {
            log::add_chunk(db, &arrival)?;
            carry::note(db, &row, info, part.was)?;
        }
        Becomes::Held => {
            held = Some(held.unwrap_or(DEPENDS));
            if is_anybodys && !found.may_hold(db, info.meta.user)? {
                return Ok(Outcome::Missing(Vec::new()));
            }
            log::add_chunk(db, &Arrival { held, ..arrival })?;
        }
        Becomes::Waits => return Ok(Outcome::Missing(Vec::new())),
        Becomes::Other(moved) => {
            store_late(app, db, (&arrival, row.record()), &moved)?;
            found.carried += moved.cost;
        }
    }
    if held.is_some() {
        found.holds(document, info.meta.user);
    }
    if is_anybodys {
        found.stores(info);
    }
    Ok(Outcome::Received(now_ms))
}

/// What is answered to a change that does not fit what is known, or is known.
fn against_rules(
    db: &Connection,
    part: &Checked,
    info: &ChunkInfo,
    now_ms: i64,
) -> Result<Option<Outcome>, StorageError> {
    let document = part.document;
    Ok(Some(match check(&Index(db), document, info)? {
        RuleOutcome::Fine
            if plant::is(Plant::AckUnwritten) && info.hash.as_bytes().first() < Some(&16) =>
        {
            Outcome::Received(now_ms)
        }
        RuleOutcome::Fine => {
            let (its, device) = ((document, info.actor), info.meta.device);
            if part.was.is_some() || writers::may_write_as(db, its, device)? {
                return Ok(None);
            }
            Outcome::Refused(Refused::Envelope)
        }
        RuleOutcome::Duplicate => {
            Outcome::Received(log::arrived(db, document, info.hash)?.unwrap_or(now_ms))
        }
        RuleOutcome::Missing(hashes) => Outcome::Missing(hashes),
        RuleOutcome::Fork => Outcome::Refused(Refused::Fork),
        RuleOutcome::Numbers => Outcome::Refused(Refused::Numbers),
    }))
}
