//! The platform of a browser.

use ankomst_core::platform::{Clock, Platform, Random, RandomError, StorageFacts};

use crate::idb::IdbStore;
use crate::script;
use crate::transport::FetchTransport;

/// The browser's clock.
pub(crate) struct BrowserClock;

impl Clock for BrowserClock {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "milliseconds of a date are whole and far below 2^53"
    )]
    fn now_ms(&self) -> i64 {
        js_sys::Date::now() as i64
    }

    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "a zone's offset is a small number of minutes"
    )]
    fn zone_minutes(&self) -> i32 {
        -js_sys::Date::new_0().get_timezone_offset() as i32
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> + 'static {
        script::sleep(ms)
    }
}

/// The browser's randomness.
pub(crate) struct BrowserRandom;

impl Random for BrowserRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_| RandomError)
    }
}

/// `IndexedDB`, fetch, clock and randomness.
pub(crate) struct BrowserPlatform {
    pub(crate) store: IdbStore,
    pub(crate) transport: FetchTransport,
}

impl Platform for BrowserPlatform {
    type Store = IdbStore;
    type Transport = FetchTransport;
    type Clock = BrowserClock;
    type Random = BrowserRandom;

    fn store(&self) -> &IdbStore {
        &self.store
    }

    fn transport(&self) -> &FetchTransport {
        &self.transport
    }

    fn clock(&self) -> &BrowserClock {
        &BrowserClock
    }

    fn random(&self) -> &BrowserRandom {
        &BrowserRandom
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        script::storage_facts()
    }
}
