//! Nobody asks without end: whatever the server says, a tablet makes only so many exchanges in a while.

use crate::kernel::MINUTE;
use crate::world::World;

/// The while.
const WHILE: i64 = 10 * MINUTE;
/// Most exchanges of a tablet in it. What many lost answers take is far below.
const EXCHANGES_MAX: u64 = 200;

/// Exchanges of each tablet since a while began.
#[derive(Debug, Default)]
pub struct Asked {
    since: i64,
    counts: Vec<u64>,
}

impl World {
    /// Notes that a tablet makes an exchange. One that asks without end ends the history, which would not end by
    /// itself.
    pub fn asks(&mut self, at: usize) {
        let now = self.kernel.now();
        if now - self.asked_so_far.since > WHILE {
            self.asked_so_far = Asked { since: now, counts: Vec::new() };
        }
        let counts = &mut self.asked_so_far.counts;
        counts.resize(counts.len().max(at + 1), 0);
        counts[at] += 1;
        let count = counts[at];
        let most = self.counts.entry("exchanges in a while").or_default();
        *most = count.max(*most);
        if count > EXCHANGES_MAX && !self.is_over {
            self.is_over = true;
            self.ledger.diverged.push(format!("{at} asks without end"));
        }
    }
}
