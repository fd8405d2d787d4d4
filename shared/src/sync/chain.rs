//! The chain value: eight bytes that stand for the whole feed up to a number.

use hkdf::Hkdf;
use minicbor::{Decode, Encode};
use sha2::Sha256;

use crate::chunk::sha256;
use crate::ids::{ChangeHash, Epoch};

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

/// Shows that a server told a position: made with a key that only the server has. All zero for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Proof(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

/// A place in the feed, or, where it says so, in the order of arrival. A tablet gives it back as it was
/// told. The two are proven with different keys, so that neither passes for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Position {
    /// Number of the place; 0 before the first.
    #[n(0)]
    pub feed: u64,
    /// Chain value at it.
    #[n(1)]
    pub chain: Chain,
    /// That the server told it.
    #[n(2)]
    #[cbor(default)]
    pub proof: Proof,
}

impl Position {
    /// A position nobody was told yet.
    #[must_use]
    pub fn at(feed: u64, chain: Chain) -> Self {
        Self { feed, chain, proof: Proof::default() }
    }

    /// The position as it is told, with the server's proof.
    #[must_use]
    pub fn told(self, key: &[u8; 32], epoch: Epoch) -> Self {
        Self { proof: proof(key, epoch, self.feed, self.chain), ..self }
    }

    /// Whether the holder of the key has told this position in that epoch.
    #[must_use]
    pub fn is_proven(&self, key: &[u8; 32], epoch: Epoch) -> bool {
        let right = proof(key, epoch, self.feed, self.chain);
        // Every byte is looked at, so that time tells nothing of the right ones.
        let differing = right.0.iter().zip(self.proof.0).fold(0, |sum, (a, b)| sum | (a ^ b));
        differing == 0
    }
}

fn proof(key: &[u8; 32], epoch: Epoch, feed: u64, chain: Chain) -> Proof {
    let place = [epoch.as_bytes().as_slice(), &feed.to_be_bytes(), chain.as_bytes()].concat();
    let mut bytes = [0; 16];
    // Sixteen bytes can always be drawn.
    let _drawn = Hkdf::<Sha256>::new(Some(b"ankomst/position/1"), key).expand(&place, &mut bytes);
    Proof(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_told_is_proven() {
        let (key, epoch) = ([7; 32], Epoch::from_bytes([1; 16]));
        let told = Position::at(9, Chain::from_bytes([2; 8])).told(&key, epoch);
        assert!(told.is_proven(&key, epoch));
        assert!(!told.is_proven(&[8; 32], epoch));
        assert!(!told.is_proven(&key, Epoch::from_bytes([2; 16])));
        assert!(!Position { feed: 10, ..told }.is_proven(&key, epoch));
        assert!(!Position { chain: Chain::default(), ..told }.is_proven(&key, epoch));
        assert!(!Position::at(9, told.chain).is_proven(&key, epoch));
    }

    #[test]
    fn another_order_gives_another_value() {
        let (a, b) = (ChangeHash::from_bytes([1; 32]), ChangeHash::from_bytes([2; 32]));
        let start = Chain::default();
        assert_ne!(start.next(&a).next(&b), start.next(&b).next(&a));
    }
}
