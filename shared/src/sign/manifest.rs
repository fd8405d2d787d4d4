//! Who has made a file that goes from tablet to tablet.

use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, UserId};
use crate::sign::keys::{PublicKey, SigningKey};
use crate::sign::signed::{self, SignError};

const LABEL: &str = "ankomst/bundle/1";

/// What the device that makes such a file signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Manifest {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The person.
    #[n(1)]
    pub user: UserId,
    /// When, by the device's clock, Unix milliseconds.
    #[n(2)]
    pub at_ms: i64,
    /// SHA-256 of what is in the file.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub sum: [u8; 32],
}

impl Manifest {
    /// Signs with the device's key.
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
