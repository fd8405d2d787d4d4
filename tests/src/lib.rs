//! Tests of Ankomst as a whole: the real binary, a real database, real browsers.
//!
//! Reading order: [`kit`] (server process, browser, loss ledger), [`bench`] (what syncing costs). The headless tablet is beside it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    reason = "a test crate: a failed step fails the test"
)]

pub mod bench;
pub mod kit;
pub mod tablet;
