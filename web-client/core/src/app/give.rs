//! The file for another tablet: what of this one the server does not have, sealed to the server for the other to carry, and
//! the single changes of records that it has, too, for it to show.
//!
//! What the other may read is decided by what it has: changes of a record are sealed with what only those know who have
//! the record. A record that was begun here is carried unread, and so is what is protected.

use std::collections::BTreeMap;

use ankomst_shared::app::{Query, Refusal};
use ankomst_shared::catalog::written_date;
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use ankomst_shared::limits::SYNC_BODY_BYTES_MAX;
use ankomst_shared::order;
use ankomst_shared::sign::{AuthorEnvelope, Manifest, SignError};
use ankomst_shared::sync::bundle::{self, BUNDLE_ITEMS_MAX, Filling, Locked, ServerKeys};
use ankomst_shared::sync::message::{Deposit, Push, PushPart};
use minicbor::bytes::ByteVec;

use super::deposits::{CARRIED, Kept};
use super::rows::{ChunkRow, Stage, deposit_id, deposit_key};
use super::state::{Core, Open};
use crate::platform::Platform;

/// Keys, lengths and signatures beside a change take fewer bytes.
const PART_BYTES: usize = 1_024;

impl<P: Platform> Core<P> {
    /// Name and contents of the file; nothing when the server has everything. What is not in it goes with the next one.
    pub(super) async fn hand_over(&self) -> Result<Option<(String, Vec<u8>)>, Refusal> {
        self.commit_all_drafts().await?;
        let _turn = self.0.turn.take().await;
        let epoch = self.0.state.borrow().arrived.epoch;
        let all = self.deposits().await?.into_iter().filter(|kept| !kept.is_in(epoch));
        let (carried, own) = all.partition(|kept| kept.user == CARRIED);
        let (salt, now) = (self.random()?, self.now());
        let file = self.with_open(|open| {
            let filled = open.filled((own, carried), &salt).map_err(|_| Refusal::Internal)?;
            let Some(Filling { content, .. }) = filled else { return Ok(None) };
            let (device, user, at_ms) = (open.identity.device, open.user(), now.ms);
            let manifest = Manifest { device, user, at_ms, sum: [0; 32] };
            let by = (&open.signing, open.identity.enrolment.as_slice());
            bundle::write((&open.server_keys(), &salt), by, manifest, &content)
                .map(Some)
                .map_err(|_| Refusal::Internal)
        })?;
        self.tell(vec![Query::Page(String::new())]);
        let day = written_date(now.today());
        Ok(file.map(|file| (format!("ankomst-{day}.bundle"), file)))
    }
}

impl Open {
    /// What the server has told each of its devices.
    pub(super) const fn server_keys(&self) -> ServerKeys {
        (self.identity.server_key, self.identity.deposit_key)
    }

    /// What goes into a file: what was written here, then changes for those who have the record, then what is carried for
    /// others; of that what the file before had no room for, if it is still the same.
    fn filled(
        &mut self,
        (own, carried): (Vec<Kept>, Vec<Kept>),
        salt: &[u8; 32],
    ) -> Result<Option<Filling>, SignError> {
        let mut goes: Vec<Goes> = own.into_iter().map(Goes::Deposit).collect();
        let told = self.chunks.iter().filter(|(id, rows)| self.is_told(**id, rows));
        goes.extend(told.map(|(id, _)| Goes::Record(*id)));
        goes.extend(carried.into_iter().map(Goes::Deposit));
        let after = goes.iter().position(|one| one.key() == self.given.0);
        let begin = after.map(|at| at + 1).filter(|at| *at < goes.len()).unwrap_or_default();
        let (all, mut at, mut given) = (goes.len(), begin, Vec::new());
        let mut filling = Filling::default();
        let enrolled = self.enrolled();
        for one in goes.into_iter().skip(begin) {
            let key = one.key();
            let fits = match one {
                Goes::Deposit(kept) => filling.deposit(self.named(kept)),
                Goes::Record(id) => match self.for_others(id, &enrolled, salt)? {
                    Some(record) => filling.record(record),
                    None => true,
                },
            };
            if !fits {
                break;
            }
            (at, given) = (at + 1, key);
        }
        self.given = if at == all { (Vec::new(), 0) } else { (given, all - at) };
        let is_empty = filling.content.deposits.is_empty() && filling.content.records.is_empty();
        Ok((!is_empty).then_some(filling))
    }

