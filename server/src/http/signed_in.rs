//! Who asks: the session behind the cookie, and whether the request comes from this app.

use core::net::IpAddr;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, Method, Uri, header};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;

use crate::app::App;
use crate::http::listen::Peer;
use crate::http::problem::Problem;
use crate::http::way::ByHttps;
use crate::storage::sqlite::accounts;
use crate::sync::Session;

/// Cookie of the short token.
pub const TOKEN: &str = "__Host-ankomst";
/// Cookie of the rotating secret.
pub const SECRET: &str = "__Host-ankomst-refresh";

/// Where the request comes from: the address of the other end, or the one that a declared proxy there
/// says ([`crate::http::way`]); never one that any other header claims.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub Option<IpAddr>);

/// Who is signed in, as the route's rule has found out; behind a route without such a rule nobody is.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn(pub Session);

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

/// Refuses what does not come from this app's own pages: the origin is the scheme, host and port the request was sent
/// to.
///
/// # Errors
/// A [`Problem`].
pub fn comes_from_here(request: &Request) -> Result<(), Problem> {
    if is_own(request.headers(), request.uri(), request.extensions()) {
        Ok(())
    } else {
        Err(Problem::origin())
    }
}

/// The page's own scheme and host, which the route has held against where the request was sent to.
#[must_use]
pub fn origin(headers: &HeaderMap) -> String {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.unwrap_or_default().to_owned()
}

/// Whether the origin is the scheme, host and port the request was sent to.
fn is_own(headers: &HeaderMap, uri: &Uri, extensions: &Extensions) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let Some((scheme, named)) = origin.and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let by_https = extensions.get().is_some_and(|ByHttps(by_https)| *by_https);
    scheme == if by_https { "https" } else { "http" } && Some(named) == host(headers, uri)
}

/// The host and port a request was sent to; HTTP/2 says them in the address.
#[must_use]
pub fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or(uri.authority().map(Authority::as_str))
}

/// The session behind the cookie, if it, its account and its device are good, and when its token was made, Unix seconds.
///
/// # Errors
/// A [`Problem`].
pub fn signed_in(app: &App, request: &Request) -> Result<(Session, i64), Problem> {
    // A plain reading sends no origin; one that changes something or opens a socket must.
    let reads = request.method() == Method::GET && !request.headers().contains_key(header::UPGRADE);
    if !reads || request.headers().contains_key(header::ORIGIN) {
        comes_from_here(request)?;
    }
    let jar = CookieJar::from_headers(request.headers());
    let token = jar.get(TOKEN).ok_or_else(Problem::signed_out)?;
    let (session, made_s) = app.tokens.check(token.value()).ok_or_else(Problem::signed_out)?;
    let now_ms = app.now_ms();
    let good = app
        .readers
        .read(|db| accounts::is_good(db, (session.id, session.user, session.device), now_ms))?;
    if good { Ok((session, made_s)) } else { Err(Problem::signed_out()) }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        parts.extensions.get().copied().map(Self).ok_or_else(Problem::signed_out)
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
