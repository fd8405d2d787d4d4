//! A whole document: the state of every field, and what changed since the last review.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::app::{Agreement, ShownRule};
use crate::catalog::{self, Catalog, Entries, Machine, MergeCode};
use crate::document::{Document, Statement};
use crate::ids::{ChangeHash, DocumentId};
use crate::merge::field::{FieldInput, FieldState, field_state};
use crate::merge::late::{Signed, freeze};
use crate::merge::removed::{affirm, revive};
use crate::merge::settlement::{Settlement, settlements};
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

/// All fields of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordState {
    /// By key; keys that the catalog does not know are left out (they stay in the document). What is
    /// signed stands here as it was signed.
    pub fields: BTreeMap<FieldPath, FieldState>,
    /// What was written into something signed by people who did not know of the signing.
    pub late: Vec<Late>,
    /// Entries that were removed by somebody who did not know all that stands in them.
    pub revived: Vec<Revived>,
}

impl Late {
    /// Whether somebody has seen all of it and decided.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.said.iter().all(|one| {
            self.state.settlements.iter().any(|settlement| settlement.saw.contains(&one.id))
        })
    }
}

/// An entry that was removed by one person and written into by another, neither knowing of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revived {
    /// The entry: list and id, `persons/…`.
    pub prefix: String,
    /// What was written into it unseen.
    pub said: Vec<Statement>,
}

/// A field of something signed that was written by somebody who did not know of the signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// The field.
    pub path: FieldPath,
    /// Its state with everything that was written.
    pub state: FieldState,
    /// What of it is late.
    pub said: Vec<Statement>,
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
    let mut reading =
        Reading { catalog, kind, id, document, review, decisions, said: Vec::new(), signed: None };
    let mut record = RecordState::default();
    let mut states: Vec<FieldPath> = Vec::new();
    for (path, statements) in document.fields() {
        let Some(state) = reading.state(&path, &statements) else { continue };
        let machine = catalog.locate(kind, &path).and_then(|at| at.field.machine.as_ref());
        if machine.is_some_and(|machine| !machine.late.is_empty()) {
            states.push(path.clone());
        }
        record.fields.insert(path, state);
    }
    for path in states {
        let machine = catalog.locate(kind, &path).and_then(|at| at.field.machine.as_ref());
        let late = machine.and_then(|machine| late_state(&record, document, &path, machine));
        let late = late.map(Value::text);
        if let (Some(value), Some(state)) = (late, record.fields.get_mut(&path)) {
            (state.value, state.rule) = (value, ShownRule::Table);
        }
    }
    freeze(&mut record, &mut reading);
    affirm(catalog, (kind, id), &mut record, &reading);
    revive(&mut record, &reading);
    record
}

/// A document while its fields are put together.
pub(super) struct Reading<'a> {
    catalog: &'a Catalog,
    pub(super) kind: &'a str,
    id: DocumentId,
    pub(super) document: &'a Document,
    review: Option<&'a Document>,
    decisions: BTreeMap<FieldPath, Vec<Settlement>>,
    /// Everything ever said; read when it is first needed.
    said: Vec<(FieldPath, Statement)>,
    /// What was known when that was signed which is read now.
    pub(super) signed: Option<Signed>,
}

impl Reading<'_> {
    /// Everything ever said.
    pub(super) fn said(&mut self) -> &[(FieldPath, Statement)] {
        if self.said.is_empty() {
            self.said = self.document.all_history();
        }
        &self.said
    }

    /// Whether a change was known when that was signed which is read now.
    pub(super) fn was_known(&self, change: ChangeHash) -> bool {
        self.signed.as_ref().is_some_and(|signed| signed.before.contains(&change))
    }

    /// Fields that were decided on by somebody whose decision those who signed had not seen.
    pub(super) fn decided_after(&self, signed: &Signed) -> Vec<FieldPath> {
        let Some(review) = self.review else { return Vec::new() };
        let known = review.history_of(&signed.review_heads);
        let all = self.decisions.iter();
        let later = all.filter(|(_, all)| all.iter().any(|one| !known.contains(&one.change)));
        later.map(|(path, _)| path.clone()).collect()
    }

    /// The state of a field in which some statements stand.
    pub(super) fn state(
        &mut self,
        path: &FieldPath,
        statements: &[Statement],
    ) -> Option<FieldState> {
        let located = self.catalog.locate(self.kind, path)?;
        let mut history = Vec::new();
        if matches!(located.field.merge, MergeCode::M | MergeCode::O) {
            history.extend(
                self.said().iter().filter(|(at, _)| at == path).map(|(_, said)| said.clone()),
            );
            in_turn(self.document, &mut history);
        }
        let mut decisions = self.decisions.get(path).cloned().unwrap_or_default();
        if let Some(signed) = &self.signed {
            history.retain(|said| signed.before.contains(&said.change));
            let heads = &signed.review_heads;
            decisions.retain(|one| {
                self.review.is_some_and(|review| review.includes(heads, &one.change))
            });
        }
        let base = if located.field.merge == MergeCode::T && statements.len() > 1 {
            common_text(self.document, path, statements)
        } else {
            String::new()
        };
        Some(field_state(&FieldInput {
            document: self.id,
            path,
            field: located.field,
            caution: self.catalog.caution(&located),
            statements,
            history: &history,
            base: &base,
            settlements: &decisions,
            review: self.review,
        }))
    }
}

