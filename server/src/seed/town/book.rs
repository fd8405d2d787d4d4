//! A document under construction: written on several devices, each of which has taken in what the
//! others wrote.

use ankomst_shared::document::{Authoring, Chunk, Document};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::sign::Header;

use super::super::SeedError;
use super::super::draw::Draw;
use super::super::record::Answers;
use super::crew::{Crew, Hand};

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

/// A document on one device.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) hand: usize,
    pub(super) actor: ActorId,
    pub(super) document: Document,
    /// So many changes of the book are in.
    pub(super) known: usize,
}

#[derive(Debug)]
pub(super) struct Piece {
    pub(super) hand: usize,
    pub(super) actor: ActorId,
    pub(super) at_ms: i64,
    pub(super) chunk: Chunk,
}

/// A document under construction.
#[derive(Debug)]
pub struct Book<'a> {
    pub(super) crew: &'a Crew,
    pub(super) header: Header,
    pub(super) copies: Vec<Copy>,
    pub(super) pieces: Vec<Piece>,
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
