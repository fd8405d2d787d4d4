//! What was promised, shown and answered, and what was wrong with that.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ankomst_shared::ids::{ChangeHash, DocumentId, Epoch};
use ankomst_shared::sync::message::DeliveredChunk;

use crate::kernel::BEGIN;

/// A change of a document.
pub type Change = (DocumentId, ChangeHash);

/// Shared by all hosts.
#[derive(Debug, Default)]
pub struct Court {
    /// Milliseconds since the beginning.
    pub now: Cell<i64>,
    /// Since when nothing goes wrong any more, and nobody writes.
    pub calm_at: Cell<Option<i64>>,
    /// The server takes connections.
    pub is_up: Cell<bool>,
    /// The number of the server's life.
    pub life: Cell<u32>,
    /// Connections open at the server.
    pub streams: Cell<usize>,
    /// Changes that somebody was told are on the server's disk.
    pub promised: RefCell<BTreeSet<Change>>,
    /// Changes by their number in the feed, as devices were told.
    pub feed: RefCell<BTreeMap<u64, Change>>,
    /// Sum over everything that was answered.
    pub trace: Cell<u64>,
    /// What happened how often.
    pub counts: RefCell<BTreeMap<&'static str, u64>>,
    places: RefCell<BTreeMap<Change, u64>>,
    epoch: Cell<Option<Epoch>>,
    faults: RefCell<Vec<String>>,
}

impl Court {
    /// Milliseconds since 1970, by the server's clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        BEGIN + self.now.get()
    }

    /// Whether nothing has gone wrong for so long.
    #[must_use]
    pub fn is_calm_for(&self, ms: i64) -> bool {
        self.calm_at.get().is_some_and(|at| at + ms <= self.now.get())
    }

    /// Notes what is not as it must be.
    #[expect(clippy::needless_pass_by_value, reason = "every caller has just made it")]
    pub fn fault(&self, text: String) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < 20 {
            faults.push(format!("{} s: {text}", self.now.get() / 1_000));
        }
    }

    /// What was not as it must be.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.faults.borrow().clone()
    }

    /// Counts what happened.
    pub fn count(&self, what: &'static str) {
        *self.counts.borrow_mut().entry(what).or_default() += 1;
    }

    /// Keeps the most of something.
    pub fn most(&self, what: &'static str, number: u64) {
        let mut counts = self.counts.borrow_mut();
        let most = counts.entry(what).or_default();
        *most = number.max(*most);
    }

    /// Notes what somebody was answered.
    pub fn note(&self, who: usize, bytes: &[u8]) {
        let mut sum = self.trace.get() ^ 0xcbf2_9ce4_8422_2325;
        let head = [self.now.get(), i64::try_from(who).unwrap_or(0)];
        let head = head.iter().flat_map(|word| word.to_le_bytes());
        for byte in head.chain(bytes.iter().copied()) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        self.trace.set(sum);
    }

    /// Somebody was told that a change is on the server's disk.
    pub fn promise(&self, change: Change) {
        self.promised.borrow_mut().insert(change);
    }

    /// Somebody was told in which life of the log that is: there is only one.
    pub fn told_epoch(&self, epoch: Epoch) {
        let known = self.epoch.replace(Some(epoch));
        if known.is_some_and(|known| known != epoch) {
            self.fault("the log began a new life".to_owned());
        }
    }

    /// Somebody was shown a change: its number is its own, whoever asks when.
    pub fn shown(&self, chunk: &DeliveredChunk) {
        let change = (chunk.document, chunk.hash);
        self.promise(change);
        let other = self.feed.borrow_mut().insert(chunk.feed, change);
        if other.is_some_and(|other| other != change) {
            self.fault(format!("two changes have the number {} of the feed", chunk.feed));
        }
        let other = self.places.borrow_mut().insert(change, chunk.feed);
        if other.is_some_and(|other| other != chunk.feed) {
            self.fault(format!("{} stands twice in the feed", chunk.hash));
        }
    }

    /// Changes come after where somebody stood, each once, in order, and not after where they stand then.
    pub fn shown_after(&self, (before, after): (u64, u64), chunks: &[DeliveredChunk]) {
        let mut last = before;
        for chunk in chunks {
            if chunk.feed <= last || chunk.feed > after {
                self.fault(format!("{} came between {last} and {after} of the feed", chunk.feed));
            }
            last = chunk.feed;
            self.shown(chunk);
        }
    }
}

/// Lets time pass for the host that asks.
pub async fn passes(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
