//! The only way to add a route: together with what it takes. A route without bounds does not compile.

use core::convert::Infallible;
use core::time::Duration;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::app::App;
use crate::http::problem::Problem;
use crate::limits;
use crate::metrics::Metrics;

/// What a route takes.
#[derive(Debug, Clone)]
pub struct Takes {
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Time for reading and answering.
    pub within: Duration,
    at_once: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// A route that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Method, one of them if there are several.
    pub method: &'static str,
    /// Template of its address.
    pub path: &'static str,
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Requests at one time, shared with the others of its group.
    pub at_once: usize,
}

/// Routes with their bounds.
#[derive(Debug)]
pub struct Routes {
    router: Router<Arc<App>>,
    added: Vec<Added>,
}

impl Takes {
    /// So many bytes, so many requests at one time, answered in this time. Routes that are given the
    /// same (a clone) share the number of requests.
    #[must_use]
    pub fn new(app: &App, body_bytes: usize, at_once: usize, within: Duration) -> Self {
        let (at_once, metrics) = (Arc::new(Semaphore::new(at_once)), Arc::clone(&app.metrics));
        Self { body_bytes, within, at_once, metrics }
    }
}

impl Default for Routes {
    fn default() -> Self {
        Self { router: Router::new(), added: Vec::new() }
    }
}

impl Routes {
    /// Adds a route.
    #[must_use]
    pub fn add(
        mut self,
        (method, path): (&'static str, &'static str),
        handlers: MethodRouter<Arc<App>>,
        takes: &Takes,
    ) -> Self {
        let (body_bytes, at_once) = (takes.body_bytes, takes.at_once.available_permits());
        self.added.push(Added { method, path, body_bytes, at_once });
        self.router = self.router.route(path, bounded(handlers, takes));
        self
    }

    /// The routes for one server, and what was added.
    pub fn with(self, app: Arc<App>) -> (Router, Vec<Added>) {
        (self.router.with_state(app), self.added)
    }
}

/// Handlers within bounds; also for what is no route, such as files.
pub fn bounded<S: Clone + Send + Sync + 'static>(
    handlers: MethodRouter<S>,
    takes: &Takes,
) -> MethodRouter<S> {
    handlers
        .layer::<_, Infallible>(DefaultBodyLimit::max(takes.body_bytes))
        .layer::<_, Infallible>(RequestBodyTimeoutLayer::new(limits::SILENCE_MAX))
        .layer(from_fn_with_state(takes.clone(), enter))
}

/// Lets a request in if there is a place for it.
async fn enter(State(takes): State<Takes>, request: Request, next: Next) -> Response {
    let Ok(_place) = takes.at_once.try_acquire() else {
        takes.metrics.shed();
        return Problem::busy().into_response();
    };
    match timeout(takes.within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::slow().into_response(),
    }
}

/// Refuses addresses that are longer than any of ours, before anything looks at them.
pub async fn short(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > limits::URL_BYTES_MAX {
        return Problem::long_address().into_response();
    }
    next.run(request).await
}
