//! Dates as 2026-11-22, times as 14:05, in the zone of the device.

use js_sys::Date;
use wasm_bindgen::JsValue;

use crate::text::{Text, fill, tr};

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "milliseconds of any date stay far below 2^53"
)]
fn date(unix_ms: i64) -> Date {
    Date::new(&JsValue::from_f64(unix_ms as f64))
}

/// The moment in Unix milliseconds.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "milliseconds of any date stay far below 2^53"
)]
pub fn now_ms() -> i64 {
    Date::now() as i64
}

/// `2026-11-22`.
pub fn day(unix_ms: i64) -> String {
    let date = date(unix_ms);
    format!("{:04}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date())
}

/// `14:05`.
pub fn time(unix_ms: i64) -> String {
    let date = date(unix_ms);
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// `2026-11-22 14:05`.
pub fn moment(unix_ms: i64) -> String {
    format!("{} {}", day(unix_ms), time(unix_ms))
}

/// `14:05` today, `tisdag 10:25` within a week, else the whole moment.
pub fn near(unix_ms: i64) -> String {
    let days = day_number(now_ms()) - day_number(unix_ms);
    match days {
        0 => time(unix_ms),
        1..=6 => fill(Text::TimeWeekday, &[weekday(unix_ms), &time(unix_ms)]),
        _ => moment(unix_ms),
    }
}

fn day_number(unix_ms: i64) -> i64 {
    let zone_ms = i64::from(offset_minutes(unix_ms)) * 60_000;
    (unix_ms - zone_ms).div_euclid(86_400_000)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a zone's offset is a small number of minutes"
)]
fn offset_minutes(unix_ms: i64) -> i32 {
    date(unix_ms).get_timezone_offset() as i32
}

fn weekday(unix_ms: i64) -> &'static str {
    tr(match date(unix_ms).get_day() {
        0 => Text::DaySunday,
        1 => Text::DayMonday,
        2 => Text::DayTuesday,
        3 => Text::DayWednesday,
        4 => Text::DayThursday,
        5 => Text::DayFriday,
        _ => Text::DaySaturday,
    })
}

/// Reads `2026-11-22 14:05` in the zone of the device.
pub fn read_moment(text: &str) -> Option<i64> {
    let (day, time) = text.trim().split_once([' ', 'T'])?;
    let mut parts = day.split('-').map(str::parse::<u32>);
    let (year, month, date) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let (hours, minutes) = time.split_once([':', '.'])?;
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&date) || hours > 23 || minutes > 59 {
        return None;
    }
    let local = format!("{year:04}-{month:02}-{date:02}T{hours:02}:{minutes:02}:00");
    let parsed = Date::parse(&local);
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "milliseconds of any date stay far below 2^53"
    )]
    let ms = parsed as i64;
    parsed.is_finite().then_some(ms)
}
