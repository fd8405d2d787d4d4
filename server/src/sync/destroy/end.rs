//! What follows once the log has nothing of a destroyed record any more: its keys, its rows, its files.

use std::path::Path;
use std::sync::Arc;

use ankomst_shared::ids::{DocumentId, FileId};

use crate::app::App;
use crate::given;
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

/// Removes the files of documents whose keys are destroyed: their bytes, and last the rows by which they are found. One
/// that cannot be removed is unreadable without its key; it stays for the next time, and hinders no other.
async fn end_files(app: &Arc<App>, ids: &[DocumentId]) -> Result<(), StorageError> {
    let all = app.readers.read(|db| files::of(db, ids))?;
    if all.is_empty() {
        return Ok(());
    }
    let own = Arc::clone(app);
    let (gone, stuck) =
        given::beside(move || remove(&own, all)).await.map_err(|_| StorageError::Stopped)?;
    if let Some((count, error)) = stuck {
        tracing::warn!(%error, count, "Files of destroyed records could not be removed; without their keys nobody reads them. The next start tries again.");
    }
    app.writer.write(move |db| files::forget(db, &gone)).await
}

/// Removes the bytes of files wherever they lie; gives those of which nothing is left, and how many are not with the
/// last reason.
fn remove(app: &App, all: Vec<FileId>) -> (Vec<FileId>, Option<(usize, StorageError)>) {
    let folders: Vec<&Path> =
        [Some(&app.folder), app.backups.get()].into_iter().flatten().map(AsRef::as_ref).collect();
    let (mut gone, mut stuck) = (Vec::new(), None);
    for id in all {
        // Each is tried, whatever became of the other.
        let tried: Vec<_> = folders.iter().map(|folder| bytes::remove(folder, id)).collect();
        match tried.into_iter().find_map(Result::err) {
            None => gone.push(id),
            Some(error) => stuck = Some((stuck.map_or(1, |(count, _)| count + 1), error)),
        }
    }
    (gone, stuck)
}
