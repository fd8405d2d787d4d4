//! Handshakes, beside the listener: one that is slow or never ends hinders nobody else.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// A handshake that takes longer is given up.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Handshakes at one time; who comes then waits in the system's queue.
const HANDSHAKES_MAX: usize = 512;
/// Greeted connections that wait to be served.
const GREETED_MAX: usize = 64;
/// Pause after the system could not accept, as when it has no file descriptors left.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A connection whose handshake is done, and who is at its other end.
pub type Greeted = (TlsStream<TcpStream>, SocketAddr);

/// Where those who come are greeted.
#[derive(Debug)]
pub struct Doorstep {
    greeted: mpsc::Receiver<Greeted>,
    address: SocketAddr,
    greeting: JoinHandle<()>,
}

impl Doorstep {
    /// Begins to greet; ends when it is dropped.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn new(listener: TcpListener, config: ServerConfig) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (ready, greeted) = mpsc::channel(GREETED_MAX);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let greeting = tokio::spawn(greet(listener, acceptor, ready));
        Ok(Self { greeted, address, greeting })
    }

    /// The next connection whose handshake is done.
    pub async fn next(&mut self) -> Greeted {
        match self.greeted.recv().await {
            Some(greeted) => greeted,
            // Greeting ends only with this.
            None => core::future::pending().await,
        }
    }

    /// The address it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Doorstep {
    fn drop(&mut self) {
        self.greeting.abort();
    }
}

async fn greet(listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<Greeted>) {
    let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_of_one(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "No connection can be accepted; trying again.");
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            }
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await {
                // When nobody takes it the server is stopping.
                Ok(Ok(stream)) => drop(ready.send((stream, from)).await),
                Ok(Err(error)) => tracing::debug!(%error, "A handshake failed."),
                Err(_) => tracing::debug!("A handshake took too long."),
            }
            drop(place);
        });
    }
}

/// Whether the fault is that of the connection, which has gone.
fn is_of_one(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
