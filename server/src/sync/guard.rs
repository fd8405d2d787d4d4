//! A record is protected more than it was: for good, in the log, in the rows of all that belongs to it, and on every
//! tablet with its next contact.

use std::sync::Arc;

use ankomst_shared::ids::{DocumentId, UserId};

use crate::app::App;
use crate::given;
use crate::projector;
use crate::storage::StorageError;
use crate::storage::accesses::entry::What;
use crate::storage::sqlite::{grants, log};
use crate::sync::noted;

/// Protects a record and what belongs to it up to a level; tells whether it was less protected before.
///
/// # Errors
/// When storage refuses.
pub async fn raise(
    app: &Arc<App>,
    (document, level): (DocumentId, u8),
    (by, reason): (UserId, String),
) -> Result<bool, StorageError> {
    let now_ms = app.now_ms();
    let purpose = reason.clone();
    let write = app.writer.write(move |db| {
        let changed = grants::raise(db, (document, level), (by, &reason, now_ms))?;
        Ok((changed, log::family(db, document)?))
    });
    let (changed, family) = write.await?;
    noted::act(app, by, (What::Raised, document), (&level.to_string(), &purpose)).await;
    let rows = Arc::clone(app);
    given::beside(move || {
        // A row that is being made from what was read before is made good by the one made here: of two the more
        // protected one stays.
        family.into_iter().try_for_each(|id| projector::again(&rows, id))
    })
    .await
    .map_err(|_| StorageError::Stopped)??;
    // Live sessions look at once what their tablets should no longer hold.
    app.news.send_modify(|_| {});
    Ok(changed)
}
