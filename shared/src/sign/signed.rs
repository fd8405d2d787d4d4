//! The envelope every signed thing travels in: body as signed, and the signature.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::limits::SIGNED_BYTES_MAX;
use crate::sign::keys::{PublicKey, SigningKey};

/// A body and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Signed {
    /// The body, exactly as signed.
    #[n(0)]
    pub body: ByteVec,
    /// The signature.
    #[n(1)]
    pub signature: ByteVec,
}

/// Says why a signed thing does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The bytes are not such a thing.
    #[error("the signed bytes cannot be read")]
    Unreadable,
    /// The signature is not that key's.
    #[error("the signature does not fit")]
    Signature,
    /// Nothing could be sealed or opened.
    #[error("the sealed bytes do not open")]
    Sealed,
}

/// Signs a thing.
pub(super) fn sign<T: Encode<()>>(key: &SigningKey, label: &str, thing: &T) -> Vec<u8> {
    // Writing to a vector cannot fail; empty bytes would be refused by every reader.
    let body = minicbor::to_vec(thing).unwrap_or_default();
    let signature = key.sign(label, &body).to_vec();
    minicbor::to_vec(Signed { body: body.into(), signature: signature.into() }).unwrap_or_default()
}

/// Checks the signature and reads the thing.
pub(super) fn open<T: for<'b> Decode<'b, ()>>(
    bytes: &[u8],
    key: &PublicKey,
    label: &str,
) -> Result<T, SignError> {
    let signed = read(bytes)?;
    if !key.verifies(label, &signed.body, &signed.signature) {
        return Err(SignError::Signature);
    }
    whole(&signed.body)
}

/// Reads the thing without checking the signature.
pub(super) fn peek<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, SignError> {
    whole(&read(bytes)?.body)
}

fn read(bytes: &[u8]) -> Result<Signed, SignError> {
    if bytes.len() > SIGNED_BYTES_MAX {
        return Err(SignError::Unreadable);
    }
    whole(bytes)
}

/// Reads a thing that is all of the bytes.
fn whole<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, SignError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let thing = decoder.decode().map_err(|_| SignError::Unreadable)?;
    if decoder.position() == bytes.len() { Ok(thing) } else { Err(SignError::Unreadable) }
}
