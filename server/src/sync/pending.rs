//! What waits for its trial when the line of its record ends goes on with the record, so that what takes long, or never
//! ends, keeps no record from being continued or cleaned.

use ankomst_shared::ids::DocumentId;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::held::DEPENDS;
use crate::storage::sqlite::{Connection, lines, log, trials};
use crate::sync::held::enter;

/// Carries over what waits for its trial of a record and its review, whose line has just ended. What is too much for
/// once is held like what builds on it, and let in by the next turns.
pub(super) fn go_on(app: &App, db: &Connection, ids: [DocumentId; 2]) -> Result<(), StorageError> {
    let mut carried = 0;
    for id in ids {
        let Some(row) = log::document(db, id)? else { continue };
        for chunk in log::chunks_of(db, id, "pending")? {
            let stands = if enter(app, db, (&row, &chunk), &mut carried)? {
                lines::stand_in(db, id, chunk.root())?.map(|chunk| chunk.hash)
            } else {
                log::hold(db, id, chunk.hash, DEPENDS)?;
                None
            };
            // Carried over, it is another change; one that stayed itself keeps its mark.
            if log::chunk_of(db, id, chunk.hash)?.is_some_and(|now| now.state != "pending") {
                trials::goes_on(db, (id, chunk.hash), stands)?;
            }
        }
    }
    Ok(())
}
