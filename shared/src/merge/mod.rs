//! What several statements mean together: the product's own merge.
//!
//! Pure: statements, settlements and the catalog in, field states out; the same on every device.
//!
//! Reading order: [`settlement`] (decisions in review documents), [`field`] (one field),
//! [`text`] (texts of several people put together), [`record`] (all fields of a document, and what changed since a review).

#[cfg(test)]
mod codes;
#[cfg(test)]
mod every;
pub mod field;
#[cfg(test)]
mod laws;
pub mod record;
pub mod settlement;
pub mod text;
#[cfg(test)]
mod traps;

pub use field::{FieldInput, FieldState, field_state};
pub use record::{Changed, RecordState, changed_since, record_state};
pub use settlement::{
    Review, Settlement, review_edits, reviews, settle_edits, settlements, withdraw_edits,
};
