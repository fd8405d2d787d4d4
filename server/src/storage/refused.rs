//! Pictures and other files that were begun and then refused: no row is left that would count them in the share of a day.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ankomst_shared::ids::DeviceId;

/// A day, in milliseconds.
pub const DAY_MS: i64 = 24 * 3_600_000;
/// Of so many devices it is remembered.
const DEVICES_MAX: usize = 4_096;

/// What a running server remembers of them.
#[derive(Debug, Default)]
pub struct Refused(Mutex<BTreeMap<DeviceId, Lately>>);

/// Those of a device, within a day of the first.
#[derive(Debug, Clone, Copy)]
struct Lately {
    since_ms: i64,
    count: u64,
    bytes: u64,
}

impl Lately {
    fn counts(&self, now_ms: i64) -> bool {
        now_ms.abs_diff(self.since_ms) < DAY_MS.unsigned_abs()
    }
}

impl Refused {
    /// How many those of a device are, and how long they are together, in bytes.
    #[must_use]
    pub fn of(&self, device: DeviceId, now_ms: i64) -> (u64, u64) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = all.get(&device).filter(|lately| lately.counts(now_ms));
        lately.map_or((0, 0), |lately| (lately.count, lately.bytes))
    }

    /// One more of a device, of that length.
    pub fn add(&self, device: DeviceId, bytes: u64, now_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, lately| lately.counts(now_ms));
        if all.len() >= DEVICES_MAX && !all.contains_key(&device) {
            all.clear();
        }
        let none = Lately { since_ms: now_ms, count: 0, bytes: 0 };
        let lately = all.entry(device).or_insert(none);
        lately.count += 1;
        lately.bytes = lately.bytes.saturating_add(bytes);
    }
}
