//! Decisions of people, as entries of the review document of a record.
//!
//! A settlement names the statements it saw. So it can always be told whether a value was known to
//! the person who decided, and whether a later value was written knowing the decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{ChangeMeta, Document, Edit, StatementId};
use crate::ids::{ChangeHash, EntryId, base32, base32_bytes};
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

const SETTLEMENTS: &str = "settlements";
const REVIEWS: &str = "reviews";

/// A person's decision on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The entry in the review document.
    pub id: EntryId,
    /// The field.
    pub path: FieldPath,
    /// What holds.
    pub value: Value,
    /// Why.
    pub reason: String,
    /// The statements the person saw.
    pub saw: BTreeSet<StatementId>,
    /// The change it came with, in the review document.
    pub change: ChangeHash,
    /// Who, where, when.
    pub meta: ChangeMeta,
}

/// A review of a record as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Heads of the record that were reviewed.
    pub heads: Vec<ChangeHash>,
    /// Approved, or returned.
    pub approved: bool,
    /// A note to the authors.
    pub note: String,
    /// Who, where, when.
    pub meta: ChangeMeta,
    /// The change it came with, in the review document.
    pub change: ChangeHash,
}

/// Writes a decision.
#[must_use]
pub fn settle_edits(
    entry: EntryId,
    path: &FieldPath,
    value: &Value,
    reason: &str,
    saw: &BTreeSet<StatementId>,
) -> Vec<Edit> {
    let saw: Vec<String> = saw.iter().map(ToString::to_string).collect();
    // Writing to a vector cannot fail.
    let value = base32(&minicbor::to_vec(value).unwrap_or_default());
    entry_edits(
        SETTLEMENTS,
        entry,
        [
            ("path", Value::text(path.as_str())),
            ("value", Value::text(value)),
            ("reason", Value::text(reason)),
            ("saw", Value::text(saw.join(","))),
        ],
    )
}

/// Takes a decision back.
#[must_use]
pub fn withdraw_edits(entry: EntryId) -> Vec<Edit> {
    entry_edits(SETTLEMENTS, entry, [("withdrawn", Value::Bool(true))])
}

/// Writes a review.
#[must_use]
pub fn review_edits(entry: EntryId, heads: &[ChangeHash], approved: bool, note: &str) -> Vec<Edit> {
    let heads: Vec<String> = heads.iter().map(|head| base32(head.as_bytes())).collect();
    entry_edits(
        REVIEWS,
        entry,
        [
            ("heads", Value::text(heads.join(","))),
            ("approved", Value::Bool(approved)),
            ("note", Value::text(note)),
        ],
    )
}

/// Writes fields of an entry of a review document.
pub(crate) fn entry_edits<const N: usize>(
    list: &str,
    entry: EntryId,
    fields: [(&str, Value); N],
) -> Vec<Edit> {
    fields
        .into_iter()
        .filter_map(|(field, value)| {
            let path = FieldPath::parse(&format!("{list}/{entry}/{field}")).ok()?;
            Some(Edit { path, value })
        })
        .collect()
}

/// What a field of a review says, with other names for the acts of writing and the changes of the record
/// that it names; those without another name are left out.
#[must_use]
pub fn retold(
    path: &FieldPath,
    value: &Value,
    id: &dyn Fn(StatementId) -> Option<StatementId>,
    heads: &dyn Fn(ChangeHash) -> Vec<ChangeHash>,
) -> Value {
    let parts = path.segments();
    let (Some(text), [Some(_), Some(field), None]) = (value.as_str(), parts.rest) else {
        return value.clone();
    };
    let names: Vec<String> = match (parts.head, field) {
        (SETTLEMENTS, "saw") => {
            let saw = text.split(',').filter_map(|one| id(one.parse().ok()?));
            saw.map(|one| one.to_string()).collect()
        }
        (REVIEWS, "heads") => {
            let new: BTreeSet<ChangeHash> = order::set(heads_in(text).flat_map(heads));
            new.iter().map(|head| base32(head.as_bytes())).collect()
        }
        _ => return value.clone(),
    };
    Value::text(names.join(","))
}

/// The entry of a decision, and the field it is about, if this is where it says so.
#[must_use]
pub fn settled_path<'a>(path: &'a FieldPath, value: &'a Value) -> Option<(&'a str, &'a str)> {
    let parts = path.segments();
    match parts.rest {
        [Some(entry), Some("path"), None] if parts.head == SETTLEMENTS => {
            Some((entry, value.as_str()?))
        }
        _ => None,
    }
}

fn heads_in(text: &str) -> impl Iterator<Item = ChangeHash> {
    text.split(',').filter_map(|head| {
        let bytes: [u8; 32] = base32_bytes(head).ok()?.try_into().ok()?;
        Some(ChangeHash::from_bytes(bytes))
    })
}

type Entry = BTreeMap<String, (Value, ChangeHash, ChangeMeta)>;

fn entries(review: &Document, list: &str) -> BTreeMap<EntryId, Entry> {
    let mut entries: BTreeMap<EntryId, Entry> = BTreeMap::new();
    for (path, mut statements) in review.fields() {
        let parts = path.segments();
        let ([Some(entry), Some(field), None], true) = (parts.rest, parts.head == list) else {
            continue;
        };
        let Ok(entry) = entry.parse() else { continue };
        if statements.is_empty() {
            continue;
        }
        let first = statements.swap_remove(0);
        let said = (first.value, first.change, first.meta);
        entries.entry(entry).or_default().insert(field.to_owned(), said);
    }
    entries
}

/// All decisions that were not taken back. Malformed entries are left out.
#[must_use]
pub fn settlements(review: &Document) -> Vec<Settlement> {
    let all = entries(review, SETTLEMENTS);
    all.into_iter().filter_map(|(id, entry)| settlement(id, &entry)).collect()
}

fn settlement(id: EntryId, entry: &Entry) -> Option<Settlement> {
    let text = |field: &str| entry.get(field).and_then(|(value, ..)| value.as_str());
    if matches!(entry.get("withdrawn"), Some((Value::Bool(true), ..))) {
        return None;
    }
    let (_, change, meta) = entry.get("path")?;
    let saw = text("saw")?;
    Some(Settlement {
        id,
        path: FieldPath::parse(text("path")?).ok()?,
        value: minicbor::decode(&base32_bytes(text("value")?).ok()?).ok()?,
        reason: text("reason").unwrap_or_default().to_owned(),
        saw: order::set(saw.split(',').filter_map(|id| id.parse().ok())),
        change: *change,
        meta: meta.clone(),
    })
}

/// All reviews, oldest first by the device's clock.
#[must_use]
pub fn reviews(review: &Document) -> Vec<Review> {
    let mut all: Vec<Review> = entries(review, REVIEWS)
        .into_values()
        .filter_map(|entry| {
            let (heads, change, meta) = entry.get("heads")?;
            let heads = heads_in(heads.as_str()?);
            let approved = matches!(entry.get("approved"), Some((Value::Bool(true), ..)));
            let note = entry.get("note").and_then(|(note, ..)| note.as_str()).unwrap_or_default();
            Some(Review {
                heads: heads.collect(),
                approved,
                note: note.to_owned(),
                meta: meta.clone(),
                change: *change,
            })
        })
        .collect();
    order::sort_by_key(&mut all, |review| (review.meta.claimed_ms, review.change));
    all
}
