//! Finds a change that gate and state rules take and that makes Automerge panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::chunk::hostile::bend::forge;
use crate::chunk::hostile::dice::Dice;
use crate::chunk::{MemoryIndex, RuleOutcome, parse, rules};
use crate::document::Document;
use crate::ids::{ActorId, DocumentId};
use crate::trial::provoke;

const ATTEMPTS: usize = 20_000;

/// Forges `honest` (an inflated change that follows on `history`) until gate and state rules take
/// it and Automerge panics on it; gives its inflated bytes.
///
/// The trial's own rules refuse it before Automerge is asked, so a test that wants the trial to
/// abort has it run [`provoke`] first. The caller signs an envelope whose `last` is the hash that
/// [`parse`] gives. The panic goes through the panic hook; a caller who minds sets a quiet one.
#[must_use]
pub fn find_aborting(history: &[&[u8]], honest: &[u8], seed: u64) -> Option<Vec<u8>> {
    let nowhere = DocumentId::from_bytes([0; 16]);
    let mut index = MemoryIndex::default();
    for bytes in history {
        index.add(nowhere, &parse(bytes).ok()?);
    }
    let document = Document::open(ActorId::from_bytes([0; 16]), history.iter().copied()).ok();
    let mut dice = Dice::new(seed);
    for _ in 0..ATTEMPTS {
        let bytes = forge(honest, &[], &mut dice);
        let Ok(info) = parse(&bytes) else { continue };
        if rules::check(&index, nowhere, &info) != Ok(RuleOutcome::Fine) {
            continue;
        }
        let calm = AssertUnwindSafe(|| provoke(document.as_ref(), &[&bytes]));
        if catch_unwind(calm).is_err() {
            return Some(bytes);
        }
    }
    None
}
