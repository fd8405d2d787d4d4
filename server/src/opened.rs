//! Records kept open from one row to the next, so that a change of a long record costs the reading of that change and
//! not of all that came before it. What they are good for is decided in `projector`.

use std::sync::{Mutex, PoisonError};

use ankomst_shared::document::Document;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::Digest;

/// Most that all records kept weigh: a few bytes can stand for thousands of operations.
const WEIGHT_MAX: u64 = 64 << 20;
/// Most records kept.
const DOCUMENTS_MAX: usize = 64;

/// Records kept open, the longest unused first.
#[derive(Debug, Default)]
pub struct Opened(Mutex<Vec<Visible>>);

/// A record as far as it is visible.
#[derive(Debug)]
pub struct Visible {
    /// Its id.
    pub id: DocumentId,
    /// Sum of the changes in it.
    pub stands: Digest,
    /// What they weigh.
    pub weight: u64,
    /// The record.
    pub document: Document,
    /// The last number of the feed in it.
    pub feed: u64,
    /// When the last change of it arrived.
    pub updated_ms: i64,
}

impl Opened {
    /// Takes a record out.
    #[must_use]
    pub fn take(&self, id: DocumentId) -> Option<Visible> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|kept| kept.id == id)?;
        Some(all.remove(at))
    }

    /// Keeps a record for the next time, and gives up those longest unused for which there is no room.
    pub fn put(&self, visible: Visible) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|kept| kept.id != visible.id);
        all.push(visible);
        let mut weight: u64 = all.iter().map(|kept| kept.weight).sum();
        while all.len() > DOCUMENTS_MAX || weight > WEIGHT_MAX {
            weight -= all.remove(0).weight;
        }
    }

    /// Gives up records of which something must not be here any more.
    pub fn forget(&self, documents: &[DocumentId]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|kept| !documents.contains(&kept.id));
    }
}
