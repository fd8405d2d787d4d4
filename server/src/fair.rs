//! What one device and one account may have of the server, so that whoever asks for everything leaves enough for
//! the others. Nothing is lost by it: what is more than that stays on its tablet and is offered again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::{DeviceId, UserId};

use crate::limits::{
    EXCHANGES_AT_ONCE, NEW_BURST, NEW_BYTES_BURST, NEW_BYTES_HOURLY, NEW_HOURLY, NEW_OF_ACCOUNT,
};

const HOUR_MS: u64 = 3_600_000;
/// Above so many counts those that are empty again are forgotten.
const COUNTS_MAX: usize = 4_096;

/// Exchanges under way: one of each device, and once half of the places are taken, one of each account.
#[derive(Debug, Clone, Default)]
pub struct Exchanges(Arc<Mutex<BTreeMap<DeviceId, UserId>>>);

/// An exchange is under way for as long as this lives.
#[derive(Debug)]
pub struct UnderWay(Exchanges, DeviceId);

impl Exchanges {
    /// Begins an exchange, if it is this device's turn.
    #[must_use]
    pub fn begin(&self, device: DeviceId, user: UserId) -> Option<UnderWay> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_tight = open.len() >= EXCHANGES_AT_ONCE / 2;
        // Work goes on when whoever asked has gone, so it is counted here and not only where it is asked for.
        let is_full = open.len() >= EXCHANGES_AT_ONCE;
        if is_full
            || open.contains_key(&device)
            || (is_tight && open.values().any(|other| *other == user))
        {
            return None;
        }
        open.insert(device, user);
        Some(UnderWay(self.clone(), device))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// How much that is new each device and each account has had stored lately. What is here already costs nothing,
/// so a restore, after which everybody offers everything, is paid by nobody but for what was lost.
#[derive(Debug, Default)]
pub struct Stored(Mutex<BTreeMap<Whose, Count>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Device(DeviceId),
    Account(UserId),
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    changes: u64,
    bytes: u64,
    at_ms: i64,
}

impl Whose {
    /// How many times as much as one device.
    const fn times(self) -> u64 {
        match self {
            Self::Device(_) => 1,
            Self::Account(_) => NEW_OF_ACCOUNT,
        }
    }
}

impl Count {
    /// The count later on, when some of it is forgotten.
    fn at(self, now_ms: i64, times: u64) -> Self {
        let passed = u64::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or_default();
        let less = |count: u64, hourly: u64| {
            count.saturating_sub(passed.saturating_mul(hourly * times) / HOUR_MS)
        };
        Self {
            changes: less(self.changes, NEW_HOURLY),
            bytes: less(self.bytes, NEW_BYTES_HOURLY),
            at_ms: now_ms.max(self.at_ms),
        }
    }
}

/// Changes and what they weigh: their bytes, and so many for each operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    changes: u64,
    bytes: u64,
}

impl Amount {
    /// One more change of such a weight.
    #[must_use]
    pub const fn and(self, bytes: u64) -> Self {
        Self { changes: self.changes + 1, bytes: self.bytes.saturating_add(bytes) }
    }
}

impl Stored {
    /// Whether there is room for so much that is new of an author and the author's device. Nothing is counted.
    pub fn fits(&self, by: (UserId, DeviceId), more: Amount, now_ms: i64) -> bool {
        self.with(by, more, now_ms).iter().all(|(whose, count)| {
            count.changes <= NEW_BURST * whose.times()
                && count.bytes <= NEW_BYTES_BURST * whose.times()
        })
    }

    /// Counts what was stored to its author and the author's device.
    pub fn charge(&self, by: (UserId, DeviceId), more: Amount, now_ms: i64) {
        let both = self.with(by, more, now_ms);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > COUNTS_MAX {
            all.retain(|whose, count| count.at(now_ms, whose.times()).changes > 0);
        }
        all.extend(both);
    }

    fn with(
        &self,
        (user, device): (UserId, DeviceId),
        more: Amount,
        now_ms: i64,
    ) -> [(Whose, Count); 2] {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        [Whose::Device(device), Whose::Account(user)].map(|whose| {
            let count = all.get(&whose).copied().unwrap_or_default().at(now_ms, whose.times());
            let Count { changes, bytes, at_ms } = count;
            let bytes = bytes.saturating_add(more.bytes);
            (whose, Count { changes: changes + more.changes, bytes, at_ms })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Stored {
        fn takes(&self, by: (UserId, DeviceId), bytes: u64, now_ms: i64) -> bool {
            let one = Amount::default().and(bytes);
            let fits = self.fits(by, one, now_ms);
            if fits {
                self.charge(by, one, now_ms);
            }
            fits
        }
    }

    fn device(number: u64) -> DeviceId {
        DeviceId::new(i64::try_from(number).unwrap(), [1; 10])
    }

    fn user(number: u64) -> UserId {
        UserId::new(i64::try_from(number).unwrap(), [2; 10])
    }

    #[test]
    fn a_device_has_one_exchange_and_an_account_leaves_half_of_the_places_to_others() {
        let exchanges = Exchanges::default();
        let half = u64::try_from(EXCHANGES_AT_ONCE / 2).unwrap();
        let mut open: Vec<_> =
            (0..half).map(|number| exchanges.begin(device(number), user(1)).unwrap()).collect();
        assert!(exchanges.begin(device(0), user(1)).is_none(), "it has one under way");
        assert!(exchanges.begin(device(half), user(1)).is_none(), "its account has half of them");
        open.push(exchanges.begin(device(half), user(2)).unwrap());
        drop(open.remove(0));
        drop(open.pop());
        open.push(exchanges.begin(device(0), user(1)).unwrap());
    }

    #[test]
    fn there_are_so_many_exchanges_at_once_whoever_has_gone_away() {
        let exchanges = Exchanges::default();
        let most = u64::try_from(EXCHANGES_AT_ONCE).unwrap();
        let begin = |number| exchanges.begin(device(number), user(number));
        let mut open: Vec<_> = (0..most).map(|number| begin(number).unwrap()).collect();
        assert!(begin(most).is_none());
        drop(open.pop());
        assert!(begin(most).is_some());
    }

    #[test]
    fn what_a_device_stores_is_bounded_by_time_and_others_do_not_pay_for_it() {
        let stored = Stored::default();
        let takes = |number, now_ms| stored.takes((user(number), device(number)), 100, now_ms);
        let mut count = 0;
        while takes(1, 0) {
            count += 1;
        }
        assert_eq!(count, NEW_BURST);
        assert!(takes(2, 0), "somebody else");
        // What was forgotten in half an hour fits again, and no more.
        let half = i64::try_from(HOUR_MS / 2).unwrap();
        count = 0;
        while takes(1, half) {
            count += 1;
        }
        assert_eq!(count, NEW_HOURLY / 2);
        // A clock put back gives nothing and takes nothing.
        assert!(!takes(1, 0) && takes(2, 0));
    }

    #[test]
    fn bytes_count_too_and_many_devices_of_an_account_together() {
        let stored = Stored::default();
        let large = NEW_BYTES_BURST / 4;
        let mut taken = 0;
        for number in 0..=NEW_OF_ACCOUNT + 1 {
            while stored.takes((user(1), device(number)), large, 0) {
                taken += 1;
            }
        }
        assert_eq!(taken, 4 * NEW_OF_ACCOUNT);
    }
}
