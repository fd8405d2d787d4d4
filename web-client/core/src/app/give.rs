//! The file for another tablet: everything of this one that the server does not have, sealed to the server for the other to
//! carry, and the single changes of records that it has, too, for it to show.
//!
//! What the other may read is decided by what it has: changes of a record are sealed with what only those know who have
//! the record. A record that was begun here is carried unread.

use std::collections::BTreeMap;

use ankomst_shared::app::Refusal;
use ankomst_shared::catalog::written_date;
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use ankomst_shared::order;
use ankomst_shared::sign::{Manifest, SignError};
use ankomst_shared::sync::bundle::{self, Content, Locked, ServerKeys};
use ankomst_shared::sync::message::{Deposit, Push, PushPart};
use minicbor::bytes::ByteVec;

use super::deposits::Kept;
use super::rows::{ChunkRow, Stage};
use super::state::{Core, Open};
use crate::platform::Platform;

impl<P: Platform> Core<P> {
    /// Name and contents of the file; nothing when the server has everything.
    pub(super) async fn hand_over(&self) -> Result<Option<(String, Vec<u8>)>, Refusal> {
        self.commit_all_drafts().await?;
        let _turn = self.0.turn.take().await;
        let epoch = self.0.state.borrow().arrived.epoch;
        let all = self.deposits().await?.into_iter();
        let deposits: Vec<Deposit> =
            all.filter(|kept| !kept.is_in(epoch)).map(Kept::sealed).collect();
        let (salt, now) = (self.random()?, self.now());
        let file = self.with_open(|open| {
            let records = open.for_others(&salt).map_err(|_| Refusal::Internal)?;
            if deposits.is_empty() && records.is_empty() {
                return Ok(None);
            }
            let (device, user, at_ms) = (open.identity.device, open.user(), now.ms);
            let manifest = Manifest { device, user, at_ms, sum: [0; 32] };
            let by = (&open.signing, open.identity.enrolment.as_slice());
            let content = Content { deposits, records };
            bundle::write((&open.server_keys(), &salt), by, manifest, &content)
                .map(Some)
                .map_err(|_| Refusal::Internal)
        })?;
        let day = written_date(now.today());
        Ok(file.map(|file| (format!("ankomst-{day}.bundle"), file)))
    }
}

impl Open {
    /// What the server has told each of its devices.
    pub(super) const fn server_keys(&self) -> ServerKeys {
        (self.identity.server_key, self.identity.deposit_key)
    }

    /// Changes of records in which something waits, each for those who have that record.
    fn for_others(&self, salt: &[u8; 32]) -> Result<Vec<Locked>, SignError> {
        let enrolled = self.enrolled();
        let mut records = Vec::new();
        for (document, rows) in &self.chunks {
            if !rows.values().any(|row| row.stage == Stage::Unsent) {
                continue;
            }
            // One that the server has shown to others, too.
            let begin = begins(rows).find(|row| row.stage == Stage::Shared);
            let parts = self.told((*document, rows), &enrolled);
            if let (Some(begin), false) = (begin, parts.is_empty()) {
                records.push(Locked::of(&begin.bytes, salt, &Push { parts })?);
            }
        }
        Ok(records)
    }

    /// What of a record can be told: changes of which it can be shown who wrote them, dependencies first. What the server
    /// has is among them, because the other tablet may not have it yet; what is held for a person is not.
    fn told(
        &self,
        (document, rows): (DocumentId, &BTreeMap<ChangeHash, ChunkRow>),
        enrolled: &[(DeviceId, &ByteVec)],
    ) -> Vec<PushPart> {
        let mut parts = Vec::new();
        for (hash, row) in rows {
            if matches!(row.stage, Stage::Held | Stage::Refused) {
                continue;
            }
            let Some(info) = parse(&row.bytes).ok().filter(|info| !info.deps.is_empty()) else {
                continue;
            };
            let device = info.meta.device;
            let enrolment = if device == self.identity.device {
                Some(self.identity.enrolment.clone().into())
            } else {
                let known = enrolled.iter().find(|(id, _)| *id == device);
                known.map(|(_, enrolment)| (*enrolment).clone())
            };
            if enrolment.is_some() {
                let (envelope, chunks) = (row.envelope.clone(), vec![row.bytes.clone()]);
                let part = PushPart { document, envelope, chunks, enrolment };
                parts.push(((info.start_op, *hash), part));
            }
        }
        order::sort_by_key(&mut parts, |(place, _)| *place);
        parts.into_iter().map(|(_, part)| part).collect()
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
