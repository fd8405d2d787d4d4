//! The one-time link with which somebody comes in on a tablet: whoever has it chooses the password of the account,
//! once, within three days. So no password is ever told by one person to another.
//!
//! Where the unit has decided so, it is also the only way to enrol a tablet: whoever has used a link enrols one within
//! an hour. The decision stands in the record of the organisation, and beside it, so that an old log weakens nothing.

use std::sync::Arc;

use ankomst_shared::catalog::written_date;
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{UnitId, UserId, base32};

use crate::accounts::first::{FirstError, fits_as_password};
use crate::accounts::passkeys::FIRST_HOURS;
use crate::accounts::{door, noted, stricter};
use crate::app::App;
use crate::given;
use crate::storage::accesses::entry::Entry;
use crate::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use crate::storage::sqlite::{links, passkeys};
use crate::storage::{StorageError, random};

/// The page behind links.
pub const PATH: &str = "/welcome";
/// How long a link is valid, in hours.
pub const LINK_HOURS: i64 = 72;
/// How long a device may be enrolled after a link was used, in milliseconds.
const ENROL_MS: i64 = 60 * 60_000;
/// The decision that tablets are enrolled only by link, as it stands in the organisation's record.
pub const ONLY_LINKS: (&str, u32) = ("enrol_by_link", 1);
/// How long whoever made a link can see it, in milliseconds.
const SHOWN_MS: i64 = 15 * 60_000;

/// Makes a link of an account in the place of the one before and gives its secret. `by` is the entry of the access log
/// that says who made it.
///
/// # Errors
/// When storage refuses.
pub async fn make(app: &Arc<App>, user: UserId, by: Entry) -> Result<String, StorageError> {
    let secret = base32(&random::<16>()?);
    let (hash, now_ms) = (hash(&secret), app.now_ms());
    let ends_ms = now_ms + LINK_HOURS * 3_600_000;
    app.writer.write(move |db| links::set(db, user, hash, ends_ms)).await?;
    app.handed.note(user, secret.clone(), now_ms + SHOWN_MS);
    app.audit.owe(vec![Entry { about: user.to_string(), ..by }]).await;
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
    let taking = Arc::clone(app);
    // To its end, also when whoever asked has gone: that it was used is in the access log.
    let taken = given::apart(async move {
        let taken = taking.writer.write(move |db| {
            // Looked at again where nothing comes between: a link is used once.
            if links::user(db, hash, now_ms)? != Some(user) {
                return Ok(false);
            }
            accounts::set_password(db, user, &password)?;
            links::let_enrol(db, user, now_ms + ENROL_MS)?;
            passkeys::let_first(db, user, now_ms + FIRST_HOURS * 3_600_000)?;
            Ok(true)
        });
        let is_taken = taken.await?;
        if is_taken {
            noted::chosen(&taking, &whose).await;
        }
        Ok::<_, StorageError>(is_taken)
    });
    if !taken.await.map_err(|_| StorageError::Stopped)?? {
        return Err(FirstError::Link);
    }
    tracing::info!(user.id = %user, "A one-time link was used; the account has a new password.");
    Ok(())
}

/// Adds a device, where the unit has decided so only by a link, one for each; tells whether it was. Until one that came
/// by a link has come with its session another is taken in its place and ends it, which is noted: the answer may have been
/// lost on the way.
///
/// # Errors
/// When storage refuses.
pub(super) async fn adds(
    app: Arc<App>,
    user: UserRow,
    device: DeviceRow,
) -> Result<bool, StorageError> {
    let (is_bound, now_ms) = (is_only_way(&app, user.unit)?, app.now_ms());
    let write = app.writer.write(move |db| {
        if is_bound && !links::may_enrol(db, device.user, now_ms)? {
            return Ok((false, None));
        }
        let lost = if is_bound { links::enrols(db, device.user, device.id)? } else { None };
        if let Some(lost) = lost {
            accounts::revoke_device(db, lost)?;
        }
        accounts::add_device(db, &device, now_ms)?;
        Ok((true, lost))
    });
    let (is_added, lost) = write.await?;
    noted::replaced(&app, &user, lost).await;
    Ok(is_added)
}

/// Whether a unit has decided so for today.
///
/// # Errors
/// When storage refuses.
pub fn is_only_way(app: &App, unit: UnitId) -> Result<bool, StorageError> {
    let today = swedish(app.now_ms()).map(|at| written_date(at.date())).unwrap_or_default();
    Ok(app.policies.number(unit, ONLY_LINKS, &today).is_some()
        || stricter::is_lost(app, (unit, ONLY_LINKS.0), &today)?)
}

fn hash(secret: &str) -> [u8; 32] {
    sha256(&[b"ankomst link", secret.to_ascii_lowercase().as_bytes()])
}
