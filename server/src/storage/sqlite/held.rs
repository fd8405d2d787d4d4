//! What is held: plain statements, no decisions.

use std::collections::BTreeMap;

use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
pub use ankomst_shared::text::held::{
    AUTHOR, DEPENDS, DRAFT, ENDED, LARGE, NOT_PERMITTED, REFUSED, REVOKED,
};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use crate::storage::StorageError;

/// It ended or hung the trial's process, twice.
pub const KILLED: &str = "the trial was aborted";

/// Whether a person may decide about what is held for a reason; what the trial has found nobody can change.
#[must_use]
pub fn is_for_person(reason: &str) -> bool {
    [ENDED, REVOKED, NOT_PERMITTED, AUTHOR, DEPENDS, DRAFT, REFUSED].contains(&reason)
}

/// Whether a person may let in what is held for a reason. What has ended the trial may have met a machine without
/// memory or time: it is tried once more for each release.
#[must_use]
pub fn may_be_released(reason: &str) -> bool {
    is_for_person(reason) || reason == KILLED
}

/// Why something that builds on these changes cannot be shown, if so.
///
/// # Errors
/// When the database refuses.
pub fn hangs_on(
    db: &Connection,
    document: DocumentId,
    hashes: &[ChangeHash],
) -> Result<Option<&'static str>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(reason, '') FROM chunks WHERE document = ?1 AND hash = ?2 AND state = 'held'",
    )?;
    let mut found = None;
    for hash in hashes {
        let reason: Option<String> =
            select.query_row((Blob(document), Blob(*hash)), |row| row.get(0)).optional()?;
        match reason.as_deref() {
            Some(REFUSED) => return Ok(Some(REFUSED)),
            Some(_) => found = Some(DEPENDS),
            None => {}
        }
    }
    Ok(found)
}

/// Asked at every turn of the feed; it names its indexes.
pub(super) const WAITS: &str = "SELECT received FROM chunks AS one INDEXED BY chunks_held_in
    WHERE document = ?1 AND state = 'held' AND reason = 'depends' AND NOT EXISTS (
        SELECT 1 FROM deps INDEXED BY deps_of JOIN chunks AS other INDEXED BY sqlite_autoindex_chunks_1
            ON other.document = deps.document AND other.hash = deps.dep
        WHERE deps.document = ?1 AND deps.hash = one.hash AND other.state = 'held') LIMIT 1";

/// Whether something of a document is held that a person may decide about for a reason of its own.
///
/// # Errors
/// When the database refuses.
pub fn is_open(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM chunks WHERE document = ?1 AND state = 'held'
         AND reason IN ('account ended', 'device revoked', 'not permitted', 'author', 'draft'))",
    )?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// Whether something of a document is held because it is large.
///
/// # Errors
/// When the database refuses.
pub fn is_large(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM chunks WHERE document = ?1 AND state = 'held' AND reason = 'large')",
    )?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// Documents of which something is held because they are large.
///
/// # Errors
/// When the database refuses.
pub fn large(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT DISTINCT document FROM chunks WHERE state = 'held' AND reason = 'large'",
    )?;
    let rows = select.query_map([], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Whether something of a document waits only for what it builds on, and nothing of that is held any more.
///
/// # Errors
/// When the database refuses.
pub fn waits(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let found = db
        .prepare_cached(WAITS)?
        .query_row([Blob(document)], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(found.is_some())
}

/// Documents of which something is held.
///
/// # Errors
/// When the database refuses.
pub fn documents(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    let mut select =
        db.prepare_cached("SELECT DISTINCT document FROM chunks WHERE state = 'held'")?;
    let rows = select.query_map([], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// How many changes of an author wait for a decision; no more than so many are counted.
///
/// # Errors
/// When the database refuses.
pub fn count_waiting(db: &Connection, user: UserId, most: usize) -> Result<usize, StorageError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM chunks INDEXED BY chunks_held
             WHERE state = 'held' AND user = ?1 AND reason IS NOT 'refused' LIMIT ?2)",
        )?
        .query_row((Blob(user), most), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// What each held change of a document builds on.
///
/// # Errors
/// When the database refuses.
pub fn deps(
    db: &Connection,
    document: DocumentId,
) -> Result<BTreeMap<ChangeHash, Vec<ChangeHash>>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT hash, dep FROM deps WHERE document = ?1
         AND hash IN (SELECT hash FROM chunks WHERE document = ?1 AND state = 'held')",
    )?;
    let rows = select.query_map([Blob(document)], |row| {
        Ok((row.get::<_, Blob<ChangeHash>>(0)?.0, row.get::<_, Blob<ChangeHash>>(1)?.0))
    })?;
    let mut all: BTreeMap<ChangeHash, Vec<ChangeHash>> = BTreeMap::new();
    for row in rows {
        let (hash, dep) = row?;
        all.entry(hash).or_default().push(dep);
    }
    Ok(all)
}

/// Lets a held change wait for its trial.
///
/// # Errors
/// When the database refuses.
pub fn wait(db: &Connection, document: DocumentId, hash: ChangeHash) -> Result<(), StorageError> {
    db.prepare_cached(
        "UPDATE chunks SET state = 'pending', reason = NULL
         WHERE document = ?1 AND hash = ?2 AND state = 'held'",
    )?
    .execute((Blob(document), Blob(hash)))?;
    Ok(())
}

/// Says why a change is held.
///
/// # Errors
/// When the database refuses.
pub fn set_reason(
    db: &Connection,
    (document, hash): (DocumentId, ChangeHash),
    reason: &str,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "UPDATE chunks SET reason = ?3 WHERE document = ?1 AND hash = ?2 AND state = 'held'",
    )?
    .execute((Blob(document), Blob(hash), reason))?;
    Ok(())
}

/// How many changes wait for a person; what was refused does not, nor what waits for room in its record.
///
/// # Errors
/// When the database refuses.
pub fn count(db: &Connection) -> Result<u64, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT count(*) FROM chunks WHERE state = 'held' AND reason IS NOT 'refused' AND reason IS NOT 'large'",
    )?;
    super::log::number(select.query_row([], |row| row.get(0))?)
}
