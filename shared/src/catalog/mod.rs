//! What we ask, as data: record kinds, fields, code lists, checklists, texts.
//!
//! Reading order: [`model`] (the packed form both sides load).

pub mod model;

pub use model::*;
