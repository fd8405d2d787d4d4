//! What is worth remembering of devices from one question to the next, within a bound: of those that asked last. What it
//! is, and whether it still holds, knows whoever puts it here.

use core::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::DeviceId;

/// So much is remembered of all devices together, in what each says that it weighs.
const WEIGHT_MAX: usize = 500_000;

/// The devices, the oldest question first.
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
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|one| one.device == device)?;
        let one = all.remove(at);
        let what = Arc::clone(&one.what).downcast().ok();
        all.push(one);
        what
    }

    /// Remembers something of a device in the place of what was before.
    pub fn put<T: Any + Send + Sync>(&self, device: DeviceId, weight: usize, what: Arc<T>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.device != device);
        all.push(One { device, weight, what });
        let mut sum: usize = all.iter().map(|one| one.weight).sum();
        while sum > WEIGHT_MAX && !all.is_empty() {
            sum -= all.remove(0).weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_asked_last_are_remembered_within_the_bound() {
        let all = Remembered::default();
        let [one, two, three] = [1, 2, 3].map(|number| DeviceId::from_bytes([number; 16]));
        all.put(one, WEIGHT_MAX / 2, Arc::new(1_u8));
        all.put(two, WEIGHT_MAX / 2, Arc::new(2_u8));
        assert_eq!(all.of::<u8>(one).as_deref(), Some(&1));
        all.put(three, 1, Arc::new(3_u8));
        assert_eq!(all.of::<u8>(two), None, "the one that has not asked for longest");
        all.put(one, 1, Arc::new(4_u8));
        assert_eq!((all.of::<u8>(one).as_deref(), all.of::<u16>(one)), (Some(&4), None));
        all.put(two, WEIGHT_MAX + 1, Arc::new(5_u8));
        assert_eq!(all.of::<u8>(two), None);
    }
}
