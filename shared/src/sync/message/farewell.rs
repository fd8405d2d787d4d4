//! The road home of a tablet without a session: `POST /api/v1/farewell`.

use core::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::ids::{DepositId, DeviceId, Epoch};
use crate::sync::chain::Position;
use crate::sync::message::push::Deposit;

/// Hands in sealed work and asks for orders; nothing else can be done with it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Farewell {
    /// The enrolment.
    #[n(0)]
    pub device: DeviceId,
    /// The server's word that the device may hand in, as it was given.
    #[n(1)]
    pub token: ByteVec,
    /// Sealed work.
    #[n(2)]
    pub deposits: Vec<Deposit>,
    /// Life of the log in which `arrived` was told.
    #[n(3)]
    pub epoch: Option<Epoch>,
    /// Highest place in the order of arrival that anybody on the device was told in that epoch.
    #[n(4)]
    #[cbor(default)]
    pub arrived: Position,
    /// What has become of the device, if it is no more.
    #[n(5)]
    pub gone: Option<Gone>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FarewellAnswer {
    /// Deposits that are on the server's disk.
    #[n(0)]
    pub taken: Vec<DepositId>,
    /// What the device is to do.
    #[n(1)]
    pub order: Option<Order>,
    /// Life of the log.
    #[n(2)]
    pub epoch: Epoch,
    /// Newest place in the order of arrival: all that was taken has arrived by then.
    #[n(3)]
    pub received: Position,
    /// Everything that arrived up to this number is in a backup that was read whole; 0 without one.
    #[n(4)]
    pub backed_up: u64,
    /// The log is not the one known: nothing is to be noted by this answer.
    #[n(5)]
    pub anew: bool,
}

/// What has become of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Gone {
    /// The order to wipe was carried out: nothing of the person is on the tablet but sealed work that is on
    /// the server's disk.
    #[n(0)]
    Wiped,
    /// Its passphrase was forgotten: the person goes on as another device.
    #[n(1)]
    Replaced,
}

/// What a device is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Order {
    /// Hand everything in, then remove all there is of the person, then say so.
    #[n(0)]
    Wipe,
}

impl fmt::Debug for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Farewell").field("device", &self.device).finish_non_exhaustive()
    }
}
