//! Records at which the program ends when they are opened: each is met once, and then set aside.
//!
//! The server tries every change, and all the same there may be one at which this program ends, or never comes back. So
//! before a document that has new changes is opened for the first time, it is written down, in the very commit that
//! stores them; once it was opened, that is taken away again. Found there when the vault is opened, it was what ended the
//! program. Of several, each is then opened by itself, written down before. What was opened well costs nothing when the
//! vault is opened again.

use ankomst_shared::app::{Acted, Refusal};
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
    /// The first of them is opened by itself, before the others.
    #[n(1)]
    pub(super) alone: bool,
    /// Those at which the program has ended.
    #[n(2)]
    pub(super) aside: Vec<DocumentId>,
    /// The build that did; another may do better.
    #[n(3)]
    pub(super) build: String,
}

/// Where it stands what is noted of openings.
fn opening_key(user: UserId) -> Vec<u8> {
    [b"opening/", user.as_bytes().as_slice()].concat()
}

impl Opening {
    /// As it is to be written before documents that have come are opened.
    pub(super) fn before(&self, come: &[DocumentId], build: &str) -> Self {
        let mut aside = self.aside.clone();
        aside.retain(|id| !come.contains(id));
        let (trying, alone, build) = (come.to_vec(), come.len() == 1, build.to_owned());
        Self { trying, alone, aside, build }
    }
}

impl Open {
    /// Whether a record is set aside, itself or what was decided about it.
    pub(super) fn is_aside(&self, id: DocumentId) -> bool {
        let opening = &self.opening;
        let is = |id| opening.aside.contains(&id) || opening.trying.contains(&id);
        is(id) || is(review_of(id))
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
            Some(sealed) => open_row(key, Table::Meta, &row, &sealed),
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
            open.opening.aside.retain(|id| !come.contains(id));
            open.tries(come);
            Ok(())
        })?;
        // A device that cannot write does it when it can again.
        let _later = self.opened_well().await;
        Ok(())
    }

    /// Writes down what is noted of openings: what was being opened, was opened well.
    pub(super) async fn opened_well(&self) -> Result<(), Refusal> {
        let (user, opening) = self.with_open(|open| Ok((open.user(), open.opening.clone())))?;
        self.commit(vec![self.opening_row(user, &opening)?]).await
    }

    /// Opens what was being opened when the program ended, each by itself, written down before; with the turn taken.
    pub(super) async fn open_each(&self) -> Result<(), Refusal> {
        let (user, mut opening) = self.with_open(|open| Ok((open.user(), open.opening.clone())))?;
        if opening.build != self.0.build {
            opening.trying.append(&mut opening.aside);
            (opening.alone, opening.build) = (false, self.0.build.clone());
        }
        if opening.trying.is_empty() {
            return Ok(());
        }
        if opening.alone {
            let met = opening.trying.remove(0);
            opening.aside.push(met);
        }
        opening.alone = true;
        while let Some(id) = opening.trying.first().copied() {
            self.commit(vec![self.opening_row(user, &opening)?]).await?;
            opening.trying.remove(0);
            self.with_open(|open| {
                open.opening = opening.clone();
                open.forget(id);
                open.tries(&[id]);
                Ok(())
            })?;
        }
        opening.alone = false;
        let row = self.opening_row(user, &opening)?;
        self.with_open(|open| {
            open.opening = opening;
            Ok(())
        })?;
        self.commit(vec![row]).await
    }

    /// Tries once more to open a record that was set aside, because a person asks.
    pub(super) async fn open_again(&self, id: DocumentId) -> Result<Acted, Refusal> {
        let _turn = self.0.turn.take().await;
        self.with_open(|open| {
            let opening = &mut open.opening;
            opening.trying = opening.aside.extract_if(.., |aside| *aside == id).collect();
            opening.alone = false;
            Ok(())
        })?;
        self.open_each().await?;
        self.tell(self.queries_of(id));
        self.tell_status();
        Ok(Acted { say: self.say(Word::AsideOpened, &[]), ..Acted::default() })
    }
}

/// A change at which every program ends that opens it, as long as tests run.
#[cfg(debug_assertions)]
pub(super) fn drill(bytes: &[u8]) {
    const WORD: &[u8] = b"ANKOMST-OPENING-DRILL";
    assert!(!bytes.windows(WORD.len()).any(|part| part == WORD), "the drill of openings");
}
