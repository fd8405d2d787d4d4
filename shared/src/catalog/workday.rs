//! Days on which offices in Sweden work: not on Saturdays, Sundays, public holidays, nor on the
//! eves that count as holidays (laws 1989:253 and 1930:173).

use jiff::civil::{Date, Weekday};

/// Holidays and eves with a fixed date: month and day.
const FIXED: [(i8, i8); 8] =
    [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)];

/// Days from Easter Sunday to Good Friday, Easter Monday and Ascension Day.
const FROM_EASTER: [i32; 3] = [-2, 1, 39];

/// Says whether offices work on a day.
#[must_use]
pub fn is_working_day(date: Date) -> bool {
    let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_fixed = FIXED.contains(&(date.month(), date.day()));
    let is_midsummer_eve =
        date.weekday() == Weekday::Friday && date.month() == 6 && (19..=25).contains(&date.day());
    !(is_weekend || is_fixed || is_midsummer_eve || is_by_easter(date))
}

fn is_by_easter(date: Date) -> bool {
    let easter = easter(i32::from(date.year()));
    let day = day_of_march(i32::from(date.month()), i32::from(date.day()));
    FROM_EASTER.iter().any(|days| easter + days == day)
}

/// The day counted from the last of February, for the months in which Easter's holidays fall.
const fn day_of_march(month: i32, day: i32) -> i32 {
    match month {
        3 => day,
        4 => day + 31,
        5 => day + 61,
        6 => day + 92,
        _ => -100,
    }
}

/// Easter Sunday of a year, counted from the last of February (Gauss, in the form of Butcher).
const fn easter(year: i32) -> i32 {
    let (golden, century) = (year % 19, year / 100);
    let leaps = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - leaps + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (year % 100 / 4) - moon - year % 100 % 4) % 7;
    let late = (golden + 11 * moon + 22 * week) / 451;
    moon + week - 7 * late + 22
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn easter_falls_as_in_the_almanac_of_2020_to_2030() {
        let almanac = [
            (2020, 4, 12),
            (2021, 4, 4),
            (2022, 4, 17),
            (2023, 4, 9),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2028, 4, 16),
            (2029, 4, 1),
            (2030, 4, 21),
        ];
        for (year, month, day) in almanac {
            assert_eq!(easter(year), day_of_march(month, day), "{year}");
            let sunday =
                date(year.try_into().unwrap(), month.try_into().unwrap(), day.try_into().unwrap());
            assert_eq!(sunday.weekday(), Weekday::Sunday, "{year}");
        }
    }

    #[test]
    fn offices_are_closed_on_holidays_and_eves() {
        let closed = [
            date(2026, 1, 1),
            date(2026, 1, 6),
            date(2026, 4, 3),
            date(2026, 4, 6),
            date(2026, 5, 1),
            date(2026, 5, 14),
            date(2024, 6, 6),
            date(2026, 6, 19),
            date(2027, 6, 25),
            date(2026, 10, 31),
            date(2026, 12, 24),
            date(2026, 12, 25),
            date(2026, 12, 31),
            date(2026, 11, 28),
            date(2026, 11, 29),
        ];
        for day in closed {
            assert!(!is_working_day(day), "{day}");
        }
        for day in [date(2026, 4, 2), date(2026, 5, 15), date(2026, 6, 12), date(2026, 12, 23)] {
            assert!(is_working_day(day), "{day}");
        }
    }
}
