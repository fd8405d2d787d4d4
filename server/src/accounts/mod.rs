//! Signing in, enrolling devices, renewing and ending sessions.
//!
//! Reading order: [`password`] (hashes), [`login`] (its form), [`days`],
//! [`door`] (the use cases), [`first`] (the first account), [`link`] (coming in by a link), [`passkeys`],
//! [`stricter`] (what was decided about it, beside the record).

pub mod days;
pub mod door;
pub mod first;
pub mod link;
pub mod login;
mod noted;
pub mod passkeys;
pub mod password;
pub mod stricter;

pub use door::{DoorError, SignedIn};
