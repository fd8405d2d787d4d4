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

    /// A stream of its own for one thing of many, the same wherever and whenever it is drawn from.
    #[must_use]
    pub fn of(version: u32, seed: u64, what: u64, number: usize) -> Self {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let mut own = Self::new(version, seed ^ (what << 40) ^ number.wrapping_mul(STEP));
        Self(own.next())
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

    /// Yes in so many of a thousand cases.
    pub fn often(&mut self, per_mille: u32) -> bool {
        self.next() % 1_000 < u64::from(per_mille)
    }

    /// A number from one to another, both included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = usize::try_from(to - from + 1).unwrap_or(1);
        from + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// One of a list; `None` when it is empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// One of a list by weight; `None` when nothing weighs anything.
    pub fn weighted<'a, T>(&mut self, list: &'a [(T, u32)]) -> Option<&'a T> {
        let sum: u32 = list.iter().map(|(_, weight)| weight).sum();
        let mut left = self.next() % u64::from(sum.max(1));
        for (one, weight) in list {
            if left < u64::from(*weight) {
                return Some(one);
            }
            left -= u64::from(*weight);
        }
        None
    }

    /// How many of so many tries succeed; the tenth of a hundred tries makes a Poisson of ten.
    pub fn successes(&mut self, tries: usize, per_mille: u32) -> usize {
        (0..tries).filter(|_| self.often(per_mille)).count()
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
