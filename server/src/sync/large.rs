//! When a record goes on with less behind it ([`super::lines`]).

use std::sync::Arc;

use ankomst_shared::catalog::is_over;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::{CLOSED_CHANGES_MAX, DOCUMENT_ACTORS_MAX, DOCUMENT_CHANGES_MAX};

use crate::app::App;
use crate::limits::{HEAVY_WEIGHT, RECORD_WEIGHT_MAX};
use crate::storage::StorageError;
use crate::storage::sqlite::{held as stored, lines as sizes, log, rows};
use crate::sync::lines::{self, Outcome, Why};
use crate::sync::{held, room};

/// Whether a document has grown so large since it was last continued that it should be; one whose work has
/// ended sooner, and one in which somebody has no room any more as soon as it has grown at all.
fn is_large(app: &App, document: DocumentId, is_pressed: bool) -> Result<bool, StorageError> {
    let [now, then] = app.readers.read(|db| sizes::sizes(db, document))?;
    let most = |most: usize, then: u64| u64::try_from(most).unwrap_or(u64::MAX).max(then * 2);
    // Half of the room that there was.
    let half = then.weight + RECORD_WEIGHT_MAX.saturating_sub(then.weight) / 2;
    let grown = if is_pressed { then.weight + then.weight / 8 } else { half };
    if now.changes >= most(DOCUMENT_CHANGES_MAX, then.changes)
        || now.actors >= most(DOCUMENT_ACTORS_MAX, then.actors)
        || now.weight > grown.max(HEAVY_WEIGHT)
    {
        return Ok(true);
    }
    Ok(now.changes >= most(CLOSED_CHANGES_MAX, then.changes)
        && app
            .row_readers
            .read(|db| rows::told(db, document))?
            .is_some_and(|(_, state)| is_over(&state)))
}

/// Lets in what has room by now, however that came to be, and continues records in which somebody still has none, if they
/// have grown at all since they were last. One with which storage refuses keeps no other waiting, and has another turn.
pub(super) async fn make_room(app: &Arc<App>) {
    for document in app.crowded.take() {
        let rest = make_room_in(app, document).await.unwrap_or_else(|error| {
            tracing::error!(document.id = %document, %error, "No room could be made in a record; it is tried again.");
            true
        });
        app.crowded.add(rest.then_some(document));
    }
}

/// Lets in what waits for nothing else any more, now that there is less of a record; what has no room still waits for it.
pub(super) async fn became_smaller(app: &Arc<App>, document: DocumentId) {
    if let Err(error) = held::let_in_all(app, document).await {
        tracing::error!(document.id = %document, %error, "What may be of a record was not let in; it is with its next change.");
    }
    app.crowded.add([document]);
    app.arrived.notify_one();
}

/// Tells whether somebody has no room still.
async fn make_room_in(app: &Arc<App>, document: DocumentId) -> Result<bool, StorageError> {
    if app.readers.read(|db| room::is_there(db, document))? {
        held::let_in_all(app, document).await?;
    }
    if app.readers.read(|db| stored::is_large(db, document))? {
        continue_if_large(app, document, true).await;
    }
    app.readers.read(|db| stored::is_large(db, document))
}

/// Continues the record a document belongs to once it has grown large. It stays as it is where that fails.
pub(super) async fn continue_if_large(app: &Arc<App>, document: DocumentId, is_pressed: bool) {
    let record = is_large(app, document, is_pressed).and_then(|is_large| {
        let row =
            app.readers.read(|db| if is_large { log::document(db, document) } else { Ok(None) })?;
        Ok(row.map(|row| row.record()))
    });
    let continued = match record {
        Ok(Some(record)) => lines::continue_record(app, record, Why::Large).await,
        Ok(None) => return,
        Err(error) => Err(error),
    };
    let let_in = match continued {
        Ok(Outcome::Left) => return,
        Ok(Outcome::Continued { .. }) => held::let_in_all(app, document).await,
        Err(error) => Err(error),
    };
    if let Err(error) = let_in {
        tracing::error!(document.id = %document, %error, "A large document could not be continued; it stays as it is.");
    }
}
