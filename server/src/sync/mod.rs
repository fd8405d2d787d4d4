//! Exchanges, arrivals, the feed and the live sessions.
//!
//! Reading order: [`rule`] and [`access`] (who may), [`scope`] (what a device is given), [`scopes`] (remembered) and [`why`] (why it is, or is not), [`guard`] (what is
//! protected more), [`staff`] (who has a case), [`ingest`] (what arrives) with `begins` (its document), [`authors`] (whose word it is), [`office`] (the
//! server's own), [`feed`] (what becomes visible) with `lanes` (who waits for whom), `holdings` (what devices have),
//! [`lines`] (documents that go on with less behind them) with `large` (when), `pending` (what waits meanwhile) and
//! `room` (how much there is of it),
//! [`carry`] (what comes late for them), [`held`] (what may not be shown yet), [`stands`] (a record before and after), [`clean`] and [`behind`] (what
//! must not be in a record any more), [`destroy`] (records that are destroyed), [`exchange`] (the one answer), [`met`] (who came), [`lease`] (how long it serves),
//! [`away`] (who is not in contact), [`live`] (the socket), [`farewell`] (the road home without a session),
//! [`files`] (pictures and other files).

pub mod access;
mod authors;
mod away;
mod batch;
mod begins;
pub mod behind;
mod carry;
pub mod clean;
pub mod deposits;
pub mod destroy;
pub mod exchange;
pub mod farewell;
pub mod feed;
pub mod files;
mod found;
pub mod guard;
pub mod held;
mod holdings;
pub mod ingest;
mod lanes;
mod large;
pub mod lease;
pub mod lines;
pub mod live;
mod met;
mod noted;
pub mod office;
mod pending;
mod room;
pub mod rule;
pub mod scope;
pub mod scopes;
mod shown;
pub mod staff;
mod stands;
pub mod why;

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
