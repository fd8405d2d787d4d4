//! The manners of a server at its start: by which way it is reached, and what it refuses.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at what is unexpected")]

mod first;
mod folder;
mod secrets;
mod tls;
