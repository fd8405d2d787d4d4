//! What is written in one document at once, as changes that travel: made in memory, signed, and sealed to the server.

use ankomst_shared::app::Refusal;
use ankomst_shared::document::{Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::limits::FIELD_TEXT_BYTES_MAX;
use ankomst_shared::sign::{AuthorEnvelope, Header};

use super::rows::{ChunkRow, Stage};
use super::state::Core;
use crate::platform::Platform;

/// Changes of one document, made and not yet on the disk.
pub(super) struct Piece {
    pub(super) document: DocumentId,
    /// In the order in which they build on each other; none when the answers stand there already.
    pub(super) made: Vec<Chunk>,
    /// Who wrote it, and since when, Unix milliseconds.
    pub(super) by: (ActorId, i64),
    pub(super) edits: Vec<Edit>,
}

impl<P: Platform> Core<P> {
    /// Changes of a document, made in memory.
    pub(super) fn made(&self, id: DocumentId, edits: &[Edit]) -> Result<Piece, Refusal> {
        travels(edits)?;
        let (now_ms, actor) = (self.now_ms(), ActorId::from_bytes(self.random()?));
        self.with_open(|open| {
            let by = open.authoring(id, now_ms);
            let own = open.own_words(id, edits);
            // What stands here may stand nowhere once the server brings what a file said instead.
            let again = open.said_by_file(id);
            let opened = open.document(id, actor, now_ms).ok_or(Refusal::NotHere)?;
            let made = opened.document.commit_all(&own, &again, &by);
            let by = (opened.document.actor(), opened.since_ms);
            let Ok(made) = made else {
                // Some of them may stand in memory: it is read again.
                open.documents.remove(&id);
                open.forget(id);
                return Err(Refusal::Internal);
            };
            Ok(Piece { document: id, made, by, edits: edits.to_vec() })
        })
    }

    /// The first changes of a new document, made in memory.
    pub(super) fn made_new(&self, header: &Header, edits: &[Edit]) -> Result<Piece, Refusal> {
        travels(edits)?;
        let (id, now_ms, actor) =
            (header.document, self.now_ms(), ActorId::from_bytes(self.random()?));
        self.with_open(|open| {
            let by = open.authoring(id, now_ms);
            let signed = header.sign(&open.signing);
            let (_, made) =
                Document::create_all(actor, signed, edits, &by).map_err(|_| Refusal::Internal)?;
            Ok(Piece { document: id, made, by: (actor, now_ms), edits: edits.to_vec() })
        })
    }

    /// The rows of a piece, each with its author's envelope.
    pub(super) fn signed(&self, piece: &Piece) -> Result<Vec<(ChunkRow, ChangeHash)>, Refusal> {
        let (actor, opened_ms) = piece.by;
        self.with_open(|open| {
            let row = |chunk: &Chunk| {
                let envelope = AuthorEnvelope {
                    document: piece.document,
                    actor,
                    user: open.user(),
                    device: open.identity.device,
                    opened_ms,
                    last: chunk.hash,
                };
                let row = ChunkRow {
                    bytes: chunk.bytes.clone().into(),
                    envelope: envelope.sign(&open.signing).into(),
                    stage: Stage::Unsent,
                    received_ms: None,
                    own: Some(0),
                };
                (row, chunk.hash)
            };
            Ok(piece.made.iter().map(row).collect())
        })
    }

    /// A change sealed to the server.
    pub(super) fn deposited(
        &self,
        document: DocumentId,
        row: &ChunkRow,
    ) -> Result<Vec<u8>, Refusal> {
        self.sealed_part(document, core::slice::from_ref(row), None)
    }
}

/// Whether every text is one that the server lets in; of those in fields the catalog has said so before.
fn travels(edits: &[Edit]) -> Result<(), Refusal> {
    let is_long =
        |edit: &Edit| edit.value.as_str().is_some_and(|text| text.len() > FIELD_TEXT_BYTES_MAX);
    if edits.iter().any(is_long) { Err(Refusal::TooLong) } else { Ok(()) }
}
