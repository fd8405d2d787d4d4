//! What is stored of a person's work: chunks, drafts, and where the exchange with the server stands.
//!
//! Keys begin with the person's id, so that each vault finds its own; all values are sealed but the
//! deposits, which are sealed to the server.

use ankomst_shared::ids::{ChangeHash, DepositId, DocumentId, Epoch, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::Position;
use ankomst_shared::value::Value;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub(super) enum Stage {
    /// Saved here, to be sent.
    #[n(0)]
    Unsent,
    /// On the server's disk.
    #[n(1)]
    Received,
    /// On the server's disk, held for a person.
    #[n(2)]
    Held,
    /// Refused by the server; kept here.
    #[n(3)]
    Refused,
    /// In the feed.
    #[n(4)]
    Shared,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct ChunkRow {
    #[n(0)]
    pub(super) bytes: ByteVec,
    /// The author's envelope; it covers this change.
    #[n(1)]
    pub(super) envelope: ByteVec,
    #[n(2)]
    pub(super) stage: Stage,
    #[n(3)]
    pub(super) received_ms: Option<i64>,
}

/// What a person has typed and that is not a change yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Draft {
    #[n(0)]
    pub(super) value: Value,
    /// It fits the field; what does not fit is kept as typed and not made a change.
    #[n(1)]
    pub(super) fits: bool,
    #[n(2)]
    pub(super) at_ms: i64,
}

/// Where the exchange stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Standing {
    #[n(0)]
    pub(super) epoch: Option<Epoch>,
    #[n(1)]
    pub(super) cursor: Position,
    #[n(2)]
    pub(super) high: Position,
    #[n(3)]
    pub(super) wants: Vec<DocumentId>,
    #[n(4)]
    pub(super) people: Vec<(UserId, String)>,
    #[n(5)]
    pub(super) devices: Vec<(ankomst_shared::ids::DeviceId, String)>,
    #[n(6)]
    pub(super) clock_offset_s: Option<i64>,
    #[n(7)]
    pub(super) last_contact_ms: Option<i64>,
    #[n(8)]
    pub(super) has_backup: bool,
}

pub(super) const VAULTS: &[u8] = b"vault/";
pub(super) const LANGUAGE: &[u8] = b"language";

pub(super) fn vault_key(login: &str) -> Vec<u8> {
    [VAULTS, login.as_bytes()].concat()
}

pub(super) fn identity_key(user: UserId) -> Vec<u8> {
    [b"identity/", user.as_bytes().as_slice()].concat()
}

pub(super) fn standing_key(user: UserId) -> Vec<u8> {
    [b"standing/", user.as_bytes().as_slice()].concat()
}

pub(super) fn chunk_key(user: UserId, document: DocumentId, hash: &ChangeHash) -> Vec<u8> {
    [user.as_bytes().as_slice(), document.as_bytes(), hash.as_bytes()].concat()
}

pub(super) fn read_chunk_key(key: &[u8]) -> Option<(DocumentId, ChangeHash)> {
    let (_, rest) = key.split_at_checked(16)?;
    let (document, hash) = rest.split_at_checked(16)?;
    Some((DocumentId::try_from(document).ok()?, ChangeHash::try_from(hash).ok()?))
}

pub(super) fn draft_key(user: UserId, document: DocumentId, path: &FieldPath) -> Vec<u8> {
    [user.as_bytes().as_slice(), document.as_bytes(), path.as_str().as_bytes()].concat()
}

pub(super) fn read_draft_key(key: &[u8]) -> Option<(DocumentId, FieldPath)> {
    let (_, rest) = key.split_at_checked(16)?;
    let (document, path) = rest.split_at_checked(16)?;
    let path = FieldPath::parse(core::str::from_utf8(path).ok()?).ok()?;
    Some((DocumentId::try_from(document).ok()?, path))
}

/// The deposit of a change; its id follows from the change.
pub(super) fn deposit_id(hash: &ChangeHash) -> DepositId {
    DepositId::from_bytes(hash.as_bytes().first_chunk().copied().unwrap_or_default())
}

pub(super) fn deposit_key(user: UserId, id: DepositId) -> Vec<u8> {
    [user.as_bytes().as_slice(), id.as_bytes()].concat()
}

pub(super) fn read_deposit_key(key: &[u8]) -> Option<(UserId, DepositId)> {
    let (user, id) = key.split_at_checked(16)?;
    Some((UserId::try_from(user).ok()?, DepositId::try_from(id).ok()?))
}
