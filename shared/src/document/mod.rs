//! Documents: the one door to Automerge.
//!
//! A document is a flat map from [`FieldPath`](crate::path::FieldPath)s to scalars. Everything that
//! is written is an [`Edit`]; everything that is read is a [`Statement`]: a value with the change,
//! the person and the device that said it. What several statements on one field mean together is
//! decided in [`crate::merge`], not here.
//!
//! Reading order: [`meta`] (what every change says about itself), [`open`] (making, opening,
//! applying, committing), [`portions`] (more than one change may carry), [`read`] (statements, history, canonical form), [`scalar`].

pub mod meta;
pub mod open;
mod portions;
pub mod read;
mod scalar;
#[cfg(test)]
mod tests;

pub use meta::{Authoring, CLOCK_OFF_S, ChangeMeta};
pub use open::{Applied, Chunk, Document, DocumentError, Edit};
pub use read::{Statement, StatementId};
