//! A moment where the device is.

use ankomst_shared::catalog::civil;

/// A moment where the device is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// Unix milliseconds.
    pub(super) ms: i64,
    /// Minutes that the local time is ahead of UTC.
    pub(super) zone_minutes: i32,
}

impl Now {
    /// The local date and time of day of a moment.
    pub(super) fn local(self, ms: i64) -> Option<jiff::civil::DateTime> {
        civil(ms.saturating_add(i64::from(self.zone_minutes) * 60_000))
    }

    /// Today's date.
    pub(super) fn today(self) -> jiff::civil::Date {
        self.local(self.ms).map_or(jiff::civil::Date::ZERO, jiff::civil::DateTime::date)
    }
}
