//! The manners of a server at its start: by which way it is reached, what it refuses, what a
//! browser keeps of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at what is unexpected")]

mod first;
mod folder;
mod kept;
mod secrets;
mod stopped;
mod tls;
