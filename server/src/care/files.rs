//! Pictures and other files: copied beside the backups, and what was begun and never ended is given up.

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use ankomst_shared::ids::FileId;

use crate::app::App;
use crate::given;
use crate::storage::sqlite::files_beside::{self, Beside};
use crate::storage::sqlite::{files, log};
use crate::storage::{StorageError, files as bytes};

/// A file of which nothing came for so long is given up: a tablet that still has it begins anew.
const STALE_MS: i64 = 30 * 24 * 3_600_000;
/// Such files are looked for this often.
const LOOK_EVERY: Duration = Duration::from_hours(6);

/// Copies the files that a backup names beside it, and notes which of them are there; tells how many are and are not.
///
/// # Errors
/// When the backup cannot be read, or the log not be written.
pub async fn keep(app: &Arc<App>, file: &Path) -> Result<Beside, StorageError> {
    let Some(epoch) = app.readers.read(log::epoch)? else { return Ok(Beside::default()) };
    let (own, file) = (Arc::clone(app), file.to_path_buf());
    let beside = given::beside(move || {
        files_beside::add(&own.folder, &file, (own.secrets.master, own.files.free()))
    });
    let beside = beside.await.map_err(|_| StorageError::Stopped)??;
    if beside.lacking > 0 {
        tracing::error!(
            lacking = beside.lacking,
            "Pictures and other files are not in the backup; make room there, or see ankomst verify."
        );
    }
    let told = beside.clone();
    app.writer
        .write(move |db| {
            // A backup of another life of the log says nothing in this one.
            if log::epoch(db)? != Some(epoch) {
                return Ok(());
            }
            // Their bytes stay where they are until they are brought once more.
            files::forget(db, &beside.damaged)?;
            files::note_backed(db, epoch, &beside.there)
        })
        .await?;
    for id in &told.damaged {
        tracing::error!(file.id = %id, "A file is not what it was; the tablet that brought it is to bring it again.");
    }
    Ok(told)
}

/// Gives up for ever what was begun and never ended; ends when the app stops.
pub async fn watch(app: Arc<App>) {
    loop {
        if let Err(error) = give_up(&app).await {
            tracing::warn!(%error, "Files that were begun and never ended could not be removed; it is tried again.");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Gives up what was begun and has not moved for thirty days; tells how many files that were.
///
/// # Errors
/// When storage refuses.
pub async fn give_up(app: &Arc<App>) -> Result<usize, StorageError> {
    let before_ms = app.now_ms() - STALE_MS;
    let stale = app.readers.read(|db| files::stale(db, before_ms))?;
    let mut count = 0;
    for id in stale {
        let Some(_turn) = app.files.begin(id, usize::MAX) else { continue };
        // It may have moved meanwhile.
        let is_stale = app.readers.read(|db| Ok(files::stale(db, before_ms)?.contains(&id)))?;
        if is_stale {
            drop_file(app, id).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// Removes what there is of a file, its key first: nobody reads what a cut leaves.
///
/// # Errors
/// When storage refuses; all of it may be done again.
pub async fn drop_file(app: &Arc<App>, id: FileId) -> Result<(), StorageError> {
    app.keys.forget_file_key(id)?;
    bytes::remove(&app.folder, id)?;
    app.writer.write(move |db| files::forget(db, &[id])).await
}
