//! Wrong passphrases make the next attempt wait. Nothing is ever destroyed by them.

use ankomst_shared::app::Refusal;

use super::state::Core;
use crate::platform::Platform;
use crate::store::{Store, Table, Write};

/// Longest wait, in seconds.
const WAIT_MAX_S: u32 = 60;

/// Attempts in a row that did not open a vault, and when the last one was; in the open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wrong {
    count: u32,
    at_ms: i64,
}

impl Wrong {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (count, at_ms) = bytes.split_first_chunk::<4>()?;
        let at_ms = i64::from_be_bytes(*at_ms.first_chunk()?);
        Some(Self { count: u32::from_be_bytes(*count), at_ms })
    }

    /// One, two, four … sixty seconds.
    fn wait_s(self) -> u32 {
        let doublings = self.count.saturating_sub(1).min(6);
        if self.count == 0 { 0 } else { (1_u32 << doublings).min(WAIT_MAX_S) }
    }

    /// Seconds until the next attempt.
    fn left_s(self, now_ms: i64) -> u32 {
        let gone_s = now_ms.saturating_sub(self.at_ms).max(0).div_euclid(1_000);
        self.wait_s().saturating_sub(u32::try_from(gone_s).unwrap_or(u32::MAX))
    }
}

fn wrong_key(login: &str) -> Vec<u8> {
    [b"wrong/", login.as_bytes()].concat()
}

impl<P: Platform> Core<P> {
    /// Lets an attempt begin, or says how long to wait. It counts as wrong until it has opened the vault: whoever cuts
    /// the power meanwhile has had it all the same.
    pub(super) async fn attempt(&self, login: &str) -> Result<(), Refusal> {
        let key = wrong_key(login);
        let row = self.0.platform.store().get(Table::Meta, &key).await;
        let row = row.map_err(|_| Refusal::Storage)?;
        let wrong = row.and_then(|bytes| Wrong::read(&bytes)).unwrap_or_default();
        let now_ms = self.now_ms();
        match wrong.left_s(now_ms) {
            0 => {}
            seconds => {
                // A clock that was put back makes nobody wait longer than once.
                if wrong.at_ms > now_ms {
                    self.note_wrong(&key, Wrong { at_ms: now_ms, ..wrong }).await;
                }
                return Err(Refusal::Wait(seconds));
            }
        }
        let count = wrong.count.saturating_add(1);
        self.note_wrong(&key, Wrong { count, at_ms: now_ms }).await;
        Ok(())
    }

    async fn note_wrong(&self, key: &[u8], Wrong { count, at_ms }: Wrong) {
        let bytes = [count.to_be_bytes().as_slice(), &at_ms.to_be_bytes()].concat();
        let write = Write::put(Table::Meta, key.to_vec(), bytes);
        // A device that cannot write must still open.
        let _unnoted = self.0.platform.store().commit(vec![write]).await;
    }

    /// The vault has opened.
    pub(super) async fn was_right(&self, login: &str) {
        let gone = Write::delete(Table::Meta, wrong_key(login));
        let _unnoted = self.0.platform.store().commit(vec![gone]).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_attempt_makes_the_next_wait_twice_as_long_up_to_a_minute() {
        let waits = (0..10).map(|count| Wrong { count, at_ms: 0 }.wait_s());
        assert_eq!(waits.collect::<Vec<_>>(), [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let wrong = Wrong { count: 3, at_ms: 10_000 };
        assert_eq!([9_000, 10_000, 12_999, 14_000].map(|now| wrong.left_s(now)), [4, 4, 2, 0]);
        assert_eq!(Wrong { count: u32::MAX, at_ms: i64::MAX }.left_s(0), WAIT_MAX_S);
    }
}
