//! What one device and one account may have of the server, so that whoever asks for everything leaves enough for
//! the others. Nothing is lost by it: what is more than that stays on its tablet and is offered again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ankomst_shared::ids::{DeviceId, UserId};
use tokio::sync::Notify;

use crate::limits::{
    EXCHANGES_AT_ONCE, NEW_BURST, NEW_BYTES_BURST, NEW_BYTES_HOURLY, NEW_HOURLY, NEW_OF_ACCOUNT,
};

const HOUR_MS: u64 = 3_600_000;
/// Above so many counts those that are empty again are forgotten.
const COUNTS_MAX: usize = 4_096;

/// Exchanges under way: one of each device, and once half of the places are taken, one of each account. One whose body
/// is still being read gives its turn to a later one of its device.
#[derive(Debug, Clone, Default)]
pub struct Exchanges(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    of: BTreeMap<DeviceId, Turn>,
    /// Turns that were given.
    given: u64,
}

#[derive(Debug)]
struct Turn {
    number: u64,
    user: UserId,
    /// Ends it, while its body is read.
    reads: Option<Arc<Notify>>,
}

/// An exchange is under way for as long as this lives, unless a later one has its turn.
#[derive(Debug)]
pub struct UnderWay {
    all: Exchanges,
    device: DeviceId,
    number: u64,
    ended: Arc<Notify>,
}

impl Exchanges {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an exchange, if it is this device's turn; its body is to be read now.
    #[must_use]
    pub fn begin(&self, device: DeviceId, user: UserId) -> Option<UnderWay> {
        let mut open = self.open();
        let others = || open.of.iter().filter(|(other, _)| **other != device);
        let count = others().count();
        // Work goes on when whoever asked has gone, so it is counted here and not only where it is asked for.
        let is_full = count >= EXCHANGES_AT_ONCE;
        let is_tight = count >= EXCHANGES_AT_ONCE / 2;
        let works = open.of.get(&device).is_some_and(|own| own.reads.is_none());
        if is_full || works || (is_tight && others().any(|(_, turn)| turn.user == user)) {
            return None;
        }
        open.given += 1;
        let (number, ended) = (open.given, Arc::new(Notify::new()));
        let turn = Turn { number, user, reads: Some(Arc::clone(&ended)) };
        if let Some(older) = open.of.insert(device, turn).and_then(|older| older.reads) {
            older.notify_one();
        }
        Some(UnderWay { all: self.clone(), device, number, ended })
    }
}

impl UnderWay {
    /// Waits until a later exchange of the device takes the turn.
    pub async fn ends(&self) {
        self.ended.notified().await;
    }

    /// The body is there: from now on nobody takes the turn. Tells whether it is still this one's.
    #[must_use]
    pub fn works(&self) -> bool {
        let mut open = self.all.open();
        let own = open.of.get_mut(&self.device).filter(|turn| turn.number == self.number);
        own.map(|turn| turn.reads = None).is_some()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut open = self.all.open();
        if open.of.get(&self.device).is_some_and(|turn| turn.number == self.number) {
            open.of.remove(&self.device);
        }
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
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        with(&all, by, more, now_ms).iter().all(|(whose, count)| {
            count.changes <= NEW_BURST * whose.times()
                && count.bytes <= NEW_BYTES_BURST * whose.times()
        })
    }

    /// Counts what was stored to its author and the author's device.
    pub fn charge(&self, by: (UserId, DeviceId), more: Amount, now_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = with(&all, by, more, now_ms);
        if all.len() > COUNTS_MAX {
            all.retain(|whose, count| count.at(now_ms, whose.times()).changes > 0);
        }
        all.extend(both);
    }
}

/// The counts of a device and an account with so much more.
fn with(
    all: &BTreeMap<Whose, Count>,
    (user, device): (UserId, DeviceId),
    more: Amount,
    now_ms: i64,
) -> [(Whose, Count); 2] {
    [Whose::Device(device), Whose::Account(user)].map(|whose| {
        let count = all.get(&whose).copied().unwrap_or_default().at(now_ms, whose.times());
        let Count { changes, bytes, at_ms } = count;
        let bytes = bytes.saturating_add(more.bytes);
        (whose, Count { changes: changes + more.changes, bytes, at_ms })
    })
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
        let begin = |number, of| exchanges.begin(device(number), user(of));
        let mut open: Vec<_> = (0..half).map(|number| begin(number, 1).unwrap()).collect();
        assert!(open.iter().all(UnderWay::works));
        assert!(begin(0, 1).is_none(), "it has one under way");
        assert!(begin(half, 1).is_none(), "its account has half of them");
        open.push(begin(half, 2).unwrap());
        drop(open.remove(0));
        drop(open.pop());
        open.push(begin(0, 1).unwrap());
    }

    #[tokio::test]
    async fn one_that_is_still_read_gives_its_turn_to_a_later_one_of_its_device() {
        let exchanges = Exchanges::default();
        let begin = |of| exchanges.begin(device(1), user(of));
        let first = begin(1).unwrap();
        let second = begin(1).unwrap();
        first.ends().await;
        assert!(!first.works(), "it came too late");
        drop(first);
        assert!(second.works(), "the end of the first takes nothing from the second");
        assert!(begin(1).is_none(), "what works is not ended");
        drop(second);
        assert!(begin(1).is_some());
        assert_eq!(exchanges.open().of.len(), 0);
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
