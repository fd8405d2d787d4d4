//! Days, times and what follows from them, as the app reckons and writes it.

use ankomst_shared::catalog::{civil, days_after, is_working_day};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// What a house calls someone whose name it may not know.
pub const UNNAMED: &str = "?";

/// Initials of a person, as the app writes them into the record of a house.
#[must_use]
pub fn initials(given: &str, family: &str) -> String {
    let first = [given, family];
    let letters: Vec<String> =
        first.iter().filter_map(|name| name.chars().next().map(String::from)).collect();
    if letters.is_empty() { UNNAMED.to_owned() } else { letters.join(".") }
}

/// The code of a person's age on a day, of the list `age_band`.
#[must_use]
pub fn age_band(born: Date, today: Date) -> &'static str {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    match today.year() - born.year() - i16::from(!had_birthday) {
        ..=5 => "0-5",
        6..=12 => "6-12",
        13..=17 => "13-17",
        18..=64 => "18-64",
        _ => "65-",
    }
}

/// So many days after another day, before it when negative.
#[must_use]
pub fn after(day: Date, days: i64) -> Date {
    days_after(day, days).unwrap_or(day)
}

/// So many days on which offices work before a day.
#[must_use]
pub fn working_days_before(day: Date, count: usize) -> Date {
    let (mut at, mut left) = (day, count);
    while left > 0 {
        // The day before counts as worked away when the day after it is one people work on.
        left -= usize::from(is_working_day(at));
        at = after(at, -1);
    }
    while !is_working_day(at) {
        at = after(at, -1);
    }
    at
}

/// The day itself, or the next one on which offices work.
#[must_use]
pub fn working(day: Date) -> Date {
    let mut at = day;
    while !is_working_day(at) {
        at = after(at, 1);
    }
    at
}

/// A point in time, Unix milliseconds: a day and minutes after its midnight, UTC.
#[must_use]
pub fn at(day: Date, minute: i64) -> i64 {
    let midnight = day.to_zoned(TimeZone::UTC).map(|at| at.timestamp().as_millisecond());
    midnight.unwrap_or(0) + minute * 60_000
}

/// The day of a point in time, UTC.
#[must_use]
pub fn of(unix_ms: i64) -> Date {
    civil(unix_ms).map_or(Date::MIN, DateTime::date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_house_calls_people_by_their_initials() {
        assert_eq!(initials("Karam", "Haddad"), "K.H");
        assert_eq!(initials("Senait", ""), "S");
        assert_eq!(initials("", ""), UNNAMED);
    }

    #[test]
    fn a_band_changes_on_the_birthday() {
        assert_eq!(age_band(day("2008-11-26"), day("2026-11-25")), "13-17");
        assert_eq!(age_band(day("2008-11-25"), day("2026-11-25")), "18-64");
    }

    #[test]
    fn working_days_are_counted_over_a_weekend() {
        assert_eq!(working_days_before(day("2026-11-25"), 4), day("2026-11-19"));
        assert_eq!(working(day("2026-11-28")), day("2026-11-30"));
        assert_eq!(of(at(day("2026-11-25"), 600)), day("2026-11-25"));
    }
}
