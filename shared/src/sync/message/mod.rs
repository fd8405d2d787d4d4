//! Everything that travels between tablet and server.
//!
//! CBOR maps with numbered keys; unknown keys are skipped, numbers are never reused.
//! Reading order: [`door`] (accounts and devices), [`exchange`] (the one question and answer), [`push`] (what it brings),
//! [`looks`] (what was opened without contact), [`live`] (the socket), [`farewell`] (the road home without a
//! session), [`mod@file`] (pictures and other files), [`mod@destroyed`] (what was lawfully destroyed).

pub mod destroyed;
pub mod door;
pub mod exchange;
pub mod farewell;
pub mod file;
#[cfg(test)]
mod golden;
pub mod live;
pub mod looks;
#[cfg(any(test, feature = "hostile"))]
pub mod newer;
pub mod push;

pub use destroyed::{CAN_DESTROY, Destroyed};
pub use door::{
    EnrolRequest, Me, NewPasskey, PasskeyChallenge, PasskeyProof, RefreshRequest, SignInAnswer,
    SignInRequest, refresh_proof,
};
pub use exchange::{
    Away, CAN_CHANGE_LINES, DeliveredChunk, DocumentHistory, Exchange, ExchangeAnswer, FeedBatch,
    HeldNote, Hello, LACKS_HAND_IN, Person, Welcome,
};
pub use farewell::{Farewell, FarewellAnswer, Gone, Order};
pub use file::{FetchFile, FetchFileAnswer, FileState, HandInFile, HandInFileAnswer, Piece};
pub use live::{ClientFrame, ServerFrame};
pub use looks::{Look, Looks};
pub use push::{Ack, Deposit, Outcome, Push, PushPart, Refused, SealedPart};

/// The version of the protocol this program speaks.
pub const PROTOCOL_VERSION: u16 = 1;
