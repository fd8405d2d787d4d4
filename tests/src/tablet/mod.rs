//! The headless tablet: the client's own core with a journal file for a store and HTTP by `reqwest`.
//!
//! Reading order: [`journal`] (the file), [`store`], [`transport`], [`heard`] (notes of what was
//! said), [`platform`], [`device`] (one tablet, usable in a test), [`raw`] (a device that speaks the
//! protocol without the core), [`recorder`] (what such devices say, for the tests of later versions), [`script`] (what the program `tablet` carries out).

pub mod device;
pub mod heard;
pub mod journal;
pub mod opened;
pub mod platform;
pub mod raw;
pub mod recorder;
pub mod script;
pub mod store;
pub mod transport;

pub use device::Tablet;
