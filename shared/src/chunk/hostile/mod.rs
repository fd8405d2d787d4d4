//! Hostile changes, made at run time for tests: honest ones taken apart, bent, put together again
//! with a right length and checksum. Only built for tests or with feature `hostile`.
//!
//! Reading order: [`dice`], [`parts`] (the container), [`ops`] (the columns), [`bend`] (what is
//! done to them), [`find`] (one that makes Automerge panic).

pub mod bend;
pub mod dice;
pub mod find;
pub mod make;
pub mod ops;
pub mod parts;
#[cfg(test)]
mod tests;

pub use bend::{bend, forge};
pub use dice::Dice;
pub use find::find_aborting;
pub use make::make;
pub use parts::Parts;
