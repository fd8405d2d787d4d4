//! The only way to add a route: together with who may come, what of records it shows and what it takes. A route
//! without a rule or without bounds does not compile.

use core::convert::Infallible;
use core::time::Duration;
use std::sync::Arc;

use ankomst_shared::app::Role;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::accounts::door;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::reading::{Bodies, read_first};
use crate::http::signed_in::{comes_from_here, signed_in};
use crate::limits;
use crate::metrics::Metrics;
use crate::storage::sqlite::accounts;

/// Who may come in by a route. It is asked before anything else looks at the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Anybody: nothing of anybody is shown or changed.
    Open,
    /// Pages of this app, signed in or not.
    OwnPages,
    /// Whoever is signed in, with an account and a device that are good.
    SignedIn,
    /// Whoever of these has one of the roles now.
    Has(&'static [Role]),
}

/// What a route shows of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Nothing.
    Nothing,
    /// Only what the access log has before: `server/tests/door/matrix/accesses.rs` asks each of them.
    Noted,
}

/// What a route takes.
#[derive(Debug, Clone)]
pub struct Takes {
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Time for reading and answering.
    pub within: Duration,
    pub(super) at_once: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    bodies: Option<Arc<Bodies>>,
}

/// A route that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Method.
    pub method: &'static str,
    /// Template of its address.
    pub path: &'static str,
    /// Who may come.
    pub rule: Rule,
    /// What it shows.
    pub shows: Shows,
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Requests at one time, shared with the others of its group.
    pub at_once: usize,
    /// A request counts only once all of its body is there.
    pub reads_first: bool,
}

/// Routes with their rules and bounds.
#[derive(Debug)]
pub struct Routes {
    app: Arc<App>,
    router: Router<Arc<App>>,
    added: Vec<Added>,
}

impl Takes {
    /// So many bytes, so many requests at one time, answered in this time. Routes that are given the
    /// same (a clone) share the number of requests.
    #[must_use]
    pub fn new(app: &App, body_bytes: usize, at_once: usize, within: Duration) -> Self {
        let (at_once, metrics) = (Arc::new(Semaphore::new(at_once)), Arc::clone(&app.metrics));
        Self { body_bytes, within, at_once, metrics, bodies: None }
    }

    /// A request counts only once all of its body is there; so many bodies come at one time. For whoever shows only in
    /// the body who it is.
    #[must_use]
    pub fn read_first(self, bodies: usize) -> Self {
        Self { bodies: Some(Arc::new(Bodies::new(bodies))), ..self }
    }

    /// There is no place.
    pub(super) fn sends_away(&self) -> Response {
        self.metrics.shed();
        Problem::busy().into_response()
    }

    /// Answers a request that has a place.
    pub(super) async fn answers(&self, request: Request, next: Next) -> Response {
        match timeout(self.within, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::slow().into_response(),
        }
    }
}

impl Routes {
    /// None yet.
    #[must_use]
    pub fn of(app: &Arc<App>) -> Self {
        Self { app: Arc::clone(app), router: Router::new(), added: Vec::new() }
    }

    /// Adds a route of one method.
    #[must_use]
    pub fn add(
        mut self,
        (method, path): (&'static str, &'static str),
        (rule, shows): (Rule, Shows),
        handler: MethodRouter<Arc<App>>,
        takes: &Takes,
    ) -> Self {
        let (body_bytes, at_once) = (takes.body_bytes, takes.at_once.available_permits());
        let reads_first = takes.bodies.is_some();
        self.added.push(Added { method, path, rule, shows, body_bytes, at_once, reads_first });
        let asked = from_fn_with_state((Arc::clone(&self.app), rule), ask);
        let handler = match &takes.bodies {
            None => bounded(handler.layer(asked), takes),
            Some(bodies) => {
                let read = from_fn_with_state((takes.clone(), Arc::clone(bodies)), read_first);
                with_body(handler.layer::<_, Infallible>(read).layer(asked), takes)
            }
        };
        self.router = self.router.route(path, handler);
        self
    }

    /// The routes, and what was added.
    pub fn done(self) -> (Router, Vec<Added>) {
        (self.router.with_state(self.app), self.added)
    }
}

/// Lets in whom the rule lets in. A handler finds the session in what it is given, or there is none.
async fn ask(
    State((app, rule)): State<(Arc<App>, Rule)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match rule {
        Rule::Open => {}
        Rule::OwnPages => comes_from_here(&request)?,
        Rule::SignedIn => {
            let (session, made_s) = signed_in(&app, &request)?;
            door::token_used(&app, &session, made_s).await;
            request.extensions_mut().insert(session);
        }
        Rule::Has(roles) => {
            let (session, made_s) = signed_in(&app, &request)?;
            door::token_used(&app, &session, made_s).await;
            let user = app.readers.read(|db| accounts::user(db, session.user))?;
            if !user.is_some_and(|user| roles.iter().any(|role| user.is(*role))) {
                return Err(Problem::forbidden());
            }
            request.extensions_mut().insert(session);
        }
    }
    Ok(next.run(request).await)
}

/// Handlers within bounds; also for what is no route, such as files.
pub fn bounded<S: Clone + Send + Sync + 'static>(
    handlers: MethodRouter<S>,
    takes: &Takes,
) -> MethodRouter<S> {
    with_body(handlers, takes).layer(from_fn_with_state(takes.clone(), enter))
}

fn with_body<S: Clone + Send + Sync + 'static>(
    handlers: MethodRouter<S>,
    takes: &Takes,
) -> MethodRouter<S> {
    handlers
        .layer::<_, Infallible>(DefaultBodyLimit::max(takes.body_bytes))
        .layer::<_, Infallible>(RequestBodyTimeoutLayer::new(limits::SILENCE_MAX))
}

/// Lets a request in if there is a place for it.
async fn enter(State(takes): State<Takes>, request: Request, next: Next) -> Response {
    let Ok(_place) = takes.at_once.try_acquire() else { return takes.sends_away() };
    takes.answers(request, next).await
}

/// Refuses addresses that are longer than any of ours, before anything looks at them.
pub async fn short(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > limits::URL_BYTES_MAX {
        return Problem::long_address().into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_route_is_made_elsewhere() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
        let mut made = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
            // Tests may go round.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let ways = [".route(", ".route_service(", ".nest(", ".nest_service(", ".merge("];
            let name = file.file_name().to_string_lossy().into_owned();
            made.extend(ways.iter().flat_map(|way| code.matches(way)).map(|_| name.clone()));
        }
        made.sort_unstable();
        // What is counted is told on an address of its own, where nobody signs in.
        assert_eq!(made, ["metrics.rs", "routes.rs"], "add routes by `Routes::add`");
    }
}
