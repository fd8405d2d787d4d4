//! Making, opening and changing a document.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, Change, ROOT, ReadDoc};

use crate::document::meta::{Authoring, ChangeMeta};
use crate::document::scalar::to_scalar;
use crate::ids::{ActorId, ChangeHash};
use crate::order;
use crate::path::{FieldPath, HEADER_KEY};
use crate::value::Value;

/// One change in the form it is stored and sent in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its id.
    pub hash: ChangeHash,
    /// The inflated change chunk, header and checksum included.
    pub bytes: Vec<u8>,
}

/// One answer to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub path: FieldPath,
    /// What.
    pub value: Value,
}

/// What became of applied chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Changes that the document did not know.
    pub new: Vec<ChangeHash>,
    /// Changes whose dependencies are missing; they are kept and wait.
    pub waiting: Vec<ChangeHash>,
}

/// Says why a document could not be made, opened or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Bytes are not exactly one change.
    #[error("this is not one change of a record: {0}")]
    NotAChange(String),
    /// A change does not say who made it.
    #[error("change {0} does not say who made it, on which device and when")]
    Anonymous(ChangeHash),
    /// Automerge refused.
    #[error("the record could not be changed: {0}")]
    Engine(String),
    /// There is no first change.
    #[error("the record has no beginning yet")]
    Empty,
}

/// Where a change says what it is: behind four bytes of magic and four of check sum.
const CHUNK_TYPE: usize = 8;

/// A document in memory.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) inner: Automerge,
    pub(super) metas: BTreeMap<ChangeHash, ChangeMeta>,
    actor: ActorId,
    waiting: Vec<(ChangeHash, Change)>,
}

impl Document {
    /// Makes a document with its header and first answers.
    ///
    /// # Errors
    /// When Automerge refuses, which is a defect.
    pub fn create(
        actor: ActorId,
        header: Vec<u8>,
        edits: &[Edit],
        by: &Authoring,
    ) -> Result<(Self, Chunk), DocumentError> {
        let mut document = Self::empty(actor);
        let chunk = document.write(Some(header), &last_of_each(edits), by)?;
        Ok((document, chunk))
    }

    /// Opens a document from its changes, in any order, duplicates allowed.
    ///
    /// # Errors
    /// When bytes are not exactly one change each, a change is anonymous, or none has all its
    /// dependencies.
    pub fn open<'a>(
        actor: ActorId,
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, DocumentError> {
        let mut document = Self::empty(actor);
        document.apply(chunks)?;
        if document.metas.is_empty() { Err(DocumentError::Empty) } else { Ok(document) }
    }

    pub(super) fn empty(actor: ActorId) -> Self {
        let inner = Automerge::new().with_actor(actor.as_bytes().as_slice().into());
        Self { inner, metas: BTreeMap::new(), actor, waiting: Vec::new() }
    }

    /// Applies changes in any order. Those whose dependencies are missing wait in memory.
    ///
    /// # Errors
    /// When bytes are not one change, or a change is anonymous; then nothing is applied.
    pub fn apply<'a>(
        &mut self,
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Applied, DocumentError> {
        // One copy of the code, whatever they come from.
        let mut all: Vec<&[u8]> = Vec::new();
        all.extend(chunks);
        self.apply_all(&all)
    }

    fn apply_all(&mut self, chunks: &[&[u8]]) -> Result<Applied, DocumentError> {
        let mut fresh = Vec::new();
        let mut there = order::set(self.waiting.iter().map(|(hash, _)| *hash));
        for bytes in chunks {
            // Whole documents and bundles are no single change, and the app has no code for them.
            if !matches!(bytes.get(CHUNK_TYPE), Some(1 | 2)) {
                return Err(DocumentError::NotAChange("it is of another type".to_owned()));
            }
            let change = Change::from_bytes(bytes.to_vec())
                .map_err(|error| DocumentError::NotAChange(error.to_string()))?;
            let hash = ChangeHash::from_bytes(change.hash().0);
            if !self.metas.contains_key(&hash) && there.insert(hash) {
                meta_of(&change)?;
                fresh.push((hash, change));
            }
        }
        self.waiting.extend(fresh);
        let mut applied = Applied::default();
        let ready = self.take_ready();
        let mut metas = Vec::with_capacity(ready.len());
        for change in &ready {
            metas.push((ChangeHash::from_bytes(change.hash().0), meta_of(change)?));
        }
        self.inner.apply_changes(ready).map_err(engine)?;
        applied.new.extend(metas.iter().map(|(hash, _)| *hash));
        self.metas.extend(metas);
        applied.waiting.extend(self.waiting.iter().map(|(hash, _)| *hash));
        Ok(applied)
    }

