//! Pictures and other files, sealed in pieces: on the tablet, on the way and on the server's disk they are the same bytes.
//!
//! A file has a key of its own, drawn where it is taken in and used for nothing else. The key travels sealed to the
//! server's deposit key, with what it belongs to, so that any session on a tablet, and none, can hand in what it cannot
//! read.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::ids::{DocumentId, FileName};
use crate::limits::{FILE_BYTES_MAX, FILE_PIECE_BYTES};
use crate::sign::signed::SignError;

const LABEL: &[u8] = b"ankomst/file/1";
/// What sealing adds to a piece, in bytes.
pub const SEAL_BYTES: usize = 16;

/// What a file is and the key of its pieces; travels only sealed to the server ([`crate::sign::deposit`]).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FileHead {
    /// The record it belongs to.
    #[n(0)]
    pub document: DocumentId,
    /// Its name.
    #[n(1)]
    pub name: FileName,
    /// How long it is, in bytes; at least one.
    #[n(2)]
    pub bytes: u64,
    /// The key of its pieces, 32 bytes.
    #[n(3)]
    pub key: ByteVec,
}

impl core::fmt::Debug for FileHead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FileHead").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Into how many pieces a file of that length goes; nothing for a length that no file may have.
#[must_use]
pub fn pieces(bytes: u64) -> Option<u32> {
    if bytes == 0 || bytes > FILE_BYTES_MAX {
        return None;
    }
    u32::try_from(bytes.div_ceil(u64::try_from(FILE_PIECE_BYTES).ok()?)).ok()
}

/// How long a piece of a file of that length is before sealing, in bytes; nothing where it has no such piece.
#[must_use]
pub fn piece_bytes(bytes: u64, piece: u32) -> Option<usize> {
    let count = pieces(bytes).filter(|count| piece < *count)?;
    if piece + 1 < count {
        return Some(FILE_PIECE_BYTES);
    }
    let before = u64::from(piece).checked_mul(u64::try_from(FILE_PIECE_BYTES).ok()?)?;
    usize::try_from(bytes.checked_sub(before)?).ok()
}

/// Seals and opens the pieces of one file.
pub struct FileCipher {
    cipher: Aes256Gcm,
    bytes: u64,
}

impl FileCipher {
    /// Of a file of that length, with its key.
    #[must_use]
    pub fn new(key: &[u8; 32], bytes: u64) -> Self {
        Self { cipher: Aes256Gcm::new(&(*key).into()), bytes }
    }

    /// Seals a piece. A key seals one file, so that each nonce, which is the number, serves once.
    ///
    /// # Errors
    /// When the piece is not as long as it must be.
    pub fn seal(&self, piece: u32, plain: &[u8]) -> Result<Vec<u8>, SignError> {
        if piece_bytes(self.bytes, piece) != Some(plain.len()) {
            return Err(SignError::Sealed);
        }
        let payload = Payload { msg: plain, aad: &self.place() };
        self.cipher.encrypt(&nonce(piece).into(), payload).map_err(|_| SignError::Sealed)
    }

    /// Opens a piece.
    ///
    /// # Errors
    /// When it is another piece, of another file, or was changed.
    pub fn open(&self, piece: u32, sealed: &[u8]) -> Result<Vec<u8>, SignError> {
        let payload = Payload { msg: sealed, aad: &self.place() };
        let plain = self.cipher.decrypt(&nonce(piece).into(), payload);
        let plain = plain.map_err(|_| SignError::Sealed)?;
        if piece_bytes(self.bytes, piece) == Some(plain.len()) {
            Ok(plain)
        } else {
            Err(SignError::Sealed)
        }
    }

    fn place(&self) -> Vec<u8> {
        [LABEL, &self.bytes.to_be_bytes()].concat()
    }
}

fn nonce(piece: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    for (slot, byte) in nonce.iter_mut().rev().zip(piece.to_be_bytes().into_iter().rev()) {
        *slot = byte;
    }
    nonce
}

/// Names a file from its bytes as they come.
#[derive(Clone, Default)]
pub struct Naming(Sha256);

impl Naming {
    /// The next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The name: the SHA-256 of all of them.
    #[must_use]
    pub fn done(self) -> FileName {
        FileName::from_bytes(self.0.finalize().into())
    }
}

impl core::fmt::Debug for Naming {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Naming(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_as_many_and_as_long_as_the_file() {
        let piece = u64::try_from(FILE_PIECE_BYTES).unwrap();
        for bytes in [1, 2, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 7, FILE_BYTES_MAX] {
            let count = pieces(bytes).unwrap();
            let sum: usize = (0..count).map(|one| piece_bytes(bytes, one).unwrap()).sum();
            assert_eq!(u64::try_from(sum).unwrap(), bytes);
            assert_eq!(piece_bytes(bytes, count), None);
        }
        assert_eq!((pieces(0), pieces(FILE_BYTES_MAX + 1)), (None, None));
        assert_eq!(pieces(u64::MAX), None);
    }

    #[test]
    fn a_piece_opens_only_as_itself() {
        let bytes = u64::try_from(FILE_PIECE_BYTES).unwrap() + 5;
        let cipher = FileCipher::new(&[3; 32], bytes);
        let (first, last) = (vec![1; FILE_PIECE_BYTES], [2; 5]);
        let sealed = cipher.seal(0, &first).unwrap();
        assert_eq!(sealed.len(), first.len() + SEAL_BYTES);
        assert_eq!(cipher.open(0, &sealed).unwrap(), first);
        let end = cipher.seal(1, &last).unwrap();
        assert_eq!(cipher.open(1, &end).unwrap(), last);
        assert!(cipher.open(1, &sealed).is_err() && cipher.open(0, &end).is_err());
        assert!(cipher.seal(0, &last).is_err() && cipher.seal(2, &last).is_err());
        assert!(FileCipher::new(&[4; 32], bytes).open(0, &sealed).is_err());
        assert!(FileCipher::new(&[3; 32], bytes + 1).open(0, &sealed).is_err());
        for at in [0, 100, sealed.len() - 1] {
            let mut changed = sealed.clone();
            *changed.get_mut(at).unwrap() ^= 1;
            assert!(cipher.open(0, &changed).is_err(), "byte {at}");
        }
        assert!(cipher.open(0, &sealed[..sealed.len() - 1]).is_err());
    }

    #[test]
    fn a_name_is_that_of_all_bytes() {
        let mut parts = Naming::default();
        parts.add(b"ab");
        parts.add(b"c");
        let mut whole = Naming::default();
        whole.add(b"abc");
        assert_eq!(parts.done(), whole.done());
    }
}
