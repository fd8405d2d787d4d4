//! Documents the child keeps open from one trial to the next, so that a small change of a long document does
//! not cost the reading of all that came before it.

use ankomst_shared::document::Document;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::Digest;

/// Most changes in all documents kept.
const CHANGES_MAX: usize = 40_000;
/// Most that all documents kept weigh.
const WEIGHT_MAX: u64 = 64 * 1024 * 1024;
/// Most documents kept.
const DOCUMENTS_MAX: usize = 64;

/// Open documents, the longest unused first.
#[derive(Debug, Default)]
pub(super) struct Shelf(Vec<Kept>);

#[derive(Debug)]
struct Kept {
    id: DocumentId,
    stands: Digest,
    changes: usize,
    weight: u64,
    document: Document,
}

impl Shelf {
    /// Takes a document out, if it is here and holds just what it should. One that holds anything else is of
    /// no more use.
    pub(super) fn take(&mut self, id: DocumentId, stands: Digest) -> Option<Document> {
        let at = self.0.iter().position(|kept| kept.id == id)?;
        let kept = self.0.remove(at);
        (kept.stands == stands).then_some(kept.document)
    }

    /// Keeps a document for the next time, and gives up those longest unused for which there is no room.
    pub(super) fn put(&mut self, id: DocumentId, document: Document, weight: u64) {
        let (mut stands, mut changes) = (Digest::default(), 0);
        for (hash, _) in document.changes() {
            stands.add(hash);
            changes += 1;
        }
        self.0.retain(|kept| kept.id != id);
        self.0.push(Kept { id, stands, changes, weight, document });
        let sums = |kept: &[Kept]| -> (usize, u64) {
            (kept.iter().map(|one| one.changes).sum(), kept.iter().map(|one| one.weight).sum())
        };
        let is_full = |kept: &[Kept]| {
            let (changes, weight) = sums(kept);
            kept.len() > DOCUMENTS_MAX || changes > CHANGES_MAX || weight > WEIGHT_MAX
        };
        while is_full(&self.0) {
            drop(self.0.remove(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ankomst_shared::document::Authoring;
    use ankomst_shared::ids::{ActorId, DeviceId, UserId};

    fn id(number: usize) -> DocumentId {
        DocumentId::new(i64::try_from(number).unwrap(), [1; 10])
    }

    fn one_change() -> (Document, Digest) {
        let by = Authoring {
            device: DeviceId::new(1, [1; 10]),
            user: UserId::new(1, [2; 10]),
            now_ms: 1,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let (document, chunk) =
            Document::create(ActorId::from_bytes([1; 16]), vec![1], &[], &by).unwrap();
        let mut stands = Digest::default();
        stands.add(&chunk.hash);
        (document, stands)
    }

    #[test]
    fn what_is_kept_is_given_for_just_what_it_holds_and_the_longest_unused_goes_first() {
        let (document, stands) = one_change();
        let mut shelf = Shelf::default();
        for number in 0..=DOCUMENTS_MAX {
            shelf.put(id(number), document.clone(), 1);
        }
        assert!(shelf.take(id(0), stands).is_none(), "there was no room for it");
        assert!(shelf.take(id(1), stands).is_some());
        assert!(shelf.take(id(1), stands).is_none(), "it was taken");
        assert!(shelf.take(id(2), Digest::default()).is_none(), "it holds something else");
        assert!(shelf.take(id(2), stands).is_none(), "and is of no more use");
    }
}
