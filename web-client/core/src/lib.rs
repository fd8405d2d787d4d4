//! The application core of the tablet: state, vault, store and sync, without a browser in it.
//!
//! Runs in a web worker (`ankomst-core-wasm` supplies IndexedDB, fetch and sockets) and natively
//! (the headless tablet). One thread; everything the outside gives comes through [`platform`].
//!
//! Reading order: [`platform`], [`store`], [`vault`], [`turn`], [`app`].

pub mod app;
pub mod mailbox;
pub mod platform;
pub mod store;
pub mod turn;
pub mod vault;

pub use app::Core;
