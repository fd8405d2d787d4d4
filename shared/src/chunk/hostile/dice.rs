//! Repeatable numbers for tests (xorshift); never for anything secret.

/// A small generator of numbers; the same seed gives the same numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // Zero would stay zero for ever.
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// Any 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `sides`; 0 when there are none.
    pub fn roll(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides.max(1)).unwrap_or(1);
        usize::try_from((self.bits() >> 16) % sides).unwrap_or(0)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        u8::try_from((self.bits() >> 24) & 0xff).unwrap_or(0)
    }

    /// One of some things.
    pub fn pick<T: Clone>(&mut self, things: &[T]) -> Option<T> {
        let at = self.roll(things.len());
        things.get(at).cloned()
    }
}
