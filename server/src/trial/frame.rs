//! What goes through the pipe: four bytes of length, then CBOR.

use std::io::{Error, ErrorKind, Read, Write};

use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::Digest;
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
    /// The changes it is tried on; left out where the child should still have them from before.
    #[n(1)]
    pub base: Option<Vec<ByteVec>>,
    /// Changes to try, in order.
    #[n(2)]
    pub candidates: Vec<ByteVec>,
    /// The document.
    #[n(3)]
    pub document: DocumentId,
    /// Sum of the changes it is tried on.
    #[n(4)]
    pub stands: Digest,
    /// What these and the changes to try weigh.
    #[n(5)]
    pub weight: u64,
}

/// One word for each candidate: empty when it passed, otherwise why not.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The words; none where something is lacking.
    #[n(0)]
    pub verdicts: Vec<String>,
    /// The child does not have what was left out: it must come with the question.
    #[n(1)]
    pub lacks: bool,
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
