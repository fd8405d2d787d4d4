//! Every request is counted and, at `debug`, told in one line: what route, how answered, how long it
//! took. Never the address asked for, a header or a body.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// Route of what is none: the app's files, and addresses that do not exist.
const OTHER: &str = "app";

const METHODS: [&str; 5] = ["GET", "POST", "DELETE", "HEAD", "OPTIONS"];

/// Counts and tells a request.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    // A method is text that the other end chose.
    let method = METHODS.iter().find(|known| **known == request.method());
    let method = method.map_or("other", |known| *known);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or(OTHER, MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    app.metrics.request(method, route, status, took);
    let problem = response.headers().get("x-ankomst-problem");
    let problem = problem.and_then(|code| code.to_str().ok());
    let took_ms = took.as_millis();
    tracing::debug!(method, route, status, problem, took_ms, "A request was answered.");
    response
}
