//! CBOR with numbered fields: the bytes, the rules and the derives of `minicbor`, whose name this crate
//! bears in the manifests, because that is what the code of its derives calls it.
//!
//! What is different: a failure carries nothing but whether a variant was unknown, since nobody reads
//! more of it; a fault is noted and told at the end, not at each field; lists and maps say their length,
//! as all that we write do; writing always ends in a vector and does not fail. That keeps the reader of
//! a type to a fraction of its code.

pub mod bytes;
pub mod decode;
pub mod encode;
mod fault;

pub use minicbor::data;
pub use minicbor_derive::{Decode, Encode};

pub use decode::{Decode, Decoder};
pub use encode::{Encode, Encoder};

/// Reads a value; bytes behind it are left alone.
///
/// # Errors
/// When the bytes are no such value.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, decode::Error> {
    Decoder::new(bytes).decode()
}

/// Reads a value that is made of no more than so many.
///
/// # Errors
/// When the bytes are no such value.
pub fn decode_within<'b, T: Decode<'b, ()>>(
    bytes: &'b [u8],
    values: usize,
) -> Result<T, decode::Error> {
    Decoder::within(bytes, values).decode()
}

/// Writes a value.
///
/// # Errors
/// Never.
pub fn to_vec<T: Encode<()>>(
    value: T,
) -> Result<Vec<u8>, encode::Error<core::convert::Infallible>> {
    let mut out = Encoder::new(Vec::new());
    value.encode(&mut out, &mut ())?;
    Ok(out.into_writer())
}

#[cfg(test)]
mod tests;
