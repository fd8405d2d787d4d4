//! The trial: does a change that passed the gate make a sound document?
//!
//! Runs Automerge, so it may end its process: the server runs it in a child process, the tablet in
//! its worker. Everything before this is in [`crate::chunk`].

use crate::catalog::{Catalog, FieldType, Located};
use crate::chunk::{ChunkInfo, parse};
use crate::document::Document;
use crate::ids::{ActorId, ChangeHash};
use crate::path::HEADER_KEY;
use crate::value::Value;

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// A value does not fit its field.
    #[error("a value does not fit its field")]
    Schema,
    /// It replaces a statement that does not exist.
    #[error("the change replaces something that was never said")]
    Replaces,
    /// Automerge does not take it.
    #[error("the change cannot be applied")]
    Apply,
    /// Writing and reading the document does not give the same document.
    #[error("the record would not be readable any more")]
    RoundTrip,
}

/// Tries changes one after the other on a document; those that pass stay in it.
///
/// `document` is `None` before the first change. Returns one verdict for each candidate.
pub fn try_changes(
    catalog: &Catalog,
    kind: &str,
    document: &mut Option<Document>,
    candidates: &[&[u8]],
) -> Vec<Verdict> {
    candidates
        .iter()
        .map(|bytes| match try_one(catalog, kind, document, bytes) {
            Ok(()) => Verdict::Passed,
            Err(fault) => Verdict::Failed(fault),
        })
        .collect()
}

fn try_one(
    catalog: &Catalog,
    kind: &str,
    document: &mut Option<Document>,
    bytes: &[u8],
) -> Result<(), TrialFault> {
    let info = parse(bytes).map_err(|_| TrialFault::Malformed)?;
    schema(catalog, kind, &info)?;
    if let Some(document) = document.as_ref() {
        replaced_exist(document, &info)?;
        if document.knows(&info.hash) {
            return Ok(());
        }
    }
    let copy = applied(document.as_ref(), &info)?;
    round_trip(&copy, &info)?;
    *document = Some(copy);
    Ok(())
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
        (FieldType::Bool, Value::Bool(_))
        | (FieldType::Int(..) | FieldType::Time, Value::Int(_)) => true,
        // A member is in, or removed with a reason.
        (FieldType::Set(_), Value::Bool(_) | Value::Str(_)) => true,
        (FieldType::Bool | FieldType::Int(..) | FieldType::Time | FieldType::Set(_), _) => false,
        (_, value) => matches!(value, Value::Str(_)),
    }
}

fn replaced_exist(document: &Document, info: &ChunkInfo) -> Result<(), TrialFault> {
    let exists = |actor: ActorId, counter: u64| document.has_statement(actor, counter);
    let all = info.ops.iter().flat_map(|op| &op.replaces).all(|(actor, counter)| {
        exists(*actor, *counter)
            || (*actor == info.actor && (info.start_op..=info.max_op).contains(counter))
    });
    if all { Ok(()) } else { Err(TrialFault::Replaces) }
}

fn applied(document: Option<&Document>, info: &ChunkInfo) -> Result<Document, TrialFault> {
    let bytes = info.bytes.as_slice();
    let actor = ActorId::from_bytes([0; 16]);
    match document {
        None => Document::open(actor, [bytes]).map_err(|_| TrialFault::Apply),
        Some(document) => {
            let mut copy = document.clone();
            let done = copy.apply([bytes]).map_err(|_| TrialFault::Apply)?;
            if done.new == [info.hash] { Ok(copy) } else { Err(TrialFault::Apply) }
        }
    }
}

fn round_trip(document: &Document, info: &ChunkInfo) -> Result<(), TrialFault> {
    let again = document.saved_and_loaded().ok_or(TrialFault::RoundTrip)?;
    let heads_contain = |heads: &[ChangeHash]| heads.contains(&info.hash);
    let same_bytes = document.chunk(&info.hash).is_some_and(|chunk| chunk == info.bytes);
    let sound = same_bytes
        && again.heads() == document.heads()
        && heads_contain(&document.heads())
        && again.canonical_json() == document.canonical_json();
    if sound { Ok(()) } else { Err(TrialFault::RoundTrip) }
}
