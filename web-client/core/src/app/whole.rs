//! A record from the changes that are kept of it.

use std::collections::BTreeMap;

use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, ChangeHash};

use super::rows::{ChunkRow, Stage};

/// Opens a record. What the server has refused is in it as long as it can be: a copy of this device that went on
/// by itself may have written something else under the same number, and then the record is opened without what was
/// refused, which stays kept.
pub(super) fn open(actor: ActorId, rows: &BTreeMap<ChangeHash, ChunkRow>) -> Option<Document> {
    let with = |refused: bool| {
        let rows = rows.values().filter(|row| refused || row.stage != Stage::Refused);
        Document::open(actor, rows.map(|row| row.bytes.as_slice())).ok()
    };
    with(true).or_else(|| with(false))
}

#[cfg(test)]
mod tests {
    use ankomst_shared::document::{Authoring, Chunk, Edit};
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
