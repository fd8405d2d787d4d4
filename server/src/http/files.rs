//! `POST /api/v1/files` and `POST /api/v1/files/fetch`: pieces of pictures and other files in, without a session, and out.

use std::sync::Arc;

use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::sync::message::{FetchFile, HandInFile};
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::signed_in::SignedIn;
use crate::http::whole::Whole;
use crate::sync::{farewell, files};

/// Largest body: a piece, and what it belongs to.
pub const BODY_BYTES_MAX: usize = FILE_PIECE_BYTES + 8 * 1024;
/// The kind of an answer.
const KIND: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/cbor")];

/// Takes a piece in, and tells how far its file has come.
///
/// # Errors
/// A [`Problem`].
pub async fn hand_in(State(app): State<Arc<App>>, Whole(body): Whole) -> Result<Response, Problem> {
    let asked: HandInFile = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    if !farewell::is_good(&app, asked.device, &asked.token) {
        return Err(Problem::forbidden());
    }
    if !app.throttle.allows_piece(asked.device) {
        return Err(Problem::too_many());
    }
    let answer = files::hand_in(&app, asked).await?;
    Ok((KIND, wire::pack(&answer)).into_response())
}

/// Gives a piece.
///
/// # Errors
/// A [`Problem`].
pub async fn fetch(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let asked: FetchFile = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    let answer = files::fetch(&app, &session, asked).await?.ok_or_else(Problem::forbidden)?;
    Ok((KIND, wire::pack_piece(&answer)).into_response())
}
