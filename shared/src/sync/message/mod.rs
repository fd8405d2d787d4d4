//! Everything that travels between tablet and server.
//!
//! CBOR maps with numbered keys; unknown keys are skipped, numbers are never reused.
//! Reading order: [`door`] (accounts and devices), [`exchange`] (the one question and answer),
//! [`live`] (the socket), [`farewell`] (the road home without a session).

pub mod door;
pub mod exchange;
pub mod farewell;
#[cfg(test)]
mod golden;
pub mod live;

pub use door::{EnrolRequest, Me, RefreshRequest, SignInAnswer, SignInRequest, refresh_proof};
pub use exchange::{
    Ack, Away, CAN_CHANGE_LINES, DeliveredChunk, Deposit, DocumentHistory, Exchange,
    ExchangeAnswer, FeedBatch, HeldNote, Hello, LACKS_HAND_IN, Look, Looks, Outcome, Person, Push,
    PushPart, Refused, SealedPart, Welcome,
};
pub use farewell::{Farewell, FarewellAnswer, Gone, Order};
pub use live::{ClientFrame, ServerFrame};

/// The version of the protocol this program speaks.
pub const PROTOCOL_VERSION: u16 = 1;
