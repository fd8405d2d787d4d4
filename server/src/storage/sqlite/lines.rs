//! Changes that have ended, and those that stand for them: plain statements, no decisions.

use std::collections::BTreeSet;

use ankomst_shared::continued::Carried;
use ankomst_shared::document::StatementId;
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use super::log::{ChunkRow, number, signed};
use crate::storage::StorageError;

/// How large a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Visible changes.
    pub changes: u64,
    /// Actors that wrote them.
    pub actors: u64,
    /// What they weigh.
    pub weight: u64,
}

/// How large a document is, and how large it was when it was last continued.
///
/// # Errors
/// When the database refuses.
pub fn sizes(db: &Connection, document: DocumentId) -> Result<[Size; 2], StorageError> {
    let now = db
        .prepare_cached(
            "SELECT count(*), count(DISTINCT actor), coalesce(sum(weight), 0) FROM chunks
             WHERE document = ?1 AND state = 'visible'",
        )?
        .query_row([Blob(document)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let carried = db
        .prepare_cached(
            "SELECT carried, carried_actors, carried_weight FROM documents WHERE id = ?1",
        )?
        .query_row([Blob(document)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let size = |(changes, actors, weight)| -> Result<Size, StorageError> {
        Ok(Size { changes: number(changes)?, actors: number(actors)?, weight: number(weight)? })
    };
    Ok([size(now)?, size(carried)?])
}

/// Whether changes of a document have ended, so that it goes on in others.
///
/// # Errors
/// When the database refuses.
pub fn is_continued(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM chunks WHERE document = ?1 AND state = 'ended')",
    )?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// What to build on instead of a change, in the newest line; nothing is said of changes that have not ended.
///
/// # Errors
/// When the database refuses.
pub fn became(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Option<Vec<ChangeHash>>, StorageError> {
    let Some(mut open) = became_next(db, document, hash)? else { return Ok(None) };
    let (mut newest, mut seen) = (BTreeSet::new(), BTreeSet::new());
    // What a change became may have ended since, with its own line.
    while let Some(one) = open.pop() {
        if !seen.insert(one) {
            continue;
        }
        match became_next(db, document, one)? {
            Some(next) => open.extend(next),
            None => drop(newest.insert(one)),
        }
    }
    Ok(Some(newest.into_iter().collect()))
}

/// What a change became when its own line ended.
fn became_next(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Option<Vec<ChangeHash>>, StorageError> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached(
            "SELECT became FROM chunks WHERE document = ?1 AND hash = ?2 AND state = 'ended'",
        )?
        .query_row((Blob(document), Blob(hash)), |row| row.get(0))
        .optional()?;
    let Some(bytes) = bytes else { return Ok(None) };
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(StorageError::Damaged("what a change became cannot be read"));
    }
    Ok(Some(hashes.iter().map(|hash| ChangeHash::from_bytes(*hash)).collect()))
}

/// The change of the newest line that stands for one that has ended, if something of it still counts.
///
/// # Errors
/// When the database refuses.
pub fn stand_in(
    db: &Connection,
    document: DocumentId,
    root: ChangeHash,
) -> Result<Option<ChunkRow>, StorageError> {
    let hash = db
        .prepare_cached(
            "SELECT hash FROM chunks WHERE document = ?1 AND was = ?2 AND state <> 'ended'",
        )?
        .query_row((Blob(document), Blob(root)), |row| row.get::<_, Blob<ChangeHash>>(0))
        .optional()?;
    match hash {
        Some(Blob(hash)) => super::log::chunk_of(db, document, hash),
        None => Ok(None),
    }
}

/// The id that an act of writing has in the newest line; its own if its change has not ended.
///
/// # Errors
/// When the database refuses.
pub fn said_as(
    db: &Connection,
    document: DocumentId,
    mut id: StatementId,
) -> Result<Option<StatementId>, StorageError> {
    // One step for each time the document went on; ids of a line are never those of another.
    loop {
        match said_next(db, document, id)? {
            Some(next) if next != id => id = next,
            other => return Ok(other),
        }
    }
}

/// The id that an act of writing got when its own line ended; itself if it has not.
fn said_next(
    db: &Connection,
    document: DocumentId,
    id: StatementId,
) -> Result<Option<StatementId>, StorageError> {
    let row: Option<(String, Option<Vec<u8>>)> = db
        .prepare_cached(
            "SELECT state, said FROM chunks WHERE document = ?1 AND actor = ?2 AND max_op >= ?3
             ORDER BY seq LIMIT 1",
        )?
        .query_row((Blob(document), Blob(id.actor), signed(id.counter)?), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((state, said)) = row else { return Ok(None) };
    if state != "ended" {
        return Ok(Some(id));
    }
    let said: Vec<(u64, u64, ActorId)> = minicbor::decode(&said.unwrap_or_default())
        .map_err(|_| StorageError::Damaged("what a change said cannot be read"))?;
    let found = said.into_iter().find(|(counter, ..)| *counter == id.counter);
    Ok(found.map(|(_, counter, actor)| StatementId { counter, actor }))
}

/// Ends a change: what it became stands for it from now on.
///
/// # Errors
/// When the database refuses.
pub fn end(db: &Connection, document: DocumentId, carried: &Carried) -> Result<(), StorageError> {
    let became: Vec<u8> = carried.into.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let said: Vec<(u64, u64, ActorId)> =
        carried.said.iter().map(|(old, new)| (*old, new.counter, new.actor)).collect();
    let said = minicbor::to_vec(said).map_err(|_| StorageError::Damaged("numbers"))?;
    db.prepare_cached(
        "UPDATE chunks SET state = 'ended', reason = NULL, became = ?1, said = ?2
         WHERE document = ?3 AND hash = ?4",
    )?
    .execute((became, said, Blob(document), Blob(carried.was)))?;
    Ok(())
}

/// Notes which change of its author a carried one stands for, however often it was carried over.
///
/// # Errors
/// When the database refuses.
pub fn stands_for(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
    was: ChangeHash,
) -> Result<(), StorageError> {
    db.prepare_cached("UPDATE chunks SET was = ?1 WHERE document = ?2 AND hash = ?3")?
        .execute((Blob(was), Blob(document), Blob(hash)))?;
    Ok(())
}

/// Begins the counting of a document anew: its sum is nothing until changes become visible, and no
/// device holds it by the ledger.
///
/// # Errors
/// When the database refuses.
pub fn begin(db: &Connection, document: DocumentId, size: Size) -> Result<(), StorageError> {
    db.execute(
        "UPDATE documents SET digest = zeroblob(32), carried = ?1, carried_actors = ?2, carried_weight = ?3
         WHERE id = ?4",
        (signed(size.changes)?, signed(size.actors)?, signed(size.weight)?, Blob(document)),
    )?;
    db.execute("DELETE FROM holdings WHERE document = ?1", [Blob(document)])?;
    Ok(())
}

/// Notes that a document was looked at and left as large as it is.
///
/// # Errors
/// When the database refuses.
pub fn leave(db: &Connection, document: DocumentId) -> Result<(), StorageError> {
    if super::log::document(db, document)?.is_some() {
        let [now, _] = sizes(db, document)?;
        db.execute(
            "UPDATE documents SET carried = ?1, carried_actors = ?2, carried_weight = ?3 WHERE id = ?4",
            (signed(now.changes)?, signed(now.actors)?, signed(now.weight)?, Blob(document)),
        )?;
    }
    Ok(())
}

/// The number of the arrival that has ended last of a document; 0 without one.
///
/// # Errors
/// When the database refuses.
pub fn newest_ended(db: &Connection, document: DocumentId) -> Result<i64, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(max(received), 0) FROM chunks WHERE document = ?1 AND state = 'ended'",
    )?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// Of a document that goes on: whether changes were carried over that wait for their trial, so that the
/// document is not yet what a device that gives up the old line must get.
///
/// # Errors
/// When the database refuses.
pub fn is_settling(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM chunks WHERE document = ?1 AND state = 'pending' AND was IS NOT NULL)",
    )?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}
