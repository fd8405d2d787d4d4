//! Whether a tablet and the log have the same, and what stands in a record by its changes alone.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_core::app::Inside;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::client::Stage;
use ankomst_shared::value::Value;

/// What the log shows: changes by record.
pub type Visible = BTreeMap<DocumentId, BTreeMap<ChangeHash, Vec<u8>>>;

/// The state of a tablet in a few words.
#[must_use]
pub fn brief(status: &ankomst_shared::app::Status) -> String {
    format!(
        "{:?} {:?} waiting {} received {} left {:?} sign in {} outdated {}",
        status.screen,
        status.contact,
        status.waiting,
        status.received,
        status.first_sync,
        status.sign_in_needed,
        status.outdated
    )
}

/// A record of changes.
#[must_use]
pub fn opened(chunks: &BTreeMap<ChangeHash, Vec<u8>>) -> Option<Document> {
    let nobody = ActorId::from_bytes([0; 16]);
    Document::open(nobody, chunks.values().map(Vec::as_slice)).ok()
}

/// What stands in each field, as the changes themselves say.
#[must_use]
pub fn standing(chunks: &BTreeMap<ChangeHash, Vec<u8>>) -> BTreeMap<FieldPath, Vec<Value>> {
    let infos: Vec<_> = chunks.values().filter_map(|bytes| parse(bytes).ok()).collect();
    let replaced: BTreeSet<(ActorId, u64)> =
        infos.iter().flat_map(|info| &info.ops).flat_map(|op| op.replaces.clone()).collect();
    let mut standing: BTreeMap<FieldPath, Vec<Value>> = BTreeMap::new();
    for info in &infos {
        for (counter, op) in (info.start_op..).zip(&info.ops) {
            if let Some(value) = &op.value
                && !replaced.contains(&(info.actor, counter))
            {
                let values = standing.entry(op.key.clone()).or_default();
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
    }
    standing
}

/// Whether a tablet has nothing of a record but what is shared.
#[must_use]
pub fn is_plain(inside: &Inside<'_>, document: DocumentId) -> bool {
    let mut chunks = inside.chunks().filter(|one| one.document == document);
    chunks.all(|one| one.stage == Stage::Shared) && inside.drafts().all(|(id, ..)| id != document)
}

/// Holds what a tablet has of what its person may read against the log.
#[must_use]
pub fn compare(
    inside: &Inside<'_>,
    scope: &BTreeSet<DocumentId>,
    visible: &Visible,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut here: BTreeMap<DocumentId, BTreeSet<ChangeHash>> = BTreeMap::new();
    for chunk in inside.chunks() {
        let shared = here.entry(chunk.document).or_default();
        if chunk.stage == Stage::Shared {
            shared.insert(chunk.hash);
        }
    }
    let nothing = BTreeMap::new();
    for document in here.keys().chain(scope) {
        let there: BTreeSet<ChangeHash> =
            visible.get(document).unwrap_or(&nothing).keys().copied().collect();
        let own = here.get(document);
        if !scope.contains(document) {
            if own.is_some_and(|own| !own.is_empty()) {
                faults.push(format!("{document} is not theirs"));
            }
        } else if own.map_or(!there.is_empty(), |own| *own != there) {
            faults.push(format!(
                "{document} differs: {} of {}",
                own.map_or(0, BTreeSet::len),
                there.len()
            ));
        }
    }
    for (document, heads, content) in inside.opened() {
        let Some(log) = visible.get(&document).and_then(opened) else { continue };
        if is_plain(inside, document)
            && scope.contains(&document)
            && (log.heads(), log.canonical_json()) != (heads, content)
        {
            faults.push(format!("{document} reads otherwise"));
        }
    }
    faults
}
