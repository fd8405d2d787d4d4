//! Days as people write them, in the server's own time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// The first moment of a day written as `yyyy-mm-dd`, or of one so many days later, in Unix milliseconds.
#[must_use]
pub fn start(day: &str, later: i64) -> Option<i64> {
    let day: Date = day.parse().ok()?;
    let start = day.checked_add(later.days()).ok()?.to_zoned(TimeZone::system()).ok()?;
    Some(start.timestamp().as_millisecond())
}

/// The day of a moment.
#[must_use]
pub fn of(unix_ms: i64) -> String {
    let at = Timestamp::from_millisecond(unix_ms);
    at.map_or_else(|_| String::new(), |at| at.to_zoned(TimeZone::system()).date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_one_before_ends() {
        let next = start("2026-11-27", 0).unwrap();
        assert_eq!(start("2026-11-26", 1), Some(next));
        assert_eq!((of(next), of(next - 1)), ("2026-11-27".to_owned(), "2026-11-26".to_owned()));
        for wrong in ["", "i morgon", "2026-02-30", "26-11-26"] {
            assert_eq!(start(wrong, 0), None, "{wrong}");
        }
    }
}
