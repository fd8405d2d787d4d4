//! What a tablet brings, and what becomes of each piece.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::ids::{ChangeHash, DepositId, DocumentId};

/// Changes of one or more documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Push {
    /// One part for each document and actor, in an order in which dependencies come first.
    #[n(0)]
    pub parts: Vec<PushPart>,
}

/// Changes of one actor in one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PushPart {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The author's signed envelope; covers the last change.
    #[n(1)]
    pub envelope: ByteVec,
    /// The changes in the actor's order.
    #[n(2)]
    pub chunks: Vec<ByteVec>,
    /// The enrolment of the author's device as the server signed it, where the server may not know it
    /// any more.
    #[n(3)]
    pub enrolment: Option<ByteVec>,
}

/// What is sealed in a [`Deposit`]: a [`PushPart`], and whether it is more than that.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedPart {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The author's signed envelope.
    #[n(1)]
    pub envelope: ByteVec,
    /// The changes.
    #[n(2)]
    pub chunks: Vec<ByteVec>,
    /// The enrolment of the author's device as the server signed it.
    #[n(3)]
    pub enrolment: Option<ByteVec>,
    /// Made of what was half typed and never became a change on its tablet: for a person to look at.
    #[n(4)]
    pub draft: Option<bool>,
}

/// Work sealed to the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Deposit {
    /// Id, chosen by the device.
    #[n(0)]
    pub id: DepositId,
    /// A sealed [`SealedPart`].
    #[n(1)]
    pub sealed: ByteVec,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ack {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The change.
    #[n(1)]
    pub hash: ChangeHash,
    /// What became of it.
    #[n(2)]
    pub outcome: Outcome,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// L1: on the server's disk.
    #[n(0)]
    Received(#[n(0)] i64),
    /// These must come first; none when the author's device is not known and must be.
    #[n(1)]
    Missing(#[n(0)] Vec<ChangeHash>),
    /// Refused, and kept by the device.
    #[n(2)]
    Refused(#[n(0)] Refused),
}

/// Why a change was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refused {
    /// Not a change we take.
    #[n(0)]
    Malformed,
    /// The envelope does not fit.
    #[n(1)]
    Envelope,
    /// The actor has another change with this number: write again under a new actor.
    #[n(2)]
    Fork,
    /// The numbers of the change do not follow.
    #[n(3)]
    Numbers,
    /// The document's header does not fit.
    #[n(4)]
    Header,
    /// The document was lawfully destroyed.
    #[n(5)]
    Destroyed,
}
