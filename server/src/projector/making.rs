//! All rows from the log: in the background at a start that finds none, and at will.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ankomst_shared::ids::{DocumentId, Epoch};

use super::{Source, put, sound, subject};
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::log;
use crate::storage::sqlite::rows::{self, ProjectedRow};
use crate::templates;

/// Documents whose rows become one commit.
const DOCUMENTS_A_COMMIT: usize = 256;

/// Makes all rows anew, on all cores, and gives the number of documents looked at.
///
/// # Errors
/// When storage refuses.
pub fn rebuild(app: &App) -> Result<usize, StorageError> {
    templates::refresh(app)?;
    let db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
    rows::clear(&db)?;
    drop(db);
    make_all(app, hands())?;
    Ok(app.making.done.load(Ordering::Relaxed))
}

/// Makes what the rows lack: everything, if they are new, or what became visible since they were
/// last whole. Meant for a thread of its own beside a running server, to which it leaves cores free.
///
/// # Errors
/// When storage refuses.
pub fn make_whole(app: &App) -> Result<(), StorageError> {
    templates::refresh(app)?;
    let epoch = epoch(app)?;
    let made_to = {
        let db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
        rows::made_to(&db, epoch)?
    };
    match made_to {
        Some(feed) => catch_up(app, epoch, feed),
        None => make_all(app, hands().div_ceil(2)),
    }
}

fn hands() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

fn epoch(app: &App) -> Result<Epoch, StorageError> {
    let epoch = app.readers.read(log::epoch)?;
    epoch.ok_or(StorageError::Damaged("the log has no epoch"))
}

fn make_all(app: &App, hands: usize) -> Result<(), StorageError> {
    let epoch = epoch(app)?;
    let (head, ids) = app.readers.read(|db| Ok((log::head(db)?.feed, log::document_ids(db)?)))?;
    app.making.begin(ids.len());
    for some in ids.chunks(DOCUMENTS_A_COMMIT) {
        if app.stopping.is_cancelled() {
            return Ok(());
        }
        put(app, project(app, some, hands), None)?;
        app.making.done.fetch_add(some.len(), Ordering::Relaxed);
    }
    catch_up(app, epoch, head)
}

/// Makes the rows of what became visible after a number of the feed, until there is no more.
fn catch_up(app: &App, epoch: Epoch, mut from: u64) -> Result<(), StorageError> {
    loop {
        let (head, ids) =
            app.readers.read(|db| Ok((log::head(db)?.feed, log::documents_after(db, from)?)))?;
        put(app, project(app, &ids, 1), Some((epoch, head)))?;
        if head == from {
            app.making.end();
            return Ok(());
        }
        from = head;
    }
}

/// The rows of some documents. One that cannot be made is reported and left out.
fn project(app: &App, documents: &[DocumentId], hands: usize) -> Vec<ProjectedRow> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        while let Some(id) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
            match app.readers.read(|db| sound(*id, || subject(&Source::of(app, false), db, *id))) {
                Ok(row) => made.extend(row),
                Err(error) => {
                    tracing::error!(document.id = %id, %error, "The row of a document could not be made.");
                }
            }
        }
        made
    };
    let all = if hands > 1 {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..hands).map(|_| scope.spawn(work)).collect();
            threads.into_iter().filter_map(|one| one.join().ok()).flatten().collect()
        })
    } else {
        work()
    };
    // A record and its review give the same row.
    let mut seen = BTreeSet::new();
    let all: Vec<ProjectedRow> = all;
    all.into_iter().filter(|row| seen.insert(row.document)).collect()
}
