//! `GET /api/v1/live`: the live socket.

use core::time::Duration;
use std::sync::Arc;

use ankomst_shared::limits::SOCKET_MESSAGE_BYTES_MAX;
use ankomst_shared::sync::message::{ClientFrame, ServerFrame};
use ankomst_shared::sync::wire;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::App;
use crate::given;
use crate::http::problem::Problem;
use crate::http::signed_in::SignedIn;
use crate::limits::{ITEMS_MAX, UNREAD_MAX};
use crate::sockets::Open;
use crate::storage::StorageError;
use crate::sync::live::Live;

/// Without any frame for so long the other end is asked whether it lives. A network that is left without a word, as by
/// a tablet that roams, tells nobody: what was asked and has answered nothing for [`UNREAD_MAX`] is closed, so that it
/// keeps no place.
const PING_AFTER: Duration = Duration::from_secs(30);

/// Since when a question to the other end stands unanswered.
#[derive(Debug, Default)]
struct Asked(Option<Instant>);

impl Asked {
    /// Asks once more, unless there is nobody at the other end any more, or it does not read.
    fn again(&mut self, now: Instant) -> bool {
        now.duration_since(*self.0.get_or_insert(now)) <= UNREAD_MAX
    }
}

/// The last word of a socket has so long to be heard.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// Status of a socket that closes because its server goes away (RFC 6455).
const GOING_AWAY: u16 = 1_001;

/// Upgrades to a socket.
///
/// # Errors
/// When nobody is signed in or there is no place for another socket.
pub async fn live(
    State(app): State<Arc<App>>,
    SignedIn(session): SignedIn,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let open = app.sockets.admit(session.id).map_err(|full| {
        app.metrics.shed();
        Problem::from(full)
    })?;
    let upgraded = upgrade
        .max_message_size(SOCKET_MESSAGE_BYTES_MAX)
        .max_frame_size(SOCKET_MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| run(Live::new(Arc::clone(&app), session), app, socket, open));
    Ok(upgraded)
}

async fn run(mut live: Live, app: Arc<App>, mut socket: WebSocket, _open: Open) {
    let mut news = app.news.subscribe();
    let mut ping_at = Instant::now() + PING_AFTER;
    let mut asked = Asked::default();
    loop {
        let frame = tokio::select! {
            biased;
            () = app.stopping.cancelled() => return farewell(socket).await,
            message = socket.recv() => {
                ping_at = Instant::now() + PING_AFTER;
                asked = Asked::default();
                match message {
                    Some(Ok(Message::Binary(bytes))) => match wire::unpack_within::<ClientFrame>(&bytes, ITEMS_MAX) {
                        Ok(frame) => Some(frame),
                        Err(_) => return,
                    },
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) if news.is_new() => None,
                    Some(Ok(_)) => continue,
                }
            }
            // Before the news, which may never pause.
            () = sleep_until(ping_at) => {
                let now = Instant::now();
                if !asked.again(now) {
                    return;
                }
                ping_at = now + PING_AFTER;
                let ping = socket.send(Message::Ping(axum::body::Bytes::new()));
                if !matches!(timeout(app.sockets.patience(), ping).await, Ok(Ok(()))) {
                    return;
                }
                // A session may have been ended by a command, which cannot ring here.
                None
            }
            () = news.changed() => None,
        };
        // Whoever sends without a pause hears the news all the same.
        let tells = frame.is_none() || news.is_new();
        if let Some(frame) = frame {
            let frames = live.receive(frame).await;
            if !goes_on(&app, &mut socket, frames).await {
                return;
            }
        }
        if tells {
            // It reads the log and opens what it reads; nobody else is to wait for that.
            let looked = given::beside(move || (live.news(), live)).await;
            let Ok((frames, back)) = looked else { return };
            live = back;
            if !goes_on(&app, &mut socket, frames).await {
                return;
            }
        }
    }
}

/// Sends what there is to say; tells whether the socket stays.
async fn goes_on(
    app: &App,
    socket: &mut WebSocket,
    frames: Result<Vec<ServerFrame>, StorageError>,
) -> bool {
    match frames {
        Ok(frames) => sends(app, socket, frames).await,
        Err(StorageError::Full | StorageError::Low) => {
            tracing::debug!("A live session ended for want of room; the tablet keeps its work.");
            false
        }
        Err(error) => {
            tracing::error!(%error, "A live session ended because storage refused.");
            false
        }
    }
}

/// Sends frames; tells whether the socket stays.
async fn sends(app: &App, socket: &mut WebSocket, frames: Vec<ServerFrame>) -> bool {
    for frame in frames {
        let ends = frame == ServerFrame::Ended;
        let frame = socket.send(Message::Binary(wire::pack(&frame).into()));
        let sent = tokio::select! {
            biased;
            sent = timeout(app.sockets.patience(), frame) => sent,
            // A reader that is slow is not waited for at the end.
            () = stops_soon(app) => return false,
        };
        if ends || !matches!(sent, Ok(Ok(()))) {
            return false;
        }
    }
    true
}

/// A while after the server was told to stop.
async fn stops_soon(app: &App) {
    app.stopping.cancelled().await;
    tokio::time::sleep(FAREWELL_MAX).await;
}

/// Tells the other end that the server goes away, and waits a moment for its answer.
async fn farewell(mut socket: WebSocket) {
    let frame = CloseFrame { code: GOING_AWAY, reason: "the server stops".into() };
    drop(
        timeout(FAREWELL_MAX, async move {
            if socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = socket.recv().await {}
            }
        })
        .await,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_up_who_was_not_asked() {
        let (begun, mut asked) = (Instant::now(), Asked::default());
        let late = begun + 2 * UNREAD_MAX;
        assert!(asked.again(late), "it is the first question, however long there were only news");
        assert!(asked.again(late + UNREAD_MAX));
        assert!(!asked.again(late + UNREAD_MAX + PING_AFTER));
    }
}
