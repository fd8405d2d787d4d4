//! The chain value: eight bytes that stand for the whole feed up to a number.

use minicbor::{Decode, Encode};

use crate::chunk::sha256;
use crate::ids::ChangeHash;

/// First eight bytes of SHA-256 over the chain value before and the hash of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Chain(#[cbor(n(0), with = "minicbor::bytes")] [u8; 8]);

impl Chain {
    /// Makes it from stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Gives the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// The chain value after one more change.
    #[must_use]
    pub fn next(&self, hash: &ChangeHash) -> Self {
        let hash = sha256(&[&self.0, hash.as_bytes()]);
        Self(hash.first_chunk().copied().unwrap_or_default())
    }
}

/// A place in the feed of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Position {
    /// Last number scanned; 0 before the first.
    #[n(0)]
    pub feed: u64,
    /// Chain value at it.
    #[n(1)]
    pub chain: Chain,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_order_gives_another_value() {
        let (a, b) = (ChangeHash::from_bytes([1; 32]), ChangeHash::from_bytes([2; 32]));
        let start = Chain::default();
        assert_ne!(start.next(&a).next(&b), start.next(&b).next(&a));
    }
}
