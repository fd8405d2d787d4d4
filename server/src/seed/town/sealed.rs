//! A finished document: its changes in envelopes signed with the devices' keys, and its review.

use ankomst_shared::chunk::{ChunkInfo, parse};
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, ChangeHash, EntryId};
use ankomst_shared::merge::review_edits;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::sign::{AuthorEnvelope, Header};

use super::super::SeedError;
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::{Book, Copy, Event, Piece};
use super::crew::Crew;

/// Changes of one sitting, no further apart than this, go in one envelope.
const SITTING_MS: i64 = 3_600_000;

/// A finished document.
#[derive(Debug)]
pub struct Planted {
    /// Its header.
    pub header: Header,
    /// Its changes in the order of writing.
    pub changes: Vec<Change>,
    /// The document with all changes.
    pub document: Document,
}

/// A change as it is stored.
#[derive(Debug)]
pub struct Change {
    /// What it is.
    pub info: ChunkInfo,
    /// The author's envelope.
    pub envelope: Vec<u8>,
}

impl Book<'_> {
    /// Seals the changes into envelopes.
    ///
    /// # Errors
    /// When a change does not pass the gate, which is a defect.
    pub fn finish(mut self) -> Result<Planted, SeedError> {
        let all = self.pieces.len();
        let mut copy = match self.copies.iter().position(|copy| copy.known > 0) {
            Some(at) => self.copies.swap_remove(at),
            None => Copy {
                hand: 0,
                actor: ActorId::from_bytes([0; 16]),
                document: Document::open(
                    ActorId::from_bytes([0; 16]),
                    self.pieces.iter().map(|piece| piece.chunk.bytes.as_slice()),
                )?,
                known: all,
            },
        };
        let left = self.pieces.iter().skip(copy.known);
        copy.document.apply(left.map(|piece| piece.chunk.bytes.as_slice()))?;
        let mut changes: Vec<Change> = Vec::with_capacity(all);
        let mut envelopes: Vec<Vec<u8>> = Vec::new();
        let mut sitting: Vec<&Piece> = Vec::new();
        for piece in &self.pieces {
            let goes_on = sitting.last().is_none_or(|last| {
                last.actor == piece.actor && piece.at_ms - last.at_ms < SITTING_MS
            });
            if !goes_on {
                self.seal(&mut sitting, &mut envelopes)?;
            }
            sitting.push(piece);
        }
        self.seal(&mut sitting, &mut envelopes)?;
        for (piece, envelope) in self.pieces.iter().zip(envelopes) {
            let info =
                parse(&piece.chunk.bytes).map_err(|error| SeedError::Gate(error.to_string()))?;
            changes.push(Change { info, envelope });
        }
        Ok(Planted { header: self.header, changes, document: copy.document })
    }

    fn seal(
        &self,
        sitting: &mut Vec<&Piece>,
        envelopes: &mut Vec<Vec<u8>>,
    ) -> Result<(), SeedError> {
        let (Some(first), Some(last)) = (sitting.first(), sitting.last()) else { return Ok(()) };
        let by = self.crew.hand(first.hand)?;
        let envelope = AuthorEnvelope {
            document: self.header.document,
            actor: first.actor,
            user: by.user,
            device: by.device,
            opened_ms: first.at_ms,
            last: last.chunk.hash,
        };
        let envelope = envelope.sign(&by.key);
        envelopes.extend(sitting.iter().map(|_| envelope.clone()));
        sitting.clear();
        Ok(())
    }
}

impl Planted {
    /// The review of the document as it stood after so many changes, by the unit's supervisor.
    ///
    /// # Errors
    /// When the desk is unknown or the document refuses.
    pub fn reviewed(
        &self,
        crew: &Crew,
        draw: &mut Draw,
        (desk, at_ms): (usize, i64),
        after: usize,
    ) -> Result<Self, SeedError> {
        let heads = self.heads_after(after);
        let record = self.header.document;
        let entry = EntryId::from_bytes(draw.bytes());
        let mut answers = Answers::new("review");
        answers.say(review_edits(entry, &heads, true, ""));
        let event = Event { at_ms, hand: desk, answers };
        Book::begin(crew, draw, (review_of(record), Some(record)), None, &event)?.finish()
    }

    fn heads_after(&self, after: usize) -> Vec<ChangeHash> {
        let mut heads: Vec<ChangeHash> = Vec::new();
        for change in self.changes.iter().take(after) {
            heads.retain(|head| !change.info.deps.contains(head));
            heads.push(change.info.hash);
        }
        heads.sort_unstable();
        heads
    }
}
