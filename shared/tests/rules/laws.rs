//! What holds of every rule, whatever stands in the records.

use std::fmt::Write as _;

use ankomst_shared::catalog::{Catalog, days_after, is_working_day, read_date, written_date};
use ankomst_shared::rules::{Answer, Ask, Worth, answer};
use ankomst_shared::same::NOBODY;
use jiff::civil::Date;
use proptest::prelude::*;

use super::case::record;

fn asked<'a>(
    rule: &str,
    kind: &'a str,
    answers: &'a ankomst_shared::merge::RecordState,
    today: Date,
) -> Option<Answer<'a>> {
    let entry = "aaaaaaaaaaaaaaaa";
    let entry = if matches!(rule, "house_capacity" | "vacated" | "retention") { "" } else { entry };
    answer(
        rule,
        &Ask {
            catalog: Catalog::builtin(),
            kind,
            record: answers,
            entry,
            beside: &[],
            same: &NOBODY,
            today,
            now_ms: 0,
        },
    )
}

fn day() -> impl Strategy<Value = Date> {
    (0..8_000_i64).prop_map(|days| days_after(jiff::civil::date(2012, 1, 1), days).unwrap())
}

fn number(answer: &Answer<'_>) -> Option<i64> {
    if let Worth::Number(number) = answer.value { Some(number) } else { None }
}

