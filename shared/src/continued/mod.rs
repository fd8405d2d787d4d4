//! A document goes on with less behind it: what still counts is said once more, by the same people at the
//! same times, and everything that was overwritten stays behind.
//!
//! A change of the old line that still counts becomes one change of the new one. It says what of the old
//! one still counts, and it builds on the new changes of exactly those that the old one built on. So who
//! knew of what stays as it was: contradictions, late answers and decisions come out the same. What a
//! device still writes on the old line is carried over in the same way, whenever it comes.
//!
//! A record and its review are carried together, because decisions name what they saw of the record, and
//! answers name the decisions they knew. Pure; only a server uses it
//! (docs/decisions/0009-records-go-on-under-their-name.md).

mod cut;
mod in_order;
mod same;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use self::cut::{Cut, CutError};
pub use self::in_order::{in_order, names};
pub use self::same::{is_same, is_same_without};
use crate::catalog::{Catalog, MergeCode};
use crate::chunk::{ChunkInfo, parse, sha256};
use crate::document::{Authoring, Chunk, Document, DocumentError, Edit, Statement, StatementId};
use crate::ids::{ActorId, ChangeHash, DocumentId};
use crate::merge::settlement::retold;
use crate::merge::{RecordState, frozen, record_state};
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

/// Which of the two documents a change belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The record.
    Record,
    /// What was decided about it.
    Review,
}

/// What has become of a change of the old line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Whose history it is part of.
    pub of: Of,
    /// The change of the old line.
    pub was: ChangeHash,
    /// What to build on in the new line instead: its own new change, or those before it.
    pub into: Vec<ChangeHash>,
    /// Its acts of writing that still count, by operation counter, with their new ids.
    pub said: Vec<(u64, StatementId)>,
    /// Its new change, if something of it still counts.
    pub chunk: Option<Chunk>,
}

/// What of the old line is said once more.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Everything said at this time or later, and what stood then, by the clock of who said it, Unix
    /// milliseconds. Whoever has met the server since finds even an old signing as it was.
    pub since_ms: i64,
    /// Makes the actors of this line its own: two lines of one record never write under one name.
    pub salt: [u8; 16],
    /// What is left out whatever else holds, because it must not be in the record any more.
    pub cut: Option<&'a Cut>,
}

/// Continues a record and its review; changes in an order in which each comes after what it builds on.
///
/// # Errors
/// When the changes do not make documents.
pub fn continued(
    catalog: &Catalog,
    (kind, id): (&str, DocumentId),
    (record, review): (&[ChunkInfo], &[ChunkInfo]),
    wanted: &Wanted<'_>,
) -> Result<Vec<Carried>, DocumentError> {
    let nobody = ActorId::from_bytes([0; 16]);
    let open = |chunks: &[ChunkInfo]| {
        Document::open(nobody, chunks.iter().map(|info| info.bytes.as_slice()))
    };
    let document = open(record)?;
    let decisions = if review.is_empty() { None } else { Some(open(review)?) };
    let state = record_state(catalog, (kind, id), &document, decisions.as_ref());
    let mut counts = [
        counting(catalog, kind, &state, &document),
        decisions.as_ref().map(standing).unwrap_or_default(),
    ];
    let is_recent = |info: &ChunkInfo| info.meta.claimed_ms >= wanted.since_ms;
    // What stood until lately is what somebody without contact may still have before him.
    for (counts, infos) in counts.iter_mut().zip([record, review]) {
        let recent = infos.iter().filter(|info| is_recent(info)).flat_map(|info| &info.ops);
        let replaced = recent.flat_map(|op| &op.replaces);
        counts.extend(
            replaced.map(|(actor, counter)| StatementId { counter: *counter, actor: *actor }),
        );
    }
    let [of_record, of_review] = counts;
    let mut line = Line { salt: wanted.salt, ..Line::default() };
    let mut all = Vec::with_capacity(record.len() + review.len());
    for (of, info) in in_order(record, review) {
        let cut = wanted.cut.map(|cut| cut.goes(of, info)).unwrap_or_default();
        let counts = |counter: u64| {
            let id = StatementId { counter, actor: info.actor };
            let side = if of == Of::Record { &of_record } else { &of_review };
            (side.contains(&id) || is_recent(info)) && !cut.contains(&counter)
        };
        all.push(line.carry(of, info, &counts)?);
    }
    Ok(all)
}

/// The acts of writing that still stand.
fn standing(document: &Document) -> BTreeSet<StatementId> {
    order::set(document.fields().into_values().flatten().map(|said| said.id))
}

