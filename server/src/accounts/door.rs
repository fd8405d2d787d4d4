//! The use cases at the door.

use core::net::IpAddr;
use std::sync::Arc;

use ankomst_shared::ids::{DeviceId, SessionId, UserId};
use ankomst_shared::sign::{Enrolment, PublicKey};
use ankomst_shared::sync::message::{
    EnrolRequest, PasskeyProof, RefreshRequest, SignInAnswer, SignInRequest, refresh_proof,
};
use tokio::sync::Semaphore;

use crate::accounts::{link, noted, passkeys, password};
use crate::app::App;
use crate::auth::passkey::Page;
use crate::auth::renew::{self, Renewal, SESSION_MS};
use crate::given;
use crate::metrics::SignIn as Attempt;
use crate::storage::sqlite::accounts::{self, DeviceRow, SessionRow, UserRow};
use crate::storage::sqlite::devices::{self, State};
use crate::storage::sqlite::{enrolled, links};
use crate::storage::{StorageError, random};
use crate::sync::{Session, farewell};

/// Longest name of a device, in characters.
const DEVICE_NAME_CHARS_MAX: usize = 60;
/// Longest password taken, in bytes.
pub(super) const PASSWORD_BYTES_MAX: usize = 1_024;
/// How far a device's clock may be off in a renewal, in milliseconds: five years, since clocks of
/// tablets are not trusted; the secret and the signature are what counts.
const CLOCK_OFF_MS_MAX: i64 = 5 * 366 * 24 * 3_600_000;

/// Password checks at one time: each costs 19 MiB and a good part of a core.
static CHECKS: Semaphore = Semaphore::const_new(2);

/// Why the door stays shut.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Login or password is wrong; which of the two is not told.
    #[error("the login or the password is wrong")]
    Wrong,
    /// The password is right, and the unit has decided that it is not enough.
    #[error(
        "a password is not enough here; sign in with a passkey, or ask an administrator to remove the one that is lost, and for a one-time link to make one"
    )]
    NeedsPasskey,
    /// Too many attempts.
    #[error("too many attempts; wait a minute")]
    TooMany,
    /// New devices are enrolled only by link here.
    #[error(
        "new tablets come in only by a one-time link here; ask an administrator for one. Tablets that are known go on"
    )]
    OnlyByLink,
    /// The session is over.
    #[error("the session has ended; sign in")]
    Ended,
    /// The request is not usable.
    #[error("the request cannot be used: {0}")]
    Request(&'static str),
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A session that was just made.
#[derive(Debug)]
pub struct SignedIn {
    /// What the device is told.
    pub answer: SignInAnswer,
    /// The session.
    pub session: Session,
    /// The rotating secret.
    pub secret: String,
}

/// Where a request comes from: address, and page.
pub type Whence<'a> = (Option<IpAddr>, Page<'a>);

/// What somebody shows: login, password, and a passkey in its place.
type Shown<'a> = (&'a str, &'a str, Option<&'a PasskeyProof>);

/// Enrols a device for a person and signs in.
///
/// # Errors
/// When the password is wrong, attempts are too many or storage refuses.
pub async fn enrol(
    app: &Arc<App>,
    request: EnrolRequest,
    from: Whence<'_>,
) -> Result<SignedIn, DoorError> {
    let login = request.login.clone();
    let done = enrol_one(app, request, from).await;
    counted(app, &done);
    noted::attempt(app, (&login, None), &done, true).await;
    done
}

async fn enrol_one(
    app: &Arc<App>,
    request: EnrolRequest,
    from: Whence<'_>,
) -> Result<SignedIn, DoorError> {
    let name = request.device_name.trim();
    if name.is_empty() || name.chars().count() > DEVICE_NAME_CHARS_MAX {
        return Err(DoorError::Request("a device has a name of at most 60 characters"));
    }
    let shown = (request.login.as_str(), request.password.as_str(), request.passkey.as_ref());
    let (user, until_ms) = check(app, shown, from, None).await?;
    let now_ms = app.now_ms();
    let enrolment = Enrolment {
        device: DeviceId::new(now_ms, random()?),
        user: user.id,
        key: request.key,
        name: name.to_owned(),
        at_ms: now_ms,
    };
    let device = DeviceRow {
        id: enrolment.device,
        user: user.id,
        name: name.to_owned(),
        key: request.key,
        enrolment: enrolment.sign(&app.secrets.server),
        active: true,
    };
    // To its end, also when whoever asked has gone: a device that it ends is in the access log.
    let added = given::apart(link::adds(Arc::clone(app), user.clone(), device.clone()));
    if !added.await.map_err(|_| StorageError::Stopped)?? {
        return Err(DoorError::OnlyByLink);
    }
    begin(app, &user, &device, until_ms).await
}

