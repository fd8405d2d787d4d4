//! Deposits: unsent work sealed to the server, so that any session on the device can hand it in
//! without being able to read it.

use core::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey as Point, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

use crate::sign::signed::SignError;

/// What is sealed; one does not open as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Unsent work.
    Work,
    /// What a picture or another file is, with its key ([`crate::sign::FileHead`]).
    File,
}

impl Sealed {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Work => b"ankomst/deposit/1",
            Self::File => b"ankomst/file-head/1",
        }
    }
}

/// The server's secret deposit key.
#[derive(Clone)]
pub struct DepositKey(StaticSecret);

/// Random bytes for sealing one deposit.
#[derive(Clone, Copy)]
pub struct DepositRandom {
    /// Seed of the one-time key.
    pub key: [u8; 32],
    /// Nonce.
    pub nonce: [u8; 12],
}

impl DepositKey {
    /// Makes the key from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(StaticSecret::from(seed))
    }

    /// The public half, pinned by devices at enrolment.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        Point::from(&self.0).to_bytes()
    }

    /// Opens a deposit.
    ///
    /// # Errors
    /// When it was not sealed to this key or was changed.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SignError> {
        self.open_as(Sealed::Work, sealed)
    }

    /// Opens what was sealed as this.
    ///
    /// # Errors
    /// When it was sealed as something else, not to this key, or was changed.
    pub fn open_as(&self, what: Sealed, sealed: &[u8]) -> Result<Vec<u8>, SignError> {
        let (point, rest) = sealed.split_first_chunk::<32>().ok_or(SignError::Sealed)?;
        let (nonce, text) = rest.split_first_chunk::<12>().ok_or(SignError::Sealed)?;
        let shared = self.0.diffie_hellman(&Point::from(*point));
        let cipher = cipher(what, (&shared, point, &self.public()))?;
        cipher
            .decrypt(&(*nonce).into(), Payload { msg: text, aad: what.label() })
            .map_err(|_| SignError::Sealed)
    }
}

impl fmt::Debug for DepositKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DepositKey(***)")
    }
}

/// Seals bytes to the server: one-time point, nonce, ciphertext.
///
/// # Errors
/// When the cipher refuses, which is a defect.
pub fn seal(server: &[u8; 32], bytes: &[u8], random: &DepositRandom) -> Result<Vec<u8>, SignError> {
    seal_as(Sealed::Work, server, bytes, random)
}

/// Seals bytes to the server as this: one-time point, nonce, ciphertext.
///
/// # Errors
/// When the cipher refuses, which is a defect.
pub fn seal_as(
    what: Sealed,
    server: &[u8; 32],
    bytes: &[u8],
    random: &DepositRandom,
) -> Result<Vec<u8>, SignError> {
    let secret = StaticSecret::from(random.key);
    let point = Point::from(&secret).to_bytes();
    let shared = secret.diffie_hellman(&Point::from(*server));
    let cipher = cipher(what, (&shared, &point, server))?;
    let text = cipher
        .encrypt(&random.nonce.into(), Payload { msg: bytes, aad: what.label() })
        .map_err(|_| SignError::Sealed)?;
    Ok([point.as_slice(), &random.nonce, &text].concat())
}

fn cipher(
    what: Sealed,
    (shared, point, server): (&SharedSecret, &[u8; 32], &[u8; 32]),
) -> Result<Aes256Gcm, SignError> {
    // A point of small order would make a key that everybody knows.
    if !shared.was_contributory() {
        return Err(SignError::Sealed);
    }
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(&[point.as_slice(), server].concat()), shared.as_bytes())
        .expand(what.label(), key.as_mut_slice())
        .map_err(|_| SignError::Sealed)?;
    Ok(Aes256Gcm::new(&(*key).into()))
}
