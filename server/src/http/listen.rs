//! The listener: takes connections within their bounds, serves each in a task of its own, and on being
//! told to stop takes no more, lets what is under way end, and cuts off what does not.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::app::App;
use crate::http::patience::{Activity, Moving};
use crate::limits;
use crate::tls::Acceptor;

/// Who is sent away at one time with a word why; more are sent away without.
const SENT_AWAY_AT_ONCE: usize = 32;
/// What was cut off has so long to be gone.
const CUT_MAX: Duration = Duration::from_secs(1);
/// The system had no room for a connection; it is asked again after this.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nx-ankomst-problem: busy\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Bounds of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at one time.
    pub connections: usize,
    /// Connections at one time from one address.
    pub of_address: usize,
    /// Time for the headers of a request.
    pub headers_within: Duration,
    /// Time for the other end to read something of what is sent.
    pub unread: Duration,
    /// Time for what is under way at the end.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: limits::SOCKETS + limits::CONNECTIONS_BESIDE,
            of_address: limits::CONNECTIONS_OF_ADDRESS_MAX,
            headers_within: limits::HEADERS_WITHIN,
            unread: limits::UNREAD_MAX,
            drain: limits::DRAIN_MAX,
        }
    }
}

/// Connections open, in total and by address.
#[derive(Debug, Clone)]
pub struct Connections {
    bounds: Bounds,
    open: Arc<Mutex<(usize, BTreeMap<IpAddr, usize>)>>,
}

/// A connection counts for as long as this lives.
#[derive(Debug)]
pub struct Place {
    connections: Connections,
    from: IpAddr,
}

impl Connections {
    /// Counts within these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, open: Arc::default() }
    }

    /// Takes a connection, if there is a place for it. Those of this machine itself are not counted by
    /// address: they come from the proxy that ends TLS, on behalf of everybody.
    #[must_use]
    pub fn admit(&self, from: IpAddr) -> Option<Place> {
        let from = network(from);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (total, by_address) = &mut *open;
        let own = by_address.get(&from).copied().unwrap_or_default();
        if *total >= self.bounds.connections
            || (own >= self.bounds.of_address && !from.is_loopback())
        {
            return None;
        }
        *total += 1;
        by_address.insert(from, own + 1);
        Some(Place { connections: self.clone(), from })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (total, by_address) = &mut *open;
        *total = total.saturating_sub(1);
        if let Some(own) = by_address.get_mut(&self.from) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                by_address.remove(&self.from);
            }
        }
    }
}

/// What counts as one address: of IPv6 the network of a subscriber, who has all of it.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        other => other,
    }
}

/// What all connections share.
#[derive(Clone)]
struct Serving {
    router: Router,
    bounds: Bounds,
    stopping: CancellationToken,
    cut: CancellationToken,
}

/// What connections come from: the system, or a network that a test stands in for it.
pub trait Listens {
    /// One connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Takes the next connection, from whom.
    fn accept(&self) -> impl Future<Output = std::io::Result<(Self::Stream, SocketAddr)>>;
}

impl Listens for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> std::io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        // Small answers must not wait for more.
        drop(stream.set_nodelay(true));
        Ok((stream, peer))
    }
}

/// Serves until the app stops and what was under way has ended or was cut off.
/// With an acceptor each connection begins with a handshake, which takes a connection's place.
pub async fn serve<L: Listens>(
    app: &Arc<App>,
    (listener, greets): (L, Option<Acceptor>),
    router: Router,
    bounds: Bounds,
) {
    let (connections, sent_away) = (Connections::new(bounds), TaskTracker::new());
    let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
    let (stopping, cut_off) = (app.stopping.clone(), cut.clone());
    let serving = Serving { router, bounds, stopping, cut: cut_off };
    loop {
        let accepted = tokio::select! {
            biased;
            () = app.stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "A connection could not be taken.");
                sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let Some(place) = connections.admit(peer.ip()) else {
            app.metrics.shed();
            // Before a handshake nothing can be said that the other end would read.
            if greets.is_none() && sent_away.len() < SENT_AWAY_AT_ONCE {
                sent_away.spawn(send_away(stream));
            }
            continue;
        };
        let (serving, greets) = (serving.clone(), greets.clone());
        tasks.spawn(async move {
            match greets {
                None => serving.one(stream, peer).await,
                Some(acceptor) => serving.greet(&acceptor, stream, peer).await,
            }
            drop(place);
        });
    }
    drop(listener);
    tasks.close();
    app.sockets.close();
    let ended = async { tokio::join!(tasks.wait(), app.sockets.wait()) };
    if timeout(bounds.drain, ended).await.is_err() {
        tracing::warn!("Connections that did not end in time are cut off.");
        cut.cancel();
        drop(timeout(CUT_MAX, tasks.wait()).await);
    }
}

