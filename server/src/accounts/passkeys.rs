//! Making passkeys and signing in with them. A device is enrolled and keeps its key as with a password; the passkey
//! stands in the place of the password.

use core::net::IpAddr;
use std::sync::Arc;

use ankomst_shared::catalog::written_date;
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DeviceId, UnitId, UserId, base32};
use ankomst_shared::sync::message::{NewPasskey, PasskeyChallenge, PasskeyProof};

use crate::accounts::{DoorError, noted, stricter};
use crate::app::App;
use crate::auth::passkey::{self, Page, Purpose};
use crate::given;
use crate::storage::StorageError;
use crate::storage::accesses::entry::Entry;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::devices;
use crate::storage::sqlite::passkeys::{self, PasskeyRow};
use crate::sync::Session;

/// What a unit decides about signing in, and the decision that a password is not enough.
pub const POLICY: (&str, &str) = ("sign_in", "passkey");
/// How long somebody who came by a one-time link may sign in by password to make the first passkey, in hours.
pub const FIRST_HOURS: i64 = 24;
/// Most passkeys of one account.
const PASSKEYS_MAX: usize = 20;
/// Longest name of a passkey, in characters.
const NAME_CHARS_MAX: usize = 60;

/// What names a passkey in lists, acts and commands.
#[must_use]
pub fn short(row: &PasskeyRow) -> String {
    base32(&sha256(&[&row.credential])).chars().take(16).collect()
}

/// Which passkeys are removed that means all of an account.
pub const ALL: &str = "all";

/// Removes a passkey of an account, or all, and in the same commit ends the sessions there are but those of one device:
/// they may have been begun with it. Tells whether there was any; the entry is noted then.
///
/// # Errors
/// When storage refuses.
pub async fn remove(
    app: &App,
    (user, which): (UserId, &str),
    but: Option<DeviceId>,
    entry: Entry,
) -> Result<bool, StorageError> {
    let (which, now_ms) = (which.to_owned(), app.now_ms());
    let write = app.writer.write(move |db| {
        let mut gone = passkeys::of(db, user)?;
        gone.retain(|row| which == ALL || short(row) == which);
        for row in &gone {
            passkeys::remove(db, user, &row.credential, now_ms)?;
        }
        match but {
            _ if gone.is_empty() => {}
            Some(but) => devices::end_others(db, user, but)?,
            None => accounts::end_sessions(db, user)?,
        }
        Ok(!gone.is_empty())
    });
    let is_gone = write.await?;
    if is_gone {
        app.audit.owe(vec![entry]).await;
        // Live sockets look at once whether they may go on.
        app.news.send_modify(|_| {});
    }
    Ok(is_gone)
}

/// A challenge to sign in with. It is the same for everybody: nothing is said of any account.
///
/// # Errors
/// When there were too many, or the system has no randomness.
pub fn ask(app: &App, from: Option<IpAddr>) -> Result<PasskeyChallenge, DoorError> {
    if !app.throttle.allows_challenge(from) {
        return Err(DoorError::TooMany);
    }
    let challenge = app.challenges.make(Purpose::SignIn, app.now_ms())?;
    Ok(PasskeyChallenge { challenge: challenge.into(), known: Vec::new() })
}

/// A challenge for a new passkey of whoever is signed in.
///
/// # Errors
/// When storage refuses.
pub fn start(app: &App, session: &Session) -> Result<PasskeyChallenge, DoorError> {
    let challenge = app.challenges.make(Purpose::Make(session.user), app.now_ms())?;
    let known = app.readers.read(|db| passkeys::of(db, session.user))?;
    let known = known.into_iter().map(|row| row.credential.into()).collect();
    Ok(PasskeyChallenge { challenge: challenge.into(), known })
}

