//! The trial in a child process: what makes Automerge panic ends the child, never the server.
//!
//! Reading order: [`frame`] (what goes through the pipe), [`child`] (the other side), [`pool`].

pub mod child;
pub mod frame;
pub mod pool;

pub use pool::{Outcome, TrialPool};