/// Tells a connection for which there is no place to come again, and waits a moment for it to read that.
async fn send_away(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    drop(
        timeout(CUT_MAX, async move {
            stream.write_all(BUSY).await?;
            stream.shutdown().await?;
            let mut rest = [0; 1_024];
            while stream.read(&mut rest).await? > 0 {}
            std::io::Result::Ok(())
        })
        .await,
    );
}

impl Serving {
    /// Serves one connection over TLS, once its handshake is done.
    async fn greet(
        self,
        acceptor: &Acceptor,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
    ) {
        let greeted = tokio::select! {
            biased;
            greeted = acceptor.greet(stream) => greeted,
            () = self.stopping.cancelled() => None,
        };
        if let Some(stream) = greeted {
            self.one(stream, peer).await;
        }
    }

    /// Serves one connection, over whatever carries it.
    async fn one(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
    ) {
        let (router, activity) = (self.router, Activity::default());
        let begins = activity.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            let under_way = begins.begin();
            request.extensions_mut().insert(ConnectInfo(Peer(peer)));
            let answer = router.clone().oneshot(request.map(Body::new));
            async move {
                let answer = answer.await;
                drop(under_way);
                answer
            }
        });
        let builder = builder();
        let stream = Moving::new(stream, activity.clone());
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let rests = activity.rests(self.bounds.headers_within, self.bounds.unread);
        tokio::pin!(rests);
        let mut is_leaving = false;
        loop {
            tokio::select! {
                biased;
                // What is wrong with a connection matters to its other end only.
                _ = connection.as_mut() => return,
                () = self.cut.cancelled() => return,
                () = &mut rests => return,
                () = self.stopping.cancelled(), if !is_leaving => {
                    is_leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(limits::HEADERS_MAX)
        .max_buf_size(limits::HEADER_BYTES_MAX);
    builder
        .http2()
        // Sockets over HTTP/2.
        .enable_connect_protocol()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::SILENCE_MAX)
        .keep_alive_timeout(limits::SILENCE_MAX)
        .max_concurrent_streams(limits::STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits::HEADER_BYTES_MAX).unwrap_or(u32::MAX));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(connections: &Connections, from: &str, times: usize) -> Vec<Place> {
        (0..times).filter_map(|_| connections.admit(from.parse().unwrap())).collect()
    }

    #[test]
    fn an_address_has_its_share_and_the_proxy_has_all_there_is() {
        let bounds = Bounds { connections: 20, of_address: 5, ..Bounds::default() };
        let connections = Connections::new(bounds);
        let first = admitted(&connections, "192.0.2.7", 9);
        assert_eq!(first.len(), 5);
        let other = admitted(&connections, "192.0.2.8", 3);
        assert_eq!(other.len(), 3, "an honest address is taken meanwhile");
        assert_eq!(admitted(&connections, "::ffff:192.0.2.7", 1).len(), 0);
        let proxy = admitted(&connections, "127.0.0.1", 99);
        assert_eq!(proxy.len(), 12, "up to the total");
        drop((first, proxy));
        assert_eq!(admitted(&connections, "192.0.2.7", 9).len(), 5, "what ends makes room");
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_address() {
        let bounds = Bounds { of_address: 2, ..Bounds::default() };
        let connections = Connections::new(bounds);
        let all = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::3", "2001:db8:1:3::1"];
        let places: Vec<_> =
            all.iter().map(|from| connections.admit(from.parse().unwrap())).collect();
        let taken: Vec<bool> = places.iter().map(Option::is_some).collect();
        assert_eq!(taken, [true, true, false, true]);
    }
}
