//! Whole histories in one process: tablets with the real core against the real server, over a network, disks and
//! clocks that are simulated. A seed decides all; the same seed gives the same history, to the byte.
//!
//! Reading order: [`kernel`] (time, chance, the heap of what is due), [`disk`] and [`wire`] (what a core stands on),
//! [`tablet`], [`hub`] (the server), [`people`] (what they do), [`world`] (who does what when), [`kinds`] and [`faults`],
//! [`hostile`], [`orders`], [`ages`] (of programs), [`rounds`] (through houses), [`ledger`] and [`sealed`] (what must not
//! be lost), [`place`], [`scope`] and [`flood`] (what must hold at any time), [`rest`], [`held`], [`received`] and [`same`] (what must
//! hold in the end), [`history`] (one seed).
//! [`storm`] stands for itself: the server's own listener on a network that fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a test crate: a failed step fails the history"
)]

pub mod ages;
pub mod disk;
pub mod faults;
pub mod flood;
pub mod held;
pub mod history;
pub mod hostile;
pub mod hub;
pub mod kernel;
pub mod kinds;
pub mod ledger;
pub mod orders;
pub mod people;
pub mod place;
pub mod received;
pub mod rest;
pub mod rounds;
pub mod salvage;
pub mod same;
pub mod scope;
pub mod sealed;
pub mod storm;
pub mod tablet;
pub mod wire;
pub mod world;
