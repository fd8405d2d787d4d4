//! The router and the listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ankomst_shared::app::Role;
use ankomst_shared::limits::SYNC_BODY_BYTES_MAX;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{connect, delete, get, post};
use axum::{Json, Router, middleware};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::http::listen::Bounds;
use crate::http::problem::Problem;
use crate::http::routes::{Added, Routes, Rule, Shows, Takes, bounded, short};
use crate::http::way::Way;
use crate::http::{
    app_files, desk, farewell, files as file_pieces, headers, held, listen, live, observe,
    passkeys, session, sync, way, welcome,
};
use crate::storage::sqlite::{backed, log};
use crate::tls::{Acceptor, Shown};
use crate::{care, limits};

/// What to do about a full disk.
const DISK_FULL_DO: &str = "Make room on the disk of the data folder. Nothing is lost: tablets keep what is \
                            not sent and send it by themselves; no restart is needed.";

/// Body of a request that has none worth reading.
const NO_BODY: usize = 1_024;

// Who may come, and what is shown of records.
const OPEN: (Rule, Shows) = (Rule::Open, Shows::Nothing);
const PAGES: (Rule, Shows) = (Rule::OwnPages, Shows::Nothing);
const SIGNED_IN: (Rule, Shows) = (Rule::SignedIn, Shows::Nothing);
const NOTED: (Rule, Shows) = (Rule::SignedIn, Shows::Noted);
const SUPERVISORS: (Rule, Shows) = (Rule::Has(&[Role::Supervisor]), Shows::Noted);

/// All routes, for requests that come by a way.
pub fn router(app: Arc<App>, files: Option<PathBuf>, way: Way) -> Router {
    routes(app, files, way).0
}

/// All routes, and who may come by each of them and with what.
pub fn routes(app: Arc<App>, files: Option<PathBuf>, way: Way) -> (Router, Vec<Added>) {
    let takes = |bytes, at_once| Takes::new(&app, bytes, at_once, limits::ANSWER_WITHIN);
    let doors = takes(desk::BODY_BYTES_MAX, limits::DOORS_AT_ONCE);
    let first = takes(welcome::BODY_BYTES_MAX, limits::DOORS_AT_ONCE);
    let desks = takes(desk::BODY_BYTES_MAX, limits::DESKS_AT_ONCE);
    let reads = takes(NO_BODY, limits::DESKS_AT_ONCE);
    let exchanges =
        Takes::new(&app, SYNC_BODY_BYTES_MAX, limits::EXCHANGES_AT_ONCE, limits::EXCHANGE_WITHIN);
    let farewells = Takes::new(
        &app,
        farewell::BODY_BYTES_MAX,
        limits::FAREWELLS_AT_ONCE,
        limits::EXCHANGE_WITHIN,
    )
    .read_first(limits::FAREWELL_BODIES_AT_ONCE);
    let pieces_in = Takes::new(
        &app,
        file_pieces::BODY_BYTES_MAX,
        limits::PIECES_IN_AT_ONCE,
        limits::EXCHANGE_WITHIN,
    )
    .read_first(limits::PIECE_BODIES_AT_ONCE);
    let pieces_out = takes(NO_BODY, limits::PIECES_OUT_AT_ONCE);
    let looks = takes(NO_BODY, limits::DESKS_AT_ONCE);
    let pages = takes(NO_BODY, limits::FILES_AT_ONCE);
    let (mut router, added) = Routes::of(&app)
        .add(("POST", "/api/v1/devices"), PAGES, post(session::enrol), &doors)
        .add(("POST", "/api/v1/session"), PAGES, post(session::sign_in), &doors)
        .add(("DELETE", "/api/v1/session"), SIGNED_IN, delete(session::sign_out), &doors)
        .add(("POST", "/api/v1/session/refresh"), PAGES, post(session::refresh), &doors)
        .add(("POST", "/api/v1/session/passkey"), PAGES, post(passkeys::ask), &doors)
        .add(("POST", "/api/v1/passkeys/begin"), SIGNED_IN, post(passkeys::start), &doors)
        .add(("POST", "/api/v1/passkeys"), SIGNED_IN, post(passkeys::register), &doors)
        .add(("POST", "/api/v1/desk/page"), NOTED, post(desk::page), &desks)
        .add(("POST", "/api/v1/desk/act"), NOTED, post(desk::act), &desks)
        .add(("POST", "/api/v1/sync"), NOTED, post(sync::exchange), &exchanges)
        .add(("POST", "/api/v1/farewell"), PAGES, post(farewell::farewell), &farewells)
        .add(("POST", "/api/v1/files"), PAGES, post(file_pieces::hand_in), &pieces_in)
        .add(("POST", "/api/v1/files/fetch"), NOTED, post(file_pieces::fetch), &pieces_out)
        .add(("GET", "/api/v1/held"), SUPERVISORS, get(held::list), &reads)
        .add(("GET", "/api/v1/live"), NOTED, get(live::live), &reads)
        // Over HTTP/2 a socket is opened so.
        .add(("CONNECT", "/api/v1/live"), NOTED, connect(live::live), &reads)
        .add(("GET", welcome::PATH), OPEN, get(welcome::page), &pages)
        .add(("GET", "/welcome/page.js"), OPEN, get(welcome::script), &pages)
        .add(("GET", "/welcome/page.css"), OPEN, get(welcome::style), &pages)
        .add(("POST", "/api/v1/welcome/look"), PAGES, post(welcome::look), &first)
        .add(("POST", "/api/v1/welcome"), PAGES, post(welcome::begin), &first)
        .add(("GET", "/healthz"), OPEN, get(|| async { "ok" }), &looks)
        .add(("GET", "/readyz"), OPEN, get(ready), &looks)
        .done();
    if let Some(files) = files {
        let files = bounded(get(app_files::serve).with_state(Arc::new(files)), &pages);
        router = router.fallback_service(files);
    }
    let router = guarded(router)
        .layer(middleware::from_fn_with_state(way, way::check))
        .layer(middleware::from_fn(short))
        .layer(middleware::from_fn_with_state(app, observe::observe))
        .layer(middleware::from_fn(headers::add));
    (router, added)
}

