//! Rules and dates in, days and moments out.

use super::super::Catalog;
use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn due(anchor: &str, offset: i64, unit: DueUnit) -> Due {
    Due { anchor: anchor.into(), offset, unit, latest: None, again: Again::Once }
}

/// When an item is due, its event being one of these.
fn when(due: &Due, anchors: &[(&str, When)], done: Option<Date>) -> Result<When, NoDueDate> {
    let known = anchors.iter().find(|(anchor, _)| *anchor == due.anchor);
    due_when(due, known.unwrap().1, done)
}

fn after(anchor: &str, offset: i64, unit: DueUnit) -> Result<Date, NoDueDate> {
    let anchors = [("ARR", day(anchor))];
    due_date(&due("ARR", offset, unit), &anchors)
}

#[test]
fn a_rule_and_an_anchor_give_a_day() {
    use DueUnit::{Days, Months, WorkingDays};
    let cases = [
        ("2026-11-25", 0, Days, "2026-11-25"),
        ("2026-11-25", 10, Days, "2026-12-05"),
        ("2026-12-05", -10, Days, "2026-11-25"),
        ("2024-03-01", -1, Days, "2024-02-29"),
        ("2023-03-01", -1, Days, "2023-02-28"),
        ("2026-12-31", 1, Days, "2027-01-01"),
        ("2026-11-15", 1, Months, "2026-12-15"),
        ("2026-12-15", 1, Months, "2027-01-15"),
        ("2026-01-31", 1, Months, "2026-02-28"),
        ("2024-01-31", 1, Months, "2024-02-29"),
        ("2026-10-31", 1, Months, "2026-11-30"),
        ("2024-02-29", 12, Months, "2025-02-28"),
        ("2024-02-29", 24, Months, "2026-02-28"),
        ("2026-03-31", -1, Months, "2026-02-28"),
        ("2026-01-10", -6, Months, "2025-07-10"),
        ("2026-11-25", 0, WorkingDays, "2026-11-25"),
        ("2026-11-27", 1, WorkingDays, "2026-11-30"),
        ("2026-11-28", 1, WorkingDays, "2026-11-30"),
        ("2026-11-25", 5, WorkingDays, "2026-12-02"),
        ("2026-12-23", 1, WorkingDays, "2026-12-28"),
        ("2026-04-02", 2, WorkingDays, "2026-04-08"),
        ("2026-06-18", 1, WorkingDays, "2026-06-22"),
        ("2026-11-30", -1, WorkingDays, "2026-11-27"),
    ];
    for (anchor, offset, unit, wanted) in cases {
        let found = after(anchor, offset, unit);
        assert_eq!(found, Ok(day(wanted)), "{anchor} {offset} {unit:?}");
    }
}

#[test]
fn an_unknown_anchor_gives_no_day() {
    let anchors = [("ASG", day("2026-11-25"))];
    let rule = due("ARR", 1, DueUnit::Days);
    assert_eq!(due_date(&rule, &anchors), Err(NoDueDate::AnchorUnknown));
}

#[test]
fn no_offset_is_too_large_to_answer() {
    for unit in [DueUnit::Days, DueUnit::WorkingDays, DueUnit::Months] {
        for offset in [i64::MIN, -1_001, 1_001, i64::MAX] {
            assert_eq!(after("2026-11-25", offset, unit), Err(NoDueDate::TooFar));
        }
        assert_eq!(after("9999-12-31", 1, unit), Err(NoDueDate::TooFar));
    }
}

