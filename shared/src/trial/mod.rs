//! The trial: does a change that passed the gate make a sound document?
//!
//! Runs Automerge, so it may end its process: the server runs it in a child process, the tablet in
//! its worker. Everything before this is in [`crate::chunk`].

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, FieldType, Located};
use crate::chunk::{ChunkInfo, parse};
use crate::document::{Document, StatementId};
use crate::ids::{ActorId, ChangeHash};
use crate::order;
use crate::path::{FieldPath, HEADER_KEY};
use crate::sign::Header;
use crate::value::Value;

/// What a trial found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The document is sound with it.
    Passed,
    /// It is not, and why.
    Failed(TrialFault),
}

/// Why a change did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrialFault {
    /// The gate refuses it.
    #[error("the change is malformed")]
    Malformed,
    /// It builds on a change that is not there or did not pass.
    #[error("the change builds on one that is missing or did not pass")]
    Depends,
    /// A second beginning of the document that says something else about whose it is.
    #[error("the change gives the record another header")]
    Header,
    /// A value does not fit its field.
    #[error("a value does not fit its field")]
    Schema,
    /// It replaces other statements than its author can have seen in the field.
    #[error("the change replaces something else than its author saw")]
    Replaces,
    /// Automerge does not take it.
    #[error("the change cannot be applied")]
    Apply,
    /// Writing and reading the document does not give the same document.
    #[error("the record would not be readable any more")]
    RoundTrip,
}

/// Tries changes in their order on a document; those that pass stay in it.
///
/// `document` is `None` before the first change. Returns one verdict for each candidate. The dear
/// part, writing the document and reading it again, is done once for the batch; only when that
/// fails is each change tried by itself.
pub fn try_changes(
    catalog: &Catalog,
    kind: &str,
    document: &mut Option<Document>,
    candidates: &[&[u8]],
) -> Vec<Verdict> {
    if let Some(verdicts) = try_batch(catalog, kind, document, candidates) {
        return verdicts;
    }
    candidates
        .iter()
        .map(|bytes| {
            let alone = try_batch(catalog, kind, document, &[bytes]);
            alone
                .and_then(|verdicts| verdicts.first().copied())
                .unwrap_or(Verdict::Failed(TrialFault::RoundTrip))
        })
        .collect()
}

/// Takes one change into a document if the rules and Automerge let it, as a tablet does with what another tablet has handed
/// it; the server's own trial comes later, and writes and reads the document, too.
#[must_use]
pub fn takes(catalog: &Catalog, kind: &str, document: &mut Document, bytes: &[u8]) -> bool {
    let Ok(Some(info)) = check(catalog, kind, Some(document), bytes) else { return false };
    document.apply([info.bytes.as_slice()]).is_ok_and(|done| done.new == [info.hash])
}

/// Applies changes to a copy of the document, writes and reads it, and forgets it.
///
/// A part of the trial without its rules, so that a drill can show that the process boundary holds
/// when Automerge panics on something the rules did not foresee.
#[must_use]
pub fn provoke(document: Option<&Document>, candidates: &[&[u8]]) -> bool {
    let known = document.map(Document::chunks).unwrap_or_default();
    let all = known.iter().map(|chunk| chunk.bytes.as_slice()).chain(candidates.iter().copied());
    let copy = Document::open(ActorId::from_bytes([0; 16]), all);
    copy.is_ok_and(|copy| copy.saved_and_loaded().is_some())
}

/// Verdicts for a batch; `None`, and the document as it was, when the outcome is not a sound one.
fn try_batch(
    catalog: &Catalog,
    kind: &str,
    document: &mut Option<Document>,
    candidates: &[&[u8]],
) -> Option<Vec<Verdict>> {
    let mut copy = document.clone();
    let mut passed = Vec::new();
    let mut verdicts = Vec::with_capacity(candidates.len());
    for bytes in candidates {
        let checked = check(catalog, kind, copy.as_ref(), bytes);
        verdicts.push(match checked {
            Ok(None) => Verdict::Passed,
            Ok(Some(info)) => {
                if apply(&mut copy, &info) {
                    passed.push(info);
                    Verdict::Passed
                } else if candidates.len() == 1 {
                    return Some(vec![Verdict::Failed(TrialFault::Apply)]);
                } else {
                    // The copy may hold part of it.
                    return None;
                }
            }
            Err(fault) => Verdict::Failed(fault),
        });
    }
    if passed.is_empty() {
        return Some(verdicts);
    }
    if !copy.as_ref().is_some_and(|copy| round_trip(copy, &passed)) {
        return None;
    }
    *document = copy;
    Some(verdicts)
}

