//! Who takes an entry away does not take away what somebody else writes into it at the same time: the
//! entry stays in sight until a person has seen both (domain section 3.0, `tombstone`). The same for a
//! member of a set that an entry elsewhere builds on.

use crate::app::{Agreement, ShownRule};
use crate::catalog::{Catalog, EntryList};
use crate::document::Statement;
use crate::ids::DocumentId;
use crate::merge::field::conflict_id;
use crate::merge::record::{Reading, RecordState, Revived};
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

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
        let heads: Vec<_> = removals.iter().map(|removal| removal.change).collect();
        let seen = reading.document.history_of(&heads);
        let unseen = |said: &&Statement| !seen.contains(&said.change);
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

/// Keeps members of sets that one removed while another wrote an entry that builds on them.
pub(super) fn affirm(
    catalog: &Catalog,
    (kind, id): (&str, DocumentId),
    record: &mut RecordState,
    reading: &Reading<'_>,
) {
    let lists = catalog.kind(kind).map(|kind| kind.entry_lists.as_slice()).unwrap_or_default();
    for list in lists {
        let Some(pattern) = &list.affirms else { continue };
        for entry in record.entries(catalog, kind, &list.id) {
            let Some((path, said)) = affirmed(record, (list, pattern), &entry) else { continue };
            let Some(state) = record.fields.get_mut(&path) else { continue };
            let seen =
                |removal: &Statement| reading.document.includes(&[removal.change], &said.change);
            let decided = state.settlements.iter().any(|one| one.saw.contains(&said.id));
            if matches!(state.value, Value::Bool(true))
                || decided
                || state.statements.iter().any(seen)
            {
                continue;
            }
            state.agreement = match state.agreement {
                Agreement::Settled => Agreement::Reopened,
                Agreement::SettledTwice => Agreement::SettledTwice,
                _ => Agreement::Open,
            };
            state.value = Value::Bool(true);
            state.rule = ShownRule::Union;
            state.statements.insert(0, Statement { value: Value::Bool(true), ..said });
            state.conflict = Some(conflict_id(id, "", path.as_str(), &state.statements));
        }
    }
}

/// The member of a set that an entry builds on, and the statement that says so.
fn affirmed(
    record: &RecordState,
    (list, pattern): (&EntryList, &str),
    entry: &str,
) -> Option<(FieldPath, Statement)> {
    let mut parts = Vec::new();
    let mut said = None;
    for part in pattern.split('/') {
        let Some(field) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            parts.push(part);
            continue;
        };
        let own = FieldPath::parse(&format!("{}/{entry}/{field}", list.id)).ok()?;
        let state = record.fields.get(&own)?;
        parts.push(state.value.as_str()?);
        said = state.statements.first().cloned();
    }
    Some((FieldPath::parse(&parts.join("/")).ok()?, said?))
}