    /// Takes the waiting changes whose dependencies are known, in causal order.
    fn take_ready(&mut self) -> Vec<Change> {
        // A change counts on from all it builds on, so one look is enough; a second finds that
        // nothing is left that could go.
        order::sort_by_key(&mut self.waiting, |(hash, change)| (change.start_op(), *hash));
        let mut ready: Vec<Change> = Vec::new();
        let mut known = BTreeSet::new();
        loop {
            let before = ready.len();
            for (hash, change) in core::mem::take(&mut self.waiting) {
                let is_ready = change.deps().iter().all(|dep| {
                    let dep = ChangeHash::from_bytes(dep.0);
                    self.metas.contains_key(&dep) || known.contains(&dep)
                });
                if is_ready {
                    known.insert(hash);
                    ready.push(change);
                } else {
                    self.waiting.push((hash, change));
                }
            }
            if ready.len() == before || self.waiting.is_empty() {
                return ready;
            }
        }
    }

    /// Writes answers as one change. Answers that already stand in their field uncontradicted are
    /// left out; an answer equal to one side of a contradiction is written, because it decides.
    ///
    /// # Errors
    /// When Automerge refuses, which is a defect.
    pub fn commit(
        &mut self,
        edits: &[Edit],
        by: &Authoring,
    ) -> Result<Option<Chunk>, DocumentError> {
        let needed = self.needed(edits, &[]);
        if needed.is_empty() {
            return Ok(None);
        }
        self.write(None, &needed, by).map(Some)
    }

    /// The answers that do not stand uncontradicted or are to be said again, the last of each path.
    pub(super) fn needed(&self, edits: &[Edit], again: &[FieldPath]) -> Vec<Edit> {
        let mut needed = last_of_each(edits);
        needed.retain(|edit| {
            let stands = self.values(&edit.path);
            stands.is_empty()
                || stands.iter().any(|value| *value != edit.value)
                || again.contains(&edit.path)
        });
        needed
    }

    pub(super) fn write(
        &mut self,
        header: Option<Vec<u8>>,
        edits: &[Edit],
        by: &Authoring,
    ) -> Result<Chunk, DocumentError> {
        let meta = by.meta();
        let options = CommitOptions::default()
            .with_message(meta.to_message())
            .with_time(by.now_ms.div_euclid(1000));
        let losing: Vec<Option<Value>> = edits.iter().map(|edit| self.losing_to(edit)).collect();
        let mut transaction = self.inner.transaction();
        if let Some(header) = header {
            transaction.put(ROOT, HEADER_KEY, header).map_err(engine)?;
        }
        for (edit, losing) in edits.iter().zip(losing) {
            let key = edit.path.as_str();
            if let Some(losing) = losing {
                transaction.put(ROOT, key, to_scalar(&losing)).map_err(engine)?;
            }
            transaction.put(ROOT, key, to_scalar(&edit.value)).map_err(engine)?;
        }
        let (hash, _) = transaction.commit_with(options);
        let hash = hash.ok_or_else(|| DocumentError::Engine("nothing was written".to_owned()))?;
        let change = self
            .inner
            .get_change_by_hash(&hash)
            .ok_or_else(|| DocumentError::Engine("the change just made is missing".to_owned()))?;
        let hash = ChangeHash::from_bytes(hash.0);
        self.metas.insert(hash, meta);
        Ok(Chunk { hash, bytes: change.raw_bytes().to_vec() })
    }

