//! The trial in a child process: what makes Automerge panic ends the child, never the server.
//!
//! Reading order: [`frame`] (what goes through the pipe), [`child`] (the other side) with `shelf` (documents it
//! keeps open), [`pool`].

pub mod child;
pub mod frame;
pub mod pool;
mod shelf;

pub use pool::{Lane, Outcome, TrialPool, Tried, Work};
