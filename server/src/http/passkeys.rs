//! Passkeys: a challenge to sign in with, a challenge for a new one, and taking in a new one.

use std::sync::Arc;

use ankomst_shared::sync::message::{NewPasskey, PasskeyChallenge};
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::accounts::passkeys;
use crate::app::App;
use crate::auth::passkey::Page;
use crate::http::problem::Problem;
use crate::http::signed_in::{Address, SignedIn, origin};
use crate::http::whole::Whole;

/// `POST /api/v1/session/passkey`.
///
/// # Errors
/// A [`Problem`].
pub async fn ask(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Whole(_): Whole,
) -> Result<Response, Problem> {
    Ok(told(&passkeys::ask(&app, from)?))
}

/// `POST /api/v1/passkeys/begin`.
///
/// # Errors
/// A [`Problem`].
pub async fn start(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    Whole(_): Whole,
) -> Result<Response, Problem> {
    Ok(told(&passkeys::start(&app, &session)?))
}

/// `POST /api/v1/passkeys`.
///
/// # Errors
/// A [`Problem`].
pub async fn register(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<StatusCode, Problem> {
    let made: NewPasskey = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    passkeys::register(&app, &session, Page::of(&origin(&headers)), made).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn told(challenge: &PasskeyChallenge) -> Response {
    ([(header::CONTENT_TYPE, "application/cbor")], wire::pack(challenge)).into_response()
}
