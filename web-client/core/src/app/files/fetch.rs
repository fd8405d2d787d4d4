//! What others have taken: small pictures of the record that is looked at come by themselves, whole files when somebody
//! asks for them. What has come is kept sealed, for when there is no contact.

use ankomst_shared::app::{Refusal, Reply};
use ankomst_shared::ids::{DeviceId, DocumentId, FileId, FileName};
use ankomst_shared::order::Few;
use ankomst_shared::sign::file::{FileCipher, pieces};
use ankomst_shared::sync::message::{FetchFile, FetchFileAnswer};
use ankomst_shared::sync::wire;

use super::super::state::Core;
use super::lane::Step;
use super::rows::{FileRow, coming_key, no_file, piece_key};
use super::taking::Coming;
use crate::platform::Platform;
use crate::store::{Store, Table, Write};

/// A file that the server does not have is asked for again after so long, and each time after twice as long, in milliseconds.
const LACKS_MS: i64 = 30_000;
/// But never later than this.
const LACKS_MS_MAX: i64 = 600_000;
/// So many small pictures are fetched of a page.
const THUMBS_MAX: usize = 500;
/// So many whole files wait to be fetched.
const WHOLE_MAX: usize = 20;
/// How exactly it is known when a file was looked at, in milliseconds.
const LOOKED_MS: i64 = 86_400_000;

type Place = (DocumentId, FileName);

/// What is to be fetched.
#[derive(Default)]
pub(super) struct Fetch {
    thumbs: Vec<Place>,
    whole: Vec<Place>,
    coming: Option<(Place, Coming)>,
    /// Until when it is not asked for again, and after how long then.
    lacking: Few<Place, (i64, i64)>,
}

/// How a file stands that is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Elsewhere {
    /// Nobody has asked the server for it, or without an answer.
    Unasked,
    /// It is coming.
    Coming,
    /// The server has said that it does not have it.
    Lacking,
}

impl Fetch {
    pub(super) fn is_coming(&self, file: FileId) -> bool {
        self.coming.as_ref().is_some_and(|(_, coming)| coming.file == file)
    }

    /// How one stands that is not here.
    pub(super) fn stands(&self, place: &Place) -> Elsewhere {
        let comes = self.coming.as_ref().is_some_and(|(of, _)| of == place);
        if self.lacking.contains_key(place) {
            Elsewhere::Lacking
        } else if comes || self.whole.contains(place) {
            Elsewhere::Coming
        } else {
            Elsewhere::Unasked
        }
    }

    /// The small pictures of the record that is looked at; tells whether any is new.
    pub(super) fn wants(&mut self, mut thumbs: Vec<Place>) -> bool {
        thumbs.truncate(THUMBS_MAX);
        let new = thumbs.iter().any(|place| !self.thumbs.contains(place));
        self.thumbs = thumbs;
        new
    }

    fn wants_whole(&mut self, place: Place) {
        self.lacking.remove(&place);
        if !self.whole.contains(&place) {
            self.whole.push(place);
            let more = self.whole.len().saturating_sub(WHOLE_MAX);
            self.whole.drain(..more);
        }
    }

    /// When one that the server did not have is asked for again, Unix milliseconds.
    pub(super) fn soonest(&self, now_ms: i64) -> Option<i64> {
        let wanted = self.thumbs.iter().chain(&self.whole);
        let until = wanted.filter_map(|place| Some(self.lacking.get(place)?.0));
        until.filter(|until_ms| *until_ms > now_ms).min()
    }

    fn next(&self, now_ms: i64) -> Option<Place> {
        let is_due = |place: &&Place| match self.lacking.get(place) {
            Some((until_ms, rest_ms)) => !(1..=*rest_ms).contains(&(until_ms - now_ms)),
            None => true,
        };
        let begun = self.coming.iter().map(|(place, _)| place);
        begun.chain(&self.thumbs).chain(&self.whole).find(is_due).copied()
    }

    fn lacks(&mut self, place: Place, now_ms: i64) {
        let before = self.lacking.get(&place).map_or(0, |(_, rest_ms)| *rest_ms);
        let rest_ms = before.saturating_mul(2).clamp(LACKS_MS, LACKS_MS_MAX);
        self.lacking.insert(place, (now_ms.saturating_add(rest_ms), rest_ms));
        self.whole.retain(|one| *one != place);
    }

    fn came(&mut self, place: Place) {
        self.thumbs.retain(|one| *one != place);
        self.whole.retain(|one| *one != place);
        self.lacking.remove(&place);
    }
}

impl<P: Platform> Core<P> {
    /// Gives a piece of a file, or begins to fetch it.
    pub(super) async fn show_piece(
        &self,
        document: DocumentId,
        name: &str,
        number: u32,
    ) -> Result<Reply, Refusal> {
        let name = name.parse().map_err(|_| Refusal::BadValue)?;
        let one = self.with_open(|open| {
            open.headers.get(&document).ok_or(Refusal::NotHere)?;
            let one = open.files.all.get(&(document, name)).cloned();
            if one.is_none() {
                open.files.fetch.wants_whole((document, name));
            }
            Ok(one)
        })?;
        let Some(one) = one else {
            self.0.lane.put(());
            return Ok(Reply::Piece(Vec::new(), 0));
        };
        let sealed = self.0.platform.store().get(Table::Files, &piece_key(one.file, number)).await;
        let sealed = sealed.map_err(|_| Refusal::Storage)?.ok_or(Refusal::NotHere)?;
        let piece = FileCipher::new(&one.key, one.bytes).open(number, &sealed);
        if one.own.is_none() && number == 0 {
            self.looked_at(one.file).await;
        }
        let count = pieces(one.bytes).unwrap_or_default();
        Ok(Reply::Piece(piece.map_err(|_| Refusal::Storage)?, count))
    }