/// Takes in a new passkey of whoever is signed in.
///
/// # Errors
/// When it is not one that answers a challenge of this server for this person, or storage refuses.
pub async fn register(
    app: &Arc<App>,
    session: &Session,
    page: Page<'_>,
    made: NewPasskey,
) -> Result<(), DoorError> {
    let now_ms = app.now_ms();
    let purpose = Purpose::Make(session.user);
    let challenge = app.challenges.of(&made.client, purpose, page, now_ms);
    let said = passkey::read(&made.authenticator, page.host);
    let (Some(challenge), Some((counter, Some(credential)))) = (challenge, said) else {
        return Err(DoorError::Request("the passkey does not answer this server"));
    };
    if !passkey::is_key(&made.key) || !app.challenges.take(&challenge, now_ms) {
        return Err(DoorError::Request("the passkey cannot be used"));
    }
    let row = PasskeyRow {
        credential,
        user: session.user,
        name: made.name.trim().chars().take(NAME_CHARS_MAX).collect(),
        host: page.host.to_owned(),
        key: made.key.to_vec(),
        counter,
        made_ms: now_ms,
        used_ms: None,
        regressed_ms: None,
    };
    let (adding, session) = (Arc::clone(app), *session);
    // To its end, also when whoever asked has gone: a passkey that there is, is in the access log.
    let added = given::apart(async move {
        let added = adding.writer.write(move |db| {
            if passkeys::of(db, row.user)?.len() >= PASSKEYS_MAX {
                return Ok(false);
            }
            passkeys::add(db, &row)
        });
        let is_added = added.await?;
        if is_added {
            noted::passkey(&adding, &session).await;
        }
        Ok::<_, StorageError>(is_added)
    });
    if !added.await.map_err(|_| StorageError::Stopped)?? {
        return Err(DoorError::Request("the passkey is known, or there are too many"));
    }
    Ok(())
}

/// The account that a passkey proves to be this one. Whether there is such a login, nobody learns without a passkey.
///
/// # Errors
/// When it does not, or storage refuses.
pub async fn prove(
    app: &Arc<App>,
    user: Option<UserRow>,
    proof: &PasskeyProof,
    page: Page<'_>,
) -> Result<UserRow, DoorError> {
    let now_ms = app.now_ms();
    let row = app.readers.read(|db| passkeys::find(db, &proof.credential))?;
    let row = row.filter(|row| row.host == page.host).ok_or(DoorError::Wrong)?;
    let challenge = app.challenges.of(&proof.client, Purpose::SignIn, page, now_ms);
    let challenge = challenge.ok_or(DoorError::Wrong)?;
    let (counter, _) = passkey::read(&proof.authenticator, page.host).ok_or(DoorError::Wrong)?;
    let signed = (proof.authenticator.as_slice(), proof.client.as_slice());
    if !passkey::has_signed(&row.key, signed, &proof.signature)
        || !app.challenges.take(&challenge, now_ms)
    {
        return Err(DoorError::Wrong);
    }
    let user = user.filter(|user| user.id == row.user && user.active).ok_or(DoorError::Wrong)?;
    // Many count nothing; one that counts must go on.
    let has_regressed = (counter, row.counter) != (0, 0) && counter <= row.counter;
    if has_regressed {
        tracing::warn!(user.id = %user.id, "A passkey counts less than before: there may be two of it.");
    }
    let credential = row.credential;
    let note = move |db: &_| passkeys::used(db, &credential, (counter, has_regressed), now_ms);
    // On a full disk somebody still comes in.
    drop(app.writer.write(note).await);
    Ok(user)
}

/// Whether an account has a passkey that is good for the host of an origin.
///
/// # Errors
/// When storage refuses.
pub fn has_one_for(app: &App, user: UserId, origin: &str) -> Result<bool, StorageError> {
    let known = app.readers.read(|db| passkeys::of(db, user))?;
    Ok(known.iter().any(|row| row.host == Page::of(origin).host))
}

/// Whether a unit has decided for today that a password is not enough.
///
/// # Errors
/// When storage refuses.
pub fn is_needed(app: &App, unit: UnitId) -> Result<bool, StorageError> {
    let today = swedish(app.now_ms()).map(|at| written_date(at.date())).unwrap_or_default();
    Ok(app.policies.says(unit, POLICY, &today) || stricter::is_lost(app, (unit, POLICY.0), &today)?)
}

/// Whether a right password is enough for an account, and until when: nothing where the unit has not decided otherwise.
/// `host` is the name the account came by: a passkey is good for one.
///
/// # Errors
/// When it is not, or storage refuses.
pub fn password_suffices(app: &App, user: &UserRow, host: &str) -> Result<Option<i64>, DoorError> {
    if !is_needed(app, user.unit)? {
        return Ok(None);
    }
    let now_ms = app.now_ms();
    let until = app.readers.read(|db| passkeys::first_until(db, (user.id, host), now_ms))?;
    until.map(Some).ok_or(DoorError::NeedsPasskey)
}
