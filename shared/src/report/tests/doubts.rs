//! What is not known, or in doubt: years left out, two records of one year, days of reception.

use super::*;

/// The record of an assignment.
fn assignment(answers: &[(&str, &str)]) -> crate::merge::RecordState {
    let edits: Vec<Edit> = answers
        .iter()
        .map(|(key, value)| Edit { path: FieldPath::parse(key).unwrap(), value: text(value) })
        .collect();
    let actor = ActorId::from_bytes([1; 16]);
    let made = Document::create(actor, vec![1], &edits, &by(1)).unwrap().1;
    record_state(Catalog::builtin(), ("assignment", ID), &opened(9, &[made]), None)
}

/// Days from decision to reception of an assignment, and whether it was within two months.
fn days(decided: &str, reception: &str) -> Option<(i64, bool)> {
    let known = ID.to_string();
    let answers = [
        ("state", "fulfilled"),
        ("series", "municipal_number"),
        ("series_year", known.as_str()),
        ("decided_on", decided),
        ("reception_on", reception),
    ];
    let record = assignment(&answers);
    let years = [year(&[begun(2026)])];
    let arrived = &mut |_, _: &crate::document::Statement| 0;
    Assigned::read(Catalog::builtin(), &years, (ID, &record), arrived).unwrap().days
}

#[test]
fn days_to_reception_end_with_the_day_people_came() {
    assert_eq!(days("2026-01-15", "2026-03-15"), Some((59, true)));
    assert_eq!(days("2026-01-15", "2026-03-16"), Some((60, false)));
    assert_eq!(days("2025-12-31", "2026-02-28"), Some((59, true)));
    assert_eq!(days("2025-12-31", "2026-03-01"), Some((60, false)));
    assert_eq!(days("2026-01-15", "2026-01-15"), Some((0, true)));
    // People do not come before they are assigned, and what is not written is not guessed.
    assert_eq!(days("2026-01-15", "2026-01-14"), None);
    assert_eq!(days("", "2026-01-14"), None);
    assert_eq!(days("2026-01-15", ""), None);
}

#[test]
fn people_who_say_different_days_of_reception_give_no_days() {
    let known = ID.to_string();
    let mut record = assignment(&[
        ("state", "fulfilled"),
        ("series_year", known.as_str()),
        ("decided_on", "2026-01-15"),
        ("reception_on", "2026-02-01"),
    ]);
    let came = record.fields.get_mut(&FieldPath::parse("reception_on").unwrap()).unwrap();
    let mut other = came.statements[0].clone();
    other.value = text("2026-02-05");
    came.statements.push(other);
    came.agreement = crate::app::Agreement::Open;
    let years = [year(&[begun(2026)])];
    let arrived = &mut |_, _: &crate::document::Statement| 0;
    let read = Assigned::read(Catalog::builtin(), &years, (ID, &record), arrived).unwrap();
    assert_eq!((read.days, read.is_disputed), (None, true));
}

/// The cells of days, and what is noted, for assignments received after so many days.
fn told_days(all: &[Option<i64>]) -> (Vec<String>, String) {
    let begun = begun(2026);
    let chunks = [begun.clone(), wrote(1, &[begun], &version(2, (34, 34), "2026-01-01"))];
    let assigned: Vec<Assigned> = all
        .iter()
        .map(|days| Assigned {
            year: ID,
            series: "municipal_number".to_owned(),
            persons: 1,
            children: None,
            days: days.map(|days| (days, days <= 60)),
            device: DeviceId::from_bytes([3; 16]),
            is_late: false,
            is_disputed: false,
        })
        .collect();
    let [row] = rows(&[year(&chunks)], &assigned).try_into().unwrap();
    let cells = told(|told| cells(&row, told));
    (cells[23..26].to_vec(), cells[26].clone())
}

#[test]
fn half_and_nine_of_ten_are_days_that_were_counted() {
    assert_eq!(told_days(&[]).0, ["", "", ""]);
    assert_eq!(told_days(&[None]).0, ["", "", ""]);
    assert_eq!(told_days(&[Some(41)]).0, ["41", "41", "100"]);
    assert_eq!(told_days(&[Some(70), Some(41)]).0, ["55,5", "70", "50"]);
    let ten: Vec<Option<i64>> = (1..=10).rev().map(|tens| Some(tens * 10)).collect();
    assert_eq!(told_days(&ten).0, ["55", "90", "60"]);
    let (cells, note) = told_days(&[Some(30), None, Some(90), Some(61)]);
    assert_eq!(cells, ["61", "90", "33,3"]);
    assert!(note.contains("dagar kända för 3 av 4 anvisningar"), "{note}");
}

#[test]
fn years_that_are_left_out_of_a_sum_are_not_named_as_in_it() {
    let begun = begun(2014);
    let edits =
        [received(3, 2008, 10), received(4, 2009, 11), received(5, 2011, 12), received(6, 2013, 9)];
    let seen = [begun.clone(), wrote(1, &[begun], &edits.concat())];
    let disputed = wrote(2, &seen, &received(7, 2013, 8));
    let facts = |chunks: &[Chunk]| told(|told| trend::facts(&report(chunks), told)).remove(0).0;
    assert_eq!(facts(&seen), "CAT-ABO 2008–2009, 2011, 2013");
    assert_eq!(facts(&[&seen[..], &[disputed]].concat()), "CAT-ABO 2008–2009, 2011");
}

#[test]
fn two_records_of_one_year_contradict_each_other() {
    let begun = begun(2024);
    let first = wrote(1, core::slice::from_ref(&begun), &received(3, 2024, 30));
    let other = wrote(2, core::slice::from_ref(&begun), &received(3, 2024, 33));
    let mut years = [year(&[begun.clone(), first]), year(&[begun, other])];
    years[1].id = DocumentId::from_bytes([8; 16]);
    let both = rows(&years, &[]);
    assert!(both.iter().all(Row::is_contested));
    assert!(trend::series(&both).is_empty(), "neither is the one");
    let alone = rows(&years[..1], &[]);
    assert!(!alone[0].is_contested() && trend::series(&alone).len() == 1);
}
