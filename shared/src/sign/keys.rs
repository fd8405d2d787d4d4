//! Signing keys of devices and of the server.

use core::fmt;

use ed25519_dalek::{Signature, Signer};

/// A secret signing key.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

/// The public half of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl SigningKey {
    /// Makes the key from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes under a label that says what they are.
    #[must_use]
    pub fn sign(&self, label: &str, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(&labelled(label, bytes)).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

impl PublicKey {
    /// Makes the key from its bytes; bytes that are no key verify nothing.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Tells whether the signature is this key's over these bytes under this label.
    #[must_use]
    pub fn verifies(&self, label: &str, bytes: &[u8], signature: &[u8]) -> bool {
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&self.0) else { return false };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        key.verify_strict(&labelled(label, bytes), &signature).is_ok()
    }
}

fn labelled(label: &str, bytes: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], bytes].concat()
}
