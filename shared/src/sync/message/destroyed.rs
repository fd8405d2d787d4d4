//! The word that a record was lawfully destroyed, and that a tablet has nothing of it any more.

use minicbor::{Decode, Encode};

use crate::ids::DocumentId;

/// Bit of [`super::Hello::capabilities`]: the device destroys at once what it is told was destroyed. Any other is
/// ordered to drop it.
pub const CAN_DESTROY: u64 = 4;

/// A record that was lawfully destroyed: everything of it goes from the device in one write, unsent work, too. The one
/// exception from the rule that nothing leaves a device before the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Destroyed {
    /// The record.
    #[n(0)]
    pub record: DocumentId,
    /// The documents it was made of, as far as the server knew them. What belongs to one of them goes with it.
    #[n(1)]
    pub documents: Vec<DocumentId>,
    /// Its kind.
    #[n(2)]
    pub kind: String,
    /// Its number; empty where it had none, or where this person is not to know it.
    #[n(3)]
    pub number: String,
    /// When, Unix milliseconds.
    #[n(4)]
    pub at_ms: i64,
    /// Code of the ground.
    #[n(5)]
    pub ground: String,
    /// The decision it was done by.
    #[n(6)]
    pub reference: String,
    /// Whom to ask.
    #[n(7)]
    pub ask: String,
}
