//! A record from the changes that are kept of it.

use std::collections::BTreeMap;

use ankomst_shared::document::{Authoring, Document};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::limits::OPEN_DOCUMENTS_MAX;
use ankomst_shared::sign::header::review_of;

use super::rows::{ChunkRow, Stage};
use super::state::{Open, Opened};

/// Opens a record. What the server has refused is in it as long as it can be: a copy of this device that went on
/// by itself may have written something else under the same number, and then the record is opened without what was
/// refused, which stays kept.
pub(super) fn open(actor: ActorId, rows: &BTreeMap<ChangeHash, ChunkRow>) -> Option<Document> {
    #[cfg(debug_assertions)]
    for row in rows.values() {
        super::opening::drill(&row.bytes);
    }
    let with = |refused: bool| {
        let rows = rows.values().filter(|row| refused || row.stage != Stage::Refused);
        Document::open(actor, rows.map(|row| row.bytes.as_slice())).ok()
    };
    with(true).or_else(|| with(false))
}

impl Open {
    /// Gives a document, reading it if it is not in memory. `actor` is what it would be written as.
    pub(super) fn document(
        &mut self,
        id: DocumentId,
        actor: ActorId,
        now_ms: i64,
    ) -> Option<&mut Opened> {
        self.uses += 1;
        if self.is_aside(id) {
            return None;
        }
        if !self.documents.contains_key(&id) {
            let chunks = self.chunks.get(&id)?;
            let document = open(actor, chunks)?;
            let open = self.documents.pairs();
            if open.len() >= OPEN_DOCUMENTS_MAX {
                let oldest = open.iter().min_by_key(|(_, opened)| opened.used);
                if let Some(oldest) = oldest.map(|(id, _)| *id) {
                    self.documents.remove(&oldest);
                }
            }
            self.documents.insert(id, Opened { document, used: self.uses, since_ms: now_ms });
        }
        let uses = self.uses;
        let opened = self.documents.get_mut(&id)?;
        opened.used = uses;
        Some(opened)
    }

    /// A copy of a document for reading, with what files have brought of it.
    pub(super) fn read(&mut self, id: DocumentId) -> Option<Document> {
        let document = self.judged(id)?;
        Some(self.with_brought(id, document))
    }

    /// A copy of a document as the server has it, with what was written here: what is written builds on nothing else.
    pub(super) fn judged(&mut self, id: DocumentId) -> Option<Document> {
        if self.is_aside(id) {
            return None;
        }
        // Never written as this actor: a document that is written is opened with a fresh one.
        let known = self.documents.get(&id).map(|opened| opened.document.clone());
        known.or_else(|| {
            let chunks = self.chunks.get(&id)?;
            let nobody = ActorId::from_bytes([0; 16]);
            open(nobody, chunks)
        })
    }

    /// Who writes, where and when, with what is known of decisions on that document.
    pub(super) fn authoring(&mut self, document: DocumentId, now_ms: i64) -> Authoring {
        let review_heads = self.judged(review_of(document)).map(|review| review.heads());
        Authoring {
            device: self.identity.device,
            user: self.identity.user.id,
            now_ms,
            clock_offset_s: self.standing.clock_offset_s,
            review_heads: review_heads.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ankomst_shared::document::{Chunk, Edit};
    use ankomst_shared::ids::{DeviceId, UserId};
    use ankomst_shared::path::FieldPath;
    use ankomst_shared::value::Value;

    use super::*;

    #[test]
    fn a_copy_that_went_on_does_not_close_the_record() {
        let by = Authoring {
            device: DeviceId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            now_ms: 1_795_000_000_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let path = FieldPath::parse("phone").unwrap();
        let phone = |text: &str| [Edit { path: path.clone(), value: Value::text(text) }];
        let actor = ActorId::from_bytes([3; 16]);
        let (one, first) = Document::create(actor, vec![1], &phone("+46701740600"), &by).unwrap();
        let says = |text: &str| one.clone().commit(&phone(text), &by).unwrap().unwrap();
        let (here, there) = (says("+46701740601"), says("+46701740602"));
        let row = |chunk: &Chunk, stage| {
            let (bytes, envelope) = (chunk.bytes.clone().into(), Vec::new().into());
            (chunk.hash, ChunkRow { bytes, envelope, stage, received_ms: None, own: Some(0) })
        };
        let mut rows = BTreeMap::from([row(&first, Stage::Shared), row(&here, Stage::Refused)]);
        let heads = |rows: &_| open(ActorId::from_bytes([4; 16]), rows).unwrap().heads();
        assert_eq!(heads(&rows), [here.hash]);
        rows.extend([row(&there, Stage::Shared)]);
        assert_eq!(heads(&rows), [there.hash]);
    }
}