    /// What was fetched and looked at lately goes last. A device that cannot write that down shows it all the same.
    async fn looked_at(&self, file: FileId) {
        let now_ms = self.now_ms();
        let row = self.0.state.borrow().files.rows.get(&file).cloned();
        let Some(mut row) = row.filter(|row| now_ms.abs_diff(row.at_ms) > LOOKED_MS.unsigned_abs())
        else {
            return;
        };
        let _turn = self.0.turn.take().await;
        row.at_ms = now_ms;
        if self.0.state.borrow().files.rows.contains_key(&file) {
            let _as_before = self.commit(row.write(file).into_iter().collect()).await;
        }
    }

    /// Fetches one piece of what somebody looks at; nothing where nobody does.
    pub(super) async fn fetch_step(&self) -> Option<Step> {
        if self.0.state.borrow().sign_in_needed {
            return None;
        }
        let now_ms = self.now_ms();
        let (device, place, number) = self
            .with_open(|open| {
                let fetch = &open.files.fetch;
                let place = fetch.next(now_ms).ok_or(Refusal::NotHere)?;
                let number = fetch.coming.as_ref().map_or(0, |(_, coming)| coming.next);
                Ok((open.identity.device, place, number))
            })
            .ok()?;
        let (document, name) = place;
        let question = wire::pack(&FetchFile { document, name, piece: number });
        let fetched = match self.post_in("/api/v1/files/fetch", question).await {
            Err(Refusal::NoContact) => return Some(Step::Nobody),
            Err(_) => None,
            Ok(answer) => wire::unpack::<FetchFileAnswer>(&answer.body).ok(),
        };
        let piece = fetched.and_then(|answer| Some((answer.bytes, answer.piece?)));
        let came = match piece {
            Some((bytes, piece)) => self.piece_came(device, place, (bytes, &piece)).await,
            None => Err(Refusal::NotHere),
        };
        if came.is_err() {
            // What is there of it goes, and other files first.
            let goes = self.with_open_of(device, |open| {
                let fetch = &mut open.files.fetch;
                fetch.lacks(place, now_ms);
                let coming = fetch.coming.take();
                Ok(coming.map(|(_, coming)| no_file(coming.file, coming.bytes)))
            });
            if let Ok(Some(goes)) = goes {
                // A device that cannot write does it with the next opening.
                let _later = self.commit(goes).await;
            }
            self.tell_of(Some(document));
        }
        Some(Step::More)
    }

    async fn piece_came(
        &self,
        device: DeviceId,
        place: Place,
        (bytes, piece): (u64, &[u8]),
    ) -> Result<(), Refusal> {
        let begun = self.with_open_of(device, |open| Ok(open.files.fetch.coming.clone()))?;
        let mut coming = if let Some((_, coming)) = begun {
            coming
        } else {
            pieces(bytes).ok_or(Refusal::BadValue)?;
            self.makes_room(bytes, false).await?;
            self.coming(bytes)?
        };
        let writes = coming.take(piece)?;
        self.commit(writes).await?;
        let name = coming.name();
        self.with_open_of(device, |open| {
            open.files.fetch.coming = Some((place, coming.clone()));
            Ok(())
        })?;
        match name {
            None if Some(coming.next) < pieces(coming.bytes) => Ok(()),
            // It is not what its name says.
            name if name != Some(place.1) => Err(Refusal::BadValue),
            _ => self.has_come(device, place, &coming).await,
        }
    }

    async fn has_come(
        &self,
        device: DeviceId,
        place: Place,
        coming: &Coming,
    ) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, is_thumb) = self.with_open_of(device, |open| {
            // Its record may have gone meanwhile.
            open.headers.get(&place.0).ok_or(Refusal::NotHere)?;
            if open.files.all.contains_key(&place) {
                return Err(Refusal::Stale);
            }
            Ok((open.user(), open.files.fetch.thumbs.contains(&place)))
        })?;
        let (bytes, at_ms) = (coming.bytes, self.now_ms());
        let row = FileRow { user, device, head: None, bytes, told: None, epoch: None, at_ms };
        let one = coming.one(is_thumb);
        let mut writes = vec![
            self.sealed_file(place, &one)?,
            Write::delete(Table::Files, coming_key(coming.file)),
        ];
        writes.extend(row.write(coming.file));
        self.commit(writes).await?;
        self.with_open_of(device, |open| {
            open.files.fetch.coming = None;
            open.files.fetch.came(place);
            open.files.all.insert(place, one);
            Ok(())
        })?;
        self.tell_of(Some(place.0));
        Ok(())
    }
}
