//! The one-time link with which somebody comes in on a tablet: whoever has it chooses the password of the account,
//! once, within three days. So no password is ever told by one person to another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{UserId, base32};

use crate::accounts::first::{FirstError, fits_as_password};
use crate::accounts::{door, noted};
use crate::app::App;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::links;
use crate::storage::{StorageError, random};

/// How long a link is valid, in hours.
pub const LINK_HOURS: i64 = 72;
/// How long whoever made a link can see it, in milliseconds.
const SHOWN_MS: i64 = 15 * 60_000;

/// Links that were made a moment ago, for those who made them. Stored is only the hash of a secret.
#[derive(Default)]
pub struct Handed(Mutex<BTreeMap<UserId, (String, i64)>>);

impl core::fmt::Debug for Handed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Handed(***)")
    }
}

impl Handed {
    fn note(&self, user: UserId, secret: String, until_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(user, (secret, until_ms));
    }

    /// The secret of an account's link that was made a moment ago.
    #[must_use]
    pub fn of(&self, user: UserId, now_ms: i64) -> Option<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, until_ms)| *until_ms > now_ms);
        all.get(&user).map(|(secret, _)| secret.clone())
    }
}

/// Makes a link of an account in the place of the one before and gives its secret.
///
/// # Errors
/// When storage refuses.
pub async fn make(app: &Arc<App>, user: UserId) -> Result<String, StorageError> {
    let secret = base32(&random::<16>()?);
    let (hash, now_ms) = (hash(&secret), app.now_ms());
    let ends_ms = now_ms + LINK_HOURS * 3_600_000;
    app.writer.write(move |db| links::set(db, user, hash, ends_ms)).await?;
    app.handed.note(user, secret.clone(), now_ms + SHOWN_MS);
    Ok(secret)
}

/// The account of a link.
///
/// # Errors
/// When the link is not valid or storage refuses.
pub fn look(app: &App, secret: &str) -> Result<UserRow, FirstError> {
    let hash = hash(secret.trim());
    let now_ms = app.now_ms();
    let found = app.readers.read(|db| {
        let user = links::user(db, hash, now_ms)?;
        user.map_or(Ok(None), |user| accounts::user(db, user))
    })?;
    found.ok_or(FirstError::Link)
}

/// Sets the password of a link's account, ends the sessions it has and uses up the link.
///
/// # Errors
/// When the link is not valid, the password does not fit or storage refuses.
pub async fn take(app: &Arc<App>, secret: &str, password: String) -> Result<(), FirstError> {
    let whose = look(app, secret)?;
    let user = whose.id;
    if !fits_as_password(&password) {
        return Err(FirstError::Answer("password"));
    }
    let (hash, now_ms) = (hash(secret.trim()), app.now_ms());
    let password = door::hash(password).await?;
    let taken = app.writer.write(move |db| {
        // Looked at again where nothing comes between: a link is used once.
        if links::user(db, hash, now_ms)? != Some(user) {
            return Ok(false);
        }
        accounts::set_password(db, user, &password)?;
        Ok(true)
    });
    if !taken.await? {
        return Err(FirstError::Link);
    }
    noted::chosen(app, &whose).await;
    tracing::info!(user.id = %user, "A one-time link was used; the account has a new password.");
    Ok(())
}

fn hash(secret: &str) -> [u8; 32] {
    sha256(&[b"ankomst link", secret.to_ascii_lowercase().as_bytes()])
}