fn said(answer: &Answer<'_>) -> Option<String> {
    if let Worth::Text(text) = &answer.value { Some(text.clone()) } else { None }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_smaller_measure_never_lets_more_people_into_a_room(
        areas in prop::collection::vec(0_u32..600, 1..3), most in 0_i64..20, today in day(),
    ) {
        let least = areas.iter().min().unwrap();
        let one = |area: u32| {
            let text = format!("rooms/A/kind=bedroom rooms/A/max_persons={most} rooms/A/area_m2={}.{}", area / 10, area % 10);
            number(&asked("room_capacity", "residence", &record(&text), today).unwrap())
        };
        for area in &areas {
            prop_assert!(one(*least) <= one(*area));
        }
        prop_assert!(one(*least).unwrap() <= most);
    }

    #[test]
    fn a_house_takes_at_most_what_is_written_and_what_its_rooms_take(
        rooms in prop::collection::vec((4_u32..60, any::<bool>()), 1..4), most in 0_i64..30, today in day(),
    ) {
        let mut text = format!("max_persons={most} room_count={}", rooms.len());
        let mut sum = 0;
        for ((area, blocked), letter) in rooms.iter().zip(["A", "B", "C", "D"]) {
            let status = if *blocked { "blocked" } else { "usable" };
            write!(text, " rooms/{letter}/kind=bedroom rooms/{letter}/area_m2='{area} rooms/{letter}/status={status}").unwrap();
            sum += if *blocked { 0 } else { i64::from(area / 4) };
        }
        let found = number(&asked("house_capacity", "residence", &record(&text), today).unwrap()).unwrap();
        prop_assert!(found <= most);
        if today >= jiff::civil::date(2016, 1, 1) {
            prop_assert_eq!(found, most.min(sum));
        }
    }

    #[test]
    fn the_last_day_to_appeal_is_a_working_day_at_least_three_weeks_on(served in day(), today in day()) {
        let text = format!("decisions/A/decided_by=MIG decisions/A/served_on={}", written_date(served));
        let records = record(&text);
        let last = text_of(&asked("appeal_day", "case", &records, today).unwrap());
        prop_assert!(is_working_day(last));
        prop_assert!(last >= days_after(served, 21).unwrap());
        let mut between = days_after(served, 21).unwrap();
        while between < last {
            prop_assert!(!is_working_day(between));
            between = between.tomorrow().unwrap();
        }
    }

    #[test]
    fn a_decision_is_final_before_nobody_has_confirmed_only_after_its_last_day(served in day(), today in day()) {
        let text = format!("decisions/A/decided_by=MIG decisions/A/served_on={}", written_date(served));
        let records = record(&text);
        let last = text_of(&asked("appeal_day", "case", &records, today).unwrap());
        let state = said(&asked("finality", "case", &records, today).unwrap()).unwrap();
        prop_assert_eq!(state, if today > last { "final_unconfirmed" } else { "deadline_running" });
    }

    #[test]
    fn a_task_is_late_from_the_day_after_its_last_one(due in day(), today in day()) {
        let text = format!("tasks/A/status=todo tasks/A/due={}", written_date(due));
        let late = number(&asked("task_overdue", "case", &record(&text), today).unwrap()).unwrap();
        prop_assert_eq!(late > 0, today > due);
    }

    #[test]
    fn an_item_is_late_from_the_day_after_its_own(arrived in day(), today in day()) {
        let text = format!("arrived_on={}", written_date(arrived));
        let due = days_after(arrived, -7).unwrap();
        let records = record(&text);
        let found = answer("item_overdue", &Ask {
            catalog: Catalog::builtin(), kind: "run", record: &records, entry: "A-08", beside: &[], same: &NOBODY, today, now_ms: 0,
        });
        prop_assert_eq!(number(&found.unwrap()).unwrap() > 0, today > due);
    }

    #[test]
    fn a_permits_days_are_those_to_its_last_one(to in day(), today in day()) {
        let text = format!("decisions/A/permit_type=TUT-3 decisions/A/valid_to={}", written_date(to));
        let left = number(&asked("permit_expiry", "case", &record(&text), today).unwrap()).unwrap();
        prop_assert_eq!(days_after(today, left), Some(to));
    }

    #[test]
    fn the_missing_clock_counts_whole_hours(seen in 1_400_000_000_000_i64..1_900_000_000_000, hours in 0_i64..5_000) {
        let records = record(&format!("checklist=missing_child last_seen_at={seen}"));
        let found = answer("missing_clock", &Ask {
            catalog: Catalog::builtin(), kind: "run", record: &records, entry: "", beside: &[], same: &NOBODY,
            today: jiff::civil::date(2026, 11, 26), now_ms: seen + hours * 3_600_000 + 1,
        });
        prop_assert_eq!(number(&found.unwrap()), Some(hours));
    }

    #[test]
    fn the_establishment_period_does_not_depend_on_today(start in day(), one in day(), other in day()) {
        let text = format!(
            "establishment_plans/A/person=@B establishment_plans/A/clock_start={} persons/B/birth_date=1985-06-01",
            written_date(start),
        );
        let records = record(&text);
        let at = |today| asked("establishment", "case", &records, today).unwrap();
        prop_assert_eq!(&at(one).value, &at(other).value);
        prop_assert_eq!(at(one).version, at(other).version);
    }

    #[test]
    fn a_number_is_one_that_was_written_and_never_between(
        versions in prop::collection::vec((day(), 0_i64..99, 0_i64..9), 1..5), today in day(),
    ) {
        let mut text = "agreements/A/title=tal ".to_owned();
        for ((from, least, more), letter) in versions.iter().zip(["B", "C", "D", "E", "F"]) {
            let (from, most) = (written_date(*from), least + more);
            write!(text, "versions/{letter}/agreement=@A versions/{letter}/least={least} versions/{letter}/most={most} versions/{letter}/effective_from={from} ").unwrap();
        }
        let records = record(&text);
        let found = asked("quota", "year", &records, today).unwrap();
        match found.value {
            Worth::Number(number) => prop_assert!(versions.iter().any(|(_, least, more)| *least == number && *more == 0)),
            Worth::Range(low, high) => prop_assert!(versions.iter().any(|(_, least, more)| (*least, least + more) == (low, high))),
            Worth::Unknown => prop_assert!(versions.iter().all(|(from, _, _)| *from > today)),
            Worth::Disputed => prop_assert!(versions.len() > 1),
            Worth::Text(_) => prop_assert!(false),
        }
    }

    #[test]
    fn what_is_offered_and_what_is_missing_are_what_was_expected(flats in 0_i64..40, offered in 0_i64..12) {
        let mut text = "title=lista".to_owned();
        for flat in 0..flats {
            write!(text, " vacated/f{flat:014}a/object=l{flat} vacated/f{flat:014}a/vacated_on=2026-01-02").unwrap();
            if flat < offered {
                write!(text, " vacated/f{flat:014}a/offered=true").unwrap();
            }
        }
        let records = record(&text);
        let found = asked("vacated", "premises", &records, jiff::civil::date(2026, 11, 26)).unwrap();
        prop_assert_eq!(number(&found).unwrap() + offered.min(flats), flats / 4);
    }

    #[test]
    fn no_amount_is_invented(today in day(), category in "CAT-UA[APRQ]") {
        let records = record(&format!("persons/A/category={category}"));
        let found = asked("compensation", "case", &records, today).unwrap();
        prop_assert_eq!(found.value, Worth::Unknown);
        prop_assert!(!found.missing.is_empty());
    }

    #[test]
    fn a_file_is_never_destroyed_within_five_years_of_its_last_entry(closed in day(), birth in day(), today in day()) {
        let text = format!("closed_on={} persons/A/birth_date={}", written_date(closed), written_date(birth));
        let records = record(&text);
        match asked("retention", "case", &records, today).unwrap().value {
            Worth::Number(year) => {
                prop_assert!(year > i64::from(closed.year()) + 5);
                prop_assert!(!matches!(birth.day(), 5 | 15 | 25));
            }
            worth => prop_assert_eq!(worth, Worth::Text("RC-3".to_owned())),
        }
    }
}

