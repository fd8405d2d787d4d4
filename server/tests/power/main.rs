//! What the server has said is true after a power cut and where calls of the system fail: the real process behind
//! strace, people at work, and the disk as it may be found.
//!
//! Reading order: [`wire`], [`hand`] and [`picture`] (somebody with a device), [`script`] (what all do), [`promise`] (what they
//! were told, and whether it is true of a folder), [`served`] (the process), [`trace`] (what strace saw), [`disk`]
//! (what a power cut leaves), [`cuts`], [`faults`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test crate: a failed step fails the test"
)]

mod cuts;
mod dice;
mod disk;
mod faults;
mod hand;
mod picture;
mod promise;
mod script;
mod served;
mod trace;
mod wire;
