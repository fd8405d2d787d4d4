//! Story packs: synthetic people and houses for demonstrations and tests.
//!
//! What is in a pack is a pure function of its version and the seed. Identity numbers come only from
//! the tax agency's published test numbers, telephone numbers only from those kept for fiction,
//! e-mail only from `example.org`; streets are invented. Everything enters by the way of any push:
//! enrolled devices, signed headers and envelopes, gate, trial, feed.
//!
//! Reading order: [`draw`] (the generator), [`pools`] (names and numbers), [`outline`] (the story
//! "Three houses"), [`village`] (who lives where), [`staff`] (accounts), [`record`] (as answers),
//! [`pack`] (as signed changes), [`plant`] (into a data folder).

pub mod day;
pub mod draw;
pub mod figures;
pub mod outline;
pub mod pack;
pub mod plant;
pub mod pools;
pub mod record;
pub mod staff;
#[cfg(test)]
mod tests;
pub mod town;
pub mod village;

pub use plant::run;

/// Stands on top of everything that shows or exports a pack.
pub const BANNER: &str = "SYNTETISKA DATA";
/// Counts up whenever the same seed gives something else.
pub const VERSION: u32 = 2;
/// Of the draws of the story: people keep their names when only what is recorded of them changes.
const STREAM: u32 = 1;
/// The day of the story, Unix milliseconds: 2026-11-02 08:00 UTC.
pub const STORY_MS: i64 = 1_793_606_400_000;

/// Why a pack could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The outline asks for more than a pool holds.
    #[error("the pool of {0} is used up")]
    Exhausted(&'static str),
    /// The outline names something that is not there.
    #[error("the outline names {0}, which is not there")]
    Unknown(String),
    /// An answer does not fit the catalog.
    #[error("the answer {value:?} does not fit {path}: {fault}")]
    Answer {
        /// Where.
        path: String,
        /// What.
        value: ankomst_shared::value::Value,
        /// Why.
        fault: String,
    },
    /// A change does not pass the gate: a defect.
    #[error("a change of the pack does not pass the gate: {0}")]
    Gate(String),
    /// A record could not be written.
    #[error(transparent)]
    Document(#[from] ankomst_shared::document::DocumentError),
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] crate::storage::StorageError),
    /// A change was not taken.
    #[error("{0} changes of the pack were not taken by the server")]
    Refused(usize),
}
