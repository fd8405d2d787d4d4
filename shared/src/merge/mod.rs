//! What several statements mean together: the product's own merge.
//!
//! Pure: statements, settlements and the catalog in, field states out; the same on every device.
//!
//! Reading order: [`settlement`] (decisions in review documents), [`field`] (one field),
//! [`text`] (texts of several people put together), [`record`] (all fields of a document, and what changed since a
//! review), [`late`] (what is signed, and what came too late for it), [`removed`] (what was written into
//! what another removed).

#[cfg(test)]
mod codes;
#[cfg(test)]
mod every;
pub mod field;
mod late;
#[cfg(test)]
mod laws;
mod record;
mod removed;
#[cfg(test)]
mod rulings;
pub mod settlement;
pub mod text;
#[cfg(test)]
mod traps;

pub use field::{FieldInput, FieldState, conflict_id, field_state};
pub(crate) use late::frozen;
pub use record::{Changed, Late, RecordState, Revived, changed_since, record_state};
pub use settlement::{
    Review, Settlement, review_edits, reviews, settle_edits, settlements, withdraw_edits,
};
