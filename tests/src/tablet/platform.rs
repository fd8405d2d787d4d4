//! The platform of the headless tablet.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use ankomst_core::platform::{Clock, Platform, Random, RandomError, StorageFacts};

use super::store::FileStore;
use super::transport::HttpTransport;

/// The machine's clock, as far ahead of it as somebody has set it.
#[derive(Debug, Clone, Default)]
pub struct MachineClock {
    /// Milliseconds that it is ahead.
    pub ahead_ms: Rc<Cell<i64>>,
}

impl Clock for MachineClock {
    fn now_ms(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond() + self.ahead_ms.get()
    }

    fn zone_minutes(&self) -> i32 {
        0
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> + 'static {
        tokio::time::sleep(Duration::from_millis(ms))
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineRandom;

impl Random for MachineRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_| RandomError)
    }
}

/// Journal, HTTP, clock and randomness.
#[derive(Debug)]
pub struct TabletPlatform {
    store: FileStore,
    transport: HttpTransport,
    clock: MachineClock,
}

impl TabletPlatform {
    /// Puts a store, a transport and a clock together.
    #[must_use]
    pub const fn new(store: FileStore, transport: HttpTransport, clock: MachineClock) -> Self {
        Self { store, transport, clock }
    }
}

impl Platform for TabletPlatform {
    type Store = FileStore;
    type Transport = HttpTransport;
    type Clock = MachineClock;
    type Random = MachineRandom;

    fn store(&self) -> &FileStore {
        &self.store
    }

    fn transport(&self) -> &HttpTransport {
        &self.transport
    }

    fn clock(&self) -> &MachineClock {
        &self.clock
    }

    fn random(&self) -> &MachineRandom {
        &MachineRandom
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        std::future::ready(None)
    }
}
