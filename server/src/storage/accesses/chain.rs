//! The chain through the log, and what the server signs of it.

use ankomst_shared::chunk::sha256;
use ankomst_shared::sign::{PublicKey, SigningKey};

const CHECKPOINT: &str = "ankomst/access-checkpoint/1";
const HEAD: &str = "ankomst/access-head/1";
/// After so many entries there is a checkpoint, and at the end of every day.
pub const EVERY: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// A value of the chain.
pub type Chain = [u8; 32];

/// The columns of an entry, as they are in the database.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// Its number.
    pub seq: i64,
    /// When it was done, if that is another time.
    pub at: Option<i64>,
    /// When it was noted.
    pub received: i64,
    /// Person, device, unit, record.
    pub ids: [Option<&'a [u8]>; 4],
    /// What was done.
    pub what: i64,
    /// With what.
    pub about: &'a [u8],
    /// Why.
    pub purpose: &'a [u8],
    /// Where.
    pub mode: i64,
    /// Which it is in the count of its device.
    pub number: Option<i64>,
}

impl Columns<'_> {
    /// The value of the chain behind this entry. Every column is in it, each with its length.
    #[must_use]
    pub fn chain(&self, before: &Chain, scratch: &mut Vec<u8>) -> Chain {
        scratch.clear();
        scratch.extend_from_slice(before);
        for number in [Some(self.seq), self.at, Some(self.received), self.number] {
            scratch.push(u8::from(number.is_some()));
            scratch.extend_from_slice(&number.unwrap_or_default().to_be_bytes());
        }
        for number in [self.what, self.mode] {
            scratch.extend_from_slice(&number.to_be_bytes());
        }
        let texts = [Some(self.about), Some(self.purpose)];
        for bytes in self.ids.into_iter().chain(texts) {
            scratch.push(u8::from(bytes.is_some()));
            let bytes = bytes.unwrap_or_default();
            scratch
                .extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            scratch.extend_from_slice(bytes);
        }
        sha256(&[scratch])
    }
}

/// A place in the log that the server has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Number of the entry.
    pub seq: i64,
    /// When that was noted, Unix milliseconds.
    pub at: i64,
    /// The value of the chain behind it.
    pub chain: Chain,
    /// The server's signature.
    pub signature: Vec<u8>,
}

/// What a place is signed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// A checkpoint, which stays.
    Checkpoint,
    /// The end of the log, which moves.
    Head,
}

impl As {
    const fn label(self) -> &'static str {
        match self {
            Self::Checkpoint => CHECKPOINT,
            Self::Head => HEAD,
        }
    }
}

impl Signed {
    /// Signs a place.
    #[must_use]
    pub fn sign(key: &SigningKey, what: As, (seq, at, chain): (i64, i64, Chain)) -> Self {
        let signature = key.sign(what.label(), &body(seq, at, &chain)).to_vec();
        Self { seq, at, chain, signature }
    }

    /// Whether the server has signed it as this.
    #[must_use]
    pub fn is_good(&self, key: &PublicKey, what: As) -> bool {
        let body = body(self.seq, self.at, &self.chain);
        key.verifies(what.label(), &body, &self.signature)
    }
}

fn body(seq: i64, at: i64, chain: &Chain) -> [u8; 48] {
    let mut body = [0; 48];
    body[..8].copy_from_slice(&seq.to_be_bytes());
    body[8..16].copy_from_slice(&at.to_be_bytes());
    body[16..].copy_from_slice(chain);
    body
}

/// Whether the day ends between two moments.
#[must_use]
pub const fn ends_day(one_ms: i64, next_ms: i64) -> bool {
    one_ms.div_euclid(DAY_MS) != next_ms.div_euclid(DAY_MS)
}
