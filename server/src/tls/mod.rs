//! TLS: the certificate and its key, their change while the server runs, and handshakes.
//!
//! Reading order: [`pair`] (the two files), [`dates`] (from when to when), [`shown`] (what is shown to
//! those who come, read anew when it changes), [`acceptor`] (handshakes).

pub mod acceptor;
pub mod dates;
pub mod pair;
pub mod shown;

pub use acceptor::Acceptor;
pub use pair::{Certificate, Pair, TlsError};
pub use shown::Shown;
