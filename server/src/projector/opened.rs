//! A record as the log shows it, also one that was kept open.
//!
//! One that was kept counts only together with what became visible since, and only where both are just what the log
//! shows: a record that was cleaned or continued is opened anew.

use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::sync::Digest;
use minicbor::bytes::ByteVec;

use super::Source;
use crate::opened::Visible;
use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, Keys, log, weights};

/// Opens a record as the log shows it; nothing where there is none that can be read.
pub(super) fn open(
    from: &Source<'_>,
    db: &Connection,
    id: DocumentId,
) -> Result<Option<Visible>, StorageError> {
    if log::document(db, id)?.is_none() {
        return Ok(None);
    }
    let stands = log::digest(db, id)?;
    let weight = weights::of(db, id)?.all;
    if let Some(kept) = from.kept.and_then(|kept| kept.take(id))
        && let Some(visible) = go_on(from.keys, db, Visible { weight, ..kept })?
        && visible.stands == stands
    {
        return Ok(Some(visible));
    }
    anew(from.keys, db, (id, stands, weight))
}

/// A record that was kept with what became visible since, if that can be read.
fn go_on(keys: &Keys, db: &Connection, mut kept: Visible) -> Result<Option<Visible>, StorageError> {
    for chunk in log::visible_after(db, kept.id, kept.feed)? {
        kept.feed = kept.feed.max(chunk.feed.unwrap_or_default());
        kept.updated_ms = kept.updated_ms.max(chunk.received_ms);
        let bytes = keys.open_chunk(kept.id, &chunk.hash, &chunk.sealed)?;
        let applied = kept.document.apply([bytes.as_slice()]);
        if !applied.is_ok_and(|applied| applied.new == [chunk.hash]) {
            return Ok(None);
        }
        kept.stands.add(&chunk.hash);
    }
    Ok(Some(kept))
}

fn anew(
    keys: &Keys,
    db: &Connection,
    (id, stands, weight): (DocumentId, Digest, u64),
) -> Result<Option<Visible>, StorageError> {
    let (mut feed, mut updated_ms) = (0, 0);
    let mut chunks: Vec<ByteVec> = Vec::new();
    for chunk in log::chunks_of(db, id, "visible")? {
        feed = feed.max(chunk.feed.unwrap_or_default());
        updated_ms = updated_ms.max(chunk.received_ms);
        chunks.push(keys.open_chunk(id, &chunk.hash, &chunk.sealed)?.into());
    }
    let nobody = ActorId::from_bytes([0; 16]);
    let document = Document::open(nobody, chunks.iter().map(|chunk| chunk.as_slice())).ok();
    Ok(document.map(|document| Visible { id, stands, weight, document, feed, updated_ms }))
}
