//! Swedish time: what the clock on the wall shows at a point in time.
//!
//! Summer time goes from the last Sunday in March to the last in October, both at 01:00 UTC (directive
//! 2000/84/EC). A table of zones would weigh more than the whole of this and change as seldom.

use jiff::civil::{Date, DateTime};

use super::check::civil;

const HOUR_MS: i64 = 3_600_000;

/// The date and time of day in Sweden at a point in time; `None` outside the calendar.
#[must_use]
pub fn swedish(unix_ms: i64) -> Option<DateTime> {
    let hours = if is_summer(civil(unix_ms)?) { 2 } else { 1 };
    civil(unix_ms.checked_add(hours * HOUR_MS)?)
}

fn is_summer(utc: DateTime) -> bool {
    match utc.month() {
        3 => is_changed(utc),
        4..=9 => true,
        10 => !is_changed(utc),
        _ => false,
    }
}

/// Whether the last Sunday's change of a month of 31 days lies behind.
fn is_changed(utc: DateTime) -> bool {
    let Ok(last) = Date::new(utc.year(), utc.month(), 31) else { return false };
    (utc.day(), utc.hour()) >= (31 - last.weekday().to_sunday_zero_offset(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point in time in UTC.
    fn utc(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_clock_goes_forward_in_march_and_back_in_october() {
        let cases = [
            ("2026-01-15T12:00:00Z", "2026-01-15T13:00:00"),
            ("2026-07-15T12:00:00Z", "2026-07-15T14:00:00"),
            ("2026-03-29T00:59:59Z", "2026-03-29T01:59:59"),
            ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
            ("2026-10-25T00:59:59Z", "2026-10-25T02:59:59"),
            ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00"),
            ("2024-03-31T01:00:00Z", "2024-03-31T03:00:00"),
            ("2025-10-26T01:00:00Z", "2025-10-26T02:00:00"),
            ("2026-12-31T23:30:00Z", "2027-01-01T00:30:00"),
        ];
        for (at, wall) in cases {
            assert_eq!(swedish(utc(at)), Some(wall.parse().unwrap()), "{at}");
        }
    }

    #[test]
    fn no_point_in_time_is_too_strange_to_answer() {
        for at in [-1, 0, 253_402_200_000_000, -377_705_000_000_000] {
            assert!(swedish(at).is_some(), "{at}");
        }
        assert_eq!(swedish(i64::MIN), None);
        assert_eq!(swedish(i64::MAX), None);
    }
}
