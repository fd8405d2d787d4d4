//! When an item of a checklist is due, from the dates of its checklist's anchors.

use jiff::Span;
use jiff::civil::Date;

use super::model::{Due, DueUnit};
use super::workday::is_working_day;

/// Says why an item has no due date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDueDate {
    /// The event the rule counts from has no date: the item is open, and never overdue.
    #[error("the date of `{0}` is not known")]
    AnchorUnknown(String),
    /// The date would lie further away than a rule may count, or outside the calendar.
    #[error("the due date is too far away")]
    TooFar,
}

/// Gives the day an item is due, from the dates known by anchor.
///
/// Months keep the day of the month, or end with a shorter month. Working days are counted from the
/// day after (before) the anchor; the anchor itself may be any day.
///
/// # Errors
/// [`NoDueDate::AnchorUnknown`] names the anchor that is to be asked for.
pub fn due_date(due: &Due, anchors: &[(&str, Date)]) -> Result<Date, NoDueDate> {
    let known = anchors.iter().find(|(anchor, _)| *anchor == due.anchor);
    let (_, anchor) = *known.ok_or_else(|| NoDueDate::AnchorUnknown(due.anchor.clone()))?;
    if due.offset.unsigned_abs() > Due::OFFSET_MAX {
        return Err(NoDueDate::TooFar);
    }
    let date = match due.unit {
        DueUnit::Days => days_after(anchor, due.offset),
        DueUnit::WorkingDays => working_days_after(anchor, due.offset),
        DueUnit::Months => months_after(anchor, due.offset),
    };
    date.ok_or(NoDueDate::TooFar)
}

/// The date so many days after another, before it when negative; `None` outside the calendar.
#[must_use]
pub fn days_after(date: Date, count: i64) -> Option<Date> {
    date.checked_add(Span::new().try_days(count).ok()?).ok()
}

fn working_days_after(anchor: Date, count: i64) -> Option<Date> {
    let mut left = count.unsigned_abs();
    let mut date = anchor;
    while left > 0 {
        date = if count > 0 { date.tomorrow() } else { date.yesterday() }.ok()?;
        left -= u64::from(is_working_day(date));
    }
    Some(date)
}

fn months_after(date: Date, count: i64) -> Option<Date> {
    let months = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
    let months = months.checked_add(count)?;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    let first = Date::new(year, month, 1).ok()?;
    Date::new(year, month, date.day().min(first.days_in_month())).ok()
}

/// Whether something in this state needs no more doing.
#[must_use]
pub fn is_over(state: &str) -> bool {
    matches!(
        state,
        "done"
            | "cancelled"
            | "verified"
            | "wont_fix_approved"
            | "not_relevant"
            | "ended"
            | "closed"
    )
}

#[cfg(test)]
mod tests {
    use super::super::Catalog;
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn due(anchor: &str, offset: i64, unit: DueUnit) -> Due {
        Due { anchor: anchor.into(), offset, unit }
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
    fn an_unknown_anchor_is_named() {
        let anchors = [("ASG", day("2026-11-25"))];
        let rule = due("ARR", 1, DueUnit::Days);
        assert_eq!(due_date(&rule, &anchors), Err(NoDueDate::AnchorUnknown("ARR".into())));
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
}
