//! What was opened or printed on a device, told with an exchange.

use minicbor::{Decode, Encode};

use crate::ids::DocumentId;

/// What was opened or printed on a device, counted from the first on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Looks {
    /// How far the device has counted.
    #[n(0)]
    pub last: u64,
    /// Those the server may not have yet, the oldest first.
    #[n(1)]
    pub all: Vec<Look>,
}

/// A record was opened or printed on a device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Look {
    /// Which it is in the device's count.
    #[n(0)]
    pub number: u64,
    /// The record.
    #[n(1)]
    pub document: DocumentId,
    /// When, by the device's clock, Unix milliseconds.
    #[n(2)]
    pub at_ms: i64,
    /// Whether the device was in contact then; left out by a program that tells only of those without.
    #[n(3)]
    pub live: Option<bool>,
    /// Whether it was put on paper rather than opened; left out by a program that does not tell.
    #[n(4)]
    pub printed: Option<bool>,
}
