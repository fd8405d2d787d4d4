//! The lane of files: beside what is written and after it, one piece at a time, small files first. What one file meets
//! holds up no other.

use ankomst_shared::ids::FileId;
use ankomst_shared::sync::backoff::Backoff;
use ankomst_shared::sync::message::FileState;
use futures_util::future::select;

use super::super::state::Core;
use super::held::{Files, Way};
use super::rows::FileRow;
use crate::platform::{Clock, Platform, Random};

/// The lane looks again after so long at the latest while anything is to be done later, in milliseconds.
const LOOK_MS: i64 = 60_000;
/// The server is asked about a file that is whole and in no backup after so long, in milliseconds.
const WHOLE_MS: i64 = 3_600_000;
/// A file that could not be brought rests so long, and each time twice as long, in milliseconds.
const REST_MS: i64 = 60_000;
/// But never longer than this.
const REST_MS_MAX: i64 = 3_600_000;

/// What a step along the lane has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// There may be more to do at once.
    More,
    /// Nothing for so long, in milliseconds; or before something happens.
    Rest(Option<i64>),
    /// No answer that can be used.
    Nobody,
}

/// How far a file has come since the program began.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Going {
    /// Pieces that the server has; nothing before it was asked.
    pub(super) have: Option<u32>,
    /// The server has asked for its head.
    pub(super) needs_head: bool,
    /// Until then it rests, Unix milliseconds.
    until_ms: i64,
    rest_ms: i64,
    /// How often it could not be brought: those that could go first.
    fails: u32,
}

impl Going {
    /// It rests, longer each time.
    pub(super) fn rests(&mut self, now_ms: i64) {
        self.rest_ms = self.rest_ms.saturating_mul(2).clamp(REST_MS, REST_MS_MAX);
        self.until_ms = now_ms.saturating_add(self.rest_ms);
        self.fails = self.fails.saturating_add(1);
    }

    /// No answer came: others go before it.
    pub(super) const fn waits(&mut self) {
        self.fails = self.fails.saturating_add(1);
    }

    /// The server has taken some of it.
    pub(super) fn moves(&mut self, have: u32) {
        *self = Self { have: Some(have), ..Self::default() };
    }
}

impl Files {
    /// When a file is due, Unix milliseconds; nothing if the server need not be asked about it.
    fn due(&self, file: FileId, row: &FileRow, now_ms: i64) -> Option<i64> {
        row.head.as_ref()?;
        let told = row.state_in(self.epoch);
        let due = match told {
            Some(FileState::BackedUp | FileState::Refused | FileState::Destroyed) => return None,
            // A clock that was set back makes nothing wait longer.
            Some(FileState::Whole) if row.at_ms <= now_ms => row.at_ms.saturating_add(WHOLE_MS),
            _ => 0,
        };
        let until_ms = self.going.get(&file).map_or(0, |going| going.until_ms);
        let rests = until_ms.saturating_sub(now_ms) <= REST_MS_MAX;
        Some(if rests { due.max(until_ms) } else { due })
    }

    /// The file that is next, or when one will be, Unix milliseconds.
    fn next(&self, now_ms: i64) -> Result<FileId, Option<i64>> {
        let mut first = None;
        let mut soonest = None;
        for (file, row) in self.rows.pairs() {
            match self.due(*file, row, now_ms) {
                Some(due) if due <= now_ms => {
                    let fails = self.going.get(file).map_or(0, |going| going.fails);
                    let place = (fails, row.bytes, *file);
                    first = Some(first.map_or(place, |known: (u32, u64, FileId)| known.min(place)));
                }
                Some(due) => soonest = soonest.into_iter().chain([due]).min(),
                None => {}
            }
        }
        first.map(|(_, _, file)| file).ok_or(soonest)
    }

    /// Changes what is known of how far a file has come.
    pub(super) fn goes(&mut self, file: FileId, change: impl FnOnce(&mut Going)) {
        let mut going = self.going.get(&file).copied().unwrap_or_default();
        change(&mut going);
        self.going.insert(file, going);
    }
}

impl<P: Platform> Core<P> {
    /// How the way to the server stands, for files.
    pub(in crate::app) fn set_way(&self, way: Way) {
        self.0.state.borrow_mut().files.way = way;
        if way == Way::Free {
            self.0.lane.put(());
        }
    }

    /// Whether files may go.
    ///
    /// # Errors
    /// How long they may not, in milliseconds; nothing for as long as the way is not free.
    fn may_go(&self) -> Result<(), Option<i64>> {
        let now_ms = self.now_ms();
        let state = self.0.state.borrow();
        let busy_ms = state.files.busy_ms.saturating_sub(now_ms);
        if state.files.way != Way::Free {
            return Err(None);
        }
        if (1..=super::road::BUSY_MS).contains(&busy_ms) { Err(Some(busy_ms)) } else { Ok(()) }
    }

