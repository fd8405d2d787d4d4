//! How tablets and server exchange changes: one question and one answer, whatever the caseload.
//!
//! Reading order: [`message`] (what travels), [`wire`] (packing of bodies), [`chain`] and [`digest`]
//! (noticing that two sides differ), [`decide`] (what a server answers to a greeting), [`client`]
//! (what a tablet says and makes of the answer), [`backoff`] (when it tries again), [`bundle`] (the file that goes
//! from tablet to tablet without a server). Normative description: `docs/protocol.md`.

pub mod backoff;
pub mod bundle;
pub mod chain;
pub mod client;
pub mod decide;
pub mod digest;
pub mod message;
#[cfg(test)]
mod sim;
pub mod wire;

pub use chain::{Chain, Position};
pub use digest::Digest;
