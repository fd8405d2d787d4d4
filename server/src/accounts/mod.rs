//! Signing in, enrolling devices, renewing and ending sessions.
//!
//! Reading order: [`password`] (hashes), [`throttle`] (attempts), [`door`] (the use cases).

pub mod door;
pub mod password;
pub mod throttle;

pub use door::{DoorError, SignedIn};
