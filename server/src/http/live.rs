//! `GET /api/v1/live`: the live socket.

use core::time::Duration;
use std::sync::Arc;

use ankomst_shared::limits::SOCKET_MESSAGE_BYTES_MAX;
use ankomst_shared::sync::message::{ClientFrame, ServerFrame};
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use tokio::time::timeout;

use crate::app::App;
use crate::http::signed_in::SignedIn;
use crate::storage::StorageError;
use crate::sync::live::Live;

/// A reader that takes longer for one message is cut off; it begins again with an exchange.
const SEND_DEADLINE: Duration = Duration::from_secs(20);
/// Without any frame for so long the socket is asked whether it lives.
const PING_AFTER: Duration = Duration::from_secs(30);

/// Upgrades to a socket.
pub async fn live(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(SOCKET_MESSAGE_BYTES_MAX)
        .max_frame_size(SOCKET_MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| run(Live::new(Arc::clone(&app), session), app, socket))
}

/// A socket counts for as long as this lives.
struct Counted(Arc<App>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.socket(false);
    }
}

async fn run(mut live: Live, app: Arc<App>, mut socket: WebSocket) {
    app.metrics.socket(true);
    let _counted = Counted(Arc::clone(&app));
    let mut news = app.news.subscribe();
    loop {
        let frames = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => match wire::unpack::<ClientFrame>(&bytes) {
                    Ok(frame) => live.receive(frame).await,
                    Err(_) => return,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            changed = news.changed() => {
                if changed.is_err() {
                    return;
                }
                live.news()
            }
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(PING_AFTER) => {
                if socket.send(Message::Ping(axum::body::Bytes::new())).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let frames = match frames {
            Ok(frames) => frames,
            Err(StorageError::Full | StorageError::Low) => {
                tracing::debug!(
                    "A live session ended for want of room; the tablet keeps its work."
                );
                return;
            }
            Err(error) => {
                tracing::error!(%error, "A live session ended because storage refused.");
                return;
            }
        };
        for frame in frames {
            let ends = frame == ServerFrame::Ended;
            let sent =
                timeout(SEND_DEADLINE, socket.send(Message::Binary(wire::pack(&frame).into())))
                    .await;
            if ends || !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
    }
}
