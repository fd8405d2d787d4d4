//! What is worth remembering of devices from one question to the next, within a bound. What it is, and whether it still
//! holds, knows whoever puts it here.

use core::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::DeviceId;

/// So much is remembered of all devices together, in what each says that it weighs.
const WEIGHT_MAX: usize = 500_000;

/// The devices that were put here first come first.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Vec<One>>);

#[derive(Debug)]
struct One {
    device: DeviceId,
    weight: usize,
    what: Arc<dyn Any + Send + Sync>,
}

impl Remembered {
    /// What is remembered of a device.
    pub fn of<T: Any + Send + Sync>(&self, device: DeviceId) -> Option<Arc<T>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.iter().find(|one| one.device == device)?;
        Arc::clone(&one.what).downcast().ok()
    }

    /// Remembers something of a device in the place of what was before, if there is room. Others make none: where all ask
    /// in turn, each would find that it was the last to go.
    pub fn put<T: Any + Send + Sync>(&self, device: DeviceId, weight: usize, what: Arc<T>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.device != device);
        let sum: usize = all.iter().map(|one| one.weight).sum();
        if sum.saturating_add(weight) <= WEIGHT_MAX {
            all.push(One { device, weight, what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_room_for_stays_until_its_device_brings_something_else() {
        let all = Remembered::default();
        let [one, two, three] = [1, 2, 3].map(|number| DeviceId::from_bytes([number; 16]));
        all.put(one, WEIGHT_MAX / 2, Arc::new(1_u8));
        all.put(two, WEIGHT_MAX / 2, Arc::new(2_u8));
        all.put(three, 1, Arc::new(3_u8));
        let known = |device| all.of::<u8>(device).map(|what| *what);
        assert_eq!([one, two, three].map(known), [Some(1), Some(2), None]);
        all.put(one, 1, Arc::new(4_u8));
        all.put(three, 1, Arc::new(5_u8));
        assert_eq!([one, two, three].map(known), [Some(4), Some(2), Some(5)]);
        assert_eq!(all.of::<u16>(one), None);
        all.put(two, WEIGHT_MAX + 1, Arc::new(6_u8));
        assert_eq!([one, two, three].map(known), [Some(4), None, Some(5)], "nothing stale stays");
    }
}
