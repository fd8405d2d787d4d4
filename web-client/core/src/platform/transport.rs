//! How the server is reached: one request at a time by HTTP, and one live socket.
//!
//! Cookies are the transport's own business: the core never sees them.

/// The verb of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Sends a body.
    Post,
    /// Ends something.
    Delete,
}

/// An answer of the server, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Code of the problem, from the header `x-ankomst-problem`.
    pub problem: Option<String>,
    /// After how many seconds coming again helps, from the header `retry-after`.
    pub retry_s: Option<u32>,
    /// Body, bounded by `limits::SYNC_BODY_BYTES_MAX`.
    pub body: Vec<u8>,
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server did not answer: {0}")]
pub struct TransportError(pub String);

/// Reaches the server.
pub trait Transport {
    /// An open live socket.
    type Socket: Socket + 'static;

    /// Sends a request to a path such as `/api/v1/sync` and waits for the whole answer.
    fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static;

    /// Opens the live socket.
    fn connect(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<Self::Socket, TransportError>> + 'static;
}

/// A live socket; dropping it closes it.
pub trait Socket: Clone {
    /// Sends one binary message.
    ///
    /// # Errors
    /// When the socket is no longer open.
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError>;

    /// Waits for the next binary message; nothing once it is closed.
    fn receive(&self) -> impl Future<Output = Option<Vec<u8>>> + 'static;

    /// Closes it.
    fn close(&self);
}
