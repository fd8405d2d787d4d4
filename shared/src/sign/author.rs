//! The author envelope: one signature for all changes an actor made in a document up to a hash.

use minicbor::{Decode, Encode};

use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UserId};
use crate::sign::keys::{PublicKey, SigningKey};
use crate::sign::signed::{self, SignError};

const LABEL: &str = "ankomst/author/1";

/// Who wrote the changes of one actor, up to and including `last`; their dependencies cover the
/// earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorEnvelope {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The actor.
    #[n(1)]
    pub actor: ActorId,
    /// The person.
    #[n(2)]
    pub user: UserId,
    /// The device.
    #[n(3)]
    pub device: DeviceId,
    /// When the document was opened for writing, Unix milliseconds.
    #[n(4)]
    pub opened_ms: i64,
    /// The last change covered.
    #[n(5)]
    pub last: ChangeHash,
}

impl AuthorEnvelope {
    /// Signs with the device's key.
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

    /// Reads without checking, to find out whose key to check with.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignError> {
        signed::peek(bytes)
    }
}
