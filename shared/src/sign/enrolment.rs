//! The enrolment of a device: its public key, signed by the server outside its database.

use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, UserId};
use crate::sign::keys::{PublicKey, SigningKey};
use crate::sign::signed::{self, SignError};

const LABEL: &str = "ankomst/enrolment/1";

/// One person's enrolment on one browser or tablet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrolment {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Whose enrolment it is.
    #[n(1)]
    pub user: UserId,
    /// The device's public signing key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// What the device is called.
    #[n(3)]
    pub name: String,
    /// When, by the server's clock, Unix milliseconds.
    #[n(4)]
    pub at_ms: i64,
}

impl Enrolment {
    /// Signs with the server's key.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        signed::sign(key, LABEL, self)
    }

    /// Checks the signature and reads.
    ///
    /// # Errors
    /// When it cannot be read or the signature is not that key's.
    pub fn open(bytes: &[u8], key: &PublicKey) -> Result<Self, SignError> {
        signed::open(bytes, key, LABEL)
    }
}
