//! What is half typed, sealed to the server as well: if its vault is never opened again, it comes home all the same.
//!
//! There is one such deposit of a document, made anew when typing rests and before the vault is locked; it goes with the
//! draft. While the vault may still be opened it is nobody's to hand in: the draft itself becomes a change then.

use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::sign::{DepositRandom, deposit};
use ankomst_shared::sync::message::SealedPart;

use ankomst_shared::app::Refusal;

use super::asked;
use super::rows::ChunkRow;
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// Where the deposit of the drafts of a document stands.
pub(super) fn drafted_key(user: UserId, document: DocumentId) -> Vec<u8> {
    [user.as_bytes().as_slice(), document.as_bytes(), b"d"].concat()
}

/// The document of such a deposit.
pub(super) fn read_drafted_key(key: &[u8]) -> Option<DocumentId> {
    let (_, rest) = key.split_at_checked(16)?;
    DocumentId::try_from(rest.strip_suffix(b"d")?).ok()
}

impl<P: Platform> Core<P> {
    /// Makes deposits of what is half typed and has none as it stands; with the turn already taken.
    pub(super) async fn deposit_drafts(&self) -> Result<(), Refusal> {
        let (user, documents) =
            self.with_open(|open| Ok((open.user(), open.undeposited.clone())))?;
        if documents.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::new();
        for document in &documents {
            let key = drafted_key(user, *document);
            let edits = self.with_open(|open| Ok(open.half_typed(*document)))?;
            let row = match self.drafted(*document, &edits) {
                // Its document has left this device: what was deposited of it before is all that there is.
                Err(Refusal::NotHere) => continue,
                row => row?,
            };
            writes.push(match row {
                Some(row) => {
                    let sealed = self.sealed_part(*document, &row, Some(true))?;
                    Write::put(Table::Deposits, key, sealed)
                }
                None => Write::delete(Table::Deposits, key),
            });
        }
        self.commit(writes).await?;
        self.with_open(|open| {
            open.undeposited.retain(|document| !documents.contains(document));
            Ok(())
        })
    }

    /// The change that drafts would make, and nothing of it in memory; none of no drafts.
    fn drafted(&self, id: DocumentId, edits: &[Edit]) -> Result<Option<ChunkRow>, Refusal> {
        if edits.is_empty() {
            return Ok(None);
        }
        let made = self.made(id, edits);
        self.read_again(&[id])?;
        Ok(self.signed(&made?)?.map(|(row, _)| row))
    }

    /// A change sealed to the server.
    pub(super) fn sealed_part(
        &self,
        document: DocumentId,
        row: &ChunkRow,
        draft: Option<bool>,
    ) -> Result<Vec<u8>, Refusal> {
        let random = DepositRandom { key: self.random()?, nonce: self.random()? };
        self.with_open(|open| {
            let (envelope, chunks) = (row.envelope.clone(), vec![row.bytes.clone()]);
            // Whoever hands it in, and whatever backup the server was put back to.
            let enrolment = Some(open.identity.enrolment.clone().into());
            let part = SealedPart { document, envelope, chunks, enrolment, draft };
            let part = minicbor::to_vec(part).map_err(|_| Refusal::Internal)?;
            deposit::seal(&open.identity.deposit_key, &part, &random).map_err(|_| Refusal::Internal)
        })
    }
}

impl Open {
    /// What stands in drafts of a document, also what does not fit.
    pub(super) fn half_typed(&self, document: DocumentId) -> Vec<Edit> {
        let drafts = self.drafts.pairs().iter();
        let drafts = drafts.filter(|((id, path), _)| *id == document && !asked::is_asked(path));
        drafts
            .map(|((_, path), draft)| Edit { path: path.clone(), value: draft.value.clone() })
            .collect()
    }

    /// Notes that the drafts of a document are not as they were deposited, if there are any.
    pub(super) fn typed_in(&mut self, document: DocumentId) {
        if self.half_typed(document).is_empty() {
            self.undeposited.remove(&document);
        } else {
            self.undeposited.insert(document);
        }
    }
}
