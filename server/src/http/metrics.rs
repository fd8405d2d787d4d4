//! The listener of its own on which a server tells what it counts: never on the address people reach.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use ankomst_shared::chunk::sha256;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::app::App;
use crate::care;
use crate::metrics::Observed;
use crate::storage::sqlite::{backed, counts, files};
use crate::storage::{StorageError, ballast};

/// Form of the answer.
const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Who may ask: everybody who reaches the listener, or who has the token.
#[derive(Debug, Clone)]
pub struct Watched {
    app: Arc<App>,
    token: Option<[u8; 32]>,
}

impl Watched {
    /// Watches a server; with a token nobody else is told.
    #[must_use]
    pub fn new(app: Arc<App>, token: Option<&str>) -> Self {
        Self { app, token: token.map(hash) }
    }
}

fn hash(token: &str) -> [u8; 32] {
    sha256(&[b"ankomst metrics", token.as_bytes()])
}

/// The one route of this listener.
pub fn router(watched: Watched) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(watched)
}

/// Listens, and serves in a task of its own until the app stops.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn begin(watched: Watched, listen: SocketAddr) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    tracing::info!(address = %listener.local_addr()?, "Metrics are told.");
    tokio::spawn(async move {
        let stopping = watched.app.stopping.clone();
        tokio::select! {
            _ = axum::serve(listener, router(watched)).into_future() => {}
            () = stopping.cancelled() => {}
        }
    });
    Ok(())
}

async fn metrics(State(watched): State<Watched>, headers: HeaderMap) -> Response {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).map(hash);
    if watched.token.is_some() && watched.token != given {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let app = watched.app;
    let looked = Arc::clone(&app);
    match tokio::task::spawn_blocking(move || observe(&looked)).await {
        Ok(Ok(observed)) => {
            ([(header::CONTENT_TYPE, KIND)], app.metrics.text(&observed)).into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "Metrics could not be gathered.");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn observe(app: &App) -> Result<Observed, StorageError> {
    let now_ms = app.now_ms();
    let (counts, attached, textless, made_ms) = app.readers.read(|db| {
        let (attached, textless) = (files::sums(db)?, files::textless(db)?);
        Ok((counts::counts(db, now_ms)?, attached, textless, backed::made_ms(db)?))
    })?;
    let age_ms = care::age_ms(made_ms, now_ms);
    let (cpu_s, memory) = process().unwrap_or_default();
    Ok(Observed {
        pending: counts.pending,
        held: counts.held,
        feed: counts.feed,
        sessions: counts.sessions,
        files: ["log.db", "rows.db", "keys.db"].map(|name| bytes(&app.folder.join(name))),
        attached: attached.count,
        attached_bytes: attached.bytes,
        attached_unbacked: attached.unbacked,
        attached_textless: textless.0,
        disk_free: ballast::room(&app.folder)?.free,
        disk_is_low: app.ballast.is_low(),
        backup_age_s: age_ms.and_then(|age| u64::try_from(age / 1_000).ok()),
        cpu_s,
        memory,
    })
}

/// Bytes of a database with its write-ahead log.
fn bytes(file: &Path) -> u64 {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    length(file) + length(Path::new(&log))
}

/// Processor seconds and resident bytes of this process, where the system tells them.
fn process() -> Option<(f64, u64)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold spaces: state is the first, user and system time the 12th and
    // 13th, resident pages the 22nd.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok());
    let ticks = f64::from(number(11)?) + f64::from(number(12)?);
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    Some((ticks / f64::from(per_second), u64::from(number(21)?) * page))
}
