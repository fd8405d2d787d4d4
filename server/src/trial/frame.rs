//! What goes through the pipe: four bytes of length, then CBOR.

use std::io::{Error, ErrorKind, Read, Write};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// Largest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Changes to try on a document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// Kind of the document.
    #[n(0)]
    pub kind: String,
    /// Its visible changes.
    #[n(1)]
    pub base: Vec<ByteVec>,
    /// Changes to try, in order.
    #[n(2)]
    pub candidates: Vec<ByteVec>,
}

/// One word for each candidate: empty when it passed, otherwise why not.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The words.
    #[n(0)]
    pub verdicts: Vec<String>,
}

/// Writes a frame.
///
/// # Errors
/// When the pipe is broken.
pub fn write<T: Encode<()>>(pipe: &mut impl Write, message: &T) -> std::io::Result<()> {
    let bytes = minicbor::to_vec(message).map_err(|_| Error::from(ErrorKind::InvalidData))?;
    let length = u32::try_from(bytes.len()).map_err(|_| Error::from(ErrorKind::InvalidData))?;
    pipe.write_all(&length.to_be_bytes())?;
    pipe.write_all(&bytes)?;
    pipe.flush()
}

/// Reads a frame.
///
/// # Errors
/// When the pipe is broken or the frame is malformed.
pub fn read<T: for<'b> Decode<'b, ()>>(pipe: &mut impl Read) -> std::io::Result<T> {
    let mut length = [0; 4];
    pipe.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    pipe.read_exact(&mut bytes)?;
    minicbor::decode(&bytes).map_err(|_| ErrorKind::InvalidData.into())
}
