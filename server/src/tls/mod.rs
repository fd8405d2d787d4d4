//! TLS: the certificate and its key, their change while the server runs, and handshakes.
//!
//! Reading order: [`pair`] (the two files), [`dates`] (from when to when), [`shown`] (what is shown to
//! those who come, read anew when it changes), [`doorstep`] (handshakes, bounded in time and number).

pub mod dates;
pub mod doorstep;
pub mod pair;
pub mod shown;

pub use doorstep::{Doorstep, Greeted};
pub use pair::{Certificate, Pair, TlsError};
pub use shown::Shown;