    /// Hands in and fetches files; runs for ever.
    pub(in crate::app) async fn lane_loop(&self) {
        let mut backoff = Backoff::default();
        let mut wait_ms = None;
        loop {
            if wait_ms != Some(0) {
                self.lane_wait(wait_ms).await;
            }
            if let Err(rest) = self.may_go() {
                wait_ms = rest;
                continue;
            }
            wait_ms = match self.lane_step().await {
                Step::More => {
                    backoff.answered();
                    Some(0)
                }
                Step::Rest(ms) => ms.map(|ms| ms.clamp(1_000, LOOK_MS)),
                Step::Nobody => {
                    let jitter = self.0.platform.random().bytes().map(u64::from_le_bytes);
                    let ms = backoff.failed(jitter.unwrap_or_default());
                    i64::try_from(ms).ok()
                }
            };
        }
    }

    /// Waits for something to do; `None` for as long as that takes.
    async fn lane_wait(&self, ms: Option<i64>) {
        let wake = Box::pin(self.0.lane.next());
        match ms {
            Some(ms) => {
                let sleep = Box::pin(self.0.platform.clock().sleep(ms.unsigned_abs()));
                select(sleep, wake).await;
            }
            None => drop(wake.await),
        }
        self.0.lane.clear();
    }

    async fn lane_step(&self) -> Step {
        self.files_epoch();
        let now_ms = self.now_ms();
        let (next, own_first) = {
            let mut state = self.0.state.borrow_mut();
            let own_first = core::mem::take(&mut state.files.own_first);
            (state.files.next(now_ms), own_first)
        };
        // Somebody is looking at it; but neither holds up the other.
        if !(own_first && next.is_ok())
            && let Some(step) = self.fetch_step().await
        {
            return step;
        }
        match next {
            Ok(file) => self.hand_in(file).await,
            Err(due) => {
                let fetches = self.with_open(|open| Ok(open.files.fetch.soonest(now_ms)));
                let soonest = due.into_iter().chain(fetches.ok().flatten()).min();
                Step::Rest(soonest.map(|at| at.saturating_sub(now_ms)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ankomst_shared::ids::{DeviceId, Epoch, UserId};

    use super::*;

    fn row(bytes: u64, told: Option<FileState>) -> FileRow {
        let (user, device) = (UserId::new(1, [1; 10]), DeviceId::new(1, [1; 10]));
        let epoch = Some(Epoch::from_bytes([1; 16]));
        let head = Some(vec![1].into());
        FileRow { user, device, head, bytes, told, epoch, at_ms: 5, is_thumb: false }
    }

    fn files(rows: Vec<FileRow>) -> Files {
        let mut files = Files { epoch: Some(Epoch::from_bytes([1; 16])), ..Files::default() };
        for (number, row) in rows.into_iter().enumerate() {
            files.rows.insert(FileId::new(i64::try_from(number).unwrap(), [0; 10]), row);
        }
        files
    }

    fn id(number: i64) -> FileId {
        FileId::new(number, [0; 10])
    }

    #[test]
    fn small_files_go_first_and_one_that_fails_bars_no_other() {
        let mut files = files(vec![row(900, None), row(20, None), row(500, None)]);
        assert_eq!(files.next(1_000), Ok(id(1)));
        files.goes(id(1), |going| going.rests(1_000));
        assert_eq!(files.next(1_000), Ok(id(2)));
        files.goes(id(2), Going::waits);
        assert_eq!(files.next(1_000), Ok(id(0)));
        files.goes(id(0), |going| going.rests(1_000));
        assert_eq!(files.next(1_000), Ok(id(2)));
        assert_eq!(files.next(1_000 + REST_MS), Ok(id(1)));
    }

    #[test]
    fn what_has_been_told_is_asked_about_rarely_and_anew_in_another_life_of_the_log() {
        let told = [FileState::BackedUp, FileState::Refused, FileState::Destroyed];
        let mut files = files(told.map(|told| row(9, Some(told))).to_vec());
        assert_eq!(files.next(10), Err(None));
        files.rows.insert(id(7), row(9, Some(FileState::Whole)));
        assert_eq!(files.next(10), Err(Some(5 + WHOLE_MS)));
        assert_eq!(files.next(5 + WHOLE_MS), Ok(id(7)));
        files.epoch = Some(Epoch::from_bytes([2; 16]));
        assert_eq!(files.next(10), Ok(id(0)));
    }

    #[test]
    fn a_file_rests_longer_each_time_but_never_more_than_an_hour() {
        let mut going = Going::default();
        let mut rests = Vec::new();
        for _ in 0..9 {
            going.rests(0);
            rests.push(going.until_ms / 60_000);
        }
        assert_eq!(rests, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        going.moves(3);
        assert_eq!((going.have, going.until_ms, going.fails), (Some(3), 0, 0));
    }
}
