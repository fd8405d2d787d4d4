//! The server of Ankomst.
//!
//! Rings, each importing only from those after it: `cli` → `http` → `sync`, `accounts`, `auth`,
//! `projector`, `trial` → `storage` → `storage::sqlite`. The map is `docs/architecture.md`.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod auth;
pub mod care;
pub mod check;
pub mod cli;
pub mod config;
pub mod desk;
pub mod export;
pub mod fair;
pub mod given;
pub mod http;
pub mod key_files;
pub mod limits;
pub mod metrics;
pub mod news;
pub mod opened;
pub mod policies;
pub mod presence;
pub mod projector;
pub mod remembered;
pub mod reports;
pub mod seed;
pub mod sockets;
pub mod storage;
pub mod sync;
pub mod templates;
pub mod tls;
pub mod trial;
pub mod twice;
pub mod verify;
