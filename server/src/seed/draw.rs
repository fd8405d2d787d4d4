//! The generator: `SplitMix64`, small and the same everywhere.

/// A stream of numbers that follows from version and seed.
#[derive(Debug, Clone)]
pub struct Draw(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Draw {
    /// Begins the stream.
    #[must_use]
    pub fn new(version: u32, seed: u64) -> Self {
        Self(seed ^ u64::from(version).wrapping_mul(STEP).rotate_left(17))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// Bytes for an id or a key.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for part in bytes.chunks_mut(8) {
            for (slot, byte) in part.iter_mut().zip(self.next().to_le_bytes()) {
                *slot = byte;
            }
        }
        bytes
    }

    /// Takes one out of a pool.
    pub fn take<T>(&mut self, pool: &mut Vec<T>) -> Option<T> {
        if pool.is_empty() { None } else { Some(pool.swap_remove(self.below(pool.len()))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_own_stream_each_time() {
        let stream = |version, seed| {
            let mut draw = Draw::new(version, seed);
            (draw.next(), draw.below(7), draw.bytes::<10>())
        };
        assert_eq!(stream(1, 1), stream(1, 1));
        assert_ne!(stream(1, 1), stream(1, 2));
        assert_ne!(stream(1, 1), stream(2, 1));
    }

    #[test]
    fn a_pool_is_used_up_without_repeating() {
        let (mut draw, mut pool) = (Draw::new(1, 1), vec![1, 2, 3]);
        let mut taken: Vec<i32> = core::iter::from_fn(|| draw.take(&mut pool)).collect();
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3]);
    }
}
