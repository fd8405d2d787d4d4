//! From visible changes to rows: titles, progress and open contradictions for lists and reports.
//!
//! Rows are never truth: [`rebuild`] makes them anew from the log, and following must give the same.

use std::sync::Arc;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::merge::record_state;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::log;
use crate::storage::sqlite::rows::{self, ProjectedRow};

/// Writes the row of a document whose visible changes are these. A row that cannot be written is
/// reported and made good by the next rebuild; the log is not touched by it.
pub fn follow(app: &Arc<App>, document: DocumentId, kind: &str, chunks: &[ByteVec]) {
    let row = project(document, kind, chunks);
    let written = app.rows.lock().map_err(|_| StorageError::Stopped).and_then(|db| match row {
        Some(row) => rows::put(&db, &row),
        None => Ok(()),
    });
    if let Err(error) = written {
        tracing::error!(%error, "A row could not be written; `ankomst rebuild` makes it good.");
    }
}

/// Makes all rows anew and gives their number.
///
/// # Errors
/// When storage refuses.
pub fn rebuild(app: &App) -> Result<usize, StorageError> {
    let all = app.readers.read(|db| {
        let mut ids: Vec<DocumentId> =
            log::all_chunks(db)?.into_iter().map(|chunk| chunk.document).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut rows = Vec::new();
        for id in ids {
            let Some(document) = log::document(db, id)? else { continue };
            let chunks = log::chunks_of(db, id, "visible")?
                .iter()
                .map(|chunk| app.keys.open_chunk(id, &chunk.hash, &chunk.sealed).map(ByteVec::from))
                .collect::<Result<Vec<_>, _>>()?;
            rows.extend(project(id, &document.kind, &chunks));
        }
        Ok(rows)
    })?;
    let db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
    rows::clear(&db)?;
    all.iter().try_for_each(|row| rows::put(&db, row))?;
    Ok(all.len())
}

fn project(document: DocumentId, kind: &str, chunks: &[ByteVec]) -> Option<ProjectedRow> {
    let opened =
        Document::open(ActorId::from_bytes([0; 16]), chunks.iter().map(|chunk| chunk.as_slice()))
            .ok()?;
    Some(row(document, kind, &opened))
}

/// The row of a document.
#[must_use]
pub fn row(document: DocumentId, kind: &str, opened: &Document) -> ProjectedRow {
    let catalog = Catalog::builtin();
    let record = record_state(catalog, (kind, document), opened, None);
    let title = catalog
        .anchor(kind, "title")
        .filter(|(list, _)| list.is_none())
        .map(|(_, field)| record.text(&field.id).to_owned());
    ProjectedRow {
        document,
        kind: kind.to_owned(),
        title: title.unwrap_or_default(),
        answered: record.fields.len(),
        open: record.open(),
    }
}
