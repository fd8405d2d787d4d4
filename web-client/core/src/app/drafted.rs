//! What is half typed, sealed to the server as well: if its vault is never opened again, it comes home all the same.
//!
//! There is one such deposit of a document, made anew when typing rests and before the vault is locked; it goes with the
//! draft. With it a hash is kept of the draft rows it was made of: where they have changed since, it is not all that was
//! typed. While vault and record are there it is nobody's to hand in: the draft itself becomes a change then.

use ankomst_shared::chunk::sha256;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DepositId, DocumentId, UserId};
use ankomst_shared::limits::FIELD_TEXT_BYTES_MAX;
use ankomst_shared::sign::{DepositRandom, deposit};
use ankomst_shared::sync::message::SealedPart;
use ankomst_shared::value::Value;

use ankomst_shared::app::Refusal;

use super::asked;
use super::rows::{ChunkRow, deposit_key, read_draft_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Row, Store, Table, Write};

/// Where the deposit of the drafts of a document stands.
pub(super) fn drafted_key(user: UserId, document: DocumentId) -> Vec<u8> {
    [user.as_bytes().as_slice(), document.as_bytes(), b"d"].concat()
}

/// The document of such a deposit.
pub(super) fn read_drafted_key(key: &[u8]) -> Option<DocumentId> {
    let (_, rest) = key.split_at_checked(16)?;
    DocumentId::try_from(rest.strip_suffix(b"d")?).ok()
}

/// Where stands what that deposit was made of; it goes with what else is of the person.
pub(super) fn made_of_key(user: UserId, document: DocumentId) -> Vec<u8> {
    [b"drafted/", document.as_bytes().as_slice(), user.as_bytes()].concat()
}

/// What draft rows of a document a deposit is made of, answers to forms left out; nothing of none.
pub(super) fn made_of(drafts: &[Row]) -> Option<Vec<u8>> {
    let is_typed =
        |key: &[u8]| read_draft_key(key).is_some_and(|(_, path)| !asked::is_asked(&path));
    let rows = drafts.iter().filter(|(key, _)| is_typed(key));
    let parts: Vec<&[u8]> = rows.flat_map(|(key, sealed)| [&**key, &**sealed]).collect();
    (!parts.is_empty()).then(|| sha256(&parts).to_vec())
}

/// The end of the deposit of the drafts of a document.
pub(super) fn ends(user: UserId, document: DocumentId) -> [Write; 2] {
    [
        Write::delete(Table::Deposits, drafted_key(user, document)),
        Write::delete(Table::Meta, made_of_key(user, document)),
    ]
}

/// What makes an ordinary deposit of it: its vault will not make a change of those drafts any more.
pub(super) fn hands_in(
    user: UserId,
    document: DocumentId,
    sealed: Vec<u8>,
) -> Result<[Write; 3], Refusal> {
    // Each is one of its own: what was noted of an earlier one of the same record is not said of it.
    let hash = sha256(&[&sealed]);
    let id = DepositId::from_bytes(*hash.first_chunk().ok_or(Refusal::Internal)?);
    let [drafted, made_of] = ends(user, document);
    Ok([Write::put(Table::Deposits, deposit_key(user, id), sealed), drafted, made_of])
}

impl<P: Platform> Core<P> {
    /// Makes deposits of what is half typed and has none as it stands; with the turn already taken.
    pub(super) async fn deposit_drafts(&self) -> Result<(), Refusal> {
        let (user, documents) = self.with_open(|open| {
            // One that cannot be opened waits.
            let all = open.undeposited.iter().copied().filter(|id| !open.is_aside(*id));
            Ok((open.user(), all.collect::<Vec<_>>()))
        })?;
        if documents.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::new();
        for document in &documents {
            let edits = self.with_open(|open| Ok(open.half_typed(*document)))?;
            let rows = match self.drafted(*document, &edits) {
                // Its document has left this device: what was deposited of it before is all that there is.
                Err(Refusal::NotHere) => continue,
                rows => rows?,
            };
            if rows.is_empty() {
                writes.extend(ends(user, *document));
                continue;
            }
            let sealed = self.sealed_part(*document, &rows, Some(true))?;
            writes.push(Write::put(Table::Deposits, drafted_key(user, *document), sealed));
            let prefix = [user.as_bytes().as_slice(), document.as_bytes()].concat();
            let drafts = self.0.platform.store().load(Table::Drafts, &prefix).await;
            let of = made_of(&drafts.map_err(|_| Refusal::Storage)?).unwrap_or_default();
            writes.push(Write::put(Table::Meta, made_of_key(user, *document), of));
        }
        self.commit(writes).await?;
        self.with_open(|open| {
            open.undeposited.retain(|document| !documents.contains(document));
            Ok(())
        })
    }

    /// The changes that drafts would make, and nothing of them in memory; none of no drafts.
    fn drafted(&self, id: DocumentId, edits: &[Edit]) -> Result<Vec<ChunkRow>, Refusal> {
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        let made = self.made(id, edits);
        self.read_again(&[id])?;
        Ok(self.signed(&made?)?.into_iter().map(|(row, _)| row).collect())
    }

    /// Changes of one load of a document sealed to the server; the envelope of the last is that of all.
    pub(super) fn sealed_part(
        &self,
        document: DocumentId,
        rows: &[ChunkRow],
        draft: Option<bool>,
    ) -> Result<Vec<u8>, Refusal> {
        let random = DepositRandom { key: self.random()?, nonce: self.random()? };
        self.with_open(|open| {
            let envelope = rows.last().ok_or(Refusal::Internal)?.envelope.clone();
            let chunks = rows.iter().map(|row| row.bytes.clone()).collect();
            // Whoever hands it in, and whatever backup the server was put back to.
            let enrolment = Some(open.identity.enrolment.clone().into());
            let part = SealedPart { document, envelope, chunks, enrolment, draft };
            let part = minicbor::to_vec(part).map_err(|_| Refusal::Internal)?;
            deposit::seal(&open.identity.deposit_key, &part, &random).map_err(|_| Refusal::Internal)
        })
    }
}

impl Open {
    /// What stands in drafts of a document, also what does not fit; of a text that is too long, what travels.
    pub(super) fn half_typed(&self, document: DocumentId) -> Vec<Edit> {
        let drafts = self.drafts.pairs().iter();
        let drafts = drafts.filter(|((id, path), _)| *id == document && !asked::is_asked(path));
        drafts
            .map(|((_, path), draft)| Edit { path: path.clone(), value: in_bounds(&draft.value) })
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

fn in_bounds(value: &Value) -> Value {
    match value {
        Value::Str(text) => {
            Value::text(text.get(..text.floor_char_boundary(FIELD_TEXT_BYTES_MAX)).unwrap_or(text))
        }
        other => other.clone(),
    }
}
