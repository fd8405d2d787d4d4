//! What reading a change costs, counted and not timed: steps of the reader and bytes made. Only built for tests or with
//! feature `hostile`.

use core::cell::Cell;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Reads of the reader and rows unpacked.
    pub steps: u64,
    /// Bytes of what was unpacked.
    pub bytes: u64,
}

std::thread_local! {
    static DONE: Cell<Work> = const { Cell::new(Work { steps: 0, bytes: 0 }) };
}

/// Counts so much more.
pub fn does(steps: u64, bytes: u64) {
    DONE.with(|done| {
        let Work { steps: before, bytes: made } = done.get();
        done.set(Work { steps: before + steps, bytes: made + bytes });
    });
}

/// Counts rows of a column that are about to be made; what a column refuses is not.
pub(super) fn makes<T>(rows: u64) {
    let size = u64::try_from(size_of::<T>()).unwrap_or(u64::MAX);
    does(rows, rows.saturating_mul(size));
}

/// What something costs on this thread.
pub fn of<T>(work: impl FnOnce() -> T) -> (T, Work) {
    let before = DONE.with(Cell::get);
    let out = work();
    let after = DONE.with(Cell::get);
    let spent = Work { steps: after.steps - before.steps, bytes: after.bytes - before.bytes };
    (out, spent)
}
