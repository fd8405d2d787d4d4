//! `POST /api/v1/farewell`: the road home without a session.

use std::sync::Arc;

use ankomst_shared::limits::SYNC_BODY_BYTES_MAX;
use ankomst_shared::sync::message::Farewell;
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::whole::Whole;
use crate::sync::farewell;

/// Largest body: twice what a tablet hands in at once.
pub const BODY_BYTES_MAX: usize = SYNC_BODY_BYTES_MAX / 2;

/// Answers a farewell.
///
/// # Errors
/// A [`Problem`].
pub async fn farewell(
    State(app): State<Arc<App>>,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let asked: Farewell = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    if !farewell::is_good(&app, asked.device, &asked.token) {
        return Err(Problem::forbidden());
    }
    if !app.throttle.allows_farewell(asked.device) {
        return Err(Problem::too_many());
    }
    let answer = farewell::answer(&app, asked).await?;
    let kind = [(header::CONTENT_TYPE, "application/cbor")];
    Ok((kind, wire::pack(&answer)).into_response())
}
