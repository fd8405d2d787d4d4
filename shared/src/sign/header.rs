//! The header in a document's first change: what decides who may read and write it.

use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, DocumentId, UnitId, UserId};
use crate::sign::keys::{PublicKey, SigningKey};
use crate::sign::signed::{self, SignError};

const LABEL: &str = "ankomst/header/1";

/// What a document is and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Its kind in the catalog.
    #[n(1)]
    pub kind: String,
    /// The document it belongs to (residence or case of a run, case of a protected part, reviewed
    /// document of a review).
    #[n(2)]
    pub parent: Option<DocumentId>,
    /// The unit whose document it is.
    #[n(3)]
    pub unit: UnitId,
    /// Protection level, 0 to 3; raised by the server only, never lowered here.
    #[n(4)]
    pub protection: u8,
    /// Who made it.
    #[n(5)]
    pub user: UserId,
    /// On which device.
    #[n(6)]
    pub device: DeviceId,
    /// When, by that device's clock, Unix milliseconds.
    #[n(7)]
    pub created_ms: i64,
    /// For runs: the pinned checklist and version.
    #[n(8)]
    pub template: Option<(String, u32)>,
}

impl Header {
    /// Signs with the creating device's key.
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

/// The companion of a kind that a document has at most one of, whether it exists yet or not: its id
/// follows from the document's, so that two people who begin it at once begin the same one.
#[must_use]
pub fn companion(document: DocumentId, kind: &str) -> DocumentId {
    let hash =
        crate::chunk::sha256(&[b"ankomst ".as_slice(), kind.as_bytes(), document.as_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(hash.first_chunk::<16>().unwrap_or(&[0; 16]));
    DocumentId::from_bytes(id)
}

/// The one review document of a document.
#[must_use]
pub fn review_of(document: DocumentId) -> DocumentId {
    companion(document, "review")
}
