//! `/welcome`: the page behind one-time links, where the first account is made or somebody chooses a password; its
//! own files from the binary, `POST /api/v1/welcome/look` and `POST /api/v1/welcome`. The secret stands in the
//! fragment of the link, which no browser sends.

use core::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::accounts::first::{self, First, FirstError};
use crate::accounts::link;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::signed_in::Address;
use crate::http::whole::Whole;

/// Where the page is.
pub const PATH: &str = link::PATH;
/// Largest message, in bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

const HTML: &str = include_str!("welcome/page.html");
const SCRIPT: &str = include_str!("welcome/page.js");
const STYLE: &str = concat!(
    include_str!("../../../web-client/static/tokens.css"),
    include_str!("../../../web-client/static/base.css"),
    include_str!("../../../web-client/static/components.css"),
    include_str!("welcome/page.css"),
);
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);

/// The page.
pub async fn page() -> Response {
    file("text/html; charset=utf-8", HTML)
}

/// Its script.
pub async fn script() -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

/// Its looks.
pub async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// What the page sends; of somebody who has an account already, secret and password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    secret: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    login: String,
    password: String,
}

/// What the page asks at first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    secret: String,
}

/// Whose link it is.
#[derive(Serialize)]
pub struct Whose {
    /// Login name, and the name shown to colleagues; none for the link of the first account.
    person: Option<(String, String)>,
}

/// `POST /api/v1/welcome/look`: whose link it is.
///
/// # Errors
/// A [`Problem`].
pub async fn look(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Whole(body): Whole,
) -> Result<Json<Whose>, Problem> {
    let Look { secret } = read(&app, from, &body)?;
    if first::is_open(&app, &secret)? {
        return Ok(Json(Whose { person: None }));
    }
    let user = link::look(&app, &secret)?;
    Ok(Json(Whose { person: Some((user.login, user.name)) }))
}

/// What was sent, if attempts are few enough. What cannot be read is answered like any other link that is not valid.
fn read<T: DeserializeOwned>(app: &App, from: Option<IpAddr>, body: &[u8]) -> Result<T, Problem> {
    if !app.throttle.allows_link(from) {
        let title = "Too many attempts; wait a minute. Nothing was changed.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", title));
    }
    serde_json::from_slice(body).map_err(|_| FirstError::Link.into())
}

/// `POST /api/v1/welcome`: makes the first account, or sets the password of a link's account.
///
/// # Errors
/// A [`Problem`].
pub async fn begin(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Whole(body): Whole,
) -> Result<StatusCode, Problem> {
    let Question { secret, unit, name, login, password } = read(&app, from, &body)?;
    if first::is_open(&app, &secret)? {
        first::begin(&app, First { secret, unit, name, login, password }).await?;
    } else {
        // Whoever typed these was shown the form of the first account, and would look for another login than this.
        if !(unit.is_empty() && name.is_empty() && login.is_empty()) {
            link::look(&app, &secret)?;
            return Err(FirstError::Answer("login").into());
        }
        link::take(&app, &secret, password).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl From<FirstError> for Problem {
    fn from(error: FirstError) -> Self {
        match error {
            FirstError::Link => Self::new(StatusCode::FORBIDDEN, "link", error.to_string()),
            FirstError::Answer(which) => {
                let code = match which {
                    "unit" => "bad-unit",
                    "name" => "bad-name",
                    "login" => "bad-login",
                    _ => "bad-password",
                };
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
            }
            FirstError::Storage(error) => error.into(),
        }
    }
}
