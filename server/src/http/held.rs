//! `GET /api/v1/held`: the changes of a unit that are held, with whose they are and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_shared::ids::{DocumentId, base32};
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::audit::By;
use crate::http::problem::Problem;
use crate::http::signed_in::SignedIn;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::{accounts, log};
use crate::sync::access;

/// A held change.
#[derive(Debug, Serialize)]
pub struct Held {
    /// The document.
    pub document: String,
    /// The change.
    pub hash: String,
    /// Author's id.
    pub user: String,
    /// Author's name.
    pub name: String,
    /// Device.
    pub device: String,
    /// Why.
    pub reason: String,
    /// Arrival, Unix milliseconds.
    pub received_ms: i64,
}

/// Lists what is held, for supervisors, of what they may read. Of a record that is protected beyond a supervisor's
/// reach nothing is listed.
///
/// # Errors
/// A [`Problem`].
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
) -> Result<Json<Vec<Held>>, Problem> {
    let held = app.readers.read(|db| {
        let Some(asking) = accounts::user(db, session.user)? else { return Ok(None) };
        let rights = access::rights_now(db, &asking)?;
        let mut held = Vec::new();
        for chunk in log::held(db, None)? {
            let Some(document) = log::document(db, chunk.document)? else { continue };
            if !access::oversees(db, &rights, &document)? {
                continue;
            }
            let name = accounts::user(db, chunk.user)?.map(|user| user.name);
            held.push((
                document.id,
                Held {
                    document: chunk.document.to_string(),
                    hash: base32(chunk.hash.as_bytes()),
                    user: chunk.user.to_string(),
                    name: name.unwrap_or_default(),
                    device: chunk.device.to_string(),
                    reason: chunk.reason.unwrap_or_default(),
                    received_ms: chunk.received_ms,
                },
            ));
        }
        let by =
            By { who: Some(session.user), device: Some(session.device), unit: Some(asking.unit) };
        Ok(Some((by, held)))
    })?;
    let (by, held) = held.ok_or_else(Problem::forbidden)?;
    let ids: BTreeSet<DocumentId> = held.iter().map(|(id, _)| *id).collect();
    let entry = |id| Entry { record: Some(id), about: "held".to_owned(), ..by.entry(What::Listed) };
    app.audit.note(ids.into_iter().map(entry).collect()).await?;
    Ok(Json(held.into_iter().map(|(_, held)| held).collect()))
}