fn utc(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn hours_pass_whatever_the_clock_on_the_wall_does() {
    // The moment seen last in UTC, hours, and the wall's clock when they are over.
    let cases = [
        ("2026-11-25T13:30:00Z", 0, "2026-11-25 14:30"),
        ("2026-11-25T13:30:00Z", 2, "2026-11-25 16:30"),
        ("2026-11-25T22:30:00Z", 2, "2026-11-26 01:30"),
        ("2026-11-25T13:30:00Z", 24, "2026-11-26 14:30"),
        // Seen at 01:30 in the night in which 02:00 becomes 03:00: two hours later it is 04:30.
        ("2026-03-29T00:30:00Z", 2, "2026-03-29 04:30"),
        // Seen at 01:30 in the night in which 03:00 becomes 02:00: two hours later it is 02:30.
        ("2026-10-24T23:30:00Z", 2, "2026-10-25 02:30"),
        // A day of 25 hours and one of 23.
        ("2026-10-24T12:00:00Z", 24, "2026-10-25 13:00"),
        ("2026-03-28T13:00:00Z", 24, "2026-03-29 15:00"),
        ("2028-02-28T23:30:00Z", 24, "2028-03-01 00:30"),
    ];
    for (seen, hours, wanted) in cases {
        let anchors = [("MIS", When::Moment(utc(seen)))];
        let found = when(&due("MIS", hours, DueUnit::Hours), &anchors, None).unwrap();
        assert_eq!(found.written(), wanted, "{seen} {hours}");
    }
}

#[test]
fn days_of_a_moment_count_from_its_day_in_sweden() {
    // Half past eleven in the evening in UTC is the next day in Sweden.
    let anchors = [("MIS", When::Moment(utc("2026-11-25T23:30:00Z")))];
    let cases = [
        (7, DueUnit::Days, "2026-12-03"),
        (3, DueUnit::Months, "2027-02-26"),
        (1, DueUnit::WorkingDays, "2026-11-27"),
    ];
    for (offset, unit, wanted) in cases {
        let found = when(&due("MIS", offset, unit), &anchors, None);
        assert_eq!(found, Ok(When::Day(day(wanted))), "{offset} {unit:?}");
    }
}

#[test]
fn hours_of_a_day_have_no_answer() {
    let anchors = [("MIS", When::Day(day("2026-11-25")))];
    let found = when(&due("MIS", 2, DueUnit::Hours), &anchors, None);
    assert_eq!(found, Err(NoDueDate::TimeUnknown));
}

#[test]
fn what_is_done_again_is_due_after_it_was_done() {
    let every = |count, unit| Again::Every(count, unit);
    let rows = [
        (7, DueUnit::Days, every(7, DueUnit::Days), None, Some("2026-12-02")),
        (7, DueUnit::Days, every(7, DueUnit::Days), Some("2026-12-02"), Some("2026-12-09")),
        // A day early or three late: a week after it was done.
        (7, DueUnit::Days, every(7, DueUnit::Days), Some("2026-12-01"), Some("2026-12-08")),
        (7, DueUnit::Days, every(7, DueUnit::Days), Some("2026-12-05"), Some("2026-12-12")),
        (14, DueUnit::Days, every(2, DueUnit::Months), Some("2026-12-31"), Some("2027-02-28")),
        (6, DueUnit::Months, every(6, DueUnit::Months), Some("2027-08-31"), Some("2028-02-29")),
        (1, DueUnit::Months, Again::At(vec![3, 6]), None, Some("2026-12-25")),
        (1, DueUnit::Months, Again::At(vec![3, 6]), Some("2026-12-28"), Some("2027-02-25")),
        (1, DueUnit::Months, Again::At(vec![3, 6]), Some("2027-02-25"), Some("2027-05-25")),
        (1, DueUnit::Months, Again::At(vec![3, 6]), Some("2027-05-26"), None),
        (-180, DueUnit::Days, Again::At(vec![-90, -60]), None, Some("2026-05-29")),
        (-180, DueUnit::Days, Again::At(vec![-90, -60]), Some("2026-06-01"), Some("2026-08-27")),
        (1, DueUnit::Days, Again::Once, Some("2026-12-24"), Some("2026-11-26")),
    ];
    let anchors = [("END", When::Day(day("2026-11-25")))];
    for (offset, unit, again, done, wanted) in rows {
        let rule = Due { again, ..due("END", offset, unit) };
        let found = when(&rule, &anchors, done.map(day));
        let wanted = wanted.map(|text| When::Day(day(text))).ok_or(NoDueDate::NoMore);
        assert_eq!(found, wanted, "{rule:?} {done:?}");
    }
}

#[test]
fn the_very_last_day_counts_from_the_anchor_too() {
    let anchors = [("SRV", When::Day(day("2026-12-10")))];
    let rule = Due { latest: Some(21), ..due("SRV", 14, DueUnit::Days) };
    assert_eq!(due_latest(&rule, anchors[0].1), Some(When::Day(day("2026-12-31"))));
    assert_eq!(due_latest(&due("SRV", 14, DueUnit::Days), anchors[0].1), None);
    // Over Christmas, fifteen working days are more than three weeks.
    let rule = Due { latest: Some(15), ..due("SRV", 3, DueUnit::WorkingDays) };
    assert_eq!(due_latest(&rule, anchors[0].1), Some(When::Day(day("2027-01-07"))));
}

#[test]
fn a_day_is_past_when_it_is_over_and_a_moment_at_once() {
    let (today, now) = (day("2026-11-25"), utc("2026-11-25T13:30:00Z"));
    assert!(!When::Day(today).is_past(today, now));
    assert!(When::Day(day("2026-11-24")).is_past(today, now));
    assert!(!When::Moment(now).is_past(today, now));
    assert!(When::Moment(now - 1).is_past(today, now));
}

#[test]
fn any_rule_has_an_answer() {
    let counts = [i64::MIN, -1_001, -1_000, 0, 7, 1_000, i64::MAX];
    let units = [DueUnit::Days, DueUnit::WorkingDays, DueUnit::Months, DueUnit::Hours];
    let from = [
        When::Day(Date::MIN),
        When::Day(Date::MAX),
        When::Moment(i64::MIN),
        When::Moment(0),
        When::Moment(i64::MAX),
    ];
    let dones = [None, Some(Date::MIN), Some(Date::MAX)];
    for (offset, unit) in counts.iter().flat_map(|count| units.map(|unit| (*count, unit))) {
        let far = offset.unsigned_abs() > Due::OFFSET_MAX;
        for again in [Again::Every(offset, unit), Again::At(vec![offset])] {
            let rule = Due { again, latest: Some(offset), ..due("ARR", offset, unit) };
            for (anchor, done) in from.iter().flat_map(|from| dones.map(|done| (*from, done))) {
                let anchors = [("ARR", anchor)];
                let found = when(&rule, &anchors, done);
                assert!(!far || found.is_err(), "{rule:?} {anchor:?}");
                let latest = due_latest(&rule, anchors[0].1);
                assert!(
                    latest.is_none_or(|when| when.day().is_some() != when.written().is_empty()),
                    "{rule:?}"
                );
            }
        }
    }
}

#[test]
fn with_both_anchors_known_every_item_of_the_arrival_is_due() {
    let checklist = Catalog::builtin().newest_checklist("arrival_household").unwrap();
    let anchors = [("ASG", day("2026-10-01")), ("ARR", day("2026-11-25"))];
    let find = |id: &str| {
        let item = checklist.items.iter().find(|item| item.id == id).unwrap();
        due_date(item.due.as_ref().unwrap(), &anchors).unwrap()
    };
    assert!(checklist.items.iter().all(|item| find(&item.id) >= day("2026-10-02")));
    let cases = [
        ("A-01", "2026-10-02"),
        ("A-06", "2026-10-15"),
        ("A-07", "2026-11-15"),
        ("A-20", "2026-11-25"),
        ("A-33", "2026-12-02"),
        ("A-72", "2027-02-25"),
        ("A-77", "2028-11-25"),
    ];
    for (id, wanted) in cases {
        assert_eq!(find(id), day(wanted), "{id}");
    }
}

#[test]
fn with_all_dates_known_every_item_of_every_checklist_is_due() {
    let anchors: Vec<(&str, When)> = [
        ("ASG", "2026-10-01"),
        ("ARR", "2026-10-15"),
        ("SRV", "2026-12-01"),
        ("DEC", "2027-02-01"),
        ("FIN", "2027-03-01"),
        ("MOV", "2027-01-31"),
        ("NOT", "2026-10-30"),
        ("CON", "2027-01-01"),
        ("CEND", "2028-12-31"),
        ("LEAD", "2026-11-23"),
        ("RET", "2026-12-24"),
        ("END", "2027-05-31"),
        ("B18", "2028-02-29"),
        ("EVT", "2027-03-15"),
        ("LEA", "2027-04-01"),
        ("CLO", "2027-04-30"),
    ]
    .map(|(anchor, date)| (anchor, When::Day(day(date))))
    .into_iter()
    .chain([("MIS", When::Moment(utc("2026-11-25T20:15:00Z")))])
    .collect();
    let catalog = Catalog::builtin();
    let tasks = catalog.package().checklists.iter().filter(|list| !list.is_inspection());
    for item in tasks.flat_map(|list| &list.items) {
        let due = item.due.as_ref().unwrap();
        assert!(when(due, &anchors, None).is_ok(), "{}", item.id);
    }
    let find = |id: &str| when(catalog.item(id).unwrap().due.as_ref().unwrap(), &anchors, None);
    let cases = [
        ("C-01", "2026-10-01"),
        ("C-06", "2026-10-06"),
        ("C-34", "2027-02-01"),
        ("C-35", "2027-04-15"),
        ("C-39", "2027-08-29"),
        ("C-42", "2027-03-01"),
        ("D-02", "2026-12-02"),
        ("D-07", "2026-12-15"),
        ("D-15", "2027-01-30"),
        ("D-23", "2027-03-01"),
        ("E-01", "2026-11-02"),
        ("E-04", "2026-11-09"),
        ("E-19", "2027-02-01"),
        ("E-29", "2027-02-28"),
        ("F-01", "2026-11-24"),
        ("F-04", "2026-12-18"),
        ("F-34", "2028-07-04"),
        ("G-01", "2026-11-25 21:15"),
        ("G-03", "2026-11-25 23:15"),
        ("G-04", "2026-11-26 01:15"),
        ("G-07", "2026-12-02"),
        ("G-09", "2026-12-25"),
        ("H-01", "2027-04-01"),
        ("H-07", "2027-06-30"),
    ];
    for (id, wanted) in cases {
        assert_eq!(find(id).unwrap().written(), wanted, "{id}");
    }
}
