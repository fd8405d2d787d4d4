//! A look inside an open vault, for simulations that hold what is there against what was written.

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, Epoch, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::client::Stage;
use ankomst_shared::value::Value;

use super::asked;
use super::state::{Core, Open};
use crate::platform::Platform;

/// What is in an open vault.
pub struct Inside<'a>(&'a Open);

/// A change that is kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// Its document.
    pub document: DocumentId,
    /// Its id.
    pub hash: ChangeHash,
    /// How far it has come.
    pub stage: Stage,
    /// It was written here.
    pub is_own: bool,
    /// The change.
    pub bytes: &'a [u8],
}

impl<P: Platform> Core<P> {
    /// Looks inside the open vault, if there is one.
    pub fn look_inside<T>(&self, look: impl FnOnce(&Inside<'_>) -> T) -> Option<T> {
        self.0.state.borrow().open.as_ref().map(|open| look(&Inside(open)))
    }
}

impl Inside<'_> {
    /// Whose vault it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.0.user()
    }

    /// The person's device here.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.0.identity.device
    }

    /// Life of the server's log as last told.
    #[must_use]
    pub fn epoch(&self) -> Option<Epoch> {
        self.0.standing.epoch
    }

    /// The last number of the feed it has had.
    #[must_use]
    pub fn feed(&self) -> u64 {
        self.0.standing.cursor.feed
    }

    /// All changes.
    pub fn chunks(&self) -> impl Iterator<Item = Kept<'_>> {
        self.0.chunks.iter().flat_map(|(document, rows)| {
            rows.iter().map(|(hash, row)| Kept {
                document: *document,
                hash: *hash,
                stage: row.stage,
                is_own: row.own.is_some(),
                bytes: &row.bytes,
            })
        })
    }

    /// Documents and their kinds.
    pub fn documents(&self) -> impl Iterator<Item = (DocumentId, &str)> {
        let ids = self.0.chunks.keys();
        ids.filter_map(|id| Some((*id, self.0.kind(*id)?)))
    }

    /// What a document belongs to, as its header says.
    #[must_use]
    pub fn parent(&self, id: DocumentId) -> Option<DocumentId> {
        self.0.headers.get(&id)?.parent
    }

    /// Records that are set aside, because the program ended when they were opened.
    pub fn aside(&self) -> impl Iterator<Item = DocumentId> {
        self.0.aside()
    }

    /// Houses that are taken along.
    #[must_use]
    pub fn wants(&self) -> &[DocumentId] {
        &self.0.standing.wants
    }

    /// The municipality's own checklists of an id that are known here, by version.
    #[must_use]
    pub fn versions(&self, checklist: &str) -> Vec<u32> {
        let own = self.0.catalog.own().iter().filter(|list| list.id == checklist);
        own.map(|list| list.version).collect()
    }

    /// What is typed and no change yet.
    pub fn drafts(&self) -> impl Iterator<Item = (DocumentId, &FieldPath, &Value)> {
        let drafts = self.0.drafts.pairs().iter();
        drafts
            .filter(|((_, path), _)| !asked::is_asked(path))
            .map(|((id, path), draft)| (*id, path, &draft.value))
    }

    /// Documents as they stand in memory: their newest changes and all that stands in them.
    pub fn opened(&self) -> impl Iterator<Item = (DocumentId, Vec<ChangeHash>, String)> {
        let opened = self.0.documents.pairs().iter();
        opened.map(|(id, one)| (*id, one.document.heads(), one.document.canonical_json()))
    }
}
