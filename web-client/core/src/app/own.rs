//! The municipality's own checklists: read from the record `org`, which only the server writes, when a vault
//! is opened and when the record has changed. They stay as they came: a run shows the version it began with,
//! without contact, for as long as it is here.

use ankomst_shared::ids::DocumentId;
use ankomst_shared::own::Own;

use super::state::Open;

/// The kind of record that holds them.
const KIND: &str = "org";

impl Open {
    /// Reads them anew if one of these documents holds some.
    pub(super) fn read_own_of(&mut self, touched: &[DocumentId]) {
        if touched.iter().any(|id| self.kind(*id) == Some(KIND)) {
            self.read_own();
        }
    }

    /// Reads them anew.
    pub(super) fn read_own(&mut self) {
        let headers = self.headers.values().filter(|header| header.kind == KIND);
        let ids: Vec<DocumentId> = headers.map(|header| header.document).collect();
        let mut own = Own::default();
        for id in ids {
            if let Some(record) = self.record(id) {
                own.add(&record);
            }
        }
        self.unread = own.unread;
        if self.catalog.stamp() != own.stamp {
            self.catalog = self.catalog.with_own(own.lists, own.stamp);
            // What was read without them may read otherwise.
            self.records.retain(|_| false);
        }
    }
}
