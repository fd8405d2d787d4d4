//! What others have taken: small pictures of the record that is looked at come by themselves, whole files when somebody
//! asks for them. What has come is kept sealed, for when there is no contact.

use ankomst_shared::app::{Refusal, Reply};
use ankomst_shared::ids::{DeviceId, DocumentId, FileId};
use ankomst_shared::sign::file::{FileCipher, pieces};
use ankomst_shared::sync::message::{FetchFile, FetchFileAnswer};
use ankomst_shared::sync::wire;

use super::super::state::{Core, Open};
use super::lane::Step;
use super::road::BUSY_MS;
use super::room::LOOKED_MS;
use super::rows::{FileRow, coming_key, no_file, piece_key};
use super::taking::Coming;
use super::wanted::{Elsewhere, Place};
use crate::platform::{HttpAnswer, Method, Platform, Transport};
use crate::store::{Store, Table, Write};

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
            Ok(open.files.all.get(&(document, name)).cloned())
        })?;
        let Some(one) = one else { return self.asks_for((document, name)).await };
        let sealed = self.0.platform.store().get(Table::Files, &piece_key(one.file, number)).await;
        let sealed = sealed.map_err(|_| Refusal::Storage)?;
        let cipher = FileCipher::new(&one.key, one.bytes);
        let count = pieces(one.bytes).unwrap_or_default();
        let piece = sealed.and_then(|sealed| cipher.open(number, &sealed).ok());
        if piece.is_none() && number < count && one.own.is_none() {
            // The server has it.
            let turn = self.0.turn.take().await;
            self.let_go(&[one.file]).await?;
            drop(turn);
            return self.asks_for((document, name)).await;
        }
        let piece = piece.ok_or(Refusal::NotHere)?;
        if one.own.is_none() && number == 0 {
            self.looked_at(one.file).await;
        }
        Ok(Reply::Piece(piece, count))
    }

    /// Somebody asks for a whole file that is not here.
    async fn asks_for(&self, place: Place) -> Result<Reply, Refusal> {
        let left = self.with_open(|open| Ok(open.files.fetch.wants_whole(place)))?;
        if let Some(left) = left {
            // A device that cannot write does it with the next opening.
            let _later = self.commit(no_file(left.file, left.bytes)).await;
        }
        self.0.lane.put(());
        Ok(Reply::Piece(Vec::new(), 0))
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

    /// Fetches one piece of what somebody looks at; nothing where nobody does. Unless it was a small picture that came,
    /// what is to be handed in has its turn then.
    pub(super) async fn fetch_step(&self) -> Option<Step> {
        if self.0.state.borrow().sign_in_needed {
            return None;
        }
        let now_ms = self.now_ms();
        let next = self.with_open(|open| {
            let fetch = &open.files.fetch;
            let place = fetch.next(now_ms).ok_or(Refusal::NotHere)?;
            let number = fetch.coming.get(&place).map_or(0, |coming| coming.next);
            let is_new = !fetch.coming.contains_key(&place);
            let length = is_new.then(|| fetch.length(&place));
            let before = (fetch.is_small(&place), open.shown(&place));
            Ok((open.identity.device, place, (number, length), before))
        });
        let (device, place, (number, length), (is_small, shown)) = next.ok()?;
        if let Some(bytes) = length
            && let Err(why) = self.makes_room(bytes, false).await
        {
            self.0.state.borrow_mut().files.own_first = true;
            self.not_fetched(device, place, why).await;
            self.tell_if_changed(device, place, shown);
            return Some(Step::More);
        }
        let question = wire::pack(&FetchFile { document: place.0, name: place.1, piece: number });
        let Some(answer) = self.ask_for_piece(question).await else {
            self.0.state.borrow_mut().files.own_first = true;
            let _shut = self.with_open_of(device, |open| {
                open.files.fetch.waits(place);
                Ok(())
            });
            return Some(Step::Nobody);
        };
        let busy = self.busy(&answer);
        let told = (answer.status == 200).then(|| wire::unpack(&answer.body).ok()).flatten();
        let came = match told {
            Some(FetchFileAnswer { bytes, piece: Some(piece) }) => {
                self.piece_came(device, place, number, (bytes, &piece)).await
            }
            Some(FetchFileAnswer { piece: None, .. }) => Err(Refusal::NotHere),
            None => Err(Refusal::NoContact),
        };
        self.0.state.borrow_mut().files.own_first = !is_small || came.is_err();
        if let Err(why) = came {
            self.not_fetched(device, place, why).await;
        }
        self.tell_if_changed(device, place, shown);
        Some(busy.unwrap_or(Step::More))
    }

    fn tell_if_changed(&self, device: DeviceId, place: Place, shown: (bool, Elsewhere)) {
        if self.with_open_of(device, |open| Ok(open.shown(&place) != shown)) == Ok(true) {
            self.tell_of(Some(place.0));
        }
    }

    /// A question of whoever is in; the session is renewed if that is all it takes. Nothing where no answer comes.
    async fn ask_for_piece(&self, question: Vec<u8>) -> Option<HttpAnswer> {
        let path = "/api/v1/files/fetch";
        let send = |body| self.0.platform.transport().send(Method::Post, path, body);
        let answer = send(question.clone()).await.ok()?;
        if answer.status == 401 && self.refresh().await.0 == 204 {
            return send(question).await.ok();
        }
        Some(answer)
    }

    /// One could not be fetched: other files go first, and what is there of it goes, unless it may go on where it is.
    async fn not_fetched(&self, device: DeviceId, place: Place, why: Refusal) {
        let now_ms = self.now_ms();
        let busy_ms = self.0.state.borrow().files.busy_ms;
        // Where the server has asked to wait, others go first after that.
        let now_ms = if (now_ms..=now_ms + BUSY_MS).contains(&busy_ms) { busy_ms } else { now_ms };
        let goes = self.with_open_of(device, |open| {
            let fetch = &mut open.files.fetch;
            match why {
                // It is wanted no more.
                Refusal::Stale => return Ok(fetch.came(place)),
                // The server has said nothing of it.
                Refusal::NoContact => {
                    fetch.rests(place, now_ms, false);
                    return Ok(None);
                }
                Refusal::NotHere => fetch.rests(place, now_ms, true),
                // There is none for the others either.
                Refusal::NoRoom if fetch.is_small(&place) => fetch.thumbs_rest(now_ms),
                _ => fetch.rests(place, now_ms, false),
            }
            Ok(fetch.coming.remove(&place))
        });
        if let Ok(Some(coming)) = goes {
            // A device that cannot write does it with the next opening.
            let _later = self.commit(no_file(coming.file, coming.bytes)).await;
        }
    }

    async fn piece_came(
        &self,
        device: DeviceId,
        place: Place,
        number: u32,
        (bytes, piece): (u64, &[u8]),
    ) -> Result<(), Refusal> {
        let (begun, is_small) = self.with_open_of(device, |open| {
            let fetch = &open.files.fetch;
            Ok((fetch.coming.get(&place).cloned(), fetch.is_small(&place)))
        })?;
        if begun.as_ref().map_or(0, |coming| coming.next) != number {
            // It has begun anew meanwhile; what is next is asked for.
            return Ok(());
        }
        let mut coming = if let Some(coming) = begun {
            coming
        } else {
            let count = pieces(bytes).ok_or(Refusal::BadValue)?;
            if is_small && count > 1 {
                return Err(Refusal::BadValue);
            }
            self.makes_room(bytes, false).await?;
            self.coming(bytes)?
        };
        // That it is coming is known before anything of it is there.
        self.comes(device, place, &coming)?;
        let writes = coming.take(piece)?;
        self.commit(writes).await?;
        self.comes(device, place, &coming)?;
        match coming.name() {
            None if Some(coming.next) < pieces(coming.bytes) => Ok(()),
            // It is not what its name says.
            name if name != Some(place.1) => Err(Refusal::BadValue),
            _ => self.has_come(device, place, &coming).await,
        }
    }

    fn comes(&self, device: DeviceId, place: Place, coming: &Coming) -> Result<(), Refusal> {
        self.with_open_of(device, |open| {
            open.files.fetch.comes(place, coming.clone());
            Ok(())
        })
    }

    async fn has_come(
        &self,
        device: DeviceId,
        place: Place,
        coming: &Coming,
    ) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, is_thumb) = self.with_open_of(device, |open| {
            // Its record may have gone meanwhile, or it may have been taken in here.
            if !open.headers.contains_key(&place.0) || open.files.all.contains_key(&place) {
                return Err(Refusal::Stale);
            }
            Ok((open.user(), open.files.fetch.thumbs.contains(&place)))
        })?;
        let (bytes, at_ms) = (coming.bytes, self.now_ms());
        let (head, told, epoch) = (None, None, None);
        let row = FileRow { user, device, head, bytes, told, epoch, at_ms, is_thumb };
        let one = coming.one(is_thumb);
        let mut writes = vec![
            self.sealed_file(place, &one)?,
            Write::delete(Table::Files, coming_key(coming.file)),
        ];
        writes.extend(row.write(coming.file));
        self.commit(writes).await?;
        self.with_open_of(device, |open| {
            open.files.fetch.came(place);
            open.files.all.insert(place, one);
            Ok(())
        })
    }
}

impl Open {
    /// What is shown of a file.
    fn shown(&self, place: &Place) -> (bool, Elsewhere) {
        (self.files.all.contains_key(place), self.files.stands(place))
    }
}
