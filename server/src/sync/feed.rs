//! What becomes visible: pending changes go through their trial; those that pass get the next
//! numbers of the feed in a commit of their own, the others are held.

use core::time::Duration;
use std::sync::Arc;

use ankomst_shared::ids::DocumentId;
use ankomst_shared::plant::{self, Plant};
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::given;
use crate::metrics::Chunk;
use crate::projector;
use crate::storage::StorageError;
use crate::storage::sqlite::held;
use crate::storage::sqlite::log::{self, ChunkRow};
use crate::sync::clean;
use crate::sync::held::let_in;
use crate::sync::lines::{self, Why};
use crate::sync::staff as staffing;
use crate::trial::Outcome;

/// What could not be tried is tried again after this, arrivals or not.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// Tries whatever waits, for ever; ends when the app stops.
pub async fn run(app: Arc<App>) {
    loop {
        // Broken off anywhere it leaves changes waiting, which the next start tries.
        tokio::select! {
            settled = settle(&app) => if let Err(error) = settled {
                tracing::error!(%error, "Changes wait for their trial because storage refused.");
            },
            () = app.stopping.cancelled() => return,
        }
        tokio::select! {
            () = app.arrived.notified() => {}
            () = tokio::time::sleep(AGAIN_AFTER) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Tries everything that waits. A document that cannot be tried keeps no other one waiting.
///
/// # Errors
/// When storage refuses to tell what waits.
pub async fn settle(app: &Arc<App>) -> Result<(), StorageError> {
    loop {
        let mut is_moving = false;
        for document in app.readers.read(log::pending_documents)? {
            match settle_document(app, document).await {
                Ok(tried) => is_moving |= tried,
                Err(error) => {
                    tracing::error!(document.id = %document, %error, "A record's changes wait for their trial.");
                }
            }
        }
        if !is_moving {
            return Ok(());
        }
    }
}

/// Tries what waits of one document; tells whether it could be tried.
async fn settle_document(app: &Arc<App>, document: DocumentId) -> Result<bool, StorageError> {
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
    let Some(outcomes) = app.trial.try_changes(&kind, &base, &candidates).await else {
        let to_mark = Arc::clone(app);
        drop(given::beside(move || projector::mark(&to_mark, document)).await);
        return Ok(false);
    };
    let mut outcomes = outcomes;
    if plant::is(Plant::Untried) {
        outcomes.fill(Outcome::Passed);
    }
    for outcome in &outcomes {
        let shared = *outcome == Outcome::Passed;
        app.metrics.chunk(if shared { Chunk::Shared } else { Chunk::Held });
    }
    let staff = staff_after(document, &kind, (&base, &candidates), &outcomes);
    let letting = Arc::clone(app);
    let hashes: Vec<_> = pending.iter().map(|chunk| chunk.hash).zip(outcomes).collect();
    let head = app
        .writer
        .write(move |db| {
            for (hash, outcome) in &hashes {
                match outcome {
                    Outcome::Passed => drop(log::make_visible(db, document, *hash)?),
                    Outcome::Held(reason) => log::hold(db, document, *hash, reason)?,
                }
            }
            if let Some(whose) = staff {
                whose.note(db, document)?;
            }
            // What was let in and waited for these.
            if held::waits(db, document)? {
                let_in(&letting, db, document)?;
            }
            log::head(db)
        })
        .await?;
    app.news.send_modify(|news| {
        news.head = news.head.max(head.feed);
        news.turns = news.turns.wrapping_add(1);
    });
    // A row is a cache: whatever happens while it is made, the feed goes on.
    let (to_project, head) = (Arc::clone(app), head.feed);
    let followed = given::beside(move || projector::follow(&to_project, document, head));
    if followed.await.is_err() {
        tracing::error!(document.id = %document, "A row could not be made; the next start makes it good.");
    }
    clean::follow(app, document).await;
    continue_if_large(app, document).await;
    Ok(true)
}

/// Whose a case is after what passed, if that says anything of it.
fn staff_after(
    document: DocumentId,
    kind: &str,
    (base, candidates): (&[ByteVec], &[ByteVec]),
    outcomes: &[Outcome],
) -> Option<staffing::Whose> {
    if !staffing::is_touched(kind, candidates) {
        return None;
    }
    let passed = candidates.iter().zip(outcomes).filter(|(_, one)| **one == Outcome::Passed);
    let all: Vec<&ByteVec> = base.iter().chain(passed.map(|(bytes, _)| bytes)).collect();
    staffing::of(document, &all)
}

/// Continues the record a document belongs to once it has grown large. It stays as it is where that fails.
async fn continue_if_large(app: &Arc<App>, document: DocumentId) {
    let record = lines::is_large(app, document).and_then(|is_large| {
        let row =
            app.readers.read(|db| if is_large { log::document(db, document) } else { Ok(None) })?;
        Ok(row.map(|row| row.record()))
    });
    let continued = match record {
        Ok(Some(record)) => lines::continue_record(app, record, Why::Large).await.map(drop),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = continued {
        tracing::error!(document.id = %document, %error, "A large document could not be continued; it stays as it is.");
    }
}