/// Lets a defect end one request and nothing else.
fn guarded(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(|_| Problem::defect().into_response()))
}

/// Whether the log can be read, how old the newest backup is, whether the rows are whole, and whether
/// the disk is full. A full disk is ready: people sign in and read, tablets keep what they cannot send.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<serde_json::Value>) {
    match app.readers.read(|db| Ok((log::head(db)?.feed, backed::made_ms(db)?))) {
        Ok((feed, made_ms)) => {
            let age_s = care::age_ms(made_ms, app.now_ms()).map(|age| age / 1_000);
            let rows = if app.making.is_whole() { "whole" } else { "rebuilding" };
            let (disk, to_do) =
                if app.ballast.is_low() { ("full", DISK_FULL_DO) } else { ("ok", "") };
            let accesses = match (app.audit.is_damaged(), app.audit.is_failing()) {
                (true, _) => "damaged",
                (false, true) => "failing",
                (false, false) => "ok",
            };
            let said = serde_json::json!({
                "feed": feed, "backup_age_s": age_s, "rows": rows, "disk": disk,
                "access_log": accesses, "do": to_do
            });
            (StatusCode::OK, Json(said))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(serde_json::json!({ "feed": null }))),
    }
}

/// Where it listens and what it serves beside the API.
#[derive(Debug)]
pub struct Edge {
    /// Folder of the app's files.
    pub files: Option<PathBuf>,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The certificate, if it speaks TLS itself.
    pub certificate: Option<Arc<Shown>>,
    /// Whether a proxy stands before it.
    pub behind_proxy: bool,
}

/// Serves until told to stop. `listening` is called with the address once it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    app: Arc<App>,
    edge: Edge,
    listening: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let listener = TcpListener::bind(edge.listen).await?;
    listening(listener.local_addr()?);
    let way = Way { tls: edge.certificate.is_some(), proxy: edge.behind_proxy };
    let mut router = router(Arc::clone(&app), edge.files, way);
    let mut greets = None;
    if let Some(certificate) = edge.certificate {
        router = router.layer(headers::always_tls());
        let config = certificate.config().map_err(std::io::Error::other)?;
        greets = Some(Acceptor::new(config));
    }
    let bounds = Bounds { connections: app.sockets.connections(), ..Bounds::default() };
    listen::serve(&app, (listener, greets), router, bounds).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_defect_ends_its_request_with_a_problem_that_tells_nothing_of_it() {
        async fn broken() -> &'static str {
            panic!("Zarghona Provdotter")
        }
        let router = guarded(Router::new().route("/", get(broken)));
        let response =
            router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["x-ankomst-problem"], "defect");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("Zarghona"));
    }
}
