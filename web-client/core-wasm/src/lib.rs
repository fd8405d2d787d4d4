//! The core in a web worker: IndexedDB, fetch, WebSocket, clock and randomness of the browser.
//!
//! Thin: what is decided is decided in `ankomst-core`. On other targets this crate is empty.
//!
//! Reading order: [`worker`] (messages of the page), [`leader`] (one tab of several keeps the core),
//! [`platform`], [`idb`], [`transport`], [`socket`], [`script`] (small ways into JavaScript).
#![cfg(target_arch = "wasm32")]

mod idb;
mod leader;
mod platform;
mod script;
mod socket;
mod transport;
mod worker;

pub use worker::start;
