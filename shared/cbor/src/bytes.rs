//! Byte strings: a vector of them, and `with = "minicbor::bytes"` for plain ones.

pub use minicbor::bytes::ByteVec;

use crate::decode::{self, Decode, Decoder};
use crate::encode::{self, Encode, Encoder, Write};

/// Plain bytes.
pub trait Plain: Sized {
    /// The value, if there can be one of these bytes.
    fn of(bytes: &[u8]) -> Option<Self>;
    /// The value that stands where there is none.
    fn empty() -> Self;
}

impl Plain for Vec<u8> {
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }

    fn empty() -> Self {
        Self::new()
    }
}

impl<const N: usize> Plain for [u8; N] {
    fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }

    fn empty() -> Self {
        [0; N]
    }
}

/// Reads plain bytes.
///
/// # Errors
/// Never: what is not there is empty.
pub fn decode<C, T: Plain>(from: &mut Decoder<'_>, _: &mut C) -> Result<T, decode::Error> {
    Ok(T::of(from.bytes()?).unwrap_or_else(|| {
        from.fault();
        T::empty()
    }))
}

/// Writes plain bytes.
///
/// # Errors
/// Never.
pub fn encode<C, T: AsRef<[u8]>, W: Write>(
    bytes: &T,
    to: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    to.bytes(bytes.as_ref())?;
    Ok(())
}

impl<'b, C> Decode<'b, C> for ByteVec {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Ok(from.bytes()?.to_vec().into())
    }
}

impl<C> Encode<C> for ByteVec {
    fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        to.bytes(self)?;
        Ok(())
    }
}
