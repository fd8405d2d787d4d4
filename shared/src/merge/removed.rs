//! Who takes an entry away does not take away what somebody else writes into it at the same time: the
//! entry stays in sight until a person has seen both (domain section 3.0, `tombstone`).

use crate::document::Statement;
use crate::merge::record::{Reading, RecordState, Revived};
use crate::order;

/// The field that says that, and why, an entry was removed.
const TOMBSTONE: &str = "/tombstone";

/// Finds the entries that were removed by somebody who did not know all that stands in them.
pub(super) fn revive(record: &mut RecordState, reading: &Reading<'_>) {
    let mut revived = Vec::new();
    for (path, state) in &record.fields {
        let Some(prefix) = path.as_str().strip_suffix(TOMBSTONE) else { continue };
        let removals: Vec<&Statement> =
            state.statements.iter().filter(|said| !said.value.is_null()).collect();
        if removals.is_empty() {
            continue;
        }
        let unseen = |said: &&Statement| {
            !removals.iter().any(|removal| reading.is_before(said.change, removal))
        };
        let inside = format!("{prefix}/");
        let within = record.fields.iter().filter(|(other, _)| {
            other.as_str().starts_with(&inside) && other.as_str() != path.as_str()
        });
        let mut said: Vec<Statement> =
            within.flat_map(|(_, state)| &state.statements).filter(unseen).cloned().collect();
        if !said.is_empty() {
            order::sort_by_key(&mut said, |one| one.id);
            revived.push(Revived { prefix: prefix.to_owned(), said });
        }
    }
    record.revived = revived;
}
