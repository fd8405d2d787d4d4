//! Live sockets: how many are open, in total and of each session, how long a message waits for its reader, and who waits
//! for them to close.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::SessionId;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::limits::{
    CONNECTIONS_BESIDE, MESSAGE_READ_WITHIN, OPEN_FILES, SOCKETS, SOCKETS_MAX,
    SOCKETS_OF_SESSION_MAX,
};
use crate::metrics::Metrics;

/// The live sockets.
#[derive(Debug, Clone)]
pub struct Sockets {
    /// In total, and of each session.
    open: Arc<Mutex<(usize, BTreeMap<SessionId, usize>)>>,
    most: Arc<AtomicUsize>,
    read_within_ms: Arc<AtomicU64>,
    tracker: TaskTracker,
    metrics: Arc<Metrics>,
}

/// Why there is no place for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// The session has as many as it may.
    Session,
    /// The server has as many as it may.
    Server,
}

/// A socket counts for as long as this lives.
#[derive(Debug)]
pub struct Open {
    sockets: Sockets,
    session: SessionId,
    _tracked: TaskTrackerToken,
}

impl Sockets {
    /// Counts what is open for these metrics.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        let (most, tracker) = (Arc::new(AtomicUsize::new(SOCKETS)), TaskTracker::default());
        let sockets =
            Self { open: Arc::default(), most, read_within_ms: Arc::default(), tracker, metrics };
        sockets.read_within(MESSAGE_READ_WITHIN);
        sockets
    }

    /// Lets in so many in total from now on, [`SOCKETS_MAX`] at most.
    pub fn let_in(&self, most: usize) {
        self.most.store(most.min(SOCKETS_MAX), Ordering::Relaxed);
    }

    /// Cuts off from now on whoever takes longer than this for one message, [`MESSAGE_READ_WITHIN`] at most.
    pub fn read_within(&self, most: Duration) {
        let most = u64::try_from(most.min(MESSAGE_READ_WITHIN).as_millis()).unwrap_or_default();
        self.read_within_ms.store(most, Ordering::Relaxed);
    }

    /// So long one message waits for its reader.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.read_within_ms.load(Ordering::Relaxed))
    }

    /// How many connections there may be, live sockets and others.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.most() + CONNECTIONS_BESIDE
    }

    /// How many files the system is to allow.
    #[must_use]
    pub fn files(&self) -> u64 {
        u64::try_from(self.connections()).unwrap_or(u64::MAX).saturating_add(OPEN_FILES)
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Takes a socket of a session.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn admit(&self, session: SessionId) -> Result<Open, NoPlace> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (total, of_session) = &mut *open;
        let own = of_session.get(&session).copied().unwrap_or_default();
        if own >= SOCKETS_OF_SESSION_MAX {
            return Err(NoPlace::Session);
        }
        if *total >= self.most() {
            return Err(NoPlace::Server);
        }
        *total += 1;
        of_session.insert(session, own + 1);
        self.metrics.socket(true);
        Ok(Open { sockets: self.clone(), session, _tracked: self.tracker.token() })
    }

    /// Says that [`Self::wait`] may end once all are closed.
    pub fn close(&self) {
        self.tracker.close();
    }

    /// Waits until all are closed.
    pub async fn wait(&self) {
        self.tracker.wait().await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.sockets.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (total, of_session) = &mut *open;
        *total = total.saturating_sub(1);
        if let Some(own) = of_session.get_mut(&self.session) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                of_session.remove(&self.session);
            }
        }
        drop(open);
        self.sockets.metrics.socket(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_waited_for_as_long_as_is_promised_and_never_longer() {
        let sockets = Sockets::new(Arc::default());
        // As `docs/protocol.md` says.
        assert_eq!(sockets.patience(), Duration::from_secs(20));
        for (asked, told) in [(3_600, 20), (1, 1)] {
            sockets.read_within(Duration::from_secs(asked));
            assert_eq!(sockets.clone().patience(), Duration::from_secs(told));
        }
    }

    #[test]
    fn a_session_and_the_server_have_so_many_and_no_more() {
        let sockets = Sockets::new(Arc::default());
        let session = |number: usize| SessionId::new(i64::try_from(number).unwrap(), [1; 10]);
        let mut open: Vec<Open> =
            (0..SOCKETS_OF_SESSION_MAX).map(|_| sockets.admit(session(0)).unwrap()).collect();
        assert_eq!(sockets.admit(session(0)).unwrap_err(), NoPlace::Session);
        drop(open.pop());
        open.push(sockets.admit(session(0)).unwrap());
        for (asked, most) in
            [(None, SOCKETS), (Some(5_000), 5_000), (Some(usize::MAX), SOCKETS_MAX)]
        {
            if let Some(asked) = asked {
                sockets.let_in(asked);
            }
            let full = loop {
                match sockets.admit(session(1 + open.len())) {
                    Ok(one) => open.push(one),
                    Err(full) => break full,
                }
            };
            assert_eq!((full, open.len()), (NoPlace::Server, most));
        }
        drop(open);
        sockets.admit(session(0)).unwrap();
    }
}
