//! A document under construction: written on several devices, each of which has taken in what the
//! others wrote, and sealed into envelopes by the device's key.

use ankomst_shared::chunk::{ChunkInfo, parse};
use ankomst_shared::document::{Authoring, Chunk, Document};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId, EntryId};
use ankomst_shared::merge::review_edits;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::sign::{AuthorEnvelope, Header};

use super::super::SeedError;
use super::super::draw::Draw;
use super::super::record::Answers;
use super::crew::{Crew, Hand};

/// Changes of one sitting, no further apart than this, go in one envelope.
const SITTING_MS: i64 = 3_600_000;

/// What a person writes at a time.
#[derive(Debug)]
pub struct Event {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who, a number of the crew's hands.
    pub hand: usize,
    /// What.
    pub answers: Answers,
}

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

/// A document on one device.
#[derive(Debug)]
struct Copy {
    hand: usize,
    actor: ActorId,
    document: Document,
    /// So many changes of the book are in.
    known: usize,
}

#[derive(Debug)]
struct Piece {
    hand: usize,
    actor: ActorId,
    at_ms: i64,
    chunk: Chunk,
}

/// A document under construction.
#[derive(Debug)]
pub struct Book<'a> {
    crew: &'a Crew,
    header: Header,
    copies: Vec<Copy>,
    pieces: Vec<Piece>,
}

impl<'a> Book<'a> {
    /// Begins a document with its first change. `template` is the checklist of a run.
    ///
    /// # Errors
    /// When the hand is unknown or the document refuses.
    pub fn begin(
        crew: &'a Crew,
        draw: &mut Draw,
        (id, parent): (DocumentId, Option<DocumentId>),
        template: Option<(String, u32)>,
        first: &Event,
    ) -> Result<Self, SeedError> {
        let by = crew.hand(first.hand)?;
        let kind = first.answers.kind().to_owned();
        let header = Header {
            document: id,
            protection: if kind == "protected" { 3 } else { 0 },
            kind,
            parent,
            unit: crew.unit(by.unit)?.id,
            user: by.user,
            device: by.device,
            created_ms: first.at_ms,
            template,
        };
        let actor = ActorId::from_bytes(draw.bytes());
        let (document, chunk) = Document::create(
            actor,
            header.sign(&by.key),
            first.answers.edits(),
            &authoring(by, first.at_ms),
        )?;
        let hand = first.hand;
        Ok(Self {
            crew,
            header,
            copies: vec![Copy { hand, actor, document, known: 1 }],
            pieces: vec![Piece { hand, actor, at_ms: first.at_ms, chunk }],
        })
    }

    /// Begins a document with the first of some events and writes the others, all by their time.
    ///
    /// # Errors
    /// As [`Book::begin`] and [`Book::write`].
    pub fn of(
        crew: &'a Crew,
        draw: &mut Draw,
        place: (DocumentId, Option<DocumentId>),
        template: Option<(String, u32)>,
        mut events: Vec<Event>,
    ) -> Result<Self, SeedError> {
        events.sort_by_key(|event| event.at_ms);
        let (first, rest) = events
            .split_first()
            .ok_or_else(|| SeedError::Unknown("the beginning of a record".to_owned()))?;
        let mut book = Self::begin(crew, draw, place, template, first)?;
        rest.iter().try_for_each(|event| book.write(draw, event))?;
        Ok(book)
    }

    /// Writes on a device that has taken in everything so far.
    ///
    /// # Errors
    /// When the hand is unknown or the document refuses.
    pub fn write(&mut self, draw: &mut Draw, event: &Event) -> Result<(), SeedError> {
        self.write_knowing(draw, event, self.pieces.len())
    }

    /// Writes on a device that has taken in only so many changes.
    ///
    /// # Errors
    /// When the hand is unknown or the document refuses.
    pub fn write_knowing(
        &mut self,
        draw: &mut Draw,
        event: &Event,
        known: usize,
    ) -> Result<(), SeedError> {
        let by = authoring(self.crew.hand(event.hand)?, event.at_ms);
        let at = self.copies.iter().position(|copy| copy.hand == event.hand);
        let news = |from: usize| {
            let pieces = self.pieces.iter().take(known).skip(from);
            pieces.map(|piece| piece.chunk.bytes.as_slice()).collect::<Vec<_>>()
        };
        let at = if let Some(at) = at {
            at
        } else {
            let actor = ActorId::from_bytes(draw.bytes());
            let document = Document::open(actor, news(0))?;
            self.copies.push(Copy { hand: event.hand, actor, document, known });
            self.copies.len() - 1
        };
        let Some(copy) = self.copies.get_mut(at) else { return Ok(()) };
        if copy.known < known {
            let pieces = self.pieces.iter().take(known).skip(copy.known);
            copy.document.apply(pieces.map(|piece| piece.chunk.bytes.as_slice()))?;
            copy.known = known;
        }
        if let Some(chunk) = copy.document.commit(event.answers.edits(), &by)? {
            let (hand, actor, at_ms) = (event.hand, copy.actor, event.at_ms);
            self.pieces.push(Piece { hand, actor, at_ms, chunk });
            // What others wrote meanwhile is applied again and found to be known.
            if copy.known + 1 == self.pieces.len() {
                copy.known += 1;
            }
        }
        Ok(())
    }

    /// Locks the devices: whoever writes next opens the document anew, as after a night.
    pub fn lock(&mut self) {
        self.copies.clear();
    }

    /// So many changes so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there is nothing; never, a book begins with a change.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// When the last change was made, Unix milliseconds.
    #[must_use]
    pub fn last_ms(&self) -> i64 {
        self.pieces.iter().map(|piece| piece.at_ms).max().unwrap_or_default()
    }

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

fn authoring(by: &Hand, now_ms: i64) -> Authoring {
    Authoring {
        device: by.device,
        user: by.user,
        now_ms,
        clock_offset_s: Some(0),
        review_heads: Vec::new(),
    }
}
