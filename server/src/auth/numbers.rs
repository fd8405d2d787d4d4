//! A row of numbers for tests, the same in every run.

use ankomst_shared::chunk::sha256;

pub(super) struct Numbers {
    name: &'static str,
    drawn: u64,
}

impl Numbers {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, drawn: 0 }
    }

    /// A number below this one.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let bytes = sha256(&[self.name.as_bytes(), &self.drawn.to_be_bytes()]);
        self.drawn += 1;
        let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        usize::try_from(number).unwrap() % end.max(1)
    }

    /// A time from here to there, in milliseconds.
    pub(super) fn time(&mut self, from_ms: i64, to_ms: i64) -> i64 {
        from_ms + i64::try_from(self.below(usize::try_from(to_ms - from_ms).unwrap())).unwrap()
    }

    /// Whether something that happens so often in a hundred happens.
    pub(super) fn in_hundred(&mut self, often: usize) -> bool {
        self.below(100) < often
    }
}