    /// Writes what another history says, each of it as an act of its own, also where the same stands
    /// there already; from here on as that actor.
    ///
    /// # Errors
    /// When Automerge refuses, which is a defect.
    pub fn restate(
        &mut self,
        actor: ActorId,
        edits: &[Edit],
        by: &Authoring,
    ) -> Result<Chunk, DocumentError> {
        self.actor = actor;
        self.inner.set_actor(actor.as_bytes().as_slice().into());
        self.write(None, edits, by)
    }

    /// A value that loses to the one Automerge shows, if an edit confirms the latter.
    ///
    /// Told to write what it shows already, Automerge only deletes the others, if there are any: the
    /// decision would have no author, and a concurrent one would silently win. Writing another value
    /// first makes it an ordinary statement.
    pub(super) fn losing_to(&self, edit: &Edit) -> Option<Value> {
        let stands = self.values(&edit.path);
        let (winner, others) = stands.split_first()?;
        if *winner != edit.value {
            return None;
        }
        let losing = others.iter().find(|value| *value != winner).cloned();
        let other = if winner.is_null() { Value::Bool(false) } else { Value::Null };
        Some(losing.unwrap_or(other))
    }

    /// The actor this load of the document writes as.
    #[must_use]
    pub const fn actor(&self) -> ActorId {
        self.actor
    }

    /// The newest changes, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<ChangeHash> =
            self.inner.get_heads().into_iter().map(|hash| ChangeHash::from_bytes(hash.0)).collect();
        order::sort_and_dedup(&mut heads);
        heads
    }

    /// Whether the change is part of the document.
    #[must_use]
    pub fn knows(&self, hash: &ChangeHash) -> bool {
        self.metas.contains_key(hash)
    }

    /// What a change says about itself.
    #[must_use]
    pub fn meta(&self, hash: &ChangeHash) -> Option<&ChangeMeta> {
        self.metas.get(hash)
    }

    /// All changes with what they say about themselves, by hash.
    pub fn changes(&self) -> impl Iterator<Item = (&ChangeHash, &ChangeMeta)> {
        self.metas.iter()
    }

    /// The bytes of one change, inflated.
    #[must_use]
    pub fn chunk(&self, hash: &ChangeHash) -> Option<Vec<u8>> {
        let change = self.inner.get_change_by_hash(&automerge::ChangeHash(*hash.as_bytes()))?;
        Some(change.raw_bytes().to_vec())
    }

    /// The document as it is after writing it whole and reading it strictly; `None` when it cannot
    /// be read again.
    #[must_use]
    pub fn saved_and_loaded(&self) -> Option<Self> {
        let inner = Automerge::load(&self.inner.save()).ok()?;
        let copy =
            Self { inner, metas: self.metas.clone(), actor: self.actor, waiting: Vec::new() };
        Some(copy)
    }

    /// All changes in causal order, as chunks.
    #[must_use]
    pub fn chunks(&self) -> Vec<Chunk> {
        self.inner
            .get_changes(&[])
            .iter()
            .map(|change| Chunk {
                hash: ChangeHash::from_bytes(change.hash().0),
                bytes: change.raw_bytes().to_vec(),
            })
            .collect()
    }
}

/// The last edit of each path, by path.
pub(super) fn last_of_each(edits: &[Edit]) -> Vec<Edit> {
    let last: BTreeMap<&FieldPath, &Value> =
        order::map(edits.iter().map(|edit| (&edit.path, &edit.value)));
    last.into_iter()
        .map(|(path, value)| Edit { path: path.clone(), value: value.clone() })
        .collect()
}

fn meta_of(change: &Change) -> Result<ChangeMeta, DocumentError> {
    let message = change.message().unwrap_or_default();
    ChangeMeta::from_message(message)
        .map_err(|_| DocumentError::Anonymous(ChangeHash::from_bytes(change.hash().0)))
}

#[expect(clippy::needless_pass_by_value, reason = "serves as a function for map_err")]
fn engine(error: automerge::AutomergeError) -> DocumentError {
    DocumentError::Engine(error.to_string())
}
