//! The headless tablet: the client's own core with a journal file for a store and HTTP by `reqwest`.
//!
//! Reading order: [`journal`] (the file), [`store`], [`transport`], [`platform`].

pub mod journal;
pub mod platform;
pub mod store;
pub mod transport;