/// Signs in on an enrolled device.
///
/// # Errors
/// When the password is wrong, the device is not that person's or was revoked, or storage refuses.
pub async fn sign_in(
    app: &Arc<App>,
    request: SignInRequest,
    from: Whence<'_>,
) -> Result<SignedIn, DoorError> {
    let (login, device) = (request.login.clone(), request.device);
    let done = sign_in_one(app, request, from).await;
    counted(app, &done);
    noted::attempt(app, (&login, Some(device)), &done, false).await;
    done
}

/// Counts how an attempt ended.
fn counted(app: &App, done: &Result<SignedIn, DoorError>) {
    app.metrics.sign_in(match done {
        Ok(_) => Attempt::Good,
        Err(DoorError::Wrong | DoorError::NeedsPasskey) => Attempt::Wrong,
        Err(DoorError::TooMany) => Attempt::TooMany,
        Err(DoorError::Ended) => Attempt::Ended,
        Err(DoorError::Request(_) | DoorError::OnlyByLink | DoorError::Storage(_)) => {
            Attempt::Failed
        }
    });
}

async fn sign_in_one(
    app: &Arc<App>,
    request: SignInRequest,
    from: Whence<'_>,
) -> Result<SignedIn, DoorError> {
    let known = enrolled(app, &request);
    let shown = (request.login.as_str(), request.password.as_str(), request.passkey.as_ref());
    let (user, until_ms) = match check(app, shown, from, known).await {
        Err(DoorError::Wrong) => {
            tell_of_lost_account(app, &request)?;
            return Err(DoorError::Wrong);
        }
        checked => checked?,
    };
    let device = match app.readers.read(|db| accounts::device(db, request.device))? {
        Some(device) => Some(device),
        None => take_in_again(app, &request, user.id).await?,
    };
    match device {
        Some(device) if device.user == user.id && device.active => {
            let standing = app.readers.read(|db| devices::standing(db, device.id))?;
            if standing.is_some_and(|known| known.state != State::Active) {
                return Err(DoorError::Ended);
            }
            begin(app, &user, &device, until_ms).await
        }
        _ => Err(DoorError::Ended),
    }
}

/// Takes in a device that this server enrolled and does not know any more: the log is a backup's from
/// before. It comes back under its id and key, so that what it has signed is good.
async fn take_in_again(
    app: &Arc<App>,
    request: &SignInRequest,
    user: UserId,
) -> Result<Option<DeviceRow>, DoorError> {
    let Some(row) = enrolled(app, request).filter(|row| row.user == user) else { return Ok(None) };
    let now_ms = app.now_ms();
    let known = app.writer.write(move |db| enrolled::take_in_again(db, &row, now_ms)).await?;
    if known.is_some() {
        tracing::info!(device.id = %request.device, "A device enrolled after the backup is back.");
    }
    Ok(known)
}

/// The device of the enrolment that a request carries, if this server has signed it.
fn enrolled(app: &App, request: &SignInRequest) -> Option<DeviceRow> {
    let row = DeviceRow::enrolled(request.enrolment.as_ref()?, &app.secrets.server.public())?;
    (row.id == request.device).then_some(row)
}

/// Tells the operator of a person whose account was made after the backup the log is from: made again
/// under the same id, what the person has written is theirs again.
fn tell_of_lost_account(app: &App, request: &SignInRequest) -> Result<(), StorageError> {
    let Some(row) = enrolled(app, request) else { return Ok(()) };
    if app.readers.read(|db| accounts::user(db, row.user))?.is_none() {
        tracing::warn!(
            user.id = %row.user,
            "A person this log does not know has a tablet this server enrolled; nothing is lost. Make \
             the account again: ankomst user add LOGIN --id ID."
        );
    }
    Ok(())
}

/// Checks a password or a passkey; `device` is the one that asks, if it has shown an enrolment of this server. Tells until
/// when a session may last that is not to last as long as others.
async fn check(
    app: &Arc<App>,
    (login, password, proof): Shown<'_>,
    (from, page): Whence<'_>,
    device: Option<DeviceRow>,
) -> Result<(UserRow, Option<i64>), DoorError> {
    if login.len() > 128 || password.len() > PASSWORD_BYTES_MAX {
        return Err(DoorError::Wrong);
    }
    let (user, device) = app.readers.read(|db| {
        let user = accounts::user_by_login(db, login)?;
        let device = device.filter(|device| user.as_ref().is_some_and(|u| u.id == device.user));
        let Some(device) = device else { return Ok((user, None)) };
        let known = accounts::device(db, device.id)?.is_none_or(|known| known.active);
        Ok((user, known.then_some(device.id)))
    })?;
    if !app.throttle.allows(login, from, device) {
        return Err(DoorError::TooMany);
    }
    if let Some(proof) = proof {
        return Ok((passkeys::prove(app, user, proof, page).await?, None));
    }
    let _permit = CHECKS.acquire().await.map_err(|_| StorageError::Stopped)?;
    let (password, hash) = (password.to_owned(), user.as_ref().map(|user| user.password.clone()));
    let matches = given::beside(move || password::matches(&password, hash.as_deref()))
        .await
        .map_err(|_| StorageError::Stopped)?;
    let user = user.filter(|user| matches && user.active).ok_or(DoorError::Wrong)?;
    let until_ms = passkeys::password_suffices(app, &user, page.host)?;
    Ok((user, until_ms))
}

