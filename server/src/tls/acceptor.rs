//! Handshakes, bounded in time. Their number is bounded by that of connections.

use core::time::Duration;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// A handshake that takes longer is given up.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// Begins TLS on connections.
#[derive(Clone)]
pub struct Acceptor(TlsAcceptor);

impl core::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Acceptor")
    }
}

impl Acceptor {
    /// Shows what this configuration says.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self(TlsAcceptor::from(Arc::new(config)))
    }

    /// The connection after its handshake; `None` if that fails or takes too long.
    pub async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Option<TlsStream<S>> {
        match tokio::time::timeout(HANDSHAKE_MAX, self.0.accept(stream)).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(%error, "A handshake failed."),
            Err(_) => tracing::debug!("A handshake took too long."),
        }
        None
    }
}