/// Everything that can be decided before Automerge is asked; `None` when the change is known.
fn check(
    catalog: &Catalog,
    kind: &str,
    document: Option<&Document>,
    bytes: &[u8],
) -> Result<Option<ChunkInfo>, TrialFault> {
    let info = parse(bytes).map_err(|_| TrialFault::Malformed)?;
    let knows = |hash: &ChangeHash| document.is_some_and(|document| document.knows(hash));
    if knows(&info.hash) {
        return Ok(None);
    }
    if !info.deps.iter().all(knows) {
        return Err(TrialFault::Depends);
    }
    if let (true, Some(document)) = (info.deps.is_empty(), document) {
        same_authority(document, &info)?;
    }
    schema(catalog, kind, &info)?;
    replaces_what_it_saw(document, &info)?;
    Ok(Some(info))
}

/// A second beginning of a document (two people open its review at once) says the same about what
/// decides who may read and write it.
fn same_authority(document: &Document, info: &ChunkInfo) -> Result<(), TrialFault> {
    let authority = |bytes: &[u8]| {
        let header = Header::peek(bytes).ok()?;
        Some((header.document, header.kind, header.parent, header.unit, header.protection))
    };
    let known: Vec<_> = document.headers().iter().map(|bytes| authority(bytes)).collect();
    let own = info.ops.iter().find_map(|op| op.header.as_deref()).and_then(authority);
    let same = own.is_some() && !known.is_empty() && known.iter().all(|known| *known == own);
    if same { Ok(()) } else { Err(TrialFault::Header) }
}

/// Values fit the types of the fields this catalog knows; keys of newer catalogs pass.
fn schema(catalog: &Catalog, kind: &str, info: &ChunkInfo) -> Result<(), TrialFault> {
    for op in &info.ops {
        if op.key.as_str() == HEADER_KEY {
            continue;
        }
        let value = op.value.as_ref().ok_or(TrialFault::Schema)?;
        if let Some(located) = catalog.locate(kind, &op.key)
            && !fits(&located, value)
        {
            return Err(TrialFault::Schema);
        }
    }
    Ok(())
}

fn fits(located: &Located<'_>, value: &Value) -> bool {
    match (&located.field.typ, value) {
        (_, Value::Null) => true,
        (FieldType::Bool, value) => matches!(value, Value::Bool(_)),
        (FieldType::Int(..) | FieldType::Time | FieldType::Count, value) => {
            matches!(value, Value::Int(_))
        }
        // A member is in, or removed with a reason.
        (FieldType::Set(_), value) => matches!(value, Value::Bool(_) | Value::Str(_)),
        (_, value) => matches!(value, Value::Str(_)),
    }
}

/// A change replaces exactly the statements its author saw in the field: those that stood at its
/// dependencies, or its own earlier one. Anything else would read differently on a device that
/// holds less, or hide a statement from the conflict it belongs to.
fn replaces_what_it_saw(document: Option<&Document>, info: &ChunkInfo) -> Result<(), TrialFault> {
    let mut own: BTreeMap<&FieldPath, StatementId> = BTreeMap::new();
    for (counter, op) in (info.start_op..).zip(&info.ops) {
        let id = StatementId { counter, actor: info.actor };
        let expected = match (own.insert(&op.key, id), document) {
            (Some(earlier), _) => order::set([earlier]),
            (None, Some(document)) => document.standing_at(&op.key, &info.deps),
            (None, None) => BTreeSet::new(),
        };
        let given = op.replaces.iter();
        let given = given.map(|(actor, counter)| StatementId { counter: *counter, actor: *actor });
        let given: BTreeSet<StatementId> = order::set(given);
        if given != expected || given.len() != op.replaces.len() {
            return Err(TrialFault::Replaces);
        }
    }
    Ok(())
}

fn apply(document: &mut Option<Document>, info: &ChunkInfo) -> bool {
    let bytes = info.bytes.as_slice();
    match document {
        None => {
            *document = Document::open(ActorId::from_bytes([0; 16]), [bytes]).ok();
            document.is_some()
        }
        Some(document) => document.apply([bytes]).is_ok_and(|done| done.new == [info.hash]),
    }
}

/// The document gives the changes back byte for byte, and reads the same after it was written.
fn round_trip(document: &Document, passed: &[ChunkInfo]) -> bool {
    let Some(again) = document.saved_and_loaded() else { return false };
    passed.iter().all(|info| document.chunk(&info.hash).is_some_and(|chunk| chunk == info.bytes))
        && again.heads() == document.heads()
        && again.headers() == document.headers()
        && again.canonical_json() == document.canonical_json()
}
