//! Records at which the program ends when they are opened: each is met once, and then set aside.
//!
//! The server tries every change, and all the same there may be one at which this program ends, or never comes back. So
//! before a document that has new changes is opened for the first time, it is written down, in the very commit that
//! stores them; once it was opened, that is taken away again. Found there when the vault is opened, it may be what ended the
//! program, or a battery did: all of them are opened once more, together. Ends it again, each is opened by itself, written
//! down before. What was opened well costs nothing when the vault is opened again.

use ankomst_shared::app::{Acted, Query, Refusal};
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::sign::header::review_of;
use ankomst_shared::text::Word;
use minicbor::{Decode, Encode};

use super::state::{Core, Open, open_row};
use crate::platform::Platform;
use crate::store::{Store, Table, Write};
use crate::vault::DataKey;

/// What is noted of openings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Opening {
    /// Documents that are being opened with new changes.
    #[n(0)]
    pub(super) trying: Vec<DocumentId>,
    /// How they are being opened.
    #[n(1)]
    pub(super) tried: Tried,
    /// Those at which the program has ended.
    #[n(2)]
    pub(super) aside: Vec<DocumentId>,
    /// The build that did; another may do better.
    #[n(3)]
    pub(super) build: String,
}

/// How records are being opened at which the program may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub(super) enum Tried {
    /// As they have come.
    #[default]
    #[n(0)]
    Come,
    /// Together once more.
    #[n(1)]
    Again,
    /// The first by itself, before the others.
    #[n(2)]
    Alone,
}

/// Where it stands what is noted of openings.
fn opening_key(user: UserId) -> Vec<u8> {
    [b"opening/", user.as_bytes().as_slice()].concat()
}

impl Opening {
    /// As it is to be written before documents that have come are opened.
    pub(super) fn before(&self, come: &[DocumentId], build: &str) -> Self {
        let mut before = self.clone();
        before.opened(come);
        before.trying.extend(come);
        (before.tried, before.build) = (Tried::Come, build.to_owned());
        before
    }

    /// Whether this build has ended at a document.
    pub(super) fn is_shut(&self, id: DocumentId, build: &str) -> bool {
        self.build == build && self.aside.contains(&id)
    }

    fn opened(&mut self, ids: &[DocumentId]) {
        self.trying.retain(|id| !ids.contains(id));
        self.aside.retain(|id| !ids.contains(id));
    }

    /// Those that are not opened.
    fn all(&self) -> impl Iterator<Item = DocumentId> {
        self.aside.iter().chain(&self.trying).copied()
    }
}

impl Open {
    /// Whether a record is set aside, itself or what was decided about it.
    pub(super) fn is_aside(&self, id: DocumentId) -> bool {
        let is = |id| self.aside().any(|aside| aside == id);
        is(id) || is(review_of(id))
    }

    /// What is here and is not opened.
    pub(super) fn aside(&self) -> impl Iterator<Item = DocumentId> {
        self.opening.all().filter(|id| self.chunks.contains_key(id))
    }

    /// Opens documents as every view would.
    pub(super) fn tries(&mut self, ids: &[DocumentId]) {
        for id in ids {
            // Of a review its record is read, with it.
            let parent = self.headers.get(id).filter(|header| header.kind == "review");
            let record = parent.and_then(|header| header.parent).unwrap_or(*id);
            self.record(record);
        }
    }
}

impl<P: Platform> Core<P> {
    /// What is noted of openings in a vault that is being opened.
    pub(super) async fn opening_of(&self, key: &DataKey, user: UserId) -> Result<Opening, Refusal> {
        let row = opening_key(user);
        let sealed = self.0.platform.store().get(Table::Meta, &row).await;
        match sealed.map_err(|_| Refusal::Storage)? {
            // One that cannot be read keeps nobody out of the vault.
            Some(sealed) => Ok(open_row(key, Table::Meta, &row, &sealed).unwrap_or_default()),
            None => Ok(Opening::default()),
        }
    }