fn text_of(answer: &Answer<'_>) -> Date {
    read_date(&said(answer).unwrap()).unwrap()
}

#[test]
fn the_rule_of_the_day_is_that_of_then() {
    let plan = |start: &str| {
        let text = format!(
            "establishment_plans/A/person=@B establishment_plans/A/clock_start={start} persons/B/birth_date=1980-01-01"
        );
        let records = record(&text);
        let today = jiff::civil::date(2026, 11, 26);
        let found = asked("establishment", "case", &records, today).unwrap();
        let version = found.version.unwrap();
        (version.number("oldest"), version.sources.first().cloned())
    };
    assert_eq!(plan("2015-06-01"), (Some(65), Some("seed 003".to_owned())));
    assert_eq!(plan("2017-12-31").0, Some(65));
    assert_eq!(plan("2026-01-01"), (Some(66), Some("LST-ETAB".to_owned())));
}

#[test]
fn what_was_signed_by_a_wrong_clock_counts_from_the_right_time() {
    let two_years = 63_072_000;
    let of = |offset: Option<i64>| {
        let mut journal = record("notes/N/signed_at=1690000000000");
        for state in journal.fields.values_mut() {
            state.statements[0].meta.clock_offset_s = offset;
        }
        let case = record("closed_on=2019-03-01 persons/A/birth_date=1980-03-01");
        let beside = [("journal", &journal)];
        let ask = Ask {
            catalog: Catalog::builtin(),
            kind: "case",
            record: &case,
            entry: "",
            beside: &beside,
            same: &NOBODY,
            today: jiff::civil::date(2026, 11, 26),
            now_ms: 0,
        };
        number(&answer("retention", &ask).unwrap()).unwrap()
    };
    // 2023-07-22 by the clock of the device.
    assert_eq!((of(None), of(Some(60))), (2029, 2029));
    assert_eq!((of(Some(-two_years)), of(Some(two_years))), (2031, 2027));
}

#[test]
fn what_does_not_exist_has_no_reasons() {
    let case = record(
        "tasks/A/status=todo tasks/A/due=2026-11-01 decisions/B/kind=asylum decisions/B/tombstone=fel",
    );
    let house = record("rooms/A/kind=bedroom rooms/A/area_m2='12 rooms/A/tombstone=fel");
    let today = jiff::civil::date(2026, 11, 26);
    assert!(asked("task_overdue", "case", &case, today).is_some());
    for rule in ["appeal_day", "finality", "permit_expiry", "establishment", "compensation"] {
        for entry in ["bbbbbbbbbbbbbbba", "ccccccccccccccca", "", "a/b", "åäö"] {
            let ask = Ask {
                catalog: Catalog::builtin(),
                kind: "case",
                record: &case,
                entry,
                beside: &[],
                same: &NOBODY,
                today,
                now_ms: 0,
            };
            assert!(answer(rule, &ask).is_none(), "{rule} {entry}");
        }
    }
    assert!(asked("room_capacity", "residence", &house, today).is_none());
    // Of another kind of record.
    assert!(asked("task_overdue", "residence", &case, today).is_none());
    assert!(asked("house_capacity", "case", &case, today).is_none());
    assert!(asked("quota", "premises", &case, today).is_none());
    assert!(asked("vacated", "case", &case, today).is_none());
}

#[test]
fn what_a_form_says_of_a_room_is_what_the_rule_gives() {
    // A form knows no day. Its numbers are those of every version, or it would have to ask the rule.
    let catalog = Catalog::builtin();
    let rule = catalog.rule("room_capacity").unwrap();
    for version in &rule.versions {
        assert_eq!(version.number("person_area"), Some(4));
        assert_eq!(version.number("singles"), Some(6));
        assert!(matches!(version.number("children"), None | Some(4)));
    }
    let kind = catalog.kind("residence").unwrap();
    for tenths in 0..400 {
        let text = format!("rooms/A/kind=studio rooms/A/area_m2={}.{}", tenths / 10, tenths % 10);
        let records = record(&text);
        let form = ankomst_shared::form::evaluate(catalog, kind, &records);
        let field = form.asked.iter().find(|asked| asked.field.id == "persons_by_area").unwrap();
        let today = jiff::civil::date(2026, 11, 26);
        let found = asked("room_capacity", "residence", &records, today).unwrap();
        assert_eq!(
            field.calculated,
            number(&found).map(ankomst_shared::value::Value::Int),
            "{text}"
        );
    }
}
