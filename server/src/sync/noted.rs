//! What was done with a record, for the access log.

use std::sync::Arc;

use ankomst_shared::ids::{DocumentId, UserId};

use crate::app::App;
use crate::audit::By;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::{accounts, log};

/// Notes what a person has done with a record, with what and why.
pub(super) async fn act(
    app: &Arc<App>,
    who: UserId,
    (what, record): (What, DocumentId),
    (about, purpose): (&str, &str),
) {
    let unit = app.readers.read(|db| {
        let own = accounts::user(db, who)?.map(|user| user.unit);
        Ok(log::document(db, record)?.map(|row| row.unit).or(own))
    });
    let by = By { who: Some(who), device: None, unit: unit.ok().flatten() };
    let (about, purpose) = (about.to_owned(), purpose.trim().to_owned());
    app.audit.owe(vec![Entry { record: Some(record), about, purpose, ..by.entry(what) }]).await;
}
