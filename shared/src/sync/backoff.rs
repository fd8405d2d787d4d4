//! When a tablet tries again after an exchange that had no answer, or a socket that did not open.

/// First wait, in milliseconds.
const FIRST_MS: u64 = 1_000;
/// Longest wait, in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// Doubling waits with jitter, bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Notes an answer: the next wait is the first one again.
    pub fn answered(&mut self) {
        self.failures = 0;
    }

    /// Notes that no answer came and gives the wait in milliseconds; `jitter` is any random number.
    pub fn failed(&mut self, jitter: u64) -> u64 {
        let wait = FIRST_MS.saturating_mul(1 << self.failures.min(10)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        // Between half the wait and the whole, so that fifty tablets do not come at once.
        wait / 2 + jitter % (wait / 2 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_bounded_and_begin_anew_after_an_answer() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..12).map(|_| backoff.failed(u64::MAX)).collect();
        assert!(waits.iter().all(|wait| (FIRST_MS / 2..=LONGEST_MS).contains(wait)));
        backoff.answered();
        assert!(backoff.failed(0) <= FIRST_MS);
    }
}
