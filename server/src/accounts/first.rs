//! The first account of a server: made by whoever has the one-time link that `serve` prints while there
//! is none. The link is valid for a day, once, and only until there is an account.

use std::sync::Arc;

use ankomst_shared::app::Role;
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{UnitId, UserId, base32};

use crate::accounts::door::{self, PASSWORD_BYTES_MAX};
use crate::accounts::login;
use crate::accounts::password::PASSWORD_CHARS_MIN;
use crate::app::App;
use crate::storage::sqlite::accounts::UserRow;
use crate::storage::sqlite::first::{self, LinkRow};
use crate::storage::{StorageError, random};

/// How long a link is valid, in hours.
pub const LINK_HOURS: i64 = 24;
/// Longest name of a person or a unit, in characters.
const NAME_CHARS_MAX: usize = 80;

/// What is asked of whoever makes the first account.
#[derive(Clone, Default)]
pub struct First {
    /// Secret of the link.
    pub secret: String,
    /// Name of the municipality or unit.
    pub unit: String,
    /// Name of the person.
    pub name: String,
    /// Login name.
    pub login: String,
    /// Password.
    pub password: String,
}

impl core::fmt::Debug for First {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("First(***)")
    }
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum FirstError {
    /// There is no such link: never was, has ended, was used. Which of these is not told.
    #[error(
        "the link is not valid; nothing was changed. If there is an account, sign in; if not, start the server again, and it prints a new link"
    )]
    Link,
    /// An answer does not fit.
    #[error("an answer does not fit: {0}; nothing was changed")]
    Answer(&'static str),
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes a link in the place of the one before and gives its secret, if there is no account.
///
/// # Errors
/// When storage refuses.
pub async fn invite(app: &Arc<App>) -> Result<Option<String>, StorageError> {
    let secret = base32(&random::<16>()?);
    let link = LinkRow { hash: hash(&secret), ends_ms: app.now_ms() + LINK_HOURS * 3_600_000 };
    let invited = app.writer.write(move |db| {
        let open = !first::has_accounts(db)?;
        first::set_link(db, open.then_some(link))?;
        Ok(open)
    });
    Ok(invited.await?.then_some(secret))
}

/// Whether a secret is that of the link for the first account.
///
/// # Errors
/// When storage refuses.
pub fn is_open(app: &App, secret: &str) -> Result<bool, StorageError> {
    let (hash, now_ms) = (hash(secret.trim()), app.now_ms());
    app.readers.read(|db| first::is_valid(db, hash, now_ms))
}

/// Makes the first account, an administrator, and its unit; uses up the link.
///
/// # Errors
/// When the link is not valid, an answer does not fit or storage refuses.
pub async fn begin(app: &Arc<App>, asked: First) -> Result<(), FirstError> {
    if !is_open(app, &asked.secret)? {
        return Err(FirstError::Link);
    }
    let (hash, now_ms) = (hash(asked.secret.trim()), app.now_ms());
    let unit = name(&asked.unit).ok_or(FirstError::Answer("unit"))?;
    let name = name(&asked.name).ok_or(FirstError::Answer("name"))?;
    let login = login::read(&asked.login).ok_or(FirstError::Answer("login"))?;
    if !fits_as_password(&asked.password) {
        return Err(FirstError::Answer("password"));
    }
    let user = UserRow {
        id: UserId::new(now_ms, random()?),
        login,
        name,
        password: door::hash(asked.password).await?,
        roles: vec![Role::Administrator],
        unit: UnitId::new(now_ms, random()?),
        active: true,
    };
    let id = user.id;
    let made = app.writer.write(move |db| {
        // Looked at again where nothing comes between: a link is used once.
        if !first::is_valid(db, hash, now_ms)? {
            return Ok(false);
        }
        first::set_link(db, None)?;
        first::add(db, &user, &unit)?;
        Ok(true)
    });
    if !made.await? {
        return Err(FirstError::Link);
    }
    tracing::info!(user.id = %id, "The first account was made; its link is used up.");
    Ok(())
}

/// Whether a password is long enough, and no longer than is taken.
pub(super) fn fits_as_password(password: &str) -> bool {
    password.chars().count() >= PASSWORD_CHARS_MIN && password.len() <= PASSWORD_BYTES_MAX
}

fn hash(secret: &str) -> [u8; 32] {
    sha256(&[b"ankomst first account", secret.to_ascii_lowercase().as_bytes()])
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let count = text.chars().count();
    let fits = count > 0 && count <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}
