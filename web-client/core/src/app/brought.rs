//! What files of other tablets have brought and the server has not shown: it lies over a record and is never part of it.
//!
//! Shown is a copy of the record with it. What is written here builds on the record alone, so that whatever the server
//! makes of a change that came by file, it goes with nothing of this person's.

use std::collections::BTreeMap;
use std::rc::Rc;

use ankomst_shared::app::Refusal;
use ankomst_shared::catalog::{Catalog, MergeCode};
use ankomst_shared::chunk::{Op, parse};
use ankomst_shared::document::{Document, Edit};
use ankomst_shared::ids::{ChangeHash, DepositId, DocumentId, UserId};
use ankomst_shared::merge::{RecordState, record_state, text::merged};
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::sync::client::News;
use ankomst_shared::sync::message::PushPart;
use ankomst_shared::value::Value;
use minicbor::{Decode, Encode};

use super::deposits::CARRIED;
use super::rows::{ChunkRow, chunk_key, read_chunk_key};
use super::state::{Core, Open, open_row};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// So many records at most stand one below the other.
const LEVELS_MAX: usize = 8;
/// What was offered in so many whole rounds and not taken shows no longer.
const ROUNDS_UNTAKEN: u64 = 3;

/// Which change of which document.
pub(super) type Place = (DocumentId, ChangeHash);

/// A change that a file has brought.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Brought {
    /// The one change, with its author's envelope and enrolment.
    #[n(0)]
    pub(super) part: PushPart,
    /// Who has made the file.
    #[n(1)]
    pub(super) by: String,
    /// The deposit of it that is carried to the server.
    #[n(2)]
    pub(super) deposit: Option<DepositId>,
    /// The server had it at the end of an exchange.
    #[cbor(skip)]
    had: bool,
    /// How many rounds of deposits had ended when it was first asked for.
    #[cbor(skip)]
    since: Option<u64>,
}

impl Brought {
    pub(super) const fn new(part: PushPart, by: String, deposit: Option<DepositId>) -> Self {
        Self { part, by, deposit, had: false, since: None }
    }

    fn bytes(&self) -> &[u8] {
        self.part.chunks.first().map_or(&[], |bytes| bytes.as_slice())
    }
}

/// Among the changes of its record, so that it goes with them.
pub(super) fn brought_key(user: UserId, (document, hash): &Place) -> Vec<u8> {
    [chunk_key(user, *document, hash).as_slice(), b"b"].concat()
}

/// Whether a change says that somebody is protected.
fn protects(bytes: &[u8]) -> bool {
    let says = |op: &Op| {
        let code = op.value.as_ref().and_then(Value::as_str);
        op.key.as_str().ends_with("/protected_identity") && code.is_some_and(|code| code != "none")
    };
    parse(bytes).is_ok_and(|info| info.ops.iter().any(says))
}

impl Open {
    /// Reads a row that holds such a change.
    pub(super) fn reads_brought(&mut self, row: &[u8], sealed: &[u8]) -> Result<(), Refusal> {
        if let Some(place) = row.strip_suffix(b"b").and_then(read_chunk_key) {
            let brought = open_row(&self.key, Table::Chunks, row, sealed)?;
            self.brought.insert(place, brought);
        }
        Ok(())
    }

    /// Whether changes of a record go from tablet to tablet to be read. Not those of what is protected, of what leaves, and
    /// of what only the server writes.
    pub(super) fn goes_by_file(&self, id: DocumentId) -> bool {
        let kind = self.kind(id).and_then(|kind| Catalog::builtin().kind(kind));
        let kept = |id: &DocumentId| {
            self.guarded.here.contains(id)
                || self.standing.leaving.contains(id)
                || self.is_said_protected(*id)
        };
        if kind.is_some_and(|kind| kind.server) {
            return false;
        }
        let mut above = Some(id);
        for _ in 0..LEVELS_MAX {
            let Some(at) = above else { return true };
            if kept(&at) {
                return false;
            }
            above = self.headers.get(&at).and_then(|header| header.parent);
        }
        false
    }

    /// Whether a change that is here says so of a record: the server, which decides it, may not have said it yet.
    fn is_said_protected(&self, id: DocumentId) -> bool {
        let rows = self.chunks.get(&id).into_iter().flat_map(BTreeMap::values);
        let brought = self.brought.pairs().iter().filter(|((document, _), _)| *document == id);
        let brought = brought.map(|(_, one)| one.bytes());
        rows.map(|row| row.bytes.as_slice()).chain(brought).any(protects)
    }

    /// Whether a change is here, however it has come.
    pub(super) fn knows(&self, place: &Place) -> bool {
        let rows = self.chunks.get(&place.0);
        rows.is_some_and(|rows| rows.contains_key(&place.1)) || self.brought.contains_key(place)
    }

    /// What files have brought of a record, dependencies first.
    pub(super) fn brought_of(&self, id: DocumentId) -> Vec<&Brought> {
        let all = self.brought.pairs().iter().filter(|((document, _), _)| *document == id);
        let mut all: Vec<&Brought> = all.map(|(_, brought)| brought).collect();
        if !all.is_empty() && !self.goes_by_file(id) {
            all.clear();
        }
        order::sort_by_key(&mut all, |one| parse(one.bytes()).map_or(0, |info| info.start_op));
        all
    }

    /// A record with what files have brought of it, as far as it fits: the server may have shown another change under the
    /// same number.
    pub(super) fn with_brought(&self, id: DocumentId, document: Document) -> Document {
        let changes: Vec<&[u8]> = self.brought_of(id).into_iter().map(Brought::bytes).collect();
        if changes.is_empty() {
            return document;
        }
        let (mut shown, mut all) = (document.clone(), document);
        if all.apply(changes.iter().copied()).is_ok() {
            return all;
        }
        for change in changes {
            // One under a number that is taken changes nothing.
            match shown.apply([change]) {
                Ok(_) | Err(_) => {}
            }
        }
        shown
    }

