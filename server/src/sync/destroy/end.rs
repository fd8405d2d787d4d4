//! What follows once the log has nothing of a destroyed record any more: its keys, its rows, its files.

use std::sync::Arc;

use ankomst_shared::ids::DocumentId;

use crate::app::App;
use crate::storage::sqlite::{checkpoint, files, rows};
use crate::storage::{StorageError, files as bytes};
use crate::{care, projector};

/// What follows once the log has nothing of some documents any more. All of it may be done again.
pub(super) async fn end(app: &Arc<App>, ids: &[DocumentId]) -> Result<(), StorageError> {
    if ids.is_empty() {
        return Ok(());
    }
    app.keys.destroy(ids)?;
    {
        let db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
        rows::forget(&db, ids)?;
    }
    projector::forget(app, ids);
    end_files(app, ids).await?;
    for file in ["log.db", "rows.db"] {
        if let Err(error) = checkpoint(&app.folder.join(file)) {
            tracing::info!(%error, file, "The write-ahead log is emptied later.");
        }
    }
    care::keep_ledgers(app);
    // Whoever has it open in a live socket asks at once.
    app.news.send_modify(|news| news.turns = news.turns.wrapping_add(1));
    Ok(())
}

/// Removes the files of documents whose keys are destroyed: their bytes, and last the rows by which they are found.
async fn end_files(app: &Arc<App>, ids: &[DocumentId]) -> Result<(), StorageError> {
    let gone = app.readers.read(|db| files::of(db, ids))?;
    for id in &gone {
        bytes::remove(&app.folder, *id)?;
        // Without its key it is nobody's there.
        if let Some(Err(error)) = app.backups.get().map(|folder| bytes::remove(folder, *id)) {
            tracing::warn!(%error, file.id = %id, "What is left of a file in the folder of backups could not be removed.");
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    app.writer.write(move |db| files::forget(db, &gone)).await
}
