//! When an item of a checklist is due, from the dates of its checklist's anchors.

#[cfg(test)]
mod tests;

use jiff::Span;
use jiff::civil::Date;

use super::check::{read_date, written_date, written_time};
use super::model::{Again, Due, DueUnit};
use super::workday::is_working_day;
use super::zone::swedish;
use crate::value::Value;

const HOUR_MS: i64 = 3_600_000;

/// A day, or a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The whole of a day.
    Day(Date),
    /// A point in time, Unix milliseconds.
    Moment(i64),
}

impl When {
    /// What a field of type date or time says, if it says something.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Str(text) => read_date(text).map(Self::Day),
            Value::Int(at) => Some(Self::Moment(*at)),
            Value::Bool(_) | Value::Null => None,
        }
    }

    /// The day, in Sweden; `None` outside the calendar.
    #[must_use]
    pub fn day(self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day),
            Self::Moment(at) => Some(swedish(at)?.date()),
        }
    }

    /// Whether it lies before now: a day when it is over, a point in time at once.
    #[must_use]
    pub fn is_past(self, today: Date, now_ms: i64) -> bool {
        match self {
            Self::Day(day) => day < today,
            Self::Moment(at) => at < now_ms,
        }
    }

    /// `2026-11-25`, or `2026-11-25 16:30` as the clock in Sweden shows it.
    #[must_use]
    pub fn written(self) -> String {
        match self {
            Self::Day(day) => written_date(day),
            Self::Moment(at) => swedish(at).map(written_time).unwrap_or_default(),
        }
    }
}

/// Says why an item has no due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDueDate {
    /// The event the rule counts from has no date: the item is open, and never overdue.
    #[error("the date of the event is not known")]
    AnchorUnknown,
    /// Hours count from a point in time, and only the day is known.
    #[error("the time of the event is not known")]
    TimeUnknown,
    /// It was done as often as the rule asks.
    #[error("it is not to be done again")]
    NoMore,
    /// The date would lie further away than a rule may count, or outside the calendar.
    #[error("the due date is too far away")]
    TooFar,
}

/// Gives the day an item is due first, from the days known by anchor.
///
/// # Errors
/// [`NoDueDate::AnchorUnknown`] when the rule's is not among them, and as [`due_when`].
pub fn due_date(due: &Due, anchors: &[(&str, Date)]) -> Result<Date, NoDueDate> {
    let known = anchors.iter().find(|(anchor, _)| *anchor == due.anchor);
    let (_, from) = known.ok_or(NoDueDate::AnchorUnknown)?;
    due_when(due, When::Day(*from), None)?.day().ok_or(NoDueDate::TooFar)
}

/// Gives the day or moment an item is due, from its event and the day it was last done.
///
/// Months keep the day of the month, or end with a shorter month. Working days are counted from the
/// day after (before) the event; the event itself may be on any day. Hours pass, whatever the clock on
/// the wall does; days of a point in time are counted from its day in Sweden. What is done every so
/// often counts from the day it was last done; what is done at several dates is due at the first of
/// them after that day.
///
/// # Errors
/// When there is no such day or moment, why.
pub fn due_when(due: &Due, from: When, done: Option<Date>) -> Result<When, NoDueDate> {
    let first = counted(from, due.offset, due.unit)?;
    let Some(done) = done else { return Ok(first) };
    match &due.again {
        Again::Once => Ok(first),
        Again::Every(count, unit) => counted(When::Day(done), *count, *unit),
        Again::At(more) => {
            let mut next = first;
            let mut more = more.iter();
            while next.day().is_none_or(|day| day <= done) {
                next = counted(from, *more.next().ok_or(NoDueDate::NoMore)?, due.unit)?;
            }
            Ok(next)
        }
    }
}

/// Gives the very last day or moment of an item, where its rule has one beside the first.
#[must_use]
pub fn due_latest(due: &Due, from: When) -> Option<When> {
    counted(from, due.latest?, due.unit).ok()
}

fn counted(from: When, count: i64, unit: DueUnit) -> Result<When, NoDueDate> {
    if count.unsigned_abs() > Due::OFFSET_MAX {
        return Err(NoDueDate::TooFar);
    }
    if unit == DueUnit::Hours {
        let When::Moment(at) = from else { return Err(NoDueDate::TimeUnknown) };
        return Ok(When::Moment(at.saturating_add(count * HOUR_MS)));
    }
    let from = from.day().ok_or(NoDueDate::TooFar)?;
    let day = match unit {
        DueUnit::WorkingDays => working_days_after(from, count),
        DueUnit::Months => months_after(from, count),
        DueUnit::Days | DueUnit::Hours => days_after(from, count),
    };
    day.map(When::Day).ok_or(NoDueDate::TooFar)
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

/// The same day so many months later, or the last of a shorter month (law 1930:173); `None` outside
/// the calendar.
#[must_use]
pub fn months_after(date: Date, count: i64) -> Option<Date> {
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
