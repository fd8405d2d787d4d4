//! Cases as data: what stands in the records, and the day on which a rule is asked.

use std::collections::BTreeMap;
use std::path::Path;

use ankomst_shared::app::Agreement;
use ankomst_shared::catalog::{Catalog, read_date};
use ankomst_shared::document::{ChangeMeta, Statement, StatementId};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, UserId};
use ankomst_shared::merge::{FieldState, RecordState};
use ankomst_shared::path::FieldPath;
use ankomst_shared::rules::Ask;
use ankomst_shared::same::NOBODY;
use ankomst_shared::value::Value;
use toml::Table;

/// A case of a table.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub on: String,
    pub now_ms: i64,
    pub kind: String,
    pub entry: String,
    pub value: String,
    answers: String,
    beside: Vec<(String, String)>,
}

/// Reads a table; what its head says holds where a case says nothing.
pub fn cases(path: &Path) -> Vec<Case> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = |table: &Table, key: &str| -> String {
        let own = table.get(key).or_else(|| file.get(key)).and_then(|value| value.as_str());
        own.unwrap_or_default().to_owned()
    };
    let all = file["cases"].as_array().unwrap().iter().map(|one| one.as_table().unwrap());
    all.map(|one| {
        let beside =
            one.get("beside").or_else(|| file.get("beside")).and_then(|all| all.as_table());
        let beside = beside.into_iter().flatten();
        let beside = beside
            .map(|(kind, answers)| (kind.clone(), answers.as_str().unwrap_or_default().to_owned()));
        let number = |key: &str| one.get(key).and_then(toml::Value::as_integer).unwrap_or(0);
        Case {
            name: text(one, "name"),
            on: text(one, "on"),
            now_ms: number("now_ms"),
            kind: text(one, "kind"),
            entry: text(one, "entry"),
            value: text(one, "value"),
            answers: [text(&file, "all"), text(one, "answers")].join(" "),
            beside: beside.collect(),
        }
    })
    .collect()
}

/// The ids of entries that the tables call by a letter.
pub fn entry(letter: &str) -> String {
    match letter.as_bytes() {
        [byte @ b'A'..=b'Z'] => {
            let small = char::from(byte.to_ascii_lowercase());
            std::iter::repeat_n(small, 15).chain(['a']).collect()
        }
        _ => letter.to_owned(),
    }
}

/// The records of a case.
pub struct Records {
    own: RecordState,
    beside: Vec<(String, RecordState)>,
    entry: String,
}

impl Records {
    pub fn of(case: &Case) -> Self {
        let beside = case.beside.iter().map(|(kind, answers)| (kind.clone(), record(answers)));
        Self { own: record(&case.answers), beside: beside.collect(), entry: entry(&case.entry) }
    }

    pub fn beside(&self) -> Vec<(&str, &RecordState)> {
        self.beside.iter().map(|(kind, record)| (kind.as_str(), record)).collect()
    }

    pub fn ask<'a>(&'a self, case: &'a Case, beside: &'a [(&'a str, &'a RecordState)]) -> Ask<'a> {
        let today = read_date(&case.on).unwrap_or_else(|| panic!("{}: {}", case.name, case.on));
        Ask {
            catalog: Catalog::builtin(),
            kind: &case.kind,
            record: &self.own,
            entry: &self.entry,
            beside,
            same: &NOBODY,
            today,
            now_ms: case.now_ms,
        }
    }
}

/// Reads `key=value` pairs parted by spaces; `a|b`: people said both, and the first rules. A path's part that
/// is one capital letter stands for an entry, also as a value behind `@`.
pub fn record(answers: &str) -> RecordState {
    let mut record = RecordState::default();
    let mut fields: BTreeMap<FieldPath, FieldState> = BTreeMap::new();
    for pair in answers.split_whitespace() {
        let (key, values) = pair.split_once('=').unwrap_or_else(|| panic!("{pair}"));
        let key: Vec<String> = key.split('/').map(entry).collect();
        let path =
            FieldPath::parse(&key.join("/")).unwrap_or_else(|error| panic!("{pair}: {error}"));
        let values: Vec<Value> = values.split('|').map(value).collect();
        let mut state = FieldState::typed(values[0].clone());
        if values.len() > 1 {
            state.agreement = Agreement::Open;
        }
        state.statements =
            values.iter().zip(1..).map(|(value, number)| said(value, number)).collect();
        fields.insert(path, state);
    }
    record.fields = fields;
    record
}

fn value(text: &str) -> Value {
    match text {
        "true" | "false" => Value::Bool(text == "true"),
        "~" => Value::Null,
        _ if text.starts_with('@') => Value::text(entry(text.trim_start_matches('@'))),
        _ if text.starts_with('\'') => Value::text(text.trim_matches('\'').replace('_', " ")),
        _ => text.parse().map_or_else(|_| Value::text(text), Value::Int),
    }
}

pub fn said(value: &Value, number: u8) -> Statement {
    Statement {
        value: value.clone(),
        id: StatementId { counter: number.into(), actor: ActorId::from_bytes([number; 16]) },
        change: ChangeHash::from_bytes([number; 32]),
        meta: ChangeMeta {
            device: DeviceId::new(1, [number; 10]),
            user: UserId::new(1, [number; 10]),
            claimed_ms: 1_790_000_000_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        },
    }
}

/// A value as the golden texts show it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null => "–".to_owned(),
    }
}
