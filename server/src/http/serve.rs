//! The router and the listener.

use core::time::Duration;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ankomst_shared::limits::SYNC_BODY_BYTES_MAX;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use crate::app::App;
use crate::care;
use crate::http::listener::{Listener, Peer};
use crate::http::way::Way;
use crate::http::{app_files, desk, headers, held, live, session, sync, way, welcome};
use crate::storage::sqlite::log;
use crate::tls::{Doorstep, Shown};

/// A request that is not read and answered in this time is given up; a tablet asks again.
const ANSWER_MAX: Duration = Duration::from_mins(5);
/// A sender that says nothing for this long in the middle of a message is cut off.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// All routes, for requests that come by a way.
pub fn router(app: Arc<App>, files: Option<PathBuf>, way: Way) -> Router {
    let mut router = Router::new()
        .route("/api/v1/devices", post(session::enrol))
        .route("/api/v1/session", post(session::sign_in).delete(session::sign_out))
        .route("/api/v1/session/refresh", post(session::refresh))
        .route("/api/v1/desk/page", post(desk::page))
        .route("/api/v1/desk/act", post(desk::act))
        .merge(welcome::routes())
        .layer(DefaultBodyLimit::max(desk::BODY_BYTES_MAX))
        .route(
            "/api/v1/sync",
            post(sync::exchange).layer(DefaultBodyLimit::max(SYNC_BODY_BYTES_MAX)),
        )
        .route("/api/v1/held", get(held::list))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, ANSWER_MAX))
        .layer(RequestBodyTimeoutLayer::new(SILENCE_MAX))
        // Over HTTP/2 a socket is opened by CONNECT.
        .route("/api/v1/live", get(live::live).connect(live::live))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(app);
    if let Some(files) = files {
        router = router.fallback_service(get(app_files::serve).with_state(Arc::new(files)));
    }
    router
        .layer(middleware::from_fn_with_state(way, way::check))
        .layer(middleware::from_fn(headers::add))
        .layer(CatchPanicLayer::new())
}

/// Whether the log can be read, how old the newest backup is, and whether the rows are whole.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<serde_json::Value>) {
    match app.readers.read(|db| Ok((log::head(db)?.feed, log::backup_ms(db)?))) {
        Ok((feed, made_ms)) => {
            let age_s = care::age_ms(made_ms, app.now_ms()).map(|age| age / 1_000);
            let rows = if app.making.is_whole() { "whole" } else { "rebuilding" };
            let state = serde_json::json!({ "feed": feed, "backup_age_s": age_s, "rows": rows });
            (StatusCode::OK, Json(state))
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
    let tcp = TcpListener::bind(edge.listen).await?;
    listening(tcp.local_addr()?);
    let stopping = app.stopping.clone();
    let way = Way { tls: edge.certificate.is_some(), proxy: edge.behind_proxy };
    let mut router = router(app, edge.files, way);
    let listener = match edge.certificate {
        Some(certificate) => {
            router = router.layer(headers::always_tls());
            let config = certificate.config().map_err(std::io::Error::other)?;
            Listener::Tls(Doorstep::new(tcp, config)?)
        }
        None => Listener::Plain(tcp),
    };
    axum::serve(listener, router.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(async move { stopping.cancelled().await })
        .await
}
