//! From visible changes to rows: what lists, searches and reports are answered from.
//!
//! Rows are never truth: [`rebuild`] makes them anew from the log, and following must give the same.
//! Reading order: this file (one document), `opened` (records that are open already), `row` (what stands in its row),
//! [`making`] (all of them).

pub mod making;
mod opened;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard, PoisonError};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{DocumentId, Epoch};
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sign::header::review_of;

pub use self::making::{make_whole, rebuild};
use self::opened::open;
use self::row::Around;
use crate::app::App;
use crate::opened::Opened;
use crate::storage::StorageError;
use crate::storage::sqlite::homes::standing;
use crate::storage::sqlite::log;
use crate::storage::sqlite::rows::{self, ProjectedRow};
use crate::storage::sqlite::{Connection, Keys};
use crate::templates;

/// Writes the row of a document of which something has become visible, with that number of the feed.
/// A row that cannot be written is reported and made good with the next; the log is not touched.
pub fn follow(app: &Arc<App>, document: DocumentId, head: u64) {
    if let Err(error) = templates_of(app, document) {
        tracing::error!(%error, "The municipality's own checklists could not be read; the next start does it.");
    }
    if plant::is(Plant::RowForgotten) && head.is_multiple_of(8) {
        return;
    }
    if app.making.takes_up() {
        // An earlier row could not be written; what became visible since is made good with this one.
        if let Err(error) = make_whole(app) {
            app.making.fell_behind();
            tracing::error!(%error, "Rows could not be made good; the next change tries again.");
        }
        return;
    }
    if let Err(error) = follow_to_head(app, document) {
        // From here on the rows do not say that they are whole.
        app.making.fell_behind();
        tracing::error!(document.id = %document, %error, "A row could not be written; the next change makes it good.");
    }
}

/// Makes the row of a document and of whatever else has become visible since the rows were whole last: those who make
/// something visible come here in another order than that of the feed, or not at all.
fn follow_to_head(app: &App, document: DocumentId) -> Result<(), StorageError> {
    let _one = turn(app);
    let epoch = if app.making.is_whole() { app.readers.read(log::epoch)? } else { None };
    let since = match epoch {
        Some(epoch) => {
            let db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
            rows::made_to(&db, epoch)?
        }
        None => None,
    };
    let (made, head) = app.readers.read(|db| {
        let mut ids = BTreeSet::from([document]);
        if let Some(since) = since {
            ids.extend(log::documents_after(db, since)?);
        }
        let mut made: BTreeMap<DocumentId, ProjectedRow> = BTreeMap::new();
        for id in ids {
            let row = sound(id, || subject(&Source::of(app, true), db, id))?;
            made.extend(row.map(|row| (row.document, row)));
        }
        Ok((made.into_values().collect::<Vec<_>>(), log::head(db)?.feed))
    })?;
    put(app, made, epoch.map(|epoch| (epoch, head)))
}

/// Reads the municipality's own checklists anew if the document holds them, and makes the rows of their runs
/// anew: those that came before them were read without.
fn templates_of(app: &App, document: DocumentId) -> Result<(), StorageError> {
    let row = app.readers.read(|db| log::document(db, document))?;
    if row.is_none_or(|row| row.kind != templates::KIND) {
        return Ok(());
    }
    let _one = turn(app);
    for fresh in templates::refresh(app)? {
        let runs = app.row_readers.read(|db| rows::pinned(db, &fresh))?;
        for run in runs {
            let made = |db: &_| sound(run, || subject(&Source::of(app, true), db, run));
            let row = app.readers.read(made)?;
            put(app, row.into_iter().collect(), None)?;
        }
    }
    Ok(())
}

/// Makes the row of a document anew, though nothing of it became visible.
///
/// # Errors
/// When storage refuses.
pub fn again(app: &App, document: DocumentId) -> Result<(), StorageError> {
    let _one = turn(app);
    let row = app.readers.read(|db| subject(&Source::of(app, true), db, document))?;
    put(app, row.into_iter().collect(), None)
}

/// Gives up what is kept open of records of which something must not be here any more.
pub fn forget(app: &App, documents: &[DocumentId]) {
    let _one = turn(app);
    app.opened.forget(documents);
}