    /// A deposit under the name of its change, where a file has brought that, too: so the next tablet knows what it is of.
    fn named(&self, kept: Kept) -> Deposit {
        let deposit = kept.sealed();
        let all = self.brought.pairs().iter();
        let mut of = all.filter(|(_, one)| one.deposit == Some(deposit.id));
        let name = of.next().map(|((_, hash), _)| deposit_id(hash));
        Deposit { id: name.unwrap_or(deposit.id), ..deposit }
    }

    /// Whether a record has something that the other tablet cannot have from the server.
    fn is_told(&self, id: DocumentId, rows: &BTreeMap<ChangeHash, ChunkRow>) -> bool {
        let is_new = rows.values().any(|row| row.stage == Stage::Unsent);
        (is_new || !self.brought_of(id).is_empty()) && self.goes_by_file(id)
    }

    /// Changes of a record for those who have it, too; none where nobody else can have it, or nothing can be told.
    fn for_others(
        &self,
        id: DocumentId,
        enrolled: &[(DeviceId, &ByteVec)],
        salt: &[u8; 32],
    ) -> Result<Option<Locked>, SignError> {
        let Some(rows) = self.chunks.get(&id) else { return Ok(None) };
        // One that the server has shown to others, too.
        let begin = begins(rows).find(|row| row.stage == Stage::Shared);
        let parts = self.told((id, rows), enrolled);
        match begin {
            Some(begin) if !parts.is_empty() => {
                Locked::of(&begin.bytes, salt, &Push { parts }).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What of a record can be told: changes of which it can be shown who wrote them, dependencies first. What the server
    /// has is among them, because the other tablet may not have it yet; what is held for a person is not. If it is too
    /// much, the newest.
    fn told(
        &self,
        (document, rows): (DocumentId, &BTreeMap<ChangeHash, ChunkRow>),
        enrolled: &[(DeviceId, &ByteVec)],
    ) -> Vec<PushPart> {
        let mut all: Vec<PushPart> =
            self.brought_of(document).into_iter().map(|one| one.part.clone()).collect();
        for row in rows.values() {
            // What the server has carried over to a new line has no author's envelope.
            let is_authors = AuthorEnvelope::peek(&row.envelope).is_ok();
            if matches!(row.stage, Stage::Held | Stage::Refused)
                || is_begin(&row.bytes)
                || !is_authors
            {
                continue;
            }
            let device = parse(&row.bytes).ok().map(|info| info.meta.device);
            let enrolment = if device == Some(self.identity.device) {
                Some(self.identity.enrolment.clone().into())
            } else {
                let known = enrolled.iter().find(|(id, _)| Some(*id) == device);
                known.map(|(_, enrolment)| (*enrolment).clone())
            };
            if enrolment.is_some() {
                let (envelope, chunks) = (row.envelope.clone(), vec![row.bytes.clone()]);
                all.push(PushPart { document, envelope, chunks, enrolment });
            }
        }
        let counter = |part: &PushPart| {
            let bytes = part.chunks.first().map_or(&[][..], |bytes| bytes.as_slice());
            core::cmp::Reverse(parse(bytes).map_or(0, |info| info.start_op))
        };
        order::sort_by_key(&mut all, counter);
        let mut room = SYNC_BODY_BYTES_MAX;
        let newest = all.into_iter().take(BUNDLE_ITEMS_MAX).take_while(|part| {
            let bytes = part.chunks.iter().map(|bytes| bytes.len() + PART_BYTES).sum();
            let left = room.checked_sub(bytes);
            room = left.unwrap_or(room);
            left.is_some()
        });
        let mut parts: Vec<PushPart> = newest.collect();
        parts.reverse();
        parts
    }
}

/// What goes into a file.
enum Goes {
    Deposit(Kept),
    Record(DocumentId),
}

impl Goes {
    fn key(&self) -> Vec<u8> {
        match self {
            Self::Deposit(kept) => deposit_key(kept.user, kept.id),
            Self::Record(id) => id.as_bytes().to_vec(),
        }
    }
}

/// The changes that a record begins with; its review may have two.
pub(super) fn begins(rows: &BTreeMap<ChangeHash, ChunkRow>) -> impl Iterator<Item = &ChunkRow> {
    rows.values().filter(|row| is_begin(&row.bytes))
}

/// Whether a change builds on none; what comes first behind its length is how many there are.
fn is_begin(bytes: &[u8]) -> bool {
    const HEAD: usize = 9;
    let mut body = bytes.iter().skip(HEAD).skip_while(|byte| **byte & 0x80 != 0);
    body.nth(1) == Some(&0)
}
