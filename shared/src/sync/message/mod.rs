//! Everything that travels between tablet and server.
//!
//! CBOR maps with numbered keys; unknown keys are skipped, numbers are never reused.
//! Reading order: [`door`] (accounts and devices), [`exchange`] (the one question and answer),
//! [`looks`] (what was opened without contact), [`live`] (the socket), [`farewell`] (the road home without a
//! session).

pub mod door;
pub mod exchange;
pub mod farewell;
#[cfg(test)]
mod golden;
pub mod live;
pub mod looks;

pub use door::{EnrolRequest, Me, RefreshRequest, SignInAnswer, SignInRequest, refresh_proof};
pub use exchange::{
    Ack, Away, CAN_CHANGE_LINES, DeliveredChunk, Deposit, DocumentHistory, Exchange,
    ExchangeAnswer, FeedBatch, HeldNote, Hello, LACKS_HAND_IN, Outcome, Person, Push, PushPart,
    Refused, SealedPart, Welcome,
};
pub use farewell::{Farewell, FarewellAnswer, Gone, Order};
pub use live::{ClientFrame, ServerFrame};
pub use looks::{Look, Looks};

/// The version of the protocol this program speaks.
pub const PROTOCOL_VERSION: u16 = 1;
