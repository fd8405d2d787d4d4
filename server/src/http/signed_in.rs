//! Who asks: the session behind the cookie, and whether the request comes from this app.

use core::net::IpAddr;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, Method, Uri, header};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;

use crate::accounts::door;
use crate::app::App;
use crate::http::listen::Peer;
use crate::http::problem::Problem;
use crate::storage::sqlite::accounts;
use crate::sync::Session;

/// Cookie of the short token.
pub const TOKEN: &str = "__Host-ankomst";
/// Cookie of the rotating secret.
pub const SECRET: &str = "__Host-ankomst-refresh";

/// A request of this app's own pages.
#[derive(Debug)]
pub struct OwnOrigin;

/// Where the request comes from: the address of the other end, or the one that a declared proxy there
/// says ([`crate::http::way`]); never one that any other header claims.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub Option<IpAddr>);

/// A request of this app's own pages by a person who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn(pub Session);

impl FromRequestParts<Arc<App>> for OwnOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        if is_own(parts) { Ok(Self) } else { Err(Problem::origin()) }
    }
}

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(peer(&parts.extensions))))
    }
}

/// The address of the other end of the connection.
#[must_use]
pub fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| address.ip())
}

/// Whether the origin's host and port are the ones the request was sent to.
fn is_own(parts: &Parts) -> bool {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let origin =
        text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    origin.is_some() && origin == host(&parts.headers, &parts.uri)
}

/// The host and port a request was sent to; HTTP/2 says them in the address.
#[must_use]
pub fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or(uri.authority().map(Authority::as_str))
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        // A plain reading sends no origin; one that changes something or opens a socket must.
        let reads = parts.method == Method::GET && !parts.headers.contains_key(header::UPGRADE);
        if !reads || parts.headers.contains_key(header::ORIGIN) {
            OwnOrigin::from_request_parts(parts, app).await?;
        }
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(TOKEN).ok_or_else(Problem::signed_out)?;
        let (session, made_s) = app.tokens.check(token.value()).ok_or_else(Problem::signed_out)?;
        let now_ms = app.now_ms();
        let row = app.readers.read(|db| accounts::session(db, session.id))?;
        let good = row.is_some_and(|row| {
            !row.ended
                && row.ends_ms > now_ms
                && row.device == session.device
                && row.user == session.user
        });
        if !good {
            return Err(Problem::signed_out());
        }
        door::token_used(app, &session, made_s).await;
        Ok(Self(session))
    }
}

/// A cookie as this server sets them, for thirty days.
#[must_use]
pub fn cookie(name: &'static str, value: &str) -> Cookie<'static> {
    with_age(name, value, 30 * 24 * 3600)
}

/// A cookie that ends one.
#[must_use]
pub fn no_cookie(name: &'static str) -> Cookie<'static> {
    with_age(name, "", 0)
}

fn with_age(name: &'static str, value: &str, seconds: u32) -> Cookie<'static> {
    let text =
        format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    Cookie::parse(text).unwrap_or_else(|_| Cookie::new(name, ""))
}
