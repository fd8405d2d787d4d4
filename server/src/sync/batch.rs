//! Stretches of the feed, and changes as they are told.

use std::collections::BTreeSet;

use crate::storage::sqlite::Connection;
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::limits::{FEED_BATCH_CHUNKS_MAX, SYNC_BODY_BYTES_MAX};
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sync::Position;
use ankomst_shared::sync::message::{DeliveredChunk, FeedBatch};

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::log::{self, ChunkRow};

/// Reads a stretch of the feed for a device, up to the head as it is told; says whether it reaches
/// the head.
///
/// # Errors
/// When storage refuses.
pub(super) fn batch(
    app: &App,
    db: &Connection,
    (from, head): (Position, Position),
    scope: &BTreeSet<DocumentId>,
    device: DeviceId,
) -> Result<(FeedBatch, bool), StorageError> {
    if from.feed >= head.feed {
        return Ok((FeedBatch { chunks: Vec::new(), cursor: head }, true));
    }
    let rows = log::feed_after(db, from.feed, FEED_BATCH_CHUNKS_MAX)?;
    let (mut chunks, mut bytes, mut scanned) = (Vec::new(), 0, None);
    let mut whole = rows.len() < FEED_BATCH_CHUNKS_MAX;
    for row in &rows {
        if bytes > SYNC_BODY_BYTES_MAX / 4 {
            whole = false;
            break;
        }
        scanned = row.feed;
        if plant::is(Plant::FeedLeavesOut) && row.hash.as_bytes().first() < Some(&16) {
            continue;
        }
        if row.state == "visible" && scope.contains(&row.document) {
            // What was carried over bears its author's device, which did not send it.
            let others = row.device != device || row.was.is_some();
            bytes += if others { row.sealed.len() } else { 0 };
            chunks.push(delivered(app, row, others)?);
        }
    }
    let cursor = match scanned {
        Some(feed) if !whole => {
            let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
            let chain = log::chain_at(db, feed)?.unwrap_or_default();
            Position::at(feed, chain).told(&app.secrets.position, epoch)
        }
        _ => head,
    };
    Ok((FeedBatch { chunks, cursor }, whole))
}

pub(super) fn delivered(
    app: &App,
    row: &ChunkRow,
    with_bytes: bool,
) -> Result<DeliveredChunk, StorageError> {
    let bytes = if with_bytes {
        Some(app.keys.open_chunk(row.document, &row.hash, &row.sealed)?.into())
    } else {
        None
    };
    Ok(DeliveredChunk {
        document: row.document,
        hash: row.hash,
        feed: row.feed.unwrap_or_default(),
        envelope: bytes.is_some().then(|| row.envelope.clone().into()),
        bytes,
        received_ms: row.received_ms,
    })
}
