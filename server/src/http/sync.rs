//! `POST /api/v1/sync`: the one question and answer.

use std::sync::Arc;

use ankomst_shared::sync::message::Exchange;
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::signed_in::SignedIn;
use crate::http::whole::Whole;
use crate::sync::exchange;

/// Answers an exchange.
///
/// # Errors
/// A [`Problem`].
pub async fn exchange(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let question: Exchange = wire::unpack(&body).map_err(|_| Problem::unreadable())?;
    if question.hello.device != session.device {
        return Err(Problem::signed_out());
    }
    let answer = exchange::answer(&app, &session, question).await?;
    let kind = [(header::CONTENT_TYPE, "application/cbor")];
    Ok((kind, wire::pack(&answer)).into_response())
}
