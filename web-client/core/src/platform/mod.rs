//! What the core is given from outside: storage, contact with the server, time and randomness.
//!
//! All of it single-threaded: no future here is `Send`.

mod transport;

pub use transport::{HttpAnswer, Method, Socket, Transport, TransportError};

use crate::store::Store;

/// Everything a core stands on.
pub trait Platform: 'static {
    /// Where rows are kept.
    type Store: Store;
    /// How the server is reached.
    type Transport: Transport;
    /// What time it is.
    type Clock: Clock;
    /// Where randomness comes from.
    type Random: Random;
    /// Passphrases are made to keys as cheaply as the function allows; for tests only.
    const CHEAP: bool = false;

    /// Gives the store.
    fn store(&self) -> &Self::Store;
    /// Gives the transport.
    fn transport(&self) -> &Self::Transport;
    /// Gives the clock.
    fn clock(&self) -> &Self::Clock;
    /// Gives the source of randomness.
    fn random(&self) -> &Self::Random;

    /// Asks what the platform says of its storage; nothing where it says nothing.
    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static;
}

/// What the platform says of the app's storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StorageFacts {
    /// Bytes used.
    pub used: u64,
    /// Bytes that may be used.
    pub quota: u64,
    /// The platform has promised not to clear it by itself.
    pub persisted: bool,
}

/// The device's clock; it may be wrong, which is why its offset from the server is recorded.
pub trait Clock {
    /// Gives Unix milliseconds.
    fn now_ms(&self) -> i64;

    /// Gives the minutes that the local time is ahead of UTC.
    fn zone_minutes(&self) -> i32;

    /// Waits so many milliseconds. Many waits are dropped before their time: none may leave its timer
    /// behind.
    fn sleep(&self, ms: u64) -> impl Future<Output = ()> + 'static;
}

/// A source of unpredictable bytes.
pub trait Random {
    /// Fills a buffer.
    ///
    /// # Errors
    /// When the platform has no randomness to give; nothing may be written with less.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;

    /// Gives an array of random bytes.
    ///
    /// # Errors
    /// As [`Random::fill`].
    fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// The platform has no randomness to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the platform gave no random bytes")]
pub struct RandomError;
