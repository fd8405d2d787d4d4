//! Does a change fit what is known? Decided from an index, without loading a document.

use std::collections::BTreeMap;

use crate::chunk::parse::ChunkInfo;
use crate::ids::{ActorId, ChangeHash, DocumentId};

/// What the index knows of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its actor.
    pub actor: ActorId,
    /// Its number in the actor's sequence.
    pub seq: u64,
    /// Counter of its last operation.
    pub max_op: u64,
}

/// All changes of all documents, held ones included.
pub trait ChangeIndex {
    /// What goes wrong when the index is read.
    type Error;

    /// Finds a change.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn get(&self, document: DocumentId, hash: &ChangeHash) -> Result<Option<Known>, Self::Error>;

    /// Finds the newest change of an actor: number and hash.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn last_of(
        &self,
        document: DocumentId,
        actor: ActorId,
    ) -> Result<Option<(u64, ChangeHash)>, Self::Error>;
}

/// What the state rules say of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOutcome {
    /// It fits.
    Fine,
    /// It is known already.
    Duplicate,
    /// These changes must come first.
    Missing(Vec<ChangeHash>),
    /// The actor has another change with that number: a cloned or restored device.
    Fork,
    /// Its numbers do not follow from what it builds on.
    Numbers,
}

/// Holds a change against the index.
///
/// # Errors
/// When the index cannot be read.
pub fn check<I: ChangeIndex>(
    index: &I,
    document: DocumentId,
    info: &ChunkInfo,
) -> Result<RuleOutcome, I::Error> {
    if index.get(document, &info.hash)?.is_some() {
        return Ok(RuleOutcome::Duplicate);
    }
    let mut missing = Vec::new();
    let mut highest = 0;
    let mut own_dep = None;
    for dep in &info.deps {
        match index.get(document, dep)? {
            None => missing.push(*dep),
            Some(known) => {
                highest = highest.max(known.max_op);
                if known.actor == info.actor {
                    own_dep = Some(known.seq);
                }
            }
        }
    }
    let last = index.last_of(document, info.actor)?.map_or(0, |(seq, _)| seq);
    if info.seq <= last {
        return Ok(RuleOutcome::Fork);
    }
    if !missing.is_empty() {
        return Ok(RuleOutcome::Missing(missing));
    }
    // A change builds on its actor's last one, so that is among its dependencies.
    let follows = info.seq == last + 1 && (last == 0 || own_dep == Some(last));
    let fits = follows && info.start_op == highest + 1;
    Ok(if fits { RuleOutcome::Fine } else { RuleOutcome::Numbers })
}

/// An index in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryIndex {
    changes: BTreeMap<(DocumentId, ChangeHash), Known>,
    last: BTreeMap<(DocumentId, ActorId), (u64, ChangeHash)>,
}

impl MemoryIndex {
    /// Adds a change.
    pub fn add(&mut self, document: DocumentId, info: &ChunkInfo) {
        let known = Known { actor: info.actor, seq: info.seq, max_op: info.max_op };
        self.changes.insert((document, info.hash), known);
        let last = self.last.entry((document, info.actor)).or_insert((info.seq, info.hash));
        if info.seq >= last.0 {
            *last = (info.seq, info.hash);
        }
    }
}

impl ChangeIndex for MemoryIndex {
    type Error = core::convert::Infallible;

    fn get(&self, document: DocumentId, hash: &ChangeHash) -> Result<Option<Known>, Self::Error> {
        Ok(self.changes.get(&(document, *hash)).copied())
    }

    fn last_of(
        &self,
        document: DocumentId,
        actor: ActorId,
    ) -> Result<Option<(u64, ChangeHash)>, Self::Error> {
        Ok(self.last.get(&(document, actor)).copied())
    }
}
