//! Which devices have a live socket at the moment. In memory only: after a start nobody is here yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::DeviceId;

use crate::given;

#[derive(Debug, Default)]
struct Known {
    /// Sockets open, by device.
    sockets: BTreeMap<DeviceId, u32>,
    /// When a device's last socket closed, Unix milliseconds.
    left_ms: BTreeMap<DeviceId, i64>,
}

/// The devices with a live socket.
#[derive(Debug, Clone, Default)]
pub struct Presence(Arc<Mutex<Known>>);

/// A device is here for as long as this lives.
#[derive(Debug)]
pub struct Here {
    presence: Presence,
    device: DeviceId,
}

impl Presence {
    fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a device as here until the answer is dropped.
    #[must_use]
    pub fn arrives(&self, device: DeviceId) -> Here {
        self.with(|known| *known.sockets.entry(device).or_default() += 1);
        Here { presence: self.clone(), device }
    }

    /// Whether a device has a socket open.
    #[must_use]
    pub fn is_live(&self, device: DeviceId) -> bool {
        self.with(|known| known.sockets.contains_key(&device))
    }

    /// When its last socket closed, if that was since the server started.
    #[must_use]
    pub fn left_ms(&self, device: DeviceId) -> Option<i64> {
        self.with(|known| known.left_ms.get(&device).copied())
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let at = given::now_ms();
        self.presence.with(|known| {
            if let Some(count) = known.sockets.get_mut(&self.device) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    known.sockets.remove(&self.device);
                    known.left_ms.insert(self.device, at);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_with_two_tabs_is_here_until_both_are_closed() {
        let presence = Presence::default();
        let device = DeviceId::from_bytes([1; 16]);
        let first = presence.arrives(device);
        let second = presence.arrives(device);
        drop(first);
        assert!(presence.is_live(device));
        assert_eq!(presence.left_ms(device), None);
        drop(second);
        assert!(!presence.is_live(device));
        assert!(presence.left_ms(device).is_some());
    }
}
