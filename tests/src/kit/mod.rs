//! What end-to-end tests share.
//!
//! - [`server`]: the real `ankomst` process on a free loopback port, stopped and started at will.
//! - [`browser`]: Chromium profiles driven through chromedriver.
//! - [`person`]: someone at such a browser, signed in.
//! - [`axe`]: accessibility rules held against a page.
//! - [`certificate`]: certificates made for a test.
//! - [`dump`]: what the log of a data folder holds.
//! - [`fixture`]: files that an earlier version made.
//! - [`python`]: a client that shares nothing with the product but the protocol's document.
//! - [`recorded`]: what went over the wire of an earlier version.
//! - [`release`]: another release of the app.
//! - [`ledger`]: notes of everything typed, and the check that nothing of it is missing.

pub mod axe;
pub mod browser;
pub mod certificate;
pub mod dump;
mod examples;
pub mod fixture;
pub mod ledger;
pub mod leveldb;
pub mod person;
pub mod python;
pub mod recorded;
pub mod release;
pub mod server;
pub mod small_disk;
mod strace;

use std::path::PathBuf;

/// Gives the program under test, from the environment that `cargo xtask test` sets.
///
/// `None` means: skip, and say so; in continuous integration the variable is always set.
#[must_use]
pub fn program(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} must be set in CI");
        eprintln!("skipped: {variable} is not set; run `cargo xtask test`");
    }
    found
}

/// How often a loop is to run: the variable's number, or what continuous integration has time for.
#[must_use]
pub fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |given| given.parse().expect("a number of rounds"))
}
