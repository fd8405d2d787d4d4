//! What happens at the door, for the access log. It is never hindered by it.

use std::sync::Arc;

use ankomst_shared::ids::DeviceId;

use super::door::{DoorError, SignedIn};
use crate::app::App;
use crate::audit::By;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::sync::Session;

/// How somebody's attempt to sign in ended. What was typed as a login is noted only as the account it is of.
pub(super) async fn attempt(
    app: &Arc<App>,
    (login, device): (&str, Option<DeviceId>),
    done: &Result<SignedIn, DoorError>,
    is_new: bool,
) {
    let user = app.readers.read(|db| accounts::user_by_login(db, login)).ok().flatten();
    let (who, unit) = (user.as_ref().map(|user| user.id), user.as_ref().map(|user| user.unit));
    let entries = match done {
        Ok(made) => {
            let by = By { who, unit, device: Some(made.session.device) };
            let enrolled = is_new.then(|| by.entry(What::Enrolled));
            enrolled.into_iter().chain([by.entry(What::SignedIn)]).collect()
        }
        Err(
            error @ (DoorError::Wrong
            | DoorError::NeedsPasskey
            | DoorError::Ended
            | DoorError::OnlyByLink),
        ) => {
            let known = |id| matches!(app.readers.read(|db| accounts::device(db, id)), Ok(Some(_)));
            let by = By { who, unit, device: device.filter(|id| known(*id)) };
            let about = match error {
                DoorError::Wrong => "wrong",
                DoorError::OnlyByLink => "link",
                DoorError::NeedsPasskey => "password",
                _ => "ended",
            };
            vec![Entry { about: about.to_owned(), ..by.entry(What::SignInFailed) }]
        }
        // What is too much or cannot be read does not get as far as a password.
        Err(_) => Vec::new(),
    };
    app.audit.owe(entries).await;
}

/// Somebody chose a password with a one-time link.
pub(super) async fn chosen(app: &Arc<App>, user: &UserRow) {
    let by = By { who: Some(user.id), unit: Some(user.unit), device: None };
    let about = user.id.to_string();
    app.audit.owe(vec![Entry { about, ..by.entry(What::PasswordSet) }]).await;
}

/// A device was ended because another came by the same link.
pub(super) async fn replaced(app: &Arc<App>, user: &UserRow, lost: Option<DeviceId>) {
    let Some(lost) = lost else { return };
    let by = By { who: Some(user.id), unit: Some(user.unit), device: None };
    let about = lost.to_string();
    app.audit.owe(vec![Entry { about, ..by.entry(What::Revoked) }]).await;
}

/// Somebody has made a passkey.
pub(super) async fn passkey(app: &Arc<App>, session: &Session) {
    let user = app.readers.read(|db| accounts::user(db, session.user)).ok().flatten();
    let by = By {
        who: Some(session.user),
        device: Some(session.device),
        unit: user.map(|user| user.unit),
    };
    let about = session.user.to_string();
    app.audit.owe(vec![Entry { about, ..by.entry(What::PasskeyMade) }]).await;
}

/// Somebody signed out.
pub(super) async fn signed_out(app: &Arc<App>, session: &Session) {
    let user = app.readers.read(|db| accounts::user(db, session.user)).ok().flatten();
    let by = By {
        who: Some(session.user),
        device: Some(session.device),
        unit: user.map(|user| user.unit),
    };
    app.audit.owe(vec![by.entry(What::SignedOut)]).await;
}
