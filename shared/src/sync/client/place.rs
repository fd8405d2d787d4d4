//! What a tablet keeps, and where it stands.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::ids::{ChangeHash, DocumentId, Epoch};
use crate::sync::chain::Position;

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
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

impl Stage {
    /// Whether the change is nowhere but on this device.
    #[must_use]
    pub const fn is_only_here(self) -> bool {
        matches!(self, Self::Unsent | Self::Refused)
    }
}

/// Where the exchange stands; stored in the same write as what came with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// Life of the server's log as last told.
    #[n(0)]
    pub epoch: Option<Epoch>,
    /// Last place in the feed scanned.
    #[n(1)]
    pub cursor: Position,
    /// Highest place ever told.
    #[n(2)]
    pub high: Position,
    /// Documents to be given up once nothing of them is only here.
    #[n(3)]
    pub leaving: BTreeSet<DocumentId>,
    /// Documents of which it is not known whether the server counts them as held here.
    #[n(4)]
    pub unsure: BTreeSet<DocumentId>,
    /// Highest place in the order of arrival that anybody on this device was told in this epoch.
    #[n(5)]
    #[cbor(default)]
    pub arrived: Position,
}

/// The changes a tablet keeps, by document.
pub trait Kept {
    /// Every document of which there is a change.
    fn documents(&self) -> Vec<DocumentId>;
    /// Every change of a document.
    fn stages(&self, document: DocumentId) -> Vec<(ChangeHash, Stage)>;
    /// How far a change has come, if it is here.
    fn stage(&self, document: DocumentId, hash: &ChangeHash) -> Option<Stage>;
    /// Changes written here of which it is not noted by when they had arrived at the server.
    fn unnoted(&self) -> Vec<(DocumentId, ChangeHash, Stage)>;
    /// Whether some change of a document came from the server.
    fn came(&self, document: DocumentId) -> bool;
    /// The document that one follows: a refused header may only mean that the other has not arrived yet.
    fn parent(&self, document: DocumentId) -> Option<DocumentId>;
}
