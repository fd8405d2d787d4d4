//! Signing in, enrolling devices, renewing and ending sessions.
//!
//! Reading order: [`password`] (hashes), [`throttle`] (attempts), [`login`] (its form),
//! [`door`] (the use cases), [`first`] (the first account).

pub mod door;
pub mod first;
pub mod login;
pub mod password;
pub mod throttle;

pub use door::{DoorError, SignedIn};