/// Hashes a password beside the checks, under their limit.
pub(super) async fn hash(password: String) -> Result<String, StorageError> {
    let _permit = CHECKS.acquire().await.map_err(|_| StorageError::Stopped)?;
    given::beside(move || password::hash(&password)).await.map_err(|_| StorageError::Stopped)?
}

async fn begin(
    app: &Arc<App>,
    user: &UserRow,
    device: &DeviceRow,
    until_ms: Option<i64>,
) -> Result<SignedIn, DoorError> {
    let now_ms = app.now_ms();
    let id = SessionId::new(now_ms, random()?);
    let (secret, refresh) = renew::secret(id)?;
    let row = SessionRow {
        id,
        user: user.id,
        device: device.id,
        refresh,
        previous: None,
        rotated_ms: now_ms,
        ends_ms: until_ms.unwrap_or(now_ms + SESSION_MS),
        ended: false,
        taken: true,
    };
    app.writer.write(move |db| accounts::put_session(db, &row)).await?;
    Ok(SignedIn {
        answer: SignInAnswer {
            me: user.me(),
            device: device.id,
            enrolment: device.enrolment.clone().into(),
            server_key: *app.secrets.server.public().as_bytes(),
            deposit_key: app.secrets.deposit.public(),
            server_ms: now_ms,
            hand_in: Some(farewell::token(app, device.id).to_vec().into()),
        },
        session: Session { id, user: user.id, device: device.id },
        secret,
    })
}

/// Renews a session; gives the session and the next secret.
///
/// # Errors
/// When the session is over, the secret is old or the signature is not the device's.
pub async fn refresh(
    app: &Arc<App>,
    secret: &str,
    request: RefreshRequest,
) -> Result<(Session, String), DoorError> {
    let id = renew::session_of(secret).ok_or(DoorError::Ended)?;
    let now_ms = app.now_ms();
    let (device, user) = app.readers.read(|db| {
        let device = accounts::device(db, request.device)?;
        let user =
            device.as_ref().map(|device| accounts::user(db, device.user)).transpose()?.flatten();
        Ok((device, user))
    })?;
    let device = device.filter(|device| device.active).ok_or(DoorError::Ended)?;
    let proof = refresh_proof(request.device, request.at_ms);
    let signed =
        PublicKey::from_bytes(device.key).verifies("ankomst/refresh/1", &proof, &request.signature);
    let in_time = (request.at_ms - now_ms).abs() <= CLOCK_OFF_MS_MAX;
    if !signed || !in_time || !user.is_some_and(|user| user.active) {
        return Err(DoorError::Ended);
    }
    let (secret, key) = (secret.to_owned(), app.secrets.refresh);
    let (session, renewal) = app
        .writer
        .write(move |db| {
            let Some(mut row) = accounts::session(db, id)? else {
                return Ok((None, Renewal::Over));
            };
            if row.device != request.device {
                return Ok((None, Renewal::Over));
            }
            let renewal = renew::renew(&mut row, &secret, &key, now_ms);
            accounts::put_session(db, &row)?;
            if matches!(renewal, Renewal::Renewed(_)) {
                links::has_come(db, row.device)?;
            }
            Ok((Some(Session { id, user: row.user, device: row.device }), renewal))
        })
        .await?;
    match (session, renewal) {
        (Some(session), Renewal::Renewed(secret)) => Ok((session, secret)),
        (_, Renewal::Stolen) => {
            tracing::warn!(session.id = %id, "An old refresh secret was used: the session was ended.");
            // Its live sockets look at once whether they may go on.
            app.news.send_modify(|_| {});
            Err(DoorError::Ended)
        }
        _ => Err(DoorError::Ended),
    }
}

/// Notes that the answer of a session's last renewal has come, if a token made then shows it first.
pub async fn token_used(app: &App, session: &Session, made_s: i64) {
    let id = session.id;
    let row = app.readers.read(|db| accounts::session(db, id)).ok().flatten();
    let Some(row) = row.filter(|row| renew::shows_taken(row, made_s)) else { return };
    let note = move |db: &_| match accounts::session(db, id)? {
        Some(now) if now.rotated_ms == row.rotated_ms => {
            accounts::put_session(db, &SessionRow { taken: true, ..now })
        }
        _ => Ok(()),
    };
    // Where it cannot be noted, as on a full disk, the next use tries again.
    drop(app.writer.write(note).await);
}

/// Ends a session.
///
/// # Errors
/// When storage refuses.
pub async fn sign_out(app: &Arc<App>, session: &Session) -> Result<(), DoorError> {
    let id = session.id;
    app.writer
        .write(move |db| {
            if let Some(mut row) = accounts::session(db, id)? {
                row.ended = true;
                accounts::put_session(db, &row)?;
            }
            Ok(())
        })
        .await?;
    noted::signed_out(app, session).await;
    Ok(())
}
