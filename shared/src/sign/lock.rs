//! A lock of which whoever knows the secret has the key, for one file: files from tablet to tablet are locked so.
//!
//! Each file has a salt of its own, and from it and a secret come, by HKDF-SHA-256, a key that seals once, and a tag by
//! which those who know the secret find what they can open. Secrets are what the right people have already: the keys
//! that the server has told each of its devices, and of a record the change it begins with, in which the signature of
//! its header is unknown to everybody else.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::sign::copy::{self, CopyError};
use crate::sign::signed::SignError;

/// What the file begins with.
const MARK: &[u8] = b"ankomst hand-over 1\n";
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// What a lock is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A whole file: for all devices of one server.
    File,
    /// A record in it: for all who have the record.
    Record,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::File => b"ankomst/bundle-file/1",
            Self::Record => b"ankomst/bundle-record/1",
        }
    }
}

/// A lock of one file.
pub struct Lock {
    purpose: Purpose,
    tag: [u8; TAG_BYTES],
    cipher: Aes256Gcm,
}

impl Lock {
    /// Makes the lock of a secret in the file with that salt.
    ///
    /// # Errors
    /// When no key can be drawn from it, which is a defect.
    pub fn of(purpose: Purpose, secret: &[&[u8]], salt: &[u8; 32]) -> Result<Self, SignError> {
        let mut made = Zeroizing::new([0; KEY_BYTES + TAG_BYTES]);
        let secret = Zeroizing::new(secret.concat());
        Hkdf::<Sha256>::new(Some(salt), &secret)
            .expand(purpose.label(), made.as_mut_slice())
            .map_err(|_| SignError::Sealed)?;
        let key = made.first_chunk::<KEY_BYTES>().ok_or(SignError::Sealed)?;
        let tag = made.last_chunk::<TAG_BYTES>().ok_or(SignError::Sealed)?;
        Ok(Self { purpose, tag: *tag, cipher: Aes256Gcm::new(&(*key).into()) })
    }

    /// By what it is found; tells nothing to who does not know the secret.
    #[must_use]
    pub const fn tag(&self) -> [u8; TAG_BYTES] {
        self.tag
    }

    /// Seals bytes, once: a second time would need another salt.
    ///
    /// # Errors
    /// When the cipher refuses, which is a defect.
    pub fn seal(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        let payload = Payload { msg: bytes, aad: self.purpose.label() };
        self.cipher.encrypt(&[0; 12].into(), payload).map_err(|_| SignError::Sealed)
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// When it was sealed otherwise or was changed.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SignError> {
        let payload = Payload { msg: sealed, aad: self.purpose.label() };
        self.cipher.decrypt(&[0; 12].into(), payload).map_err(|_| SignError::Sealed)
    }
}

/// Writes a file that its lock has sealed: salt, tag and what is sealed, in the form of a safety copy.
#[must_use]
pub fn write(salt: &[u8; 32], lock: &Lock, sealed: Vec<u8>) -> Vec<u8> {
    copy::write_as(MARK, &[salt.to_vec(), lock.tag().to_vec(), sealed])
}

/// Salt, tag and what is sealed of a file.
pub type Pieces = ([u8; 32], Vec<u8>, Vec<u8>);

/// Reads the pieces of a file.
///
/// # Errors
/// See [`CopyError`].
pub fn read(file: &[u8]) -> Result<Pieces, CopyError> {
    let pieces = copy::read_as(MARK, file)?;
    let [salt, tag, sealed] = <[Vec<u8>; 3]>::try_from(pieces).map_err(|_| CopyError::Damaged)?;
    let salt = <[u8; 32]>::try_from(salt.as_slice()).map_err(|_| CopyError::Damaged)?;
    Ok((salt, tag, sealed))
}