/// The acts of writing on which the state of a record rests.
fn counting(
    catalog: &Catalog,
    kind: &str,
    state: &RecordState,
    document: &Document,
) -> BTreeSet<StatementId> {
    let mut counts = standing(document);
    let signed = frozen(kind, state);
    let late: BTreeSet<&FieldPath> = order::set(state.late.iter().map(|late| &late.path));
    let fields = document.fields();
    let is_whole = |path: &FieldPath| {
        let code = catalog.locate(kind, path).map(|at| at.field.merge);
        let is_signed = || signed.iter().any(|prefix| path.as_str().starts_with(prefix.as_str()));
        late.contains(path)
            || fields.get(path).is_some_and(|standing: &Vec<Statement>| standing.len() > 1)
            || matches!(code, Some(MergeCode::M | MergeCode::O))
            || (code == Some(MergeCode::T) && !is_signed())
    };
    let all = document.all_history();
    // Whoever signs again, or turns out to have signed, signed what stood then.
    let acts = all.iter().filter(|(path, said)| {
        said.value.as_str() == Some("signed") || (kind == "year" && path.as_str() == "locked")
    });
    let acts: BTreeSet<ChangeHash> = order::set(acts.map(|(_, said)| said.change));
    for act in acts {
        counts.extend(fields.keys().flat_map(|path| document.standing_at(path, &[act])));
    }
    counts.extend(all.into_iter().filter(|(path, _)| is_whole(path)).map(|(_, said)| said.id));
    counts
}

/// What to build on instead of changes that have ended.
pub type Became = BTreeMap<ChangeHash, Vec<ChangeHash>>;

/// The new line of a record and its review while it is made.
#[derive(Debug, Default)]
pub struct Line {
    salt: [u8; 16],
    sides: [Side; 2],
    said: BTreeMap<StatementId, StatementId>,
}

/// The new line of one document.
#[derive(Debug, Default)]
struct Side {
    whole: Option<Document>,
    chunks: BTreeMap<ChangeHash, Vec<u8>>,
    /// Each actor with its newest change.
    writers: Vec<(ActorId, ChangeHash)>,
    into: BTreeMap<ChangeHash, Vec<ChangeHash>>,
}

impl Line {
    /// Takes up a line where it stands, to carry further changes onto it: the changes it has, and what
    /// became of those of the old line that are about to be named.
    ///
    /// # Errors
    /// When the changes do not make a document.
    pub fn at(
        sides: [(&[Vec<u8>], Became); 2],
        said: BTreeMap<StatementId, StatementId>,
        salt: [u8; 16],
    ) -> Result<Self, DocumentError> {
        let mut line = Self { salt, said, ..Self::default() };
        for (side, (chunks, into)) in line.sides.iter_mut().zip(sides) {
            side.into = into;
            if chunks.is_empty() {
                continue;
            }
            let nobody = ActorId::from_bytes([0; 16]);
            let whole = Document::open(nobody, chunks.iter().map(Vec::as_slice))?;
            for bytes in chunks {
                if let Ok(info) = parse(bytes) {
                    side.chunks.insert(info.hash, info.bytes);
                }
            }
            side.whole = Some(whole);
        }
        Ok(line)
    }

    const fn side(&mut self, of: Of) -> &mut Side {
        let [record, review] = &mut self.sides;
        match of {
            Of::Record => record,
            Of::Review => review,
        }
    }

    /// Carries one change over, as far as its acts of writing count.
    ///
    /// # Errors
    /// When the new change cannot be made.
    pub fn carry(
        &mut self,
        of: Of,
        info: &ChunkInfo,
        counts: &dyn Fn(u64) -> bool,
    ) -> Result<Carried, DocumentError> {
        let deps = self.side(of).mapped(&info.deps);
        let mut kept: BTreeMap<&FieldPath, (u64, &Value)> = BTreeMap::new();
        let mut header = None;
        for (counter, op) in (info.start_op..).zip(&info.ops) {
            match (&op.header, &op.value) {
                (Some(bytes), _) => header = Some(bytes.clone()),
                // What a change itself replaces was never said to anyone.
                (None, Some(value)) if counts(counter) => {
                    kept.insert(&op.key, (counter, value));
                }
                _ => {}
            }
        }
        let mut carried = Carried { of, was: info.hash, into: deps, said: Vec::new(), chunk: None };
        if header.is_none() && kept.is_empty() {
            self.side(of).into.insert(info.hash, carried.into.clone());
            return Ok(carried);
        }
        let edits: Vec<Edit> = kept
            .iter()
            .map(|(path, (_, value))| Edit {
                path: (*path).clone(),
                value: if of == Of::Review { self.retell(path, value) } else { (*value).clone() },
            })
            .collect();
        let by = self.authoring(of, info);
        let fresh = sha256(&[b"ankomst carried ", &self.salt, info.hash.as_bytes()]);
        let fresh = ActorId::from_bytes(*fresh.first_chunk().unwrap_or(&[0; 16]));
        let chunk = self.side(of).write(&carried.into, (fresh, header), &edits, &by)?;
        let new = parse(&chunk.bytes).map_err(|error| DocumentError::Engine(error.to_string()))?;
        let ids = order::map((new.start_op..).zip(&new.ops).map(|(at, op)| (&op.key, at)));
        for (path, (counter, _)) in kept {
            let Some(at) = ids.get(path) else { continue };
            let id = StatementId { counter: *at, actor: new.actor };
            carried.said.push((counter, id));
            self.said.insert(StatementId { counter, actor: info.actor }, id);
        }
        carried.into = vec![chunk.hash];
        self.side(of).into.insert(info.hash, carried.into.clone());
        carried.chunk = Some(chunk);
        Ok(carried)
    }

