//! What is given from outside: the time, randomness, other threads.
//!
//! A program with feature `sim` may put a simulation in their place ([`simulate`]): its clock, bytes drawn from
//! its seed, and no second thread, so that a history can be run again exactly. Without the feature nothing of
//! that is there.

use tokio::task::JoinError;
use tracing::Instrument;

/// The server's clock, Unix milliseconds.
#[must_use]
pub fn now_ms() -> i64 {
    #[cfg(feature = "sim")]
    if let Some(now_ms) = simulated::now_ms() {
        return now_ms;
    }
    jiff::Timestamp::now().as_millisecond()
}

/// Fills a buffer with random bytes.
///
/// # Errors
/// When the system has none to give.
pub fn fill(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    #[cfg(feature = "sim")]
    if simulated::fill(bytes) {
        return Ok(());
    }
    getrandom::fill(bytes)
}

/// Whether a simulation runs in this process.
#[must_use]
pub fn is_simulated() -> bool {
    #[cfg(feature = "sim")]
    return simulated::now_ms().is_some();
    #[cfg(not(feature = "sim"))]
    false
}

/// Does work that blocks, beside the threads that serve.
///
/// # Errors
/// When the work ended in a defect.
pub async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if is_simulated() {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await
}

/// Does work to its end, whether or not whoever waits for it goes away.
///
/// # Errors
/// When the work ended in a defect.
pub async fn apart<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    tokio::spawn(work.in_current_span()).await
}

#[cfg(feature = "sim")]
pub use simulated::{is_stopped, may_write, set_now, simulate, stop_after};

/// One simulation in a process: work of it may be on any thread of it, one at a time.
#[cfg(feature = "sim")]
mod simulated {
    use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

    static IS_ON: AtomicBool = AtomicBool::new(false);
    static NOW_MS: AtomicI64 = AtomicI64::new(0);
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    /// Commits until the server is cut off; below nought for never.
    static LEFT: AtomicI64 = AtomicI64::new(-1);

    /// From here on this process is a simulation with these draws.
    pub fn simulate(seed: u64) {
        DRAWN.store(seed, Ordering::SeqCst);
        IS_ON.store(true, Ordering::SeqCst);
    }

    /// Sets the clock, Unix milliseconds.
    pub fn set_now(now_ms: i64) {
        NOW_MS.store(now_ms, Ordering::SeqCst);
    }

    /// The server is cut off after so many commits: nothing is written from then on.
    pub fn stop_after(commits: Option<i64>) {
        LEFT.store(commits.unwrap_or(-1), Ordering::SeqCst);
    }

    /// Whether the next commit may be; asked once for each.
    #[must_use]
    pub fn may_write() -> bool {
        let next = |left: i64| Some(if left > 0 { left - 1 } else { left });
        LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next) != Ok(0)
    }

    /// Whether the server was cut off.
    #[must_use]
    pub fn is_stopped() -> bool {
        LEFT.load(Ordering::SeqCst) == 0
    }

    pub(super) fn now_ms() -> Option<i64> {
        IS_ON.load(Ordering::Relaxed).then(|| NOW_MS.load(Ordering::SeqCst))
    }

    /// `SplitMix64`; unpredictable to nobody, which a simulation wants.
    pub(super) fn fill(bytes: &mut [u8]) -> bool {
        if !IS_ON.load(Ordering::Relaxed) {
            return false;
        }
        for piece in bytes.chunks_mut(8) {
            let state = DRAWN.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            let mut word = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            for (place, byte) in piece.iter_mut().zip(word.to_le_bytes()) {
                *place = byte;
            }
        }
        true
    }
}
