//! The whole body of a request, or the problem with it.

use std::error::Error;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use tower_http::timeout::TimeoutError;

use crate::http::problem::Problem;

/// The body.
#[derive(Debug)]
pub struct Whole(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(body) => Ok(Self(body)),
            Err(refused) => Err(problem(&refused)),
        }
    }
}

fn problem(refused: &BytesRejection) -> Problem {
    if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large();
    }
    let mut reason: Option<&(dyn Error + 'static)> = Some(refused);
    while let Some(error) = reason {
        if error.is::<TimeoutError>() {
            return Problem::slow();
        }
        reason = error.source();
    }
    Problem::unreadable()
}
