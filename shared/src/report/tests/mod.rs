//! R-01 over made-up years: versions, ranges, contradictions, locked years, and files for a spreadsheet.

mod doubts;

use proptest::prelude::*;

use super::assigned::Assigned;
use super::cell::{COLUMNS, Told, cells, history, note};
use super::head::{Head, file};
use super::number::{change, in_force, ratio, written};
use super::row::{Row, rows};
use super::year::Year;
use super::{csv, trend};
use crate::app::Language;
use crate::catalog::Catalog;
use crate::document::{Authoring, Chunk, Document, Edit};
use crate::ids::{ActorId, DeviceId, DocumentId, EntryId, UserId};
use crate::merge::record_state;
use crate::path::FieldPath;
use crate::value::Value;

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

fn by(who: u8) -> Authoring {
    Authoring {
        device: DeviceId::from_bytes([who; 16]),
        user: UserId::from_bytes([who; 16]),
        now_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn entry(list: &str, id: u8, fields: &[(&str, Value)]) -> Vec<Edit> {
    let id = EntryId::from_bytes([id; 10]);
    let fields = fields.iter();
    fields
        .map(|(field, value)| Edit {
            path: FieldPath::parse(&format!("{list}/{id}/{field}")).unwrap(),
            value: value.clone(),
        })
        .collect()
}

fn agreement(id: u8) -> Value {
    text(&EntryId::from_bytes([id; 10]).to_string())
}

fn version(id: u8, (least, most): (i64, i64), from: &str) -> Vec<Edit> {
    let day = text(from);
    let mut fields = vec![("agreement", agreement(1)), ("effective_from", day)];
    if least == most {
        fields.push(("number", Value::Int(least)));
    } else {
        fields.extend([("least", Value::Int(least)), ("most", Value::Int(most))]);
    }
    entry("versions", id, &fields)
}

fn received(id: u8, year: i64, count: i64) -> Vec<Edit> {
    let year = ("year", Value::Int(year));
    let fields = [("agreement", agreement(1)), ("what", text("received")), year];
    entry("baselines", id, &[&fields[..], &[("count", Value::Int(count))]].concat())
}

/// A year with one agreement.
fn begun(year: i64) -> Chunk {
    let mut edits = vec![Edit { path: FieldPath::parse("year").unwrap(), value: Value::Int(year) }];
    let kind = ("kind", text("municipal_number"));
    let fields = [("title", text("Kommuntal")), kind, ("category", text("CAT-ABO"))];
    edits.extend(entry("agreements", 1, &fields));
    Document::create(ActorId::from_bytes([1; 16]), vec![1], &edits, &by(1)).unwrap().1
}

fn opened(actor: u8, chunks: &[Chunk]) -> Document {
    let bytes = chunks.iter().map(|chunk| chunk.bytes.as_slice());
    Document::open(ActorId::from_bytes([actor; 16]), bytes).unwrap()
}

/// What a device writes that has seen these changes.
fn wrote(who: u8, seen: &[Chunk], edits: &[Edit]) -> Chunk {
    opened(who, seen).commit(edits, &by(who)).unwrap().unwrap()
}

fn year(chunks: &[Chunk]) -> Year {
    let catalog = Catalog::builtin();
    let record = record_state(catalog, ("year", ID), &opened(9, chunks), None);
    Year::read(catalog, ID, &record).unwrap()
}

fn report(chunks: &[Chunk]) -> Vec<Row> {
    rows(&[year(chunks)], &[])
}

fn told<T>(asks: impl FnOnce(&mut Told<'_>) -> T) -> T {
    let mut name = |what: &str, code: &str| match what {
        "device" => "surfplatta 3".to_owned(),
        _ => code.to_owned(),
    };
    asks(&mut Told { language: Language::Sv, comma: true, name: &mut name })
}

/// Received so many against a range: the three columns, and what is noted.
fn against(least: i64, most: i64, count: i64) -> (Vec<String>, String) {
    let begun = begun(2013);
    let edits = [version(2, (least, most), "2013-01-01"), received(3, 2013, count)].concat();
    let all = [begun.clone(), wrote(1, &[begun], &edits)];
    let [row] = report(&all).try_into().unwrap();
    let cells = told(|told| cells(&row, told));
    (cells[20..23].to_vec(), cells[26].clone())
}

#[test]
fn a_range_is_held_against_both_its_ends() {
    let (cells, note) = against(40, 60, 26);
    assert_eq!(cells, ["-14", "-34", "65"]);
    assert!(note.contains("14 under det lägsta, 34 under det högsta"), "{note}");
    let (cells, note) = against(40, 60, 47);
    assert_eq!(cells, ["7", "-13", "117,5"]);
    assert!(note.contains("inom spannet"), "{note}");
    let (cells, note) = against(40, 60, 61);
    assert_eq!(cells, ["21", "1", "152,5"]);
    assert!(note.contains("1 över det högsta"), "{note}");
}

proptest! {
    #[test]
    fn nothing_in_the_report_comes_from_the_middle_of_a_range(
        least in 1_i64..5_000,
        width in 1_i64..5_000,
        more in 1_i64..5_000,
        count in 0_i64..12_000,
    ) {
        // Moving one end must not move what is told of the other.
        let ends = |least: i64, most: i64| {
            let (cells, _) = against(least, most, count);
            cells
        };
        let (first, wider) = (ends(least, least + width), ends(least, least + width + more));
        prop_assert_eq!(&first[0], &(count - least).to_string());
        prop_assert_eq!(&first[1], &(count - least - width).to_string());
        prop_assert_eq!((&first[0], &first[2]), (&wider[0], &wider[2]));
        let higher = ends(least + more.min(width) - 1, least + width);
        prop_assert_eq!(&first[1], &higher[1]);
    }

    #[test]
    fn a_quotient_is_rounded_once_and_half_goes_away_from_zero(
        part in -100_000_i64..100_000,
        whole in 1_i64..100_000,
    ) {
        let rounded = ratio(part, whole, 1000).unwrap();
        let twice_off = (rounded * whole - part * 1000) * 2;
        prop_assert!(twice_off.abs() <= whole, "{} of {} is not {}", part, whole, rounded);
        prop_assert_eq!(ratio(-part, whole, 1000), Some(-rounded));
        if twice_off.abs() == whole {
            prop_assert_eq!(twice_off > 0, part > 0);
        }
    }
}

#[test]
fn figures_are_written_without_a_float() {
    assert_eq!(written(650, 1, true), "65");
    assert_eq!(written(1175, 1, false), "117.5");
    assert_eq!(written(-5, 1, true), "-0,5");
    assert_eq!(written(333, 2, true), "3,33");
    assert_eq!((change(26, 33, 1000), change(33, 40, 100)), (Some(269), Some(21)));
    assert_eq!((ratio(1, 0, 100), ratio(i64::MAX, 3, 1000)), (None, None));
}

#[test]
fn two_numbers_from_one_day_are_both_shown_and_disputed() {
    // M-20: the number was 34; two people type the new one from two letters.
    let begun = begun(2024);
    let first = wrote(1, core::slice::from_ref(&begun), &version(2, (34, 34), "2024-01-01"));
    let seen = [begun.clone(), first.clone()];
    let counted = wrote(1, &seen, &received(9, 2024, 40));
    let one = wrote(2, &seen, &version(3, (52, 52), "2024-07-01"));
    let other = wrote(3, &seen, &version(4, (55, 55), "2024-07-01"));
    for all in [
        [begun.clone(), first.clone(), counted.clone(), one.clone(), other.clone()],
        [begun.clone(), first, counted, other, one],
    ] {
        let rows = report(&all);
        let written = history(&rows[0].agreement.versions, Language::Sv);
        assert_eq!(written, "34 (2024-01-01) → 52/55 omstritt (2024-07-01)");
        assert_eq!(rows.iter().map(Row::is_contested).collect::<Vec<_>>(), [false, true, true]);
        let of = |row: &Row| told(|told| cells(row, told));
        let numbers: Vec<String> = rows.iter().map(|row| of(row)[4..7].join(" ")).collect();
        assert_eq!(numbers, ["34 34 1", "52 52 2", "55 55 2"]);
        // Received stands once, and is held against each of the numbers in force.
        let over: Vec<String> = rows.iter().map(|row| of(row)[20].clone()).collect();
        assert_eq!(over, ["", "-12", "-15"]);
        let counted: Vec<String> = rows.iter().map(|row| of(row)[10].clone()).collect();
        assert_eq!(counted, ["", "40", ""]);
    }
    // The same letter typed twice is one version.
    let twice = [
        begun.clone(),
        wrote(2, core::slice::from_ref(&begun), &version(3, (52, 52), "2024-07-01")),
        wrote(3, &[begun], &version(4, (52, 52), "2024-07-01")),
    ];
    assert_eq!(report(&twice).len(), 1);
}

#[test]
fn the_number_of_a_day_is_the_last_that_had_begun() {
    let begun = begun(2024);
    let edits = [version(2, (34, 34), "2024-01-01"), version(3, (52, 52), "2024-07-01")].concat();
    let all = [begun.clone(), wrote(1, &[begun], &edits)];
    let year = year(&all);
    let of = |day: &str| -> Vec<Option<i64>> {
        in_force(&year.agreements[0].versions, day).iter().map(|one| one.least).collect()
    };
    assert_eq!(of("2023-12-31"), []);
    assert_eq!(of("2024-06-30"), [Some(34)]);
    assert_eq!(of("2024-07-01"), [Some(52)]);
}

#[test]
fn a_locked_year_is_not_changed_and_what_comes_late_is_a_line_of_its_own() {
    let begun = begun(2024);
    let edits = [version(2, (34, 34), "2024-01-01"), received(3, 2024, 30)].concat();
    let first = wrote(1, core::slice::from_ref(&begun), &edits);
    let seen = [begun, first];
    let lock = [Edit { path: FieldPath::parse("locked").unwrap(), value: Value::Bool(true) }];
    let locked = wrote(1, &seen, &lock);
    // A tablet that was away when the year was locked.
    let mut late = [received(4, 2024, 4), version(5, (50, 50), "2024-07-01")].concat();
    let id = EntryId::from_bytes([1; 10]);
    let title = FieldPath::parse(&format!("agreements/{id}/title")).unwrap();
    late.push(Edit { path: title, value: text("Annat namn") });
    let late = wrote(3, &seen, &late);
    let before = report(&[&seen[..], core::slice::from_ref(&locked)].concat());
    for all in [
        [&seen[..], &[locked.clone(), late.clone()]].concat(),
        [&seen[..], &[late.clone(), locked.clone()]].concat(),
    ] {
        let after = report(&all);
        assert_eq!(after.len(), 1, "{after:?}");
        let of = |row: &Row| told(|told| cells(row, told));
        assert_eq!(of(&after[0])[..26], of(&before[0])[..26]);
        let said = told(|told| note(&after[0], told));
        assert!(said.contains(&"sent från surfplatta 3: 4 personer".to_owned()), "{said:?}");
        assert!(said.contains(&"sent från surfplatta 3: talet 50".to_owned()), "{said:?}");
        assert_eq!(said[0], "Kommuntal");
        // Whoever knows of the lock and writes on does not change it either.
        let more = wrote(1, &all, &received(6, 2024, 2));
        let more = report(&[&all[..], &[more]].concat());
        assert_eq!(of(&more[0])[10], "30");
    }
}

#[test]
fn figures_that_contradict_each_other_are_both_shown_and_nothing_is_reckoned_from_them() {
    let begun = begun(2024);
    let first = wrote(1, core::slice::from_ref(&begun), &version(2, (34, 34), "2024-01-01"));
    let seen = [begun, first];
    let one = wrote(2, &seen, &received(3, 2024, 26));
    let other = wrote(3, &seen, &received(4, 2024, 27));
    let [row] = report(&[&seen[..], &[one, other]].concat()).try_into().unwrap();
    let cells = told(|told| cells(&row, told));
    assert_eq!(cells[10], "26 / 27");
    assert_eq!(cells[20..23].join(""), "");
    assert!(row.is_contested() && cells[26].contains("received omstritt"), "{cells:?}");
}

#[test]
fn assignments_are_counted_where_nothing_was_recorded() {
    let begun = begun(2026);
    let all = [begun.clone(), wrote(1, &[begun], &version(2, (34, 34), "2026-01-01"))];
    let assigned = |persons, children, is_late| Assigned {
        year: ID,
        series: "municipal_number".to_owned(),
        persons,
        children,
        days: None,
        device: DeviceId::from_bytes([3; 16]),
        is_late,
        is_disputed: false,
    };
    let known = [assigned(4, Some(2), false), assigned(3, Some(1), false), assigned(5, None, true)];
    let [row] = rows(&[year(&all)], &known).try_into().unwrap();
    let cells = told(|told| cells(&row, told));
    assert_eq!(cells[10..13], ["7", "4", "3"]);
    assert!(cells[26].contains("sent från surfplatta 3: 5 personer"), "{}", cells[26]);
    // A figure that was recorded stands, and what the assignments give beside it.
    let all = [&all[..], &[wrote(1, &all, &received(3, 2026, 9))]].concat();
    let [row] = rows(&[year(&all)], &known).try_into().unwrap();
    let cells = told(|told| super::cell::cells(&row, told));
    assert_eq!(cells[10], "9");
    assert!(cells[26].contains("anvisningar ger 7"), "{}", cells[26]);
}

#[test]
fn years_without_a_record_come_from_the_history_that_another_year_tells() {
    let begun = begun(2013);
    let edits = [version(2, (40, 60), "2013-01-01"), received(3, 2011, 26), received(4, 2012, 33)];
    let all = [begun.clone(), wrote(1, &[begun], &edits.concat())];
    let rows = report(&all);
    let years: Vec<i64> = rows.iter().map(|row| row.year).collect();
    assert_eq!(years, [2011, 2012, 2013]);
    let facts = told(|told| trend::facts(&rows, told));
    assert_eq!(facts, [(
        "CAT-ABO 2011–2012".to_owned(),
        "summa 59, medel 29,5 om året · 2012: 33, +26,9 % mot 2011 · 2013: lägst 40, +21 % mot 2012 · \
         2013: högst 60, +82 % mot 2012"
            .to_owned()
    )]);
}

#[test]
fn the_file_is_the_same_letter_by_letter_with_a_comma_and_with_a_point() {
    let begun = begun(2013);
    let edits = [version(2, (40, 60), "2013-01-01"), received(3, 2013, 47)].concat();
    let rows = report(&[begun.clone(), wrote(1, &[begun], &edits)]);
    let head = Head {
        unit: "=Provby".to_owned(),
        made: "2026-11-26 10:00".to_owned(),
        until: "2026-11-26 09:58".to_owned(),
        waiting: "ingen känd".to_owned(),
        chosen: Some((2013, 2013)),
        codes: "ankomst 1".to_owned(),
    };
    let of = |comma| {
        told(|told| {
            let name = &mut *told.name;
            file(&head, &rows, &mut Told { language: Language::Sv, comma, name })
        })
    };
    assert_eq!(of(true), include_str!("../golden/comma.csv"));
    assert_eq!(of(false), include_str!("../golden/point.csv"));
}

#[test]
fn a_file_for_a_spreadsheet_holds_no_formula() {
    let cells = ["=1+1", "+46", "-14", "-1,5", "-a", "@x", "a;b", "\"q\"", " =x", "år", "-", "＝1"];
    let line: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
    assert_eq!(
        csv::write(&[line]),
        "\u{feff}'=1+1;'+46;-14;-1,5;'-a;'@x;\"a;b\";\"\"\"q\"\"\";' =x;år;'-;'＝1\r\n"
    );
    assert_eq!(COLUMNS.len(), 29);
}
