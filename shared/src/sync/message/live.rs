//! The live socket: `GET /api/v1/live`. Each frame is one packed message.

use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, Epoch};
use crate::sync::chain::Position;
use crate::sync::message::exchange::{FeedBatch, HeldNote};
use crate::sync::message::push::{Ack, Push};

/// From the tablet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ClientFrame {
    /// First frame: go on from here.
    #[n(0)]
    Attach {
        /// The enrolment.
        #[n(0)]
        device: DeviceId,
        /// Life of the log as told by the exchange.
        #[n(1)]
        epoch: Epoch,
        /// Last place scanned.
        #[n(2)]
        cursor: Position,
        /// Highest place in the order of arrival told to anybody on the device.
        #[n(3)]
        #[cbor(default)]
        arrived: Position,
    },
    /// Unsent changes.
    #[n(1)]
    Push(#[n(0)] Push),
}

/// From the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ServerFrame {
    /// What became of pushed changes, and the newest place in the order of arrival after them.
    #[n(0)]
    Acks(
        #[n(0)] Vec<Ack>,
        #[n(1)]
        #[cbor(default)]
        Position,
    ),
    /// New changes of held documents.
    #[n(1)]
    Feed(#[n(0)] FeedBatch),
    /// Changes of this person, and those of others that this device has brought, that are held.
    #[n(2)]
    Held(#[n(0)] Vec<HeldNote>),
    /// What this device should hold has changed, or the log has: exchange again.
    #[n(3)]
    Again,
    /// The session has ended: sign in.
    #[n(4)]
    Ended,
}
