//! What is noted when a device comes, and whether it is the only one that says it is this device.
//!
//! A tablet stores how far it has come in the same write as what came, and shows it the next time: it never goes back.
//! Nor does it use a session again after the next one. Whoever does is a copy of it, or it is one of whoever came
//! before: the sessions of both end, and whoever has the password goes on. What either has written is taken first.

use std::sync::Arc;

use ankomst_shared::ids::{DocumentId, Epoch};
use ankomst_shared::sync::Position;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::devices::{self, Shown};
use crate::storage::sqlite::{Connection, accounts, links, log, rights, wants};
use crate::sync::Session;

/// Where a device says that it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stands {
    /// Life of the log it was told in.
    pub(super) epoch: Option<Epoch>,
    /// Highest place in the feed it was told.
    pub(super) high: Position,
    /// Highest place in the order of arrival it was told.
    pub(super) arrived: Position,
    /// When it began to say so, Unix milliseconds.
    pub(super) began_ms: i64,
}

/// What a device says of houses.
#[derive(Debug, Clone)]
pub(super) struct Along {
    /// Those it has taken along.
    pub(super) wants: Vec<DocumentId>,
    /// Records that were opened on it.
    pub(super) opened: Vec<DocumentId>,
}

/// Notes that a device came, after what it has brought was taken, and in an exchange what it says of houses; tells whether
/// it is no copy.
///
/// # Errors
/// When storage refuses.
pub(super) async fn comes(
    app: &Arc<App>,
    session: &Session,
    stands: Stands,
    houses: Option<Along>,
) -> Result<bool, StorageError> {
    let (noting, session) = (Arc::clone(app), *session);
    let (device, now_ms) = (session.device, app.now_ms());
    let note = move |db: &_| {
        let alone = is_alone((&noting, db), &session, stands)?;
        if let Some(houses) = houses {
            accounts::device_seen(db, device, now_ms)?;
            links::has_come(db, device)?;
            if alone {
                // After what it has brought: that was written before it was told.
                rights::tell(db, device, now_ms)?;
                wants::set(db, device, &houses.wants, now_ms)?;
                wants::opened(db, device, &houses.opened, now_ms)?;
            }
        }
        Ok(alone)
    };
    let alone = app.writer.write(note).await?;
    if !alone {
        // Live sockets look at once whether they may go on.
        app.news.send_modify(|_| {});
        let (who, device) = (Some(session.user), Some(device));
        app.audit.owe(vec![Entry { who, device, ..Entry::of(What::Cloned) }]).await;
    }
    Ok(alone)
}

/// Notes where a device stands; tells whether it may be the one that came before.
fn is_alone(
    (app, db): (&App, &Connection),
    session: &Session,
    stands: Stands,
) -> Result<bool, StorageError> {
    let epoch = log::epoch(db)?.filter(|epoch| stands.epoch == Some(*epoch));
    let proven = |place: Position, key: &[u8; 32]| {
        epoch.filter(|epoch| place.is_proven(key, *epoch)).map(|_| place.feed)
    };
    let shown = Shown {
        session: session.id,
        epoch,
        high: proven(stands.high, &app.secrets.position),
        arrived: proven(stands.arrived, &app.secrets.arrival),
        began_ms: stands.began_ms,
    };
    let alone = devices::shows(db, session.device, &shown, app.now_ms())?;
    if !alone {
        devices::end_sessions(db, session.device)?;
        tracing::warn!(
            device.id = %session.device,
            "Two say that they are this device: both have to sign in again. Nothing is lost."
        );
    }
    Ok(alone)
}
