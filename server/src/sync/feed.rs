//! What becomes visible: pending changes go through their trial; those that pass get the next
//! numbers of the feed in a commit of their own, the others are held.

use std::sync::Arc;

use ankomst_shared::ids::DocumentId;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::projector;
use crate::storage::StorageError;
use crate::storage::sqlite::log::{self, ChunkRow};
use crate::trial::Outcome;

/// Tries whatever waits, for ever; ends when the app stops.
pub async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = settle(&app).await {
            tracing::error!(%error, "Changes wait for their trial because storage refused.");
        }
        tokio::select! {
            () = app.arrived.notified() => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Tries everything that waits.
///
/// # Errors
/// When storage refuses.
pub async fn settle(app: &Arc<App>) -> Result<(), StorageError> {
    loop {
        let documents = app.readers.read(log::pending_documents)?;
        if documents.is_empty() {
            return Ok(());
        }
        for document in documents {
            settle_document(app, document).await?;
        }
    }
}

async fn settle_document(app: &Arc<App>, document: DocumentId) -> Result<(), StorageError> {
    let (kind, base, pending) = app.readers.read(|db| {
        let row = log::document(db, document)?
            .ok_or(StorageError::Damaged("a chunk without document"))?;
        Ok((
            row.kind,
            log::chunks_of(db, document, "visible")?,
            log::chunks_of(db, document, "pending")?,
        ))
    })?;
    let opened = |chunks: &[ChunkRow]| -> Result<Vec<ByteVec>, StorageError> {
        chunks
            .iter()
            .map(|chunk| {
                app.keys.open_chunk(document, &chunk.hash, &chunk.sealed).map(ByteVec::from)
            })
            .collect()
    };
    let (base, candidates) = (opened(&base)?, opened(&pending)?);
    let outcomes = app.trial.try_changes(&kind, &base, &candidates).await;
    let hashes: Vec<_> = pending.iter().map(|chunk| chunk.hash).zip(outcomes).collect();
    let mut all = base;
    all.extend(
        candidates
            .into_iter()
            .zip(&hashes)
            .filter(|(_, (_, outcome))| *outcome == Outcome::Passed)
            .map(|(bytes, _)| bytes),
    );
    let head = app
        .writer
        .write(move |db| {
            for (hash, outcome) in &hashes {
                match outcome {
                    Outcome::Passed => drop(log::make_visible(db, document, *hash)?),
                    Outcome::Held(reason) => log::hold(db, document, *hash, reason)?,
                }
            }
            log::head(db)
        })
        .await?;
    app.news.send_modify(|news| {
        news.head = news.head.max(head.feed);
        news.turns = news.turns.wrapping_add(1);
    });
    projector::follow(app, document, &kind, &all);
    Ok(())
}
