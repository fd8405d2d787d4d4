//! A whole document: the state of every field, and what changed since the last review.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Entries};
use crate::document::Document;
use crate::ids::{ChangeHash, DocumentId};
use crate::merge::field::{FieldInput, FieldState, field_state};
use crate::merge::settlement::{Settlement, settlements};
use crate::path::FieldPath;
use crate::value::Value;

/// All fields of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordState {
    /// By key; keys that the catalog does not know are left out (they stay in the document).
    pub fields: BTreeMap<FieldPath, FieldState>,
}

/// A field that was written since some heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The field.
    pub path: FieldPath,
    /// What stood there before.
    pub before: Option<Value>,
}

/// Gives the state of all fields of a document of a kind.
#[must_use]
pub fn record_state(
    catalog: &Catalog,
    (kind, id): (&str, DocumentId),
    document: &Document,
    review: Option<&Document>,
) -> RecordState {
    let mut decisions: BTreeMap<FieldPath, Vec<Settlement>> = BTreeMap::new();
    for settlement in review.map(settlements).unwrap_or_default() {
        decisions.entry(settlement.path.clone()).or_default().push(settlement);
    }
    let mut record = RecordState::default();
    for (path, statements) in document.fields() {
        let Some(located) = catalog.locate(kind, &path) else { continue };
        let state = field_state(&FieldInput {
            document: id,
            path: &path,
            field: located.field,
            caution: catalog.caution(&located),
            statements: &statements,
            settlements: decisions.get(&path).map_or(&[], Vec::as_slice),
            review,
        });
        record.fields.insert(path, state);
    }
    record
}

impl RecordState {
    /// The ruling value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        let path = FieldPath::parse(key).ok()?;
        self.fields.get(&path).map(|state| &state.value).filter(|value| !value.is_null())
    }

    /// The ruling text of a key; empty when there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.value(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// The members of a set that are in.
    #[must_use]
    pub fn members(&self, set: &str) -> Vec<&str> {
        let prefix = format!("{set}/");
        self.fields
            .iter()
            .filter(|(_, state)| matches!(state.value, Value::Bool(true)))
            .filter_map(|(path, _)| path.as_str().strip_prefix(&prefix))
            .filter(|member| !member.contains('/'))
            .collect()
    }

    /// The entries of a list, in the order of their ids; removed ones are left out.
    #[must_use]
    pub fn entries(&self, catalog: &Catalog, kind: &str, list: &str) -> Vec<String> {
        let template =
            catalog.kind(kind).and_then(|kind| kind.entry_list(list)).map(|list| list.entries);
        let mut found = BTreeSet::new();
        for path in self.fields.keys() {
            let parts = path.segments();
            if let ([Some(entry), Some(_), _], true) = (parts.rest, parts.head == list) {
                found.insert(entry.to_owned());
            }
        }
        found
            .into_iter()
            .filter(|entry| {
                template == Some(Entries::Template)
                    || self.value(&format!("{list}/{entry}/tombstone")).is_none()
            })
            .collect()
    }

    /// Number of fields on which a person should decide.
    #[must_use]
    pub fn open(&self) -> usize {
        self.fields.values().filter(|state| state.is_open()).count()
    }
}

/// The fields written since some heads (all fields for none), with what stood there before.
#[must_use]
pub fn changed_since(document: &Document, heads: &[ChangeHash]) -> Vec<Changed> {
    let before = if heads.is_empty() { BTreeMap::new() } else { document.fields_at(heads) };
    document
        .touched_since(heads)
        .into_iter()
        .map(|path| Changed { before: before.get(&path).cloned(), path })
        .collect()
}
