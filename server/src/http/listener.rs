//! Where connections come from: TCP as it is, or with TLS after its handshake.

use core::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::tls::Doorstep;

/// A listener.
#[derive(Debug)]
pub enum Listener {
    /// Without TLS.
    Plain(TcpListener),
    /// With TLS.
    Tls(Doorstep),
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl axum::serve::Listener for Listener {
    type Io = Either<TcpStream, TlsStream<TcpStream>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self {
            Self::Plain(listener) => {
                let (stream, from) = axum::serve::Listener::accept(listener).await;
                (Either::Left(stream), from)
            }
            Self::Tls(doorstep) => {
                let (stream, from) = doorstep.next().await;
                (Either::Right(stream), from)
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        match self {
            Self::Plain(listener) => listener.local_addr(),
            Self::Tls(doorstep) => Ok(doorstep.address()),
        }
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}
