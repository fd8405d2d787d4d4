//! What we ask, as data: record kinds, fields, code lists, checklists.
//!
//! Reading order: [`model`] (the packed form both sides load), [`lookup`] (finding a field by its
//! key), [`mod@check`] (which values are allowed, and their canonical form), [`numbers`] (identity
//! numbers), [`order`] (the most cautious of several values), [`due`] (when an item is due),
//! [`workday`] (days on which offices work), [`zone`] (Swedish time), [`display`] (values in words).
//! [`checklist`], [`formula`], [`rule`] and [`ruling`] belong to the model; [`diff`] tells what changed between two versions of one.

pub mod check;
pub mod checklist;
pub mod diff;
pub mod display;
pub mod due;
pub mod formula;
pub mod lookup;
pub mod model;
pub mod numbers;
#[cfg(feature = "plant")]
pub mod older;
pub mod order;
#[cfg(test)]
mod published;
pub mod rule;
pub mod ruling;
#[cfg(any(test, feature = "source"))]
#[cfg_attr(not(test), expect(dead_code, reason = "the build script reads whole catalogs"))]
pub mod source;
pub mod workday;
pub mod zone;

pub use check::{ValueFault, check, civil, normalise, read_date, written_date, written_time};
pub use due::{NoDueDate, When, days_after, due_date, due_latest, due_when, is_over, months_after};
#[cfg(not(target_arch = "wasm32"))]
pub use lookup::PACKED;
pub use lookup::{Catalog, Located};
pub use model::*;
pub use numbers::NumberFault;
pub use order::most_cautious;
pub use workday::is_working_day;
