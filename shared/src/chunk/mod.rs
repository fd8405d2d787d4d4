//! The gate: what a change must look like before Automerge sees a byte of it.
//!
//! Pure and total: any bytes give a [`ChunkInfo`] or a named refusal, with work bounded by the
//! limits, never by what the bytes claim. Documents are flat, so a change may only set scalars under
//! text keys of the root map; everything else Automerge could express is refused here.
//!
//! Reading order: [`mod@parse`] (the container), [`mod@column`] (the packed columns), [`rules`] (does the
//! change fit what is known).

pub mod column;
#[cfg(any(test, feature = "hostile"))]
pub mod hostile;
pub mod parse;
pub mod rules;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "hostile"))]
pub mod work;

pub use parse::{ChunkInfo, GateError, Op, parse};
pub use rules::{ChangeIndex, Known, MemoryIndex, RuleOutcome};

use sha2::{Digest, Sha256};

/// SHA-256 over several byte strings in a row.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
