//! One record: its changes open and are what their names say, build on what is here, and give what is reckoned of them.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::sign::Header;
use ankomst_shared::sync::Digest;

use super::found::{Fault, Kind};
use super::{Look, row};
use crate::storage::StorageError;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::verify::{self, Change, read_change};
use crate::storage::sqlite::{Connection, weights};

/// What is said of a record that does not open.
pub(super) const UNOPENED: &str = "its visible changes do not make a record that can be opened";

/// What came of comparing a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Compared {
    /// There was nothing to compare.
    #[default]
    Not,
    /// It was compared.
    Whole,
    /// It lacks what became visible last.
    Behind,
    /// Rows are being made.
    Unmade,
}

/// What was found of a record.
#[derive(Default)]
pub(super) struct Found {
    /// What is wrong.
    pub(super) faults: Vec<Fault>,
    /// Changes opened.
    pub(super) changes: u64,
    /// Its sum is not that of its changes.
    pub(super) differs: bool,
    /// What came of its row.
    pub(super) row: Compared,
}

/// Looks at a record, in one view of the log.
pub(super) fn look(look: &Look, id: DocumentId) -> Result<Found, StorageError> {
    let mut found = Found::default();
    let view = look.log.unchecked_transaction()?;
    let Some(row) = log::document(&view, id)? else { return Ok(found) };
    let changes = verify::changes(&view, id)?;
    let mut one = One {
        look,
        row: &row,
        states: changes.iter().map(|one| (one.chunk.hash, one.chunk.state.as_str())).collect(),
        headers: Vec::new(),
        wiped: false,
        visible: Vec::new(),
        found: &mut found,
    };
    for change in &changes {
        one.change(change);
    }
    one.sequences(&changes);
    one.reckoned(&view)?;
    one.beginning(&view)?;
    let is_whole = one.found.faults.is_empty();
    if row.kind == "review" || look.rows.is_none() {
        let visible = core::mem::take(&mut one.visible);
        one.opens(&visible);
    } else if is_whole {
        row::compare(look, &view, (id, &mut found))?;
    }
    view.finish()?;
    Ok(found)
}

struct One<'a> {
    look: &'a Look,
    row: &'a DocumentRow,
    states: BTreeMap<ChangeHash, &'a str>,
    headers: Vec<Header>,
    /// Of some changes nobody can say what they are.
    wiped: bool,
    visible: Vec<ChunkInfo>,
    found: &'a mut Found,
}

impl One<'_> {
    fn tell(&mut self, kind: Kind, change: Option<ChangeHash>, what: impl Into<String>) {
        // By the name that commands know it by.
        let record = Some(self.row.record());
        self.found.faults.push(Fault { record, change, ..Fault::of(kind, what) });
    }

    fn change(&mut self, change: &Change) {
        self.found.changes += 1;
        let hash = change.chunk.hash;
        let info = match read_change(&self.look.keys, &change.chunk) {
            Ok(Some(info)) => info,
            Ok(None) => {
                self.wiped = true;
                return;
            }
            Err(error) => {
                self.wiped = true;
                self.tell(Kind::Change, Some(hash), error.to_string());
                return;
            }
        };
        let noted =
            (change.actor, change.seq, change.max_op, change.chunk.user, change.chunk.device);
        let said = (info.actor, info.seq, info.max_op, info.meta.user, info.meta.device);
        if noted != said {
            self.tell(
                Kind::Change,
                Some(hash),
                "what is noted of who wrote it, and as which of theirs, is not what it says",
            );
        }
        if change.deps != info.deps {
            self.tell(
                Kind::Change,
                Some(hash),
                "what it builds on is noted otherwise than it says",
            );
        }
        // Of what was there before changes had weights, operations are not counted.
        let sealed = u64::try_from(change.chunk.sealed.len()).unwrap_or(u64::MAX);
        let is_weighed = [weights::of_change(&info), sealed].contains(&change.weight);
        if !is_weighed && change.chunk.state != "ended" {
            self.tell(Kind::Reckoned, Some(hash), "its weight is not what it weighs");
        }
        let is_visible = change.chunk.state == "visible";
        for dep in &info.deps {
            match self.states.get(dep) {
                None => self.tell(Kind::Lost, Some(hash), "what it builds on is not here"),
                Some(state) if is_visible && *state != "visible" => {
                    self.tell(
                        Kind::Change,
                        Some(hash),
                        "it is shown though what it builds on is not",
                    );
                }
                Some(_) => {}
            }
        }
        let headers = info.ops.iter().filter_map(|op| op.header.as_deref());
        self.headers.extend(headers.filter_map(|bytes| Header::peek(bytes).ok()));
        if is_visible {
            self.visible.push(info);
        }
    }

    /// Each actor's changes are there from the first to the last.
    fn sequences(&mut self, changes: &[Change]) {
        let mut last: BTreeMap<ActorId, BTreeSet<u64>> = BTreeMap::new();
        for change in changes {
            last.entry(change.actor).or_default().insert(change.seq);
        }
        for numbers in last.into_values() {
            let newest = numbers.last().copied().unwrap_or_default();
            let missing = newest.saturating_sub(u64::try_from(numbers.len()).unwrap_or_default());
            if missing > 0 {
                self.tell(
                    Kind::Lost,
                    None,
                    format!("{missing} changes of one author are not here, though later ones are"),
                );
            }
        }
    }

    /// What is reckoned of them.
    fn reckoned(&mut self, view: &Connection) -> Result<(), StorageError> {
        let mut sum = Digest::default();
        for hash in verify::visible(view, self.row.id)? {
            sum.add(&hash);
        }
        if log::digest(view, self.row.id)? != sum {
            self.found.differs = true;
            self.tell(
                Kind::Reckoned,
                None,
                "its sum is not that of its visible changes, so devices compare it again and again",
            );
        }
        Ok(())
    }

    /// It begins with a header that says what the log says of it, and what it belongs to is here.
    fn beginning(&mut self, view: &Connection) -> Result<(), StorageError> {
        let DocumentRow { id, kind, parent, unit, protection, .. } = self.row;
        let is_of = |header: &Header| {
            (header.document, &header.kind, header.parent, header.unit)
                == (*id, kind, *parent, *unit)
        };
        let fits = self.headers.iter().find(|header| is_of(header));
        let is_lower = fits.is_some_and(|header| header.protection > *protection)
            || verify::raised(view, *id)?.is_some_and(|level| level > *protection);
        if fits.is_none() && !(self.wiped && self.headers.is_empty()) {
            self.tell(
                Kind::Lost,
                None,
                "no change of it is the beginning that the log says it has",
            );
        }
        if is_lower {
            self.tell(
                Kind::Change,
                None,
                "it is less protected than it was begun or than somebody has protected it",
            );
        }
        if let Some(parent) = *parent
            && log::document(view, parent)?.is_none()
        {
            self.tell(Kind::Lost, None, format!("what it belongs to is not here: {parent}"));
        }
        Ok(())
    }

    /// Its visible changes make a document, whose newest ones are those nothing visible builds on.
    fn opens(&mut self, visible: &[ChunkInfo]) {
        let nobody = ActorId::from_bytes([0; 16]);
        let opened = Document::open(nobody, visible.iter().map(|info| info.bytes.as_slice()));
        if opened.is_err() && !visible.is_empty() {
            self.tell(Kind::Change, None, UNOPENED);
        }
    }
}
