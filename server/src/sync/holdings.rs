//! What the server believes each device holds.

use std::collections::BTreeSet;
use std::path::Path;

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};

use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, destroyed, log};
use crate::sync::destroy::late;

/// Notes what a device holds from here on.
///
/// # Errors
/// When the database refuses.
pub(super) fn note(
    (db, folder, now_ms): (&Connection, &Path, i64),
    device: DeviceId,
    anew: bool,
    (sent, gone): (Vec<(DocumentId, Option<ChangeHash>)>, &BTreeSet<DocumentId>),
) -> Result<(), StorageError> {
    if anew {
        log::clear_holdings(db, device)?;
    }
    // What has gone on in another line since it was read is not with the device: it comes whole again.
    let mut added = BTreeSet::new();
    for (id, first) in sent {
        // What was destroyed since it was read is with the device, and is to go from it.
        if let Some(record) = destroyed::record_of(db, id)? {
            late::has(db, folder, (record, device), now_ms)?;
            continue;
        }
        let has_ended = match first {
            Some(first) => log::chunk_of(db, id, first)?.is_some_and(|one| one.state == "ended"),
            None => false,
        };
        if !has_ended {
            added.insert(id);
        }
    }
    log::set_holdings(db, device, &added, gone)
}
