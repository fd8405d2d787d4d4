//! The router and the listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ankomst_shared::limits::SYNC_BODY_BYTES_MAX;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::http::{app_files, headers, held, live, session, sync};
use crate::storage::sqlite::log;

/// All routes.
pub fn router(app: Arc<App>, files: Option<PathBuf>) -> Router {
    let mut router = Router::new()
        .route("/api/v1/devices", post(session::enrol))
        .route("/api/v1/session", post(session::sign_in).delete(session::sign_out))
        .route("/api/v1/session/refresh", post(session::refresh))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .route(
            "/api/v1/sync",
            post(sync::exchange).layer(DefaultBodyLimit::max(SYNC_BODY_BYTES_MAX)),
        )
        .route("/api/v1/live", get(live::live))
        .route("/api/v1/held", get(held::list))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(app);
    if let Some(files) = files {
        router = router.fallback_service(get(app_files::serve).with_state(Arc::new(files)));
    }
    router.layer(axum::middleware::from_fn(headers::add)).layer(CatchPanicLayer::new())
}

async fn ready(State(app): State<Arc<App>>) -> StatusCode {
    if app.readers.read(log::head).is_ok() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// Serves until told to stop. `listening` is called with the address once it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    app: Arc<App>,
    files: Option<PathBuf>,
    listen: SocketAddr,
    listening: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    listening(listener.local_addr()?);
    let stopping = app.stopping.clone();
    let router = router(app, files).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router)
        .with_graceful_shutdown(async move { stopping.cancelled().await })
        .await
}