    /// The fields of a record that files have brought something of, but those that are written once.
    pub(super) fn said_by_file(&self, id: DocumentId) -> Vec<FieldPath> {
        let kind = self.kind(id).unwrap_or_default();
        let parsed = self.brought_of(id).into_iter().filter_map(|one| parse(one.bytes()).ok());
        let mut said: Vec<FieldPath> = parsed.flat_map(|info| info.ops).map(|op| op.key).collect();
        said.retain(|path| {
            let at = Catalog::builtin().locate(kind, path);
            at.is_some_and(|at| at.field.merge != MergeCode::I)
        });
        said
    }

    /// Whether something that a file has brought shows in a record, or in what was decided about it.
    pub(super) fn is_under_brought(&self, id: DocumentId) -> bool {
        [id, review_of(id)].iter().any(|id| !self.brought_of(*id).is_empty())
    }

    /// The state of a record without what files have brought: what acts decide from. Whoever made a file decides nothing.
    pub(super) fn judged_record(&mut self, id: DocumentId) -> Option<Rc<RecordState>> {
        if !self.is_under_brought(id) {
            return self.record(id);
        }
        let kind = self.kind(id)?.to_owned();
        let document = self.judged(id)?;
        let review = self.judged(review_of(id));
        Some(Rc::new(record_state(self.catalog, (&kind, id), &document, review.as_ref())))
    }

    /// Typed texts without the words that a file has brought: those are put together with them when they are shown.
    pub(super) fn own_words(&mut self, id: DocumentId, edits: &[Edit]) -> Vec<Edit> {
        let mut own = edits.to_vec();
        if self.brought_of(id).is_empty() {
            return own;
        }
        let kind = self.kind(id).unwrap_or_default().to_owned();
        let (shown, judged) = (self.record(id), self.judged_record(id));
        let (Some(shown), Some(judged)) = (shown, judged) else { return own };
        for Edit { path, value } in &mut own {
            let merge = Catalog::builtin().locate(&kind, path).map(|at| at.field.merge);
            // What an act writes is meant as it is.
            let typed = self.drafts.get(&(id, path.clone())).map(|draft| &draft.value);
            if let (Some(MergeCode::T), true) = (merge, typed == Some(&*value))
                && let Some(text) = value.as_str()
            {
                let before = judged.text(path.as_str());
                *value = Value::text(merged(shown.text(path.as_str()), &[text, before]));
            }
        }
        own
    }

    /// What files have brought and the server shows now, or that was of a record that goes.
    pub(super) fn brought_before(
        &self,
        news: &News,
        rows: &[(DocumentId, ChangeHash, ChunkRow)],
    ) -> Vec<Place> {
        let come = rows.iter().map(|(id, hash, _)| (*id, *hash));
        let come = come.filter(|place| self.brought.contains_key(place));
        let gone = self.brought.keys().copied().filter(|(id, _)| news.gone.contains(id));
        come.chain(gone).collect()
    }

    /// Reads a document anew when it is needed next, and what it is a decision about.
    pub(super) fn changed(&mut self, document: DocumentId) {
        self.forget(document);
        if let Some(parent) = self.headers.get(&document).and_then(|header| header.parent) {
            self.records.remove(&parent);
        }
    }

    /// Takes changes away from over their records.
    pub(super) fn lift(&mut self, places: &[Place]) {
        for place in places {
            self.brought.remove(place);
            self.changed(place.0);
        }
    }
}

impl<P: Platform> Core<P> {
    /// Lets go of what a file brought, the server has had for an exchange, and does not show: it may be held for a person;
    /// and of what was offered in three rounds and never taken. The deposit stays until a backup has it, and let in, the
    /// change comes with the feed. Tells whether there is something to be let go of with the next exchange.
    pub(super) async fn let_go_of_brought(&self) -> Result<bool, Refusal> {
        if self.with_open(|open| Ok(open.brought.pairs().is_empty()))? {
            return Ok(false);
        }
        let (epoch, rounds) = {
            let state = self.0.state.borrow();
            (state.arrived.epoch, state.round.ended)
        };
        let waits = self.deposits().await?.into_iter();
        let waits = waits.filter(|kept| kept.user == CARRIED && !kept.is_in(epoch));
        let waits = order::set(waits.map(|kept| kept.id));
        let (user, gone, again) = self.with_open(|open| {
            let (mut gone, mut again) = (Vec::new(), false);
            let all: Vec<Place> = open.brought.keys().copied().collect();
            for place in all {
                let Some(one) = open.brought.get_mut(&place) else { continue };
                let since = *one.since.get_or_insert(rounds);
                let is_never_taken = rounds.saturating_sub(since) >= ROUNDS_UNTAKEN;
                let has = is_never_taken || one.deposit.is_none_or(|id| !waits.contains(&id));
                if has && one.had {
                    gone.push(place);
                } else {
                    again |= has;
                }
                one.had = has;
            }
            Ok((open.user(), gone, again))
        })?;
        if gone.is_empty() {
            return Ok(again);
        }
        // What is half typed was typed over what was shown.
        self.commit_before(gone.iter().map(|(id, _)| *id)).await?;
        let keys = gone.iter().map(|place| brought_key(user, place));
        self.commit(keys.map(|key| Write::delete(Table::Chunks, key)).collect()).await?;
        self.with_open(|open| {
            open.lift(&gone);
            Ok(())
        })?;
        let mut touched: Vec<DocumentId> = gone.into_iter().map(|(id, _)| id).collect();
        touched.dedup();
        self.tell_changes(&touched);
        Ok(again)
    }
}
