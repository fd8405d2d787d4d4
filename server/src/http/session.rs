//! Enrolling, signing in, renewing, signing out.

use std::sync::Arc;

use ankomst_shared::sync::message::{EnrolRequest, RefreshRequest, SignInRequest};
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use crate::accounts::door::{self, SignedIn as Made};
use crate::app::App;
use crate::auth::passkey::Page;
use crate::http::problem::Problem;
use crate::http::signed_in::{Address, SECRET, SignedIn, TOKEN, cookie, no_cookie, origin};
use crate::http::whole::Whole;
use crate::sync::Session;

/// `POST /api/v1/devices`.
///
/// # Errors
/// A [`Problem`].
pub async fn enrol(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let request: EnrolRequest = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    made(&app, &door::enrol(&app, request, (from, Page::of(&origin(&headers)))).await?)
}

/// `POST /api/v1/session`.
///
/// # Errors
/// A [`Problem`].
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let request: SignInRequest = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    made(&app, &door::sign_in(&app, request, (from, Page::of(&origin(&headers)))).await?)
}

/// `POST /api/v1/session/refresh`.
///
/// # Errors
/// A [`Problem`].
pub async fn refresh(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let request: RefreshRequest = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    let secret = jar.get(SECRET).ok_or_else(Problem::signed_out)?.value().to_owned();
    let (session, secret) = door::refresh(&app, &secret, request).await?;
    Ok((cookies(&app, &session, &secret)?, StatusCode::NO_CONTENT).into_response())
}

/// `DELETE /api/v1/session`.
///
/// # Errors
/// A [`Problem`].
pub async fn sign_out(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
) -> Result<Response, Problem> {
    door::sign_out(&app, &session).await?;
    let jar = CookieJar::new().add(no_cookie(TOKEN)).add(no_cookie(SECRET));
    Ok((jar, StatusCode::NO_CONTENT).into_response())
}

fn made(app: &App, made: &Made) -> Result<Response, Problem> {
    let jar = cookies(app, &made.session, &made.secret)?;
    let kind = [(header::CONTENT_TYPE, "application/cbor")];
    Ok((jar, kind, wire::pack(&made.answer)).into_response())
}

fn cookies(app: &App, session: &Session, secret: &str) -> Result<CookieJar, Problem> {
    let token = app.tokens.make(session, app.now_ms());
    let token =
        token.ok_or(crate::storage::StorageError::Damaged("the session key cannot sign"))?;
    Ok(CookieJar::new().add(cookie(TOKEN, &token)).add(cookie(SECRET, secret)))
}
