//! The digest: sum of hashes modulo 2²⁵⁶. Order does not matter; equal sets have equal sums.

use minicbor::{Decode, Encode};

use crate::ids::ChangeHash;
use crate::plant::{self, Plant};

/// A sum of change hashes, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl Digest {
    /// Makes it from stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Adds a change.
    pub fn add(&mut self, hash: &ChangeHash) {
        self.add_bytes(hash.as_bytes());
    }

    /// Adds another sum.
    pub fn join(&mut self, other: &Self) {
        self.add_bytes(&other.0);
    }

    /// Takes another sum away.
    pub fn leave(&mut self, other: &Self) {
        if plant::is(Plant::SumsStay) {
            return;
        }
        // Two's complement: subtracting is adding the inverted bytes plus one.
        let inverted = other.0.map(|byte| !byte);
        self.add_bytes(&inverted);
        let mut one = [0; 32];
        if let Some(last) = one.last_mut() {
            *last = 1;
        }
        self.add_bytes(&one);
    }

    fn add_bytes(&mut self, bytes: &[u8; 32]) {
        let mut carry = 0;
        let (slots, _) = self.0.as_chunks_mut::<8>();
        let (words, _) = bytes.as_chunks::<8>();
        for (slot, word) in slots.iter_mut().zip(words).rev() {
            let sum = u128::from(u64::from_be_bytes(*slot))
                + u128::from(u64::from_be_bytes(*word))
                + carry;
            carry = sum >> 64;
            *slot = u64::try_from(sum & u128::from(u64::MAX)).unwrap_or_default().to_be_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_fit_goes_to_the_left_over_the_whole_sum() {
        let number = |bytes: [u8; 4]| {
            let mut all = [0; 32];
            all.last_chunk_mut::<4>().unwrap().copy_from_slice(&bytes);
            ChangeHash::from_bytes(all)
        };
        let mut sum = Digest::from_bytes([0xff; 32]);
        sum.add(&number([0, 0, 0, 1]));
        assert_eq!(sum, Digest::default(), "modulo 2²⁵⁶");
        let mut full = [0; 32];
        full[8..].fill(0xff);
        sum = Digest::from_bytes(full);
        sum.add(&number([0, 0, 0, 3]));
        let mut wanted = [0; 32];
        (wanted[7], wanted[31]) = (1, 2);
        assert_eq!(*sum.as_bytes(), wanted);
    }

    proptest! {
        #[test]
        fn sums_do_not_depend_on_order_and_can_be_taken_apart(hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..12)) {
            let mut forward = Digest::default();
            let mut backward = Digest::default();
            for hash in &hashes {
                forward.add(&ChangeHash::from_bytes(*hash));
            }
            for hash in hashes.iter().rev() {
                backward.add(&ChangeHash::from_bytes(*hash));
            }
            prop_assert_eq!(forward, backward);
            let whole = forward;
            forward.join(&backward);
            forward.leave(&whole);
            prop_assert_eq!(forward, whole);
        }
    }
}
