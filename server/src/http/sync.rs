//! `POST /api/v1/sync`: the one question and answer.

use std::sync::Arc;

use ankomst_shared::sync::message::Exchange;
use ankomst_shared::sync::wire;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::fair::UnderWay;
use crate::given;
use crate::http::problem::Problem;
use crate::http::signed_in::SignedIn;
use crate::http::whole::Whole;
use crate::limits::{ITEMS_MAX, NEXT_EXCHANGE_S};
use crate::sync::exchange;

/// It is this device's turn, and its body is there. The turn is taken before the body is read, so that nobody holds more
/// than one place; an older exchange that is still being read ends with it, so that one that dawdles keeps no later one
/// waiting.
#[derive(Debug)]
pub struct Turn(UnderWay, Bytes);

impl FromRequest<Arc<App>> for Turn {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let SignedIn(session) = SignedIn::from_request_parts(&mut parts, app).await?;
        let busy = || {
            app.metrics.shed();
            Problem::busy().again_after(NEXT_EXCHANGE_S)
        };
        let under_way = app.exchanges.begin(session.device, session.user).ok_or_else(busy)?;
        let request = Request::from_parts(parts, body);
        let Whole(body) = tokio::select! {
            biased;
            () = under_way.ends() => return Err(busy()),
            body = Whole::from_request(request, &()) => body?,
        };
        if under_way.works() { Ok(Self(under_way, body)) } else { Err(busy()) }
    }
}

/// Answers an exchange.
///
/// # Errors
/// A [`Problem`].
pub async fn exchange(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    Turn(under_way, body): Turn,
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