    /// What a decision says, with the names that things have in the new line.
    fn retell(&self, path: &FieldPath, value: &Value) -> Value {
        let [record, _] = &self.sides;
        let id = |id: StatementId| self.said.get(&id).copied();
        retold(path, value, &id, &|hash| record.mapped(&[hash]))
    }

    fn authoring(&self, of: Of, info: &ChunkInfo) -> Authoring {
        let [_, review] = &self.sides;
        let meta = &info.meta;
        let review_heads = match of {
            Of::Record => review.mapped(&meta.review_heads),
            Of::Review => meta.review_heads.clone(),
        };
        Authoring {
            device: meta.device,
            user: meta.user,
            now_ms: meta.claimed_ms,
            clock_offset_s: meta.clock_offset_s,
            review_heads,
        }
    }
}

impl Side {
    /// What to build on instead of some changes: the newest of what became of them, sorted. Changes of
    /// the new line stand for themselves, unknown ones for nothing.
    fn mapped(&self, hashes: &[ChangeHash]) -> Vec<ChangeHash> {
        let Some(whole) = &self.whole else { return Vec::new() };
        let mut all: BTreeSet<ChangeHash> = BTreeSet::new();
        for hash in hashes {
            match self.into.get(hash) {
                Some(into) => all.extend(into),
                None if whole.knows(hash) => drop(all.insert(*hash)),
                None => {}
            }
        }
        if all.len() < 2 {
            return all.into_iter().collect();
        }
        let is_newest = |one: &&ChangeHash| {
            !all.iter().any(|other| other != *one && whole.includes(&[*other], one))
        };
        all.iter().filter(is_newest).copied().collect()
    }

    fn write(
        &mut self,
        deps: &[ChangeHash],
        (fresh, header): (ActorId, Option<Vec<u8>>),
        edits: &[Edit],
        by: &Authoring,
    ) -> Result<Chunk, DocumentError> {
        let known = self.whole.as_ref().map(|whole| whole.history_of(deps)).unwrap_or_default();
        // An actor that has written what this builds on goes on; so there are as few as can be.
        let goes_on = self.writers.iter_mut().find(|(_, last)| known.contains(last));
        let actor = goes_on.as_ref().map_or(fresh, |(actor, _)| *actor);
        let chunk = match (&mut self.whole, header) {
            (None, header) => {
                let (whole, chunk) =
                    Document::create(actor, header.unwrap_or_default(), edits, by)?;
                self.whole = Some(whole);
                chunk
            }
            // A second beginning: of two people who began a review at once.
            (Some(whole), Some(header)) => {
                let (_, chunk) = Document::create(actor, header, edits, by)?;
                whole.apply([chunk.bytes.as_slice()])?;
                chunk
            }
            (Some(whole), None) if whole.heads() == deps => whole.restate(actor, edits, by)?,
            (Some(whole), None) => {
                let before = known.iter().filter_map(|hash| self.chunks.get(hash));
                let mut there = Document::open(actor, before.map(Vec::as_slice))?;
                let chunk = there.restate(actor, edits, by)?;
                whole.apply([chunk.bytes.as_slice()])?;
                chunk
            }
        };
        match goes_on {
            Some((_, last)) => *last = chunk.hash,
            None => self.writers.push((actor, chunk.hash)),
        }
        self.chunks.insert(chunk.hash, chunk.bytes.clone());
        Ok(chunk)
    }
}
