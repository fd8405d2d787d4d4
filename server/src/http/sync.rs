//! `POST /api/v1/sync`: the one question and answer.

use std::sync::Arc;

use ankomst_shared::sync::message::Exchange;
use ankomst_shared::sync::wire;
use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::fair::UnderWay;
use crate::given;
use crate::http::problem::Problem;
use crate::http::signed_in::SignedIn;
use crate::http::whole::Whole;
use crate::limits::{ITEMS_MAX, NEXT_EXCHANGE_S};
use crate::sync::exchange;

/// It is this device's turn; asked before its body is read, so that nobody holds more than one place.
#[derive(Debug)]
pub struct Turn(UnderWay);

impl FromRequestParts<Arc<App>> for Turn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, app).await?;
        app.exchanges.begin(session.device, session.user).map(Self).ok_or_else(|| {
            app.metrics.shed();
            Problem::busy().again_after(NEXT_EXCHANGE_S)
        })
    }
}

/// Answers an exchange.
///
/// # Errors
/// A [`Problem`].
pub async fn exchange(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    Turn(under_way): Turn,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    let question: Exchange =
        wire::unpack_within(&body, ITEMS_MAX).map_err(|_| Problem::unreadable())?;
    if question.hello.device != session.device {
        return Err(Problem::signed_out());
    }
    // To its end, also when whoever asked has gone: the turn is theirs until then, so that nobody has work
    // of several exchanges done at once by going away.
    let answer = given::apart(async move {
        let answer = exchange::answer(&app, &session, question).await;
        drop(under_way);
        answer
    });
    let answer = answer.await.map_err(|_| Problem::defect())??;
    let kind = [(header::CONTENT_TYPE, "application/cbor")];
    Ok((kind, wire::pack(&answer)).into_response())
}
