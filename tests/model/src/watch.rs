//! How long something takes: the middle of many loops, each long enough for the clock.

use std::hint::black_box;

/// Shortest loop, microseconds: a browser's clock goes in steps of a hundred.
const LOOP_US: f64 = 20_000.0;
const LOOPS: usize = 31;
/// Work that takes no time by the clock ends the search for a loop that is long enough.
const TIMES_MAX: u32 = 1 << 24;

/// A clock that gives microseconds, and how it is read.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    clock: &'a dyn Fn() -> f64,
}

impl<'a> Watch<'a> {
    /// A watch by that clock.
    #[must_use]
    pub fn new(clock: &'a dyn Fn() -> f64) -> Self {
        Self { clock }
    }

    /// Microseconds that the work takes.
    pub fn time<T>(self, mut work: impl FnMut() -> T) -> f64 {
        let mut times = 1;
        while self.once(times, &mut work) < LOOP_US && times < TIMES_MAX {
            times *= 2;
        }
        let mut all: Vec<f64> = (0..LOOPS).map(|_| self.once(times, &mut work)).collect();
        all.sort_by(f64::total_cmp);
        all.get(LOOPS / 2).copied().unwrap_or_default() / f64::from(times)
    }

    fn once<T>(self, times: u32, work: &mut impl FnMut() -> T) -> f64 {
        let begun = (self.clock)();
        for _ in 0..times {
            black_box(work());
        }
        (self.clock)() - begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn work_is_told_by_the_middle_of_loops_that_the_clock_can_tell() {
        let passed = Cell::new(0.0);
        // The clock goes in steps of a hundred, and now and then the work is interrupted.
        let clock = || (passed.get() / 100_f64).floor() * 100.0;
        let runs = Cell::new(0_u32);
        let took = Watch::new(&clock).time(|| {
            runs.set(runs.get() + 1);
            let more = if runs.get().is_multiple_of(20_000) { 9_000.0 } else { 0.0 };
            passed.set(passed.get() + 7.0 + more);
        });
        assert!((took - 7.0).abs() < 0.05, "{took}");
    }
}
