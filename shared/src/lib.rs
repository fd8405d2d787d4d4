//! The model of Ankomst: what is asked, how it is written down, how it merges, how it travels.
//!
//! Pure: reads no clock, draws no randomness, does no input or output. Builds natively and for
//! wasm32. Without feature `document` only the catalog, the values and the words between page and
//! worker remain, so that the page never links Automerge.
//!
//! Reading order: [`ids`], [`value`], [`path`], [`catalog`], [`app`], then (feature `document`)
//! `document`, `merge`, `own`, `outward`, `form`, `rules`, `same`, `occupancy`, `conflict`, `report`, `chunk`, `sign`,
//! `sync`.

#[macro_use]
pub mod packed;

pub mod app;
pub mod catalog;
pub mod find;
pub mod ids;
pub mod limits;
pub mod order;
pub mod path;
pub mod plant;
pub mod sound;
pub mod text;
pub mod value;

#[cfg(feature = "document")]
pub mod chunk;
#[cfg(feature = "document")]
pub mod conflict;
#[cfg(feature = "document")]
pub mod continued;
#[cfg(feature = "document")]
mod deflate;
#[cfg(feature = "document")]
pub mod document;
#[cfg(feature = "document")]
pub mod form;
#[cfg(feature = "document")]
pub mod merge;
#[cfg(feature = "document")]
pub mod occupancy;
#[cfg(feature = "document")]
pub mod outward;
#[cfg(feature = "document")]
pub mod own;
#[cfg(feature = "document")]
pub mod report;
#[cfg(feature = "document")]
pub mod rules;
#[cfg(feature = "document")]
pub mod same;
#[cfg(feature = "document")]
pub mod sign;
#[cfg(feature = "document")]
pub mod sync;
#[cfg(feature = "document")]
pub mod trial;
