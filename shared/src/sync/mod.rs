//! How tablets and server exchange changes: one question and one answer, whatever the caseload.
//!
//! Reading order: [`message`] (what travels), [`wire`] (packing of bodies), [`chain`] and [`digest`]
//! (noticing that two sides differ), [`decide`] (what a server answers to a greeting), [`backoff`]
//! (when a tablet tries again). Normative description: `docs/protocol.md`.

pub mod backoff;
pub mod chain;
pub mod decide;
pub mod digest;
pub mod message;
pub mod wire;

pub use chain::{Chain, Position};
pub use digest::Digest;
