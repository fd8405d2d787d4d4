//! What is stored of a vault: an open part, so that a locked device can say who may unlock it, and
//! the sealed identity.

use ankomst_shared::app::UserView;
use ankomst_shared::ids::{DeviceId, UnitId, UserId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::passphrase::Wrapped;

/// The open part of a vault, found by its login.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VaultRecord {
    /// Whose it is.
    #[n(0)]
    pub user: UserId,
    /// Login name, shown on the locked screen.
    #[n(1)]
    pub login: String,
    /// The wrapped data key.
    #[n(2)]
    pub wrapped: Wrapped,
    /// The enrolment of this person on this device; sent with deposits.
    #[n(3)]
    pub device: DeviceId,
    /// The server's word that this device may hand in without a session; vaults of version 0.2 have none
    /// before the next exchange.
    #[n(10)]
    pub hand_in: Option<ByteVec>,
    /// The order to wipe has come: it is not opened any more.
    #[n(11)]
    #[cbor(default)]
    pub leaving: bool,
}

/// The sealed part: who the person is to the server, and the keys to prove it.
///
/// An enrolment is one person's on one browser or tablet: a second person on the same tablet is
/// enrolled apart, so that neither can sign as the other.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    /// The person, as last told by the server.
    #[n(0)]
    pub user: UserView,
    /// Units of the person; new records belong to the first.
    #[n(1)]
    pub units: Vec<UnitId>,
    /// The enrolment.
    #[n(2)]
    pub device: DeviceId,
    /// What this tablet is called.
    #[n(3)]
    pub device_name: String,
    /// Seed of the Ed25519 key that signs headers and author envelopes.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub device_seed: [u8; 32],
    /// The enrolment as signed by the server.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub enrolment: Vec<u8>,
    /// The server's signing key, pinned at enrolment.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub server_key: [u8; 32],
    /// The server's deposit key, pinned at enrolment.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub deposit_key: [u8; 32],
}

impl core::fmt::Debug for Identity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Identity").field("device", &self.device).finish_non_exhaustive()
    }
}
