//! What is to be fetched: which is next, and which could not be fetched and rests.

use ankomst_shared::ids::{DocumentId, FileId, FileName};
use ankomst_shared::limits::{FILE_BYTES_MAX, FILE_PIECE_BYTES};
use ankomst_shared::order::Few;

use super::road::BUSY_MS;
use super::taking::Coming;

/// A file that could not be fetched is asked for again after so long, and each time after twice as long, in milliseconds.
const REST_MS: i64 = 30_000;
/// But never later than this.
const REST_MS_MAX: i64 = 600_000;
/// Of so many files it is known that they could not be fetched.
const RESTS_MAX: usize = 500;
/// So many small pictures are fetched of a page.
const THUMBS_MAX: usize = 100;
/// So many whole files wait to be fetched, those that the server does not have yet among them.
const WHOLE_MAX: usize = 20;

pub(super) type Place = (DocumentId, FileName);

/// What is to be fetched.
#[derive(Default)]
pub(super) struct Fetch {
    pub(super) thumbs: Vec<Place>,
    whole: Vec<Place>,
    /// How long the files of the record that is looked at are, as it says.
    sizes: Few<Place, u64>,
    /// What has begun to come.
    pub(super) coming: Few<Place, Coming>,
    /// What could not be fetched.
    rests: Few<Place, Rest>,
}

/// Why one is not asked for at present.
#[derive(Debug, Clone, Copy)]
struct Rest {
    /// Until then, Unix milliseconds; 0 once some of it has come after all.
    until_ms: i64,
    pause_ms: i64,
    /// The server has said that it does not have it.
    is_lacking: bool,
}

/// How a file stands that is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Elsewhere {
    /// Nobody has asked the server for it, or it has said nothing of it.
    Unasked,
    /// It is coming.
    Coming,
    /// The server has said that it does not have it.
    Lacking,
}

impl Fetch {
    pub(super) fn is_coming(&self, file: FileId) -> bool {
        self.coming.values().any(|coming| coming.file == file)
    }

    /// Bytes of those that are coming.
    pub(super) fn coming_bytes(&self) -> u64 {
        self.coming.values().map(|coming| coming.bytes).sum()
    }

    /// How one stands that is not here.
    pub(super) fn stands(&self, place: &Place) -> Elsewhere {
        match self.rests.get(place) {
            _ if self.is_lacking(place) => Elsewhere::Lacking,
            Some(rest) if rest.until_ms > 0 => Elsewhere::Unasked,
            _ if self.whole.contains(place) => Elsewhere::Coming,
            _ => Elsewhere::Unasked,
        }
    }

    fn is_lacking(&self, place: &Place) -> bool {
        self.rests.get(place).is_some_and(|rest| rest.is_lacking)
    }

    /// The small pictures of the record that is looked at, and how long its files are; tells whether any picture is new.
    pub(super) fn wants(&mut self, mut thumbs: Vec<Place>, sizes: Few<Place, u64>) -> bool {
        self.sizes = sizes;
        thumbs.truncate(THUMBS_MAX);
        let new = thumbs.iter().any(|place| !self.thumbs.contains(place));
        self.thumbs = thumbs;
        new
    }

    /// Somebody asks for a whole file; gives what has come of one that waits no more for it.
    pub(super) fn wants_whole(&mut self, place: Place) -> Option<Coming> {
        self.rests.remove(&place);
        if self.whole.contains(&place) {
            return None;
        }
        self.whole.push(place);
        if self.whole.len() <= WHOLE_MAX {
            return None;
        }
        // What the server does not have is asked for no more before what is coming.
        let lacking = self.whole.iter().position(|one| self.is_lacking(one)).unwrap_or(0);
        let goes = self.whole.remove(lacking);
        self.coming.remove(&goes)
    }

    /// When one that could not be fetched is asked for again, Unix milliseconds.
    pub(super) fn soonest(&self, now_ms: i64) -> Option<i64> {
        let wanted = self.thumbs.iter().chain(&self.whole);
        let until = wanted.filter_map(|place| Some(self.rests.get(place)?.until_ms));
        until.filter(|until_ms| *until_ms > now_ms).min()
    }

    /// What is next: small pictures before whole files.
    pub(super) fn next(&self, now_ms: i64) -> Option<Place> {
        let is_due = |place: &&Place| match self.rests.get(place) {
            // A clock that was set back makes nothing wait longer.
            Some(rest) => !(1..=REST_MS_MAX + BUSY_MS).contains(&(rest.until_ms - now_ms)),
            None => true,
        };
        self.thumbs.iter().chain(&self.whole).find(is_due).copied()
    }

    /// How long one is that has not begun to come, as far as that is known.
    pub(super) fn length(&self, place: &Place) -> u64 {
        match self.sizes.get(place) {
            _ if self.is_small(place) => FILE_PIECE_BYTES.try_into().unwrap_or(u64::MAX),
            Some(bytes) => (*bytes).min(FILE_BYTES_MAX),
            None => 0,
        }
    }

    /// Whether only a small picture is wanted there.
    pub(super) fn is_small(&self, place: &Place) -> bool {
        self.thumbs.contains(place) && !self.whole.contains(place)
    }

    /// No answer came: others go before it.
    pub(super) fn waits(&mut self, place: Place) {
        for list in [&mut self.thumbs, &mut self.whole] {
            if let Some(at) = list.iter().position(|one| *one == place) {
                let last = list.remove(at);
                list.push(last);
            }
        }
    }

    /// Some of it has come.
    pub(super) fn comes(&mut self, place: Place, coming: Coming) {
        self.coming.insert(place, coming);
        if let Some(rest) = self.rests.get_mut(&place) {
            (rest.until_ms, rest.is_lacking) = (0, false);
        }
    }

    /// It could not be fetched, and rests, longer each time. One that the server does not have may come to it any day: it
    /// is asked for again as the others are, until the screen shuts.
    pub(super) fn rests(&mut self, place: Place, now_ms: i64, is_lacking: bool) {
        let before = self.rests.get(&place).map_or(0, |rest| rest.pause_ms);
        let pause_ms = before.saturating_mul(2).clamp(REST_MS, REST_MS_MAX);
        let until_ms = now_ms.saturating_add(pause_ms);
        self.rests.insert(place, Rest { until_ms, pause_ms, is_lacking });
        if self.rests.pairs().len() > RESTS_MAX {
            let first = self.rests.pairs().iter().min_by_key(|(_, rest)| rest.until_ms);
            first.map(|(place, _)| *place).map(|place| self.rests.remove(&place));
        }
    }

    /// No small picture is asked for for a while.
    pub(super) fn thumbs_rest(&mut self, now_ms: i64) {
        for place in self.thumbs.clone() {
            self.rests(place, now_ms, false);
        }
    }

    /// It is here, or wanted no more; gives what has come of it.
    pub(super) fn came(&mut self, place: Place) -> Option<Coming> {
        self.thumbs.retain(|one| *one != place);
        self.whole.retain(|one| *one != place);
        self.rests.remove(&place);
        self.coming.remove(&place)
    }
}