    /// What is noted of openings, as a row.
    pub(super) fn opening_row(&self, user: UserId, opening: &Opening) -> Result<Write, Refusal> {
        let key = opening_key(user);
        if opening.trying.is_empty() && opening.aside.is_empty() {
            return Ok(Write::delete(Table::Meta, key));
        }
        self.sealed(Table::Meta, key, opening)
    }

    /// Opens what has come and was written down, and takes that away.
    pub(super) async fn open_come(&self, come: &[DocumentId]) -> Result<(), Refusal> {
        self.with_open(|open| {
            open.opening.opened(come);
            open.tries(come);
            Ok(())
        })?;
        // A device that cannot write does it when it can again.
        let _later = self.note_opening().await;
        Ok(())
    }

    /// Writes what is noted of openings as it is in memory.
    async fn note_opening(&self) -> Result<(), Refusal> {
        let (user, opening) = self.with_open(|open| Ok((open.user(), open.opening.clone())))?;
        self.commit(vec![self.opening_row(user, &opening)?]).await
    }

    /// A device that could not write for a while has noted no openings: what was not opened for that is now; with the turn
    /// taken.
    pub(super) async fn open_later(&self) -> Result<(), Refusal> {
        self.note_opening().await?;
        self.open_each().await?;
        self.tell(vec![Query::Page(String::new())]);
        Ok(())
    }

    /// Opens what was being opened when the program ended, written down before; with the turn taken.
    pub(super) async fn open_each(&self) -> Result<(), Refusal> {
        let (user, mut opening) = self.with_open(|open| Ok((open.user(), open.opening.clone())))?;
        if opening.build != self.0.build {
            opening.trying.append(&mut opening.aside);
            (opening.tried, opening.build) = (Tried::Come, self.0.build.clone());
        }
        if opening.trying.is_empty() {
            return Ok(());
        }
        let is_one = opening.trying.len() == 1;
        if opening.tried == Tried::Alone || opening.tried == Tried::Again && is_one {
            let met = opening.trying.remove(0);
            opening.aside.push(met);
        }
        let together = opening.tried == Tried::Come;
        while !opening.trying.is_empty() {
            opening.tried = if together { Tried::Again } else { Tried::Alone };
            self.commit(vec![self.opening_row(user, &opening)?]).await?;
            let count = if together { opening.trying.len() } else { 1 };
            let met: Vec<DocumentId> = opening.trying.drain(..count).collect();
            // Of those that are left this program has not tried any.
            opening.tried = Tried::Come;
            self.with_open(|open| {
                open.opening = opening.clone();
                for id in &met {
                    open.forget(*id);
                }
                open.tries(&met);
                Ok(())
            })?;
        }
        opening.tried = Tried::Come;
        self.with_open(|open| {
            open.opening = opening;
            Ok(())
        })?;
        self.note_opening().await
    }

    /// Tries once more to open a record that was set aside, because a person asks.
    pub(super) async fn open_again(&self, id: DocumentId) -> Result<Acted, Refusal> {
        let _turn = self.0.turn.take().await;
        self.with_open(|open| {
            let opening = &mut open.opening;
            opening.trying.extend(opening.aside.extract_if(.., |aside| *aside == id));
            opening.tried = Tried::Come;
            Ok(())
        })?;
        self.open_each().await?;
        self.tell(self.queries_of(id));
        self.tell_status();
        let opens = self.with_open(|open| Ok(open.record(id).is_some()))?;
        let word = if opens { Word::AsideOpened } else { Word::AsideTitle };
        Ok(Acted { say: self.say(word, &[]), ..Acted::default() })
    }
}

/// A change at which every program ends that opens it, as long as tests run.
#[cfg(debug_assertions)]
pub(super) fn drill(bytes: &[u8]) {
    const WORD: &[u8] = b"ANKOMST-OPENING-DRILL";
    assert!(!bytes.windows(WORD.len()).any(|part| part == WORD), "the drill of openings");
}
