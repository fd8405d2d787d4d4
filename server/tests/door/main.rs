//! The door as a browser and an attacker meet it: the whole router over a real data folder.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stop at what is unexpected"
)]

mod along;
mod app_files;
mod audited;
mod bombs;
mod busy;
mod cards;
mod clean;
mod desk;
mod destroyed;
mod edge;
mod fair;
mod farewell;
mod files;
mod first;
mod gone;
mod guard;
mod held;
mod hostile;
mod kinds;
mod kit;
mod lanes;
mod lease;
mod limits;
mod link;
mod matrix;
mod metrics;
mod organisation;
mod passkey;
mod passkey_decided;
mod raised;
mod register;
mod renewal;
mod reports;
mod review;
mod rights;
mod rows;
mod session;
mod slow;
mod verify;
mod village;
mod way;
mod why;
