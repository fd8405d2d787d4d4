//! Pictures and other files: copied beside the backups, and what was begun and never ended is given up.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ankomst_shared::ids::FileId;
use tokio::sync::watch;

use crate::app::App;
use crate::given;
use crate::storage::sqlite::files_beside::{self, Beside};
use crate::storage::sqlite::{Connection, checkpoint, files, log};
use crate::storage::{StorageError, files as bytes};

/// A file of which nothing came for so long is given up: a tablet that still has it begins anew.
const STALE_MS: i64 = 30 * 24 * 3_600_000;
/// So many are noted in one write as being in a backup: what people write goes between.
const NOTED_AT_ONCE: usize = 500;
/// Such files are looked for this often.
const LOOK_EVERY: Duration = Duration::from_hours(6);

/// Copies the files of the newest backup for ever, of one at a time; ends when no more are made.
pub async fn keep_newest(app: Arc<App>, mut made: watch::Receiver<PathBuf>) {
    while made.changed().await.is_ok() {
        let file = made.borrow_and_update().clone();
        if let Err(error) = keep(&app, &file).await
            && !app.stopping.is_cancelled()
        {
            tracing::error!(%error, "Pictures and other files could not be copied to the backups; tablets keep theirs.");
        }
    }
}

/// Copies the files that a backup names beside it, and notes which of them are there; tells how many are and are not.
/// Ends between two files when the app stops.
///
/// # Errors
/// When the backup cannot be read, or the log not be written.
pub async fn keep(app: &Arc<App>, file: &Path) -> Result<Beside, StorageError> {
    let Some(epoch) = app.readers.read(log::epoch)? else { return Ok(Beside::default()) };
    let (own, file) = (Arc::clone(app), file.to_path_buf());
    let beside = given::beside(move || {
        let (how, is_stopped) =
            ((own.secrets.master, own.files.free()), || own.stopping.is_cancelled());
        files_beside::add(&own.folder, &file, how, &is_stopped)
    });
    let beside = beside.await.map_err(|_| StorageError::Stopped)??;
    if beside.lacking > 0 {
        tracing::error!(
            lacking = beside.lacking,
            "Pictures and other files are not in the backup; make room there, or see ankomst verify."
        );
    }
    let open = app.readers.read(|db| files::unbacked(db, epoch))?;
    let there: Vec<FileId> = open.into_iter().filter(|id| beside.there.contains(id)).collect();
    for some in there.chunks(NOTED_AT_ONCE) {
        let some = some.to_vec();
        let note = move |db: &Connection| {
            // A backup of another life of the log says nothing in this one.
            let is_same = log::epoch(db)? == Some(epoch);
            if is_same { files::note_backed(db, epoch, &some) } else { Ok(()) }
        };
        app.writer.write(note).await?;
    }
    for some in beside.damaged.chunks(NOTED_AT_ONCE) {
        let some = some.to_vec();
        // Their bytes stay where they are until they are brought once more.
        let forget = move |db: &Connection| {
            if log::epoch(db)? == Some(epoch) { files::forget(db, &some) } else { Ok(()) }
        };
        app.writer.write(forget).await?;
    }
    for id in &beside.damaged {
        tracing::error!(file.id = %id, "A file is not what it was; the tablet that brought it is to bring it again.");
    }
    Ok(beside)
}

/// Gives up for ever what was begun and never ended; ends when the app stops.
pub async fn watch(app: Arc<App>) {
    loop {
        if let Err(error) = give_up(&app).await {
            tracing::warn!(%error, "Files that were begun and never ended could not be removed; it is tried again.");
        }
        if let Err(error) = empty_keys(&app).await {
            tracing::info!(%error, "Keys of files that were given up stay in a write-ahead log a while longer.");
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
/// When storage refuses; the others were given up all the same.
pub async fn give_up(app: &Arc<App>) -> Result<usize, StorageError> {
    let before_ms = app.now_ms() - STALE_MS;
    let stale = app.readers.read(|db| files::stale(db, before_ms))?;
    let (mut count, mut stuck) = (0, None);
    for id in stale {
        let Some(_turn) = app.files.begin(id, usize::MAX) else { continue };
        // It may have moved meanwhile.
        if !app.readers.read(|db| files::is_stale(db, id, before_ms))? {
            continue;
        }
        // One that cannot be removed stays for the next time, and hinders no other.
        match drop_file(app, id).await {
            Ok(()) => count += 1,
            Err(error) => stuck = Some(error),
        }
    }
    stuck.map_or(Ok(count), Err)
}

/// Empties the write-ahead log of the keys, for all files that were given up or refused since it was emptied last.
///
/// # Errors
/// When it cannot be emptied, as while a backup reads it.
pub async fn empty_keys(app: &Arc<App>) -> Result<(), StorageError> {
    let file = app.folder.join("keys.db");
    given::beside(move || checkpoint(&file)).await.map_err(|_| StorageError::Stopped)?
}

/// Removes what there is of a file, its key first: nobody reads what a cut leaves.
///
/// # Errors
/// When storage refuses; all of it may be done again.
pub async fn drop_file(app: &Arc<App>, id: FileId) -> Result<(), StorageError> {
    let own = Arc::clone(app);
    let removed = given::beside(move || {
        own.keys.forget_file_key(id)?;
        bytes::remove(&own.folder, id)
    });
    removed.await.map_err(|_| StorageError::Stopped)??;
    app.writer.write(move |db| files::forget(db, &[id])).await
}
