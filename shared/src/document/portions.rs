//! Writing more than one change may carry: several, each small enough to travel.

use crate::document::meta::Authoring;
use crate::document::open::{Chunk, Document, DocumentError, Edit, last_of_each};
use crate::ids::ActorId;
use crate::limits::CHUNK_WIRE_BYTES_MAX;
use crate::path::FieldPath;
use crate::value::Value;

/// Most bytes of keys and values that are put into one change when it must travel: half of what may, the rest is for
/// what a change says besides.
const PORTION_BYTES_MAX: usize = CHUNK_WIRE_BYTES_MAX / 2;
/// Most answers that are put into one change when it must travel; one may take two operations.
const PORTION_EDITS_MAX: usize = 1_000;

impl Document {
    /// Makes a document with its header and first answers, in as many changes as it takes for each to travel, every one building on the one before.
    ///
    /// # Errors
    /// When Automerge refuses, which is a defect.
    pub fn create_all(
        actor: ActorId,
        header: Vec<u8>,
        edits: &[Edit],
        by: &Authoring,
    ) -> Result<(Self, Vec<Chunk>), DocumentError> {
        let mut document = Self::empty(actor);
        let portions = document.portions(last_of_each(edits));
        let (first, rest) =
            portions.split_first().map_or((&[][..], &[][..]), |(first, rest)| (first, rest));
        let mut chunks = vec![document.write(Some(header), first, by)?];
        for portion in rest {
            chunks.push(document.write(None, portion, by)?);
        }
        Ok((document, chunks))
    }

    /// Writes answers in as many changes as it takes for each to travel, every one building on the one before; none
    /// where the answers stand already, unless the path is among those to be said again.
    ///
    /// # Errors
    /// When Automerge refuses, which is a defect.
    pub fn commit_all(
        &mut self,
        edits: &[Edit],
        again: &[FieldPath],
        by: &Authoring,
    ) -> Result<Vec<Chunk>, DocumentError> {
        let portions = self.portions(self.needed(edits, again));
        portions.iter().map(|portion| self.write(None, portion, by)).collect()
    }

    /// Answers in portions of which each fits into a change that travels.
    fn portions(&self, edits: Vec<Edit>) -> Vec<Vec<Edit>> {
        let mut portions: Vec<Vec<Edit>> = Vec::new();
        let mut bytes = 0;
        for edit in edits {
            let losing = self.losing_to(&edit);
            let said = losing.iter().chain([&edit.value]);
            let takes =
                |value: &Value| edit.path.as_str().len() + value.as_str().map_or(8, str::len);
            let takes: usize = said.map(takes).sum();
            bytes += takes;
            match portions.last_mut() {
                Some(portion)
                    if bytes <= PORTION_BYTES_MAX && portion.len() < PORTION_EDITS_MAX =>
                {
                    portion.push(edit);
                }
                _ => {
                    bytes = takes;
                    portions.push(vec![edit]);
                }
            }
        }
        portions
    }
}
