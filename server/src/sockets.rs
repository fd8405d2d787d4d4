//! Live sockets: how many are open, in total and of each session, and who waits for them to close.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::SessionId;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::limits::{SOCKETS_MAX, SOCKETS_OF_SESSION_MAX};
use crate::metrics::Metrics;

/// The live sockets.
#[derive(Debug, Clone, Default)]
pub struct Sockets {
    open: Arc<Mutex<BTreeMap<SessionId, usize>>>,
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
        Self { metrics, ..Self::default() }
    }

    /// Takes a socket of a session.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn admit(&self, session: SessionId) -> Result<Open, NoPlace> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(&session).copied().unwrap_or_default();
        if own >= SOCKETS_OF_SESSION_MAX {
            return Err(NoPlace::Session);
        }
        if open.values().sum::<usize>() >= SOCKETS_MAX {
            return Err(NoPlace::Server);
        }
        open.insert(session, own + 1);
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
        if let Some(own) = open.get_mut(&self.session) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.session);
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
    fn a_session_and_the_server_have_so_many_and_no_more() {
        let sockets = Sockets::default();
        let session = |number: usize| SessionId::new(i64::try_from(number).unwrap(), [1; 10]);
        let mut open: Vec<Open> =
            (0..SOCKETS_OF_SESSION_MAX).map(|_| sockets.admit(session(0)).unwrap()).collect();
        assert_eq!(sockets.admit(session(0)).unwrap_err(), NoPlace::Session);
        drop(open.pop());
        open.push(sockets.admit(session(0)).unwrap());
        for number in 0.. {
            match sockets.admit(session(1 + number)) {
                Ok(one) => open.push(one),
                Err(full) => {
                    assert_eq!((full, open.len()), (NoPlace::Server, SOCKETS_MAX));
                    break;
                }
            }
        }
        drop(open);
        sockets.admit(session(0)).unwrap();
    }
}
