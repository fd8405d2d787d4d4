//! Session tokens: short signed ones in a cookie, renewed by a rotating secret that is bound to the
//! device's key.
//!
//! Reading order: [`token`] (the signed token), [`renew`] (the rotating secret), [`handed`] (one-time links),
//! [`throttle`] (how often a password or a link may be tried), [`passkey`].

pub mod handed;
#[cfg(test)]
mod numbers;
pub mod passkey;
pub mod renew;
pub mod throttle;
pub mod token;

pub use token::{Claims, Tokens};
