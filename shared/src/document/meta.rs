//! What every change says about itself, in Automerge's commit message.
//!
//! The message is the base32 of a CBOR map. Unknown keys of newer versions are skipped when read;
//! they survive because the change itself is never rewritten.

use minicbor::{Decode, Encode};

use crate::ids::{ChangeHash, DeviceId, UserId, base32, base32_bytes};

/// Device, person, time and knowledge of decisions behind one change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangeMeta {
    /// The device it was made on.
    #[n(0)]
    pub device: DeviceId,
    /// The person who made it.
    #[n(1)]
    pub user: UserId,
    /// When, by the device's clock, Unix milliseconds.
    #[n(2)]
    pub claimed_ms: i64,
    /// How far the device's clock was ahead of the server's at the last contact, seconds.
    #[n(3)]
    pub clock_offset_s: Option<i64>,
    /// Heads of the review document the author had seen, sorted.
    #[n(4)]
    pub review_heads: Vec<ChangeHash>,
}

/// Says why a commit message is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the change does not say who made it, on which device and when")]
pub struct MetaError;

/// A clock that is off by more than this is told, and not believed, seconds (domain section 3.0,
/// `clock_offset_s`).
pub const CLOCK_OFF_S: u64 = 120;

/// Most heads of a review that a change names, so that its message is one that the gate takes.
const REVIEW_HEADS_MAX: usize = 64;

impl ChangeMeta {
    /// By how much the clock of the device was ahead, milliseconds, if so much that it is not believed.
    #[must_use]
    pub fn off_ms(&self) -> i64 {
        let off = self.clock_offset_s.filter(|off| off.unsigned_abs() > CLOCK_OFF_S);
        off.unwrap_or_default().saturating_mul(1000)
    }

    /// Writes the commit message.
    #[must_use]
    pub fn to_message(&self) -> String {
        // Writing to a vector cannot fail; an empty message would be refused by every gate.
        minicbor::to_vec(self).map(|bytes| base32(&bytes)).unwrap_or_default()
    }

    /// Reads a commit message.
    ///
    /// # Errors
    /// When it is not base32 of a CBOR map with device, person and time.
    pub fn from_message(message: &str) -> Result<Self, MetaError> {
        let bytes = base32_bytes(message).map_err(|_| MetaError)?;
        let mut reader = minicbor::Decoder::new(&bytes);
        let meta: Self = reader.decode().map_err(|_| MetaError)?;
        if reader.position() != bytes.len() {
            return Err(MetaError);
        }
        let sorted = meta.review_heads.is_sorted_by(|a, b| a < b);
        if sorted { Ok(meta) } else { Err(MetaError) }
    }
}

/// Who writes, where and when; becomes the [`ChangeMeta`] of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authoring {
    /// The device.
    pub device: DeviceId,
    /// The person.
    pub user: UserId,
    /// The device's clock, Unix milliseconds.
    pub now_ms: i64,
    /// Measured clock offset, seconds.
    pub clock_offset_s: Option<i64>,
    /// Heads of the review document the person has seen.
    pub review_heads: Vec<ChangeHash>,
}

impl Authoring {
    /// Gives what a change made now says about itself.
    #[must_use]
    pub fn meta(&self) -> ChangeMeta {
        let mut review_heads = self.review_heads.clone();
        crate::order::sort_and_dedup(&mut review_heads);
        // To know of fewer decisions is more cautious, never wrong; to say too much would travel nowhere.
        review_heads.truncate(REVIEW_HEADS_MAX);
        ChangeMeta {
            device: self.device,
            user: self.user,
            claimed_ms: self.now_ms,
            clock_offset_s: self.clock_offset_s,
            review_heads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back_and_other_messages_are_refused() {
        let meta = ChangeMeta {
            device: DeviceId::new(1, [2; 10]),
            user: UserId::new(3, [4; 10]),
            claimed_ms: 1_790_000_000_000,
            clock_offset_s: Some(-63_072_000),
            review_heads: vec![ChangeHash::from_bytes([1; 32]), ChangeHash::from_bytes([2; 32])],
        };
        let message = meta.to_message();
        assert_eq!(ChangeMeta::from_message(&message), Ok(meta.clone()));
        assert!(ChangeMeta::from_message("").is_err());
        let mut longer = minicbor::to_vec(&meta).unwrap();
        longer.push(0);
        assert!(ChangeMeta::from_message(&base32(&longer)).is_err());
        assert!(ChangeMeta::from_message("visit").is_err());
        let unsorted =
            ChangeMeta { review_heads: meta.review_heads.into_iter().rev().collect(), ..meta };
        assert!(ChangeMeta::from_message(&unsorted.to_message()).is_err());
    }
}
