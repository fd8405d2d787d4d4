//! What the changes of a record weigh: plain statements, no decisions.

use std::collections::BTreeMap;

use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
use rusqlite::Connection;

use super::Blob;
use super::log::number;
use crate::storage::StorageError;

/// What one operation weighs beside its bytes: a few of them can stand for thousands of operations.
pub const OP_WEIGHT: u64 = 256;

/// What the changes of a record weigh that its trial opens: those that are visible, and those that wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weights {
    /// All of them.
    pub all: u64,
    /// Those of each author.
    pub by: BTreeMap<UserId, u64>,
}

/// What a change weighs.
#[must_use]
pub fn of_change(info: &ChunkInfo) -> u64 {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    count(info.bytes.len()).saturating_add(count(info.ops.len()).saturating_mul(OP_WEIGHT))
}

/// What a stored change weighs.
///
/// # Errors
/// When the database refuses.
pub fn of_chunk(
    db: &Connection,
    (document, hash): (DocumentId, ChangeHash),
) -> Result<u64, StorageError> {
    let mut select =
        db.prepare_cached("SELECT weight FROM chunks WHERE document = ?1 AND hash = ?2")?;
    number(select.query_row((Blob(document), Blob(hash)), |row| row.get(0))?)
}

/// Asked with every push; it names its index, which has all it needs.
pub(super) const WEIGHTS: &str = "SELECT user, sum(weight) FROM chunks INDEXED BY chunks_weight
    WHERE document = ?1 AND state IN ('visible', 'pending') GROUP BY user";

/// What a record weighs.
///
/// # Errors
/// When the database refuses.
pub fn of(db: &Connection, document: DocumentId) -> Result<Weights, StorageError> {
    let mut select = db.prepare_cached(WEIGHTS)?;
    let rows = select.query_map([Blob(document)], |row| {
        Ok((row.get::<_, Blob<UserId>>(0)?.0, row.get::<_, i64>(1)?))
    })?;
    let mut weights = Weights::default();
    for row in rows {
        let (user, weight) = row?;
        weights.takes(user, number(weight)?);
    }
    Ok(weights)
}

/// Of each author what weighs least of what is held for want of room in a record.
///
/// # Errors
/// When the database refuses.
pub fn lightest_large(
    db: &Connection,
    document: DocumentId,
) -> Result<Vec<(UserId, u64)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT user, min(weight) FROM chunks
         WHERE document = ?1 AND state = 'held' AND reason = 'large' GROUP BY user",
    )?;
    let rows = select.query_map([Blob(document)], |row| {
        Ok((row.get::<_, Blob<UserId>>(0)?.0, row.get::<_, i64>(1)?))
    })?;
    rows.map(|row| {
        row.map_err(StorageError::from).and_then(|(user, least)| Ok((user, number(least)?)))
    })
    .collect()
}

impl Weights {
    /// Adds something of an author.
    pub fn takes(&mut self, user: UserId, weight: u64) {
        self.all = self.all.saturating_add(weight);
        let own = self.by.entry(user).or_default();
        *own = own.saturating_add(weight);
    }
}
