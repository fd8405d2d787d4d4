//! `POST /api/v1/desk/page` and `/api/v1/desk/act`: administration and the register, in the packed form
//! of the app. What is searched for stands in the body alone.

use std::sync::Arc;

use ankomst_shared::app::{Language, PAGE_FORM};
use ankomst_shared::packed::{Packed, from_bytes, to_bytes};
use ankomst_shared::value::Value;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::desk::{Desk, DeskError};
use crate::given;
use crate::http::problem::Problem;
use crate::http::signed_in::{SignedIn, origin};
use crate::http::whole::Whole;

/// Largest question, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Describes a place.
///
/// # Errors
/// A [`Problem`].
pub async fn page(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let (address, language): (String, Language) = question(&body)?;
    let desk = Desk::open(app, &session, language)?.at(&origin(&headers));
    Ok(answer(&desk.page(&address).await?))
}

/// Does what a place offered.
///
/// # Errors
/// A [`Problem`].
pub async fn act(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    type Question = ((String, String), (Language, Vec<(String, Value)>));
    let ((_, name), (language, answers)): Question = question(&body)?;
    let desk = Desk::open(app, &session, language)?.at(&origin(&headers));
    // To its end, also when whoever asked has gone: what is written has its entry in the access log, too.
    let acted = given::apart(Box::pin(async move { desk.act(&name, answers).await }));
    Ok(answer(&acted.await.map_err(|_| Problem::defect())??))
}

/// Reads a question of this form of pages; of another form nothing is read.
fn question<T: Packed>(body: &[u8]) -> Result<T, Problem> {
    let (form, question): (u32, Vec<u8>) = from_bytes(body).ok_or_else(Problem::unreadable)?;
    if form != PAGE_FORM {
        let title = "The app and the server are of different releases. Update the app.";
        return Err(Problem::new(StatusCode::CONFLICT, "other-build", title));
    }
    from_bytes(&question).ok_or_else(Problem::unreadable)
}

fn answer(value: &impl Packed) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    (kind, to_bytes(value)).into_response()
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotAllowed => Self::forbidden(),
            DeskError::Nowhere => Self::nowhere(),
            DeskError::BadValue(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-value", error.to_string())
            }
            DeskError::Storage(error) => error.into(),
        }
    }
}
