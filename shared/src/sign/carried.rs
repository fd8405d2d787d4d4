//! The envelope of a change that a server has carried onto a new line of its document: the server's word
//! that the person the change names wrote it, in a change of the old line that the server had checked.

use minicbor::{Decode, Encode};

use crate::ids::{ActorId, ChangeHash, DocumentId};
use crate::sign::keys::{PublicKey, SigningKey};
use crate::sign::signed::{self, SignError};

const LABEL: &str = "ankomst/carried/1";

/// Which change of the old line a change of the new one stands for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CarriedEnvelope {
    /// The document. No number of an author's envelope is used here, so neither is read as the other.
    #[n(16)]
    pub document: DocumentId,
    /// The actor.
    #[n(17)]
    pub actor: ActorId,
    /// The change.
    #[n(18)]
    pub change: ChangeHash,
    /// The change as its author sent it, however often it was carried over since.
    #[n(19)]
    pub was: ChangeHash,
    /// When the record was cleaned last before it was carried over, Unix milliseconds; 0 if never. Whoever
    /// builds on it knows of that.
    #[n(20)]
    #[cbor(default)]
    pub cleaned_ms: i64,
}

impl CarriedEnvelope {
    /// Signs with the server's key.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        signed::sign(key, LABEL, self)
    }

    /// Checks the signature and reads.
    ///
    /// # Errors
    /// When it cannot be read or the signature is not that key's.
    pub fn open(bytes: &[u8], key: &PublicKey) -> Result<Self, SignError> {
        signed::open(bytes, key, LABEL)
    }
}