/// Orders statements so that each comes after what it builds on, otherwise by time and person: the same on all
/// devices, and on every line of a record.
fn in_turn(document: &Document, history: &mut Vec<Statement>) {
    order::sort_by_key(history, |said| (said.meta.claimed_ms, said.meta.user, said.id));
    // What a statement builds on has a lower counter, so clocks that went right are enough.
    if history.is_sorted_by_key(|said| said.id.counter) {
        return;
    }
    let mut rest = core::mem::take(history);
    let is_first = |rest: &[Statement], one: &Statement| {
        !rest.iter().any(|other| {
            other.id.counter < one.id.counter && document.includes(&[one.change], &other.change)
        })
    };
    while let Some(at) = rest.iter().position(|one| is_first(&rest, one)) {
        history.push(rest.remove(at));
    }
}

/// The state that something written elsewhere, by one who did not know of it, makes of another.
fn late_state<'a>(
    record: &RecordState,
    document: &Document,
    path: &FieldPath,
    machine: &'a Machine,
) -> Option<&'a str> {
    let state = record.fields.get(path)?;
    let shown = state.value.as_str().filter(|_| state.agreement == Agreement::Agreed)?;
    let ruling = state.statements.iter().filter(|one| one.value.as_str() == Some(shown));
    let ruling: Vec<ChangeHash> = ruling.map(|one| one.change).collect();
    let known = document.history_of(&ruling);
    let apart = |said: &Statement| {
        let knew = |own: &ChangeHash| document.includes(&[said.change], own);
        !known.contains(&said.change) && !ruling.iter().any(knew)
    };
    let met = |late: &&catalog::Late| {
        let mut fields = record.fields.iter();
        late.from.iter().any(|code| code == shown)
            && fields.any(|(at, other)| {
                is_about(record, late, (path, at)) && other.statements.iter().any(apart)
            })
    };
    machine.late.iter().find(met).map(|late| late.to.as_str())
}

/// Whether a rule about a state asks for what stands at a key.
fn is_about(
    record: &RecordState,
    late: &catalog::Late,
    (state, at): (&FieldPath, &FieldPath),
) -> bool {
    let parts = at.segments();
    let [Some(entry), Some(field), _] = parts.rest else { return false };
    let of_entry = state.segments().rest[0].is_none_or(|own| record.text(at.as_str()) == own);
    parts.head == late.list
        && late.field.as_ref().is_none_or(|wanted| wanted == field && of_entry)
        && late.when.as_ref().is_none_or(|when| {
            record.value(&format!("{}/{entry}/{when}", late.list)) == Some(&Value::Bool(true))
        })
}

/// The newest text that everybody who wrote at the same time had seen.
fn common_text(document: &Document, path: &FieldPath, statements: &[Statement]) -> String {
    let mut history = document.history(path);
    history.retain(|said| !statements.iter().any(|standing| standing.id == said.id));
    order::sort_by_key(&mut history, |said| core::cmp::Reverse(said.id));
    let seen_by_all = |said: &Statement| {
        statements.iter().all(|standing| document.includes(&[standing.change], &said.change))
    };
    let common = history.into_iter().find(seen_by_all);
    common.and_then(|said| said.value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl RecordState {
    /// The record with everything that was written, also into what was signed before.
    #[must_use]
    pub fn whole(&self) -> Cow<'_, Self> {
        if self.late.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut whole = self.clone();
        for late in whole.late.drain(..) {
            whole.fields.insert(late.path, late.state);
        }
        Cow::Owned(whole)
    }

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

    /// The ruling text of a key, and while people disagree everything else that stands there.
    #[must_use]
    pub fn said(&self, key: &str) -> Vec<&str> {
        let mut said = vec![self.text(key)];
        said.extend(self.values(key).into_iter().filter_map(Value::as_str));
        said
    }

    /// The ruling value of a key, and while people disagree everything else that stands there.
    #[must_use]
    pub fn values(&self, key: &str) -> Vec<&Value> {
        let state = FieldPath::parse(key).ok().and_then(|path| self.fields.get(&path));
        let mut values: Vec<&Value> = state.map(|state| &state.value).into_iter().collect();
        if let Some(state) = state.filter(|state| state.is_open()) {
            values.extend(state.statements.iter().map(|one| &one.value));
        }
        values.retain(|value| !value.is_null());
        values
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

    /// What a counter stands at: the sum of everybody's countings.
    #[must_use]
    pub fn counted(&self, counter: &str) -> i64 {
        let prefix = format!("{counter}/");
        let countings = self.fields.iter().filter(|(path, _)| path.as_str().starts_with(&prefix));
        countings.fold(0, |sum, (_, state)| match state.value {
            Value::Int(number) => sum.saturating_add(number),
            _ => sum,
        })
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
                template == Some(Entries::Template) || !self.is_removed(&format!("{list}/{entry}"))
            })
            .collect()
    }

    /// Whether an entry (`persons/…`) was taken away, and nobody said otherwise or wrote into it unseen.
    #[must_use]
    pub fn is_removed(&self, prefix: &str) -> bool {
        let Ok(path) = FieldPath::parse(&format!("{prefix}/tombstone")) else { return false };
        let Some(state) = self.fields.get(&path) else { return false };
        // Still there is the more cautious of the two, until somebody decides.
        let gone = if state.is_open() {
            state.statements.iter().all(|said| !said.value.is_null())
        } else {
            !state.value.is_null()
        };
        gone && !self.revived.iter().any(|one| one.prefix == prefix)
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
    let touched = document.touched_since(heads);
    let news = heads.is_empty() || touched.is_empty();
    let before = if news { BTreeMap::new() } else { document.fields_at(heads) };
    touched.into_iter().map(|path| Changed { before: before.get(&path).cloned(), path }).collect()
}
