//! Exchanges, arrivals, the feed and the live sessions.
//!
//! Reading order: [`access`] (who may), [`ingest`] (what arrives), [`feed`] (what becomes visible),
//! [`exchange`] (the one answer), [`live`] (the socket), [`presence`] (who has one).

pub mod access;
pub mod exchange;
pub mod feed;
pub mod ingest;
pub mod live;
pub mod presence;

use ankomst_shared::ids::{DeviceId, SessionId, UserId};

/// Who speaks, as the door has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// The person.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
}
