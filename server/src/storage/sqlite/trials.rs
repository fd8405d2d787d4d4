//! Which changes have ended the trial's process, so that nobody waits for the like of them: plain statements,
//! no decisions.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use rusqlite::Connection;

use super::Blob;
use crate::storage::StorageError;

/// A change that waits for its trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Its document.
    pub document: DocumentId,
    /// Its author's device.
    pub device: DeviceId,
    /// It was tried with others when a child died, or has killed one.
    pub is_marked: bool,
}

const WAITING: &str = "SELECT chunks.document, chunks.device, trials.deaths IS NOT NULL
    FROM chunks INDEXED BY chunks_pending
    LEFT JOIN trials ON trials.document = chunks.document AND trials.hash = chunks.hash
    WHERE chunks.state = 'pending' ORDER BY chunks.received";
/// Asked at every turn of the feed; it names its index.
pub(super) const KILLERS: &str = "SELECT DISTINCT device FROM chunks INDEXED BY chunks_killed
    WHERE state = 'held' AND reason = 'the trial was aborted' AND received_ms > ?1";

/// Everything that waits for its trial, oldest arrival first.
///
/// # Errors
/// When the database refuses.
pub fn waiting(db: &Connection) -> Result<Vec<Waiting>, StorageError> {
    let mut select = db.prepare_cached(WAITING)?;
    let rows = select.query_map([], |row| {
        Ok(Waiting {
            document: row.get::<_, Blob<DocumentId>>(0)?.0,
            device: row.get::<_, Blob<DeviceId>>(1)?.0,
            is_marked: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Devices of whose changes one that arrived after a time is held because it killed.
///
/// # Errors
/// When the database refuses.
pub fn killers(db: &Connection, after_ms: i64) -> Result<BTreeSet<DeviceId>, StorageError> {
    let mut select = db.prepare_cached(KILLERS)?;
    let rows = select.query_map([after_ms], |row| row.get::<_, Blob<DeviceId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// The marked changes of a document, and how often each has killed alone.
///
/// # Errors
/// When the database refuses.
pub fn marks(
    db: &Connection,
    document: DocumentId,
) -> Result<BTreeMap<ChangeHash, u32>, StorageError> {
    let mut select = db.prepare_cached("SELECT hash, deaths FROM trials WHERE document = ?1")?;
    let rows = select.query_map([Blob(document)], |row| {
        Ok((row.get::<_, Blob<ChangeHash>>(0)?.0, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Marks a change that has killed so often alone.
///
/// # Errors
/// When the database refuses.
pub fn mark(
    db: &Connection,
    (document, hash): (DocumentId, ChangeHash),
    deaths: u32,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT INTO trials (document, hash, deaths) VALUES (?1, ?2, ?3)
         ON CONFLICT (document, hash) DO UPDATE SET deaths = max(deaths, excluded.deaths)",
    )?
    .execute((Blob(document), Blob(hash), deaths))?;
    Ok(())
}

/// The mark of a change goes with what stands for it now.
///
/// # Errors
/// When the database refuses.
pub fn goes_on(
    db: &Connection,
    (document, hash): (DocumentId, ChangeHash),
    now: Option<ChangeHash>,
) -> Result<(), StorageError> {
    if let (Some(deaths), Some(now)) = (marks(db, document)?.get(&hash), now) {
        mark(db, (document, now), *deaths)?;
    }
    forget(db, (document, hash))
}

/// Forgets the mark of a change of which it is known what becomes of it.
///
/// # Errors
/// When the database refuses.
pub fn forget(
    db: &Connection,
    (document, hash): (DocumentId, ChangeHash),
) -> Result<(), StorageError> {
    db.prepare_cached("DELETE FROM trials WHERE document = ?1 AND hash = ?2")?
        .execute((Blob(document), Blob(hash)))?;
    Ok(())
}
