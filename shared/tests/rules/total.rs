//! Whatever stands in a record, also what no form lets anybody write: each rule answers, and says all it says.

use ankomst_shared::app::Agreement;
use ankomst_shared::catalog::{Catalog, days_after};
use ankomst_shared::merge::{FieldState, RecordState};
use ankomst_shared::path::FieldPath;
use ankomst_shared::report::{row::rows, year::Year};
use ankomst_shared::rules::{Ask, answer};
use ankomst_shared::same::NOBODY;
use ankomst_shared::value::Value;
use proptest::prelude::*;

use super::LANGUAGES;
use super::case::{record, said};

const ENTRY: &str = "aaaaaaaaaaaaaaaa";

fn strange() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        "-",
        "-1",
        "0",
        "-0.5",
        "1e9",
        "99999999999999999999.9",
        "1850-01-01",
        "9999-12-31",
        "2026-02-30",
        "2024-02-29",
        "year",
        "month",
        "bedroom",
        "blocked",
        "closed",
        "women",
        "children",
        "0-5",
        "18-64",
        "MIG",
        "court",
        "final_confirmed",
        "appealed",
        "PUT",
        "todo",
        "done",
        "placement_LVU",
        "granted",
        "RC-5",
        "RC-11",
        "CAT-UAA",
        "received",
        "missing_child",
        "fulfilled",
        ENTRY,
        "{most}",
        "å\u{0}b",
    ]);
    let numbers = prop::sample::select(vec![i64::MIN, -1, 0, 1, 40, 2026, i64::MAX - 1, i64::MAX]);
    prop_oneof![
        4 => texts.prop_map(Value::text),
        2 => numbers.prop_map(Value::Int),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ]
}

/// All places of a kind, one entry to each list.
fn places(kind: &str) -> Vec<String> {
    let kind = Catalog::builtin().kind(kind).unwrap();
    let mut all: Vec<String> = kind.fields.iter().map(|field| field.id.clone()).collect();
    for list in &kind.entry_lists {
        let entry = if list.id == "item" { "G-01" } else { ENTRY };
        all.extend(list.fields.iter().map(|field| format!("{}/{entry}/{}", list.id, field.id)));
    }
    all
}

fn filled(kind: &str, values: &[Vec<Value>]) -> RecordState {
    let mut record = RecordState::default();
    for (place, values) in places(kind).iter().zip(values.iter().cycle()) {
        let (Ok(path), Some(first)) = (FieldPath::parse(place), values.first()) else { continue };
        let mut state = FieldState::typed(first.clone());
        if values.len() > 1 {
            state.agreement = Agreement::Open;
        }
        state.statements = values.iter().zip(1..).map(|(value, at)| said(value, at)).collect();
        // What holds it together is sound, or little else would be looked at.
        let field = place.rsplit('/').next().unwrap_or_default();
        match field {
            "agreement" | "room" | "person" => state = FieldState::typed(Value::text(ENTRY)),
            "checklist" => state = FieldState::typed(Value::text("missing_child")),
            "tombstone" => continue,
            _ => {}
        }
        record.fields.insert(path, state);
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_rule_answers_whatever_is_written(
        values in prop::collection::vec(prop::collection::vec(strange(), 0..3), 200..300),
        day in -60_000_i64..2_900_000,
        now_ms in prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()],
    ) {
        let catalog = Catalog::builtin();
        let today = days_after(jiff::civil::date(2026, 11, 26), day).unwrap();
        let policies = ["LAW-15", "vacated_every", "compensation:CAT-UAA"].map(|key| {
            format!("policies/A/key={key} policies/A/value='-5 policies/A/valid_from=1900-01-01")
        });
        for rule in &catalog.package().rules {
            for kind in ["case", "residence", "run", "year", "premises", "contract", "journal", "party"] {
                let (own, journal) = (filled(kind, &values), filled("journal", &values));
                for policy in &policies {
                    let org = record(policy);
                    let beside = [("journal", &journal), ("org", &org)];
                    for entry in ["", ENTRY, "G-01"] {
                        let record = &own;
                        let (same, beside) = (&NOBODY, &beside[..]);
                        let ask = Ask { catalog, kind, record, entry, beside, same, today, now_ms };
                        let Some(found) = answer(&rule.id, &ask) else { continue };
                        for (language, _) in LANGUAGES {
                            let mut told = found.value_text(catalog, language);
                            for one in found.said.iter().chain(&found.missing).chain(&found.changes) {
                                told.push_str(&one.words(catalog, language));
                            }
                            prop_assert!(told.len() < 100_000);
                        }
                    }
                }
            }
        }
        let year = filled("year", &values);
        let read = Year::read(catalog, ankomst_shared::ids::DocumentId::from_bytes([7; 16]), &year);
        let mut rows = rows(&read.into_iter().collect::<Vec<_>>(), &[]);
        let mut name = |_: &str, code: &str| code.to_owned();
        let language = ankomst_shared::app::Language::Sv;
        let told = &mut ankomst_shared::report::cell::Told { language, comma: true, name: &mut name };
        ankomst_shared::report::trend::facts(&rows, told);
        ankomst_shared::report::head::file(&ankomst_shared::report::head::Head::default(), &rows, told);
        ankomst_shared::report::head::choose(&mut rows, Some((i64::MIN, i64::MAX)));
    }
}
