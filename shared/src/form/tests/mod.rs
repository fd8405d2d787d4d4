//! The form engine: total on any catalog and any answers, the same in any order of changes, and every
//! rule of the catalog with answers that keep it and answers that break it.

mod formulas;
mod merged;
mod rules;
mod total;

use super::*;
use crate::catalog::Catalog;
use crate::merge::FieldState;

/// An id of an entry.
const A: &str = "aaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbba";

/// A record in which these answers stand; `A` and `B` in a key are entries.
fn record(answers: &[(&str, Value)]) -> RecordState {
    let mut record = RecordState::default();
    for (key, value) in answers {
        let key = key.replace("/A/", &format!("/{A}/")).replace("/B/", &format!("/{B}/"));
        let path = FieldPath::parse(&key).unwrap();
        record.fields.insert(path, FieldState::typed(value.clone()));
    }
    record
}

/// Reads `key=value` pairs parted by spaces: numbers, `true`, texts.
fn answers(text: &str) -> Vec<(&str, Value)> {
    let read = |value: &str| match value {
        "true" | "false" => Value::Bool(value == "true"),
        _ if value.contains('-') || value.contains('.') => Value::text(value),
        _ => value.parse().map_or_else(|_| Value::text(value), Value::Int),
    };
    text.split_whitespace()
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(key, value)| (key, read(value)))
        .collect()
}

fn outcome(kind: &str, text: &str) -> Outcome<'static> {
    let catalog = Catalog::builtin();
    let kind = catalog.kind(kind).unwrap_or_else(|| panic!("{kind}"));
    let found = evaluate(catalog, kind, &record(&answers(text)));
    let malformed: Vec<&Unclear> =
        found.unclear.iter().filter(|one| one.why != Why::Empty).collect();
    assert!(malformed.is_empty(), "{text}: {malformed:?}");
    found
}

/// The rules that are broken.
fn broken(kind: &str, text: &str) -> Vec<String> {
    outcome(kind, text).broken.iter().map(|one| one.rule.clone()).collect()
}

fn asked<'o>(outcome: &'o Outcome<'static>, key: &str) -> &'o Asked<'static> {
    let key = key.replace("/A/", &format!("/{A}/"));
    outcome.asked.iter().find(|asked| asked.path.as_str() == key).unwrap_or_else(|| panic!("{key}"))
}
