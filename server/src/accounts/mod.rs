//! Signing in, enrolling devices, renewing and ending sessions.
//!
//! Reading order: [`password`] (hashes), [`door`] (the use cases).

pub mod door;
pub mod password;

pub use door::{DoorError, SignedIn};
