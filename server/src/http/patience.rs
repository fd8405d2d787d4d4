//! How long a connection may hold its place: the other end must read now and then, and while nothing is
//! under way it must come with a whole request.
//!
//! The library that speaks HTTP has a clock for heads, but it runs while an answer is still being sent,
//! and would cut off everybody whose line is slow.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{IoSlice, Result};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

/// What a connection does.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Mutex<Doing>>);

#[derive(Debug, Clone, Copy)]
struct Doing {
    /// Requests under way.
    requests: usize,
    /// Something is to be sent and the other end does not take it.
    is_full: bool,
    /// When something was last sent, or a request ended.
    moved: Instant,
}

/// A request is under way for as long as this lives.
#[derive(Debug)]
pub struct UnderWay(Activity);

impl Default for Activity {
    fn default() -> Self {
        let (requests, is_full, moved) = (0, false, Instant::now());
        Self(Arc::new(Mutex::new(Doing { requests, is_full, moved })))
    }
}

impl Activity {
    fn with<T>(&self, look: impl FnOnce(&mut Doing) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins a request.
    #[must_use]
    pub fn begin(&self) -> UnderWay {
        self.with(|doing| doing.requests += 1);
        UnderWay(self.clone())
    }

    /// Waits until no request has been under way for `head`, or until what is sent was not taken for
    /// `unread`.
    pub async fn rests(&self, head: Duration, unread: Duration) {
        loop {
            let (doing, now) = (self.with(|doing| *doing), Instant::now());
            let most = if doing.is_full { unread } else { head };
            let is_busy = doing.requests > 0;
            if !is_busy && doing.moved + most <= now {
                return;
            }
            sleep_until(if is_busy { now } else { doing.moved } + most).await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.with(|doing| {
            doing.requests = doing.requests.saturating_sub(1);
            doing.moved = Instant::now();
        });
    }
}

/// A stream that tells when it moves.
#[derive(Debug)]
pub struct Moving<S> {
    stream: S,
    activity: Activity,
}

impl<S> Moving<S> {
    /// Tells of this stream.
    #[must_use]
    pub const fn new(stream: S, activity: Activity) -> Self {
        Self { stream, activity }
    }

    fn told(&self, polled: Poll<Result<usize>>) -> Poll<Result<usize>> {
        self.activity.with(|doing| {
            doing.is_full = polled.is_pending();
            if polled.is_ready() {
                doing.moved = Instant::now();
            }
        });
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.told(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.told(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
