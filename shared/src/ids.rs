//! Identifiers: each thing that has an id has a type of its own, made by the one macro here.
//!
//! Ids are 128 bit, time-ordered (48 bits of Unix milliseconds, then 80 random bits) and written as
//! 26 lower-case Crockford base32 characters. Entries inside a document have shorter, purely random
//! ids because they are part of every key (see [`crate::path`]).

use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Encode};

use crate::packed::{Packed, Reader};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Says why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has another length than ids of this type have.
    #[error("an id of this kind has {expected} characters, this has {found}")]
    Length {
        /// Characters expected.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// A character is not in the alphabet, or bits beyond the id are set.
    #[error("this is not an id: only 0-9 and a-z without i, l, o, u are used")]
    Character,
}

/// Writes bytes as lower-case Crockford base32, most significant bit first, zero-padded.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(8).div_ceil(5));
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push_digit(&mut out, buffer >> bits);
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        push_digit(&mut out, buffer << (5 - bits));
    }
    out
}

fn push_digit(out: &mut String, value: u32) {
    let at = usize::try_from(value & 31).unwrap_or(0);
    if let Some(byte) = ALPHABET.get(at) {
        out.push(char::from(*byte));
    }
}

/// Reads exactly `N` bytes of Crockford base32 as written by [`base32`].
///
/// # Errors
/// When the length or a character is wrong, or padding bits are not zero.
pub fn from_base32<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let expected = N.saturating_mul(8).div_ceil(5);
    if text.len() != expected {
        return Err(IdError::Length { expected, found: text.len() });
    }
    let mut out = [0_u8; N];
    let mut slots = out.iter_mut();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte).ok_or(IdError::Character)?;
        buffer = (buffer << 5) | u32::try_from(digit).map_err(|_| IdError::Character)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            let slot = slots.next().ok_or(IdError::Character)?;
            *slot = u8::try_from(buffer >> bits).map_err(|_| IdError::Character)?;
            buffer &= (1 << bits) - 1;
        }
    }
    if buffer == 0 { Ok(out) } else { Err(IdError::Character) }
}

/// Reads base32 of any length as written by [`base32`].
///
/// # Errors
/// When a character is wrong or padding bits are not zero.
pub fn base32_bytes(text: &str) -> Result<Vec<u8>, IdError> {
    let mut out = Vec::with_capacity(text.len().saturating_mul(5) / 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte).ok_or(IdError::Character)?;
        buffer = (buffer << 5) | u32::try_from(digit).map_err(|_| IdError::Character)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(buffer >> bits).map_err(|_| IdError::Character)?);
            buffer &= (1 << bits) - 1;
        }
    }
    if buffer == 0 && bits < 5 { Ok(out) } else { Err(IdError::Character) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; $bytes]);

        impl $name {
            /// Makes the id from its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Gives the bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }

            fn unpack(from: &mut Reader<'_>) -> Self {
                Self(from.array())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                from_base32(text).map(Self)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;

            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes
                    .try_into()
                    .map(Self)
                    .map_err(|_| IdError::Length { expected: $bytes, found: bytes.len() })
            }
        }
    };
}

macro_rules! time_ordered {
    ($($name:ident),+) => { $(
        impl $name {
            /// Makes a time-ordered id from Unix milliseconds and 80 random bits.
            #[must_use]
            pub fn new(unix_ms: i64, random: [u8; 10]) -> Self {
                let mut bytes = [0_u8; 16];
                let time = unix_ms.to_be_bytes();
                for (slot, byte) in bytes.iter_mut().zip(time.iter().skip(2).chain(random.iter())) {
                    *slot = *byte;
                }
                Self(bytes)
            }
        }
    )+ };
}

id!(
    /// One document: the unit of secrecy, of destruction and of co-editing.
    DocumentId, 16
);
id!(
    /// One enrolled tablet or desktop browser.
    DeviceId, 16
);
id!(
    /// One member of staff with an account.
    UserId, 16
);
id!(
    /// One unit of the organisation; scopes roles.
    UnitId, 16
);
id!(
    /// One municipality.
    TenantId, 16
);
id!(
    /// One signed-in session.
    SessionId, 16
);
id!(
    /// One sealed deposit of unsent work on a device.
    DepositId, 16
);
id!(
    /// One picture or other file as the device keeps it that took it in.
    FileId, 16
);
id!(
    /// A picture or other file, named by the SHA-256 of its bytes.
    FileName, 32
);
id!(
    /// The author of a run of changes: fresh for every load of a document, never reused.
    ActorId, 16
);
id!(
    /// One life of the server's log: changes at every restore.
    Epoch, 16
);
id!(
    /// One entry of a keyed or append-only list inside a document: 80 random bits.
    EntryId, 10
);
id!(
    /// A conflict: hash of document, path and the statements in it, so that two devices that find
    /// the same contradiction name it the same.
    ConflictId, 16
);
id!(
    /// A change: SHA-256 over its inflated form, as Automerge computes it.
    ChangeHash, 32
);
time_ordered!(DocumentId, DeviceId, UserId, UnitId, TenantId, SessionId, DepositId, FileId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_it_was_written() {
        let id = DocumentId::new(1_790_000_000_000, [7, 6, 5, 4, 3, 2, 1, 0, 255, 128]);
        let text = id.to_string();
        assert_eq!(text.len(), 26);
        assert_eq!(text.parse(), Ok(id));
        let entry = EntryId::from_bytes([255; 10]);
        assert_eq!(entry.to_string(), "zzzzzzzzzzzzzzzz");
        assert_eq!("zzzzzzzzzzzzzzzz".parse(), Ok(entry));
    }

    #[test]
    fn bytes_of_any_length_are_read_back() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(37)).collect();
            assert_eq!(base32_bytes(&base32(&bytes)), Ok(bytes));
        }
        assert!(base32_bytes("u").is_err() && base32_bytes("0").is_err());
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        assert!("".parse::<EntryId>().is_err());
        assert!("zzzzzzzzzzzzzzzu".parse::<EntryId>().is_err());
        assert!("zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<DocumentId>().is_err());
    }

    #[test]
    fn later_ids_sort_later() {
        let early = DocumentId::new(1_000, [255; 10]);
        let late = DocumentId::new(1_001, [0; 10]);
        assert!(early < late && early.to_string() < late.to_string());
    }
}
