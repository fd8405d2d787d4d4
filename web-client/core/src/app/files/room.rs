//! How many files may be here. What was fetched goes first, what was looked at longest ago before the rest, then what was
//! taken in here and a backup has. Text has room of its own and is never refused for a file.

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::FileId;
use ankomst_shared::limits::{FILES_HERE_BYTES_MAX, FILES_LEAVE_BYTES};
use ankomst_shared::order;

use super::super::state::Core;
use super::rows::FileRow;
use crate::platform::Platform;

/// How exactly it is known when a file was looked at, in milliseconds.
pub(super) const LOOKED_MS: i64 = 86_400_000;

impl<P: Platform> Core<P> {
    /// Makes room for a file of that length. For one that is fetched nothing goes that was looked at lately: else the
    /// pictures of one page would drive out each other for ever.
    ///
    /// # Errors
    /// When so much cannot be spared; nothing has gone then.
    pub(super) async fn makes_room(&self, bytes: u64, for_own: bool) -> Result<(), Refusal> {
        let facts = self.0.platform.storage_facts().await.filter(|facts| facts.quota > 0);
        let _turn = self.0.turn.take().await;
        let (epoch, now_ms) = (self.files_epoch(), self.now_ms());
        let goes: Vec<FileId> = {
            let state = self.0.state.borrow();
            let coming = state.open.as_ref().map_or(0, |open| open.files.coming_bytes());
            let here = state.files.bytes().saturating_add(coming).saturating_add(bytes);
            let disk = facts.map_or(0, |facts| {
                let left = facts.quota.saturating_sub(FILES_LEAVE_BYTES.max(facts.quota / 10));
                facts.used.saturating_add(bytes).saturating_sub(left)
            });
            let mut over = here.saturating_sub(FILES_HERE_BYTES_MAX).max(disk);
            let rows = state.files.rows.pairs().iter();
            let is_old = |row: &FileRow| now_ms.abs_diff(row.at_ms) > LOOKED_MS.unsigned_abs();
            let is_idle = |row: &FileRow| row.head.is_none() && is_old(row);
            let may = rows.filter(|(_, row)| row.may_go(epoch) && (for_own || is_idle(row)));
            let mut may: Vec<_> = may.collect();
            order::sort_by_key(&mut may, |(_, row)| (row.head.is_some(), row.at_ms));
            let mut goes = Vec::new();
            for (file, row) in may {
                if over > 0 {
                    over = over.saturating_sub(row.bytes);
                    goes.push(*file);
                }
            }
            if over > 0 {
                return Err(Refusal::NoRoom);
            }
            goes
        };
        self.let_go(&goes).await
    }
}
