//! Drafts, changes and the outbox.
//!
//! What is typed is a draft row at once (L0). When a section is left or after a rest, the drafts of
//! a document become one change: the change, its deposit and the end of the drafts are one commit.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::catalog::{Catalog, Located, MergeCode, check};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::limits::{DRAFT_DEPOSIT_MS, DRAFT_REST_MS};
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sign::Header;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::value::Value;

use super::asked::{self, Change};
use super::drafted;
use super::piece::Piece;
use super::rows::{Draft, chunk_key, deposit_id, deposit_key, draft_key};
use super::screen::BEAT_MS;
use super::state::{Core, Open, header_in};
use crate::platform::{Clock, Platform};
use crate::store::{Table, Write};

impl<P: Platform> Core<P> {
    /// Saves what stands in a field.
    pub(super) async fn type_value(
        &self,
        document: DocumentId,
        path: FieldPath,
        value: Value,
    ) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        if asked::is_asked(&path) {
            return self.keep_answer((document, path), value).await;
        }
        let now_ms = self.now_ms();
        let draft = self.with_open(|open| {
            let kind = open.kind(document).ok_or(Refusal::NotHere)?.to_owned();
            // What cannot be read cannot be answered either: it would replace what nobody here has seen.
            if open.is_aside(document) {
                return Err(Refusal::NotHere);
            }
            let located = Catalog::builtin().locate(&kind, &path).ok_or(Refusal::NotHere)?;
            let merge = located.field.merge;
            if merge == MergeCode::D
                || merge == MergeCode::I
                    && open
                        .judged_record(document)
                        .is_some_and(|record| record.fields.contains_key(&path))
            {
                return Err(Refusal::Immutable);
            }
            open.may_write(document, &path)?;
            Ok(draft(&located, value, now_ms))
        })?;
        let user = self.with_open(|open| Ok(open.user()))?;
        let row = self.sealed(Table::Drafts, draft_key(user, document, &path), &draft)?;
        // Also kept in memory when the device cannot write: nothing typed is thrown away.
        self.with_open(|open| {
            open.drafts.insert((document, path), draft);
            open.typed_ms = now_ms;
            open.typed_in(document);
            Ok(())
        })?;
        if plant::is(Plant::TypedInMemory) {
            return Ok(());
        }
        self.commit(vec![row]).await
    }

    /// Makes one change of a document's drafts.
    pub(super) async fn commit_drafts(&self, document: DocumentId) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        self.commit_in_turn(document).await
    }

    /// Makes changes of the drafts of those documents, with the turn already taken; a review stands
    /// for the record it is of.
    ///
    /// Must come before what others wrote is taken in: a draft made into a change after that would
    /// replace an answer, or claim to know a decision, that nobody here had seen.
    pub(super) async fn commit_before(
        &self,
        arriving: impl IntoIterator<Item = DocumentId>,
    ) -> Result<(), Refusal> {
        if plant::is(Plant::TakenBeforeDrafts) {
            return Ok(());
        }
        let arriving: BTreeSet<DocumentId> = order::set(arriving);
        let drafted = self.with_open(|open| {
            let ids: BTreeSet<DocumentId> = order::set(open.drafts.keys().map(|(id, _)| *id));
            Ok(ids)
        })?;
        let concerns =
            |id: &DocumentId| arriving.contains(id) || arriving.contains(&review_of(*id));
        for document in drafted.into_iter().filter(concerns) {
            self.commit_if_here(document).await?;
        }
        Ok(())
    }

    /// The same of a record that may not be here: nothing can be replaced of it, so its draft waits for it, and nothing
    /// waits for the draft.
    async fn commit_if_here(&self, document: DocumentId) -> Result<(), Refusal> {
        match self.commit_in_turn(document).await {
            Err(Refusal::NotHere) => Ok(()),
            done => done,
        }
    }

    /// Makes one change of a document's drafts, with the turn already taken.
    pub(super) async fn commit_in_turn(&self, document: DocumentId) -> Result<(), Refusal> {
        let edits = self.edits_of(document)?;
        if edits.is_empty() { Ok(()) } else { self.write(document, &edits).await }
    }

    fn edits_of(&self, document: DocumentId) -> Result<Vec<Edit>, Refusal> {
        self.with_open(|open| {
            let drafts =
                open.drafts.pairs().iter().filter(|((id, _), draft)| *id == document && draft.fits);
            Ok(drafts
                .map(|((_, path), draft)| Edit { path: path.clone(), value: draft.value.clone() })
                .collect::<Vec<_>>())
        })
    }

    /// Makes changes of all drafts.
    pub(super) async fn commit_all_drafts(&self) -> Result<(), Refusal> {
        for document in self.with_open(|open| Ok(open.drafted()))? {
            let _turn = self.0.turn.take().await;
            self.commit_if_here(document).await?;
        }
        Ok(())
    }

    /// Makes changes of drafts that have rested long enough; runs for ever.
    pub(super) async fn rest_loop(&self) {
        let mut seconds = 0_u32;
        loop {
            if seconds.is_multiple_of(60) {
                let facts = self.0.platform.storage_facts().await;
                self.0.state.borrow_mut().storage = facts;
                // What fails is tried again with the next minute.
                let _again = self.shed_shut().await;
            }
            seconds = seconds.wrapping_add(1);
            self.0.platform.clock().sleep(BEAT_MS).await;
            self.look(true).await;
            if self.0.state.borrow().storage_failing {
                self.save_again().await;
            }
            let (rested, due) = {
                let state = self.0.state.borrow();
                let rest_ms = state.open.as_ref().map(|open| self.now_ms() - open.typed_ms);
                let rests = |ms| rest_ms.is_some_and(|rest| rest >= ms);
                let open = state.open.as_ref();
                let fits = open.is_some_and(|open| open.drafts.values().any(|draft| draft.fits));
                let typed = open.is_some_and(|open| !open.undeposited.is_empty());
                let due = rests(DRAFT_DEPOSIT_MS) || seconds.is_multiple_of(5);
                (fits && rests(DRAFT_REST_MS), typed && due)
            };
            if rested {
                // A device that cannot write says so by itself, and the drafts stay.
                let _stay = self.commit_all_drafts().await;
            }
            if due {
                let _turn = self.0.turn.take().await;
                let _later = self.deposit_drafts().await;
            }
        }
    }

    /// Writes once more what is typed and perhaps in memory only; when that works, the device can save
    /// again.
    pub(super) async fn save_again(&self) {
        let _turn = self.0.turn.take().await;
        let saved = match self.with_open(|open| Ok(open.drafts.pairs().to_vec())) {
            Ok(kept) => match self.change_drafts(Change { kept, ..Change::default() }).await {
                Ok(()) => self.open_later().await,
                refused => refused,
            },
            Err(_) => self.commit(vec![self.language_row()]).await,
        };
        if saved.is_ok() {
            self.set_failing(false);
            // The rows are new, and no deposit is made of them.
            let _open = self.with_open(|open| {
                for document in open.drafted() {
                    open.typed_in(document);
                }
                Ok(())
            });
        }
    }

    pub(super) fn set_failing(&self, failing: bool) {
        let was = core::mem::replace(&mut self.0.state.borrow_mut().storage_failing, failing);
        if was != failing {
            self.tell_status();
        }
    }

    /// Writes answers as one change, with the turn already taken; what follows from them in another
    /// document goes with the same commit, so that no crash parts them.
    pub(super) async fn write(&self, id: DocumentId, edits: &[Edit]) -> Result<(), Refusal> {
        self.write_with(id, edits, Vec::new()).await
    }

    /// The same with further rows in that commit.
    pub(super) async fn write_with(
        &self,
        id: DocumentId,
        edits: &[Edit],
        further: Vec<Write>,
    ) -> Result<(), Refusal> {
        let pieces = self.pieces(id, edits)?;
        let ids: Vec<DocumentId> = pieces.iter().map(|piece| piece.document).collect();
        let saved = self.save(pieces, further).await;
        if saved.is_err() && !plant::is(Plant::AheadOfDisk) {
            self.read_again(&ids)?;
        }
        saved
    }

    /// The changes that answers make, in memory; nothing of them is there when one cannot be made.
    fn pieces(&self, id: DocumentId, edits: &[Edit]) -> Result<Vec<Piece>, Refusal> {
        let mut pieces = vec![self.made(id, edits)?];
        match self.following(id, edits) {
            Ok(piece) => pieces.extend(piece),
            // Those of the house cannot be opened here: the answers are saved without what follows from them.
            Err(Refusal::NotHere) => {}
            Err(refusal) => {
                self.read_again(&[id])?;
                return Err(refusal);
            }
        }
        Ok(pieces)
    }

    fn following(&self, id: DocumentId, edits: &[Edit]) -> Result<Option<Piece>, Refusal> {
        let Some((house, home, found)) = self.follows(id, edits)? else { return Ok(None) };
        if self.with_open(|open| Ok(open.chunks.contains_key(&home)))? {
            return self.made(home, &found).map(Some);
        }
        let mut header = self.header("deficiencies", Some(house))?;
        header.document = home;
        self.made_new(&header, &found).map(Some)
    }

    /// Documents in memory that are ahead of the disk are read again when needed.
    pub(super) fn read_again(&self, ids: &[DocumentId]) -> Result<(), Refusal> {
        self.with_open(|open| {
            for id in ids {
                open.documents.remove(id);
                open.forget(*id);
            }
            Ok(())
        })
    }

    /// What is typed and fits, sealed to the server without being written here.
    pub(super) fn sealed_drafts(&self) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut sealed = Vec::new();
        for document in self.with_open(|open| Ok(open.drafted()))? {
            let edits = self.edits_of(document)?;
            if edits.is_empty() {
                continue;
            }
            let pieces = match self.pieces(document, &edits) {
                // It cannot be opened: what was sealed of it before is all that there is.
                Err(Refusal::NotHere) => continue,
                pieces => pieces?,
            };
            let ids: Vec<DocumentId> = pieces.iter().map(|piece| piece.document).collect();
            for piece in &pieces {
                for (row, _) in self.signed(piece)? {
                    sealed.push(self.deposited(piece.document, &row)?);
                }
            }
            self.read_again(&ids)?;
        }
        Ok(sealed)
    }

    /// Makes a document with its first answers.
    pub(super) async fn create(
        &self,
        header: &Header,
        edits: &[Edit],
    ) -> Result<DocumentId, Refusal> {
        let piece = self.made_new(header, edits)?;
        self.save(vec![piece], Vec::new()).await?;
        Ok(header.document)
    }

    /// One commit: the changes, their deposits, the end of the drafts they were made of, and what else goes with them.
    async fn save(&self, pieces: Vec<Piece>, further: Vec<Write>) -> Result<(), Refusal> {
        let user = self.with_open(|open| Ok(open.user()))?;
        let mut writes: Vec<Write> = Vec::new();
        let mut rows = Vec::new();
        for piece in &pieces {
            let id = &piece.document;
            let ended = self.with_open(|open| Ok(open.ended(piece)))?;
            writes.extend(
                ended
                    .iter()
                    .map(|(id, path)| Write::delete(Table::Drafts, draft_key(user, *id, path))),
            );
            writes.extend(drafted::ends(user, *id));
            if plant::is(Plant::DraftsApart) {
                self.commit(core::mem::take(&mut writes)).await?;
            }
            for (row, hash) in self.signed(piece)? {
                writes.push(self.sealed(Table::Chunks, chunk_key(user, *id, &hash), &row)?);
                let key = deposit_key(user, deposit_id(&hash));
                if !plant::is(Plant::NoDeposit) {
                    writes.push(Write::put(Table::Deposits, key, self.deposited(*id, &row)?));
                }
                rows.push((*id, hash, row));
            }
        }
        let made: Vec<Header> = rows.iter().filter_map(|(_, _, row)| header_in(row)).collect();
        writes.extend(self.guards(&made)?);
        writes.extend(further);
        self.commit(writes).await?;
        self.with_open(|open| {
            open.guarded.takes(made.iter(), &mut open.standing.lease);
            for piece in &pieces {
                for place in open.ended(piece) {
                    open.drafts.remove(&place);
                }
                open.typed_in(piece.document);
            }
            for (id, hash, row) in rows {
                open.add_chunk(id, hash, row);
            }
            Ok(())
        })?;
        for piece in &pieces {
            self.tell(self.queries_of(piece.document));
        }
        self.tell_status();
        self.0.wake.put(());
        Ok(())
    }

    /// A fresh entry id.
    pub(super) fn entry(&self) -> Result<EntryId, Refusal> {
        Ok(EntryId::from_bytes(self.random()?))
    }
}

impl Open {
    /// The drafts that a piece is made of; what is typed there and says something else stays.
    fn ended(&self, piece: &Piece) -> Vec<(DocumentId, FieldPath)> {
        let place = |edit: &Edit| {
            let place = (piece.document, edit.path.clone());
            let draft = self.drafts.get(&place)?;
            (draft.value == edit.value).then_some(place)
        };
        piece.edits.iter().filter_map(place).collect()
    }

    /// Documents with drafts.
    fn drafted(&self) -> Vec<DocumentId> {
        let mut ids: Vec<DocumentId> = self.drafts.keys().map(|(id, _)| *id).collect();
        ids.dedup();
        ids
    }
}

fn draft(located: &Located<'_>, value: Value, now_ms: i64) -> Draft {
    match check(Catalog::builtin(), located.field, &value) {
        Ok(value) => Draft { value, fits: true, at_ms: now_ms },
        Err(_) => Draft { value, fits: false, at_ms: now_ms },
    }
}