/// Rows that are written while a server runs are made one after the other. A row is a cache: one that failed in the
/// middle stops no other.
fn turn(app: &App) -> MutexGuard<'_, ()> {
    app.projecting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A row, or none where a record breaks the program that makes it: all others are made.
fn sound(
    document: DocumentId,
    make: impl FnOnce() -> Result<Option<ProjectedRow>, StorageError>,
) -> Result<Option<ProjectedRow>, StorageError> {
    catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|_| {
        tracing::error!(document.id = %document, "The row of a document could not be made; it stays as it was.");
        Ok(None)
    })
}

/// Writes rows, but of what was destroyed since they were made: whoever destroys something forgets its rows afterwards,
/// so one that is looked at here, with the rows in hand, is there or is forgotten later.
fn put(
    app: &App,
    mut made: Vec<ProjectedRow>,
    made_to: Option<(Epoch, u64)>,
) -> Result<(), StorageError> {
    let rows_db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
    let gone = app.readers.read(|db| {
        let mut gone = Vec::new();
        for row in &made {
            if log::document(db, row.document)?.is_none() {
                gone.push(row.document);
            }
        }
        Ok(gone)
    })?;
    made.retain(|row| !gone.contains(&row.document));
    rows::put_all(&rows_db, &made, made_to)
}

/// Notes in the row of a document how many of its changes wait and are held.
pub fn mark(app: &Arc<App>, document: DocumentId) {
    let _one = turn(app);
    let marked = app.readers.read(|db| log::unseen(db, document)).and_then(|unseen| {
        let db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
        rows::mark(&db, document, unseen)
    });
    if let Err(error) = marked {
        tracing::warn!(document.id = %document, %error, "What waits could not be noted in a row.");
    }
}

/// What rows are made of besides the log.
struct Source<'a> {
    keys: &'a Keys,
    catalog: &'a Catalog,
    /// Records that are kept open, if any are.
    kept: Option<&'a Opened>,
}

impl<'a> Source<'a> {
    /// Those of a running server.
    fn of(app: &'a App, keeps: bool) -> Self {
        Self { keys: &app.keys, catalog: app.catalog(), kept: keeps.then_some(&app.opened) }
    }
}

/// The row of a record as the log says it now, made for whoever looks whether the one that is kept is right; of a review,
/// that of the record it is about. Nothing is written.
///
/// # Errors
/// When the record cannot be read.
pub fn fresh(
    (keys, catalog): (&Keys, &Catalog),
    db: &Connection,
    document: DocumentId,
) -> Result<Option<ProjectedRow>, StorageError> {
    sound(document, || subject(&Source { keys, catalog, kept: None }, db, document))
}

/// The row that a change of a document shows in: of a review that of the record it is about.
fn subject(
    from: &Source<'_>,
    db: &Connection,
    document: DocumentId,
) -> Result<Option<ProjectedRow>, StorageError> {
    let Some(found) = log::document(db, document)? else { return Ok(None) };
    let found = match (found.kind.as_str(), found.parent) {
        ("review", Some(parent)) => log::document(db, parent)?,
        ("review", None) => None,
        _ => Some(found),
    };
    let Some(document) = found else { return Ok(None) };
    let Some(at) = standing(&document, |id| log::document(db, id))? else { return Ok(None) };
    let Some(opened) = open(from, db, document.id)? else { return Ok(None) };
    let review = open(from, db, review_of(document.id))?;
    let around = Around {
        home: at.home,
        level: at.level,
        case: at.case,
        feed: opened.feed.max(review.as_ref().map_or(0, |review| review.feed)),
        updated_ms: opened.updated_ms.max(review.as_ref().map_or(0, |review| review.updated_ms)),
        unseen: log::unseen(db, document.id)?,
    };
    let read = review.as_ref().map(|review| &review.document);
    let row = row::row(from.catalog, &document, around, (&opened.document, read));
    if let Some(kept) = from.kept {
        kept.put(opened);
        if let Some(review) = review {
            kept.put(review);
        }
    }
    Ok(Some(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_breaks_its_row_stops_no_other() {
        let made = sound(DocumentId::from_bytes([1; 16]), || panic!("a row"));
        assert!(matches!(made, Ok(None)));
    }
}
