//! `/welcome`: the page where the first account is made, its own files from the binary, and
//! `POST /api/v1/welcome`. The secret stands in the fragment of the link, which no browser sends.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::accounts::first::{self, First, FirstError};
use crate::accounts::throttle;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::signed_in::Address;
use crate::http::whole::Whole;

/// Where the page is.
pub const PATH: &str = "/welcome";
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

/// What the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    secret: String,
    unit: String,
    name: String,
    login: String,
    password: String,
}

/// `POST /api/v1/welcome`: makes the first account.
///
/// # Errors
/// A [`Problem`].
pub async fn begin(
    State(app): State<Arc<App>>,
    Address(from): Address,
    Whole(body): Whole,
) -> Result<StatusCode, Problem> {
    if !throttle::allows_link(from) {
        let title = "Too many attempts; wait a minute. Nothing was changed.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", title));
    }
    // What cannot be read is answered like any other link that is not valid.
    let question = serde_json::from_slice(&body).ok();
    let Question { secret, unit, name, login, password } = question.ok_or(FirstError::Link)?;
    first::begin(&app, First { secret, unit, name, login, password }).await?;
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
