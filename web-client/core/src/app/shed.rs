//! What is protected goes from a device that has been without contact for its time: not only unread, gone.
//!
//! Which records these are, the server says with each answer, and with them it is written down here, in the open like the
//! keys of rows: so they go whether their vault is opened or not. What was written in them and is not sent stays sealed
//! to the server, as with a wipe. They are asked for again at the next contact, and come if they are still theirs.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DepositId, DocumentId, UserId};
use ankomst_shared::order;
use ankomst_shared::sign::header::review_of;
use minicbor::{Decode, Encode};

use super::asked;
use super::drafted::drafted_key;
use super::rows::{Lease, Stage, deposit_key, read_draft_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Row, Store, Table, Write};

const GUARDED: &[u8] = b"guarded/";
/// Nothing goes while somebody may be typing in it, in milliseconds since the last letter.
const TYPED_REST_MS: i64 = 60_000;

/// What is protected on this device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Guarded {
    /// Protected records that are here.
    #[n(0)]
    pub(super) here: Vec<DocumentId>,
    /// Those that have gone and have not come back.
    #[n(1)]
    pub(super) gone: Vec<DocumentId>,
    /// How long they may be here without contact.
    #[n(2)]
    pub(super) lease: Lease,
    /// Unsent changes that stand in those that have gone.
    #[n(3)]
    pub(super) waiting: u32,
}

pub(super) fn guarded_key(user: UserId) -> Vec<u8> {
    [GUARDED, user.as_bytes().as_slice()].concat()
}

impl Guarded {
    /// As a row; none where there is nothing to be noted.
    pub(super) fn row(&self, user: UserId) -> Result<Write, Refusal> {
        let key = guarded_key(user);
        if self.here.is_empty() && self.gone.is_empty() {
            return Ok(Write::delete(Table::Meta, key));
        }
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::Internal)?;
        Ok(Write::put(Table::Meta, key, bytes))
    }

    /// As a row says; nothing where there is none.
    pub(super) fn read(row: Option<Vec<u8>>) -> Self {
        row.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default()
    }
}

impl<P: Platform> Core<P> {
    /// Lets go what is protected and has been here without contact for its time, in the open vault.
    pub(super) async fn shed(&self) {
        let now_ms = self.now_ms();
        let is_due = || {
            self.with_open(|open| {
                let is_over = open.standing.lease.is_over() && !open.guarded.here.is_empty();
                Ok(is_over && now_ms - open.typed_ms >= TYPED_REST_MS)
            })
        };
        if is_due() == Ok(true) && self.commit_all_drafts().await != Err(Refusal::Storage) {
            let _turn = self.0.turn.take().await;
            // The server may have answered meanwhile.
            if is_due() == Ok(true) && !self.0.state.borrow().storage_failing {
                // What fails is tried again with the next beat.
                let _again = self.shed_open().await;
            }
        }
        self.tell_status();
    }

    /// The same with the turn taken and all that is typed written down.
    async fn shed_open(&self) -> Result<(), Refusal> {
        self.deposit_drafts().await?;
        let (user, mut guarded) = self.with_open(|open| Ok((open.user(), open.guarded.clone())))?;
        let (mut writes, went) = self.shed_rows(user, &mut guarded).await?;
        guarded.waiting += self.with_open(|open| Ok(open.only_here(&went)))?;
        writes.push(guarded.row(user)?);
        self.commit(writes).await?;
        self.with_open(|open| {
            open.client.ask_again(guarded.gone.iter().copied());
            open.guarded = guarded;
            for id in &went {
                open.documents.remove(id);
                open.forget(*id);
                open.chunks.remove(id);
                open.headers.remove(id);
                open.undeposited.remove(id);
            }
            open.drafts.retain(|(id, _)| !went.contains(id));
            Ok(())
        })
    }

    /// The same of all vaults that are shut.
    pub(super) async fn shed_shut(&self) -> Result<(), Refusal> {
        let now_ms = self.now_ms();
        let store = self.0.platform.store();
        let rows = store.load(Table::Meta, GUARDED).await.map_err(|_| Refusal::Storage)?;
        for (key, row) in rows {
            let user = key.strip_prefix(GUARDED).and_then(|id| UserId::try_from(id).ok());
            let Some(user) = user else { continue };
            let mut guarded = Guarded::read(Some(row));
            guarded.lease.resumes(now_ms);
            if guarded.here.is_empty() || !guarded.lease.is_over() {
                continue;
            }
            let _turn = self.0.turn.take().await;
            let is_open = self.with_open(|open| Ok(open.user() == user)).unwrap_or(false);
            if !is_open {
                let (mut writes, _) = self.shed_rows(user, &mut guarded).await?;
                writes.push(guarded.row(user)?);
                self.commit(writes).await?;
            }
        }
        Ok(())
    }

    /// The end of all rows of what is protected, but for what is sealed to the server, and which records these are. One
    /// in which something is half typed that has no deposit stays until its vault is opened.
    async fn shed_rows(
        &self,
        user: UserId,
        guarded: &mut Guarded,
    ) -> Result<(Vec<Write>, Vec<DocumentId>), Refusal> {
        let store = self.0.platform.store();
        let (mut writes, mut went) = (Vec::new(), Vec::new());
        let mut stay = Vec::new();
        let all: BTreeSet<DocumentId> =
            order::set(guarded.here.iter().flat_map(|id| [*id, review_of(*id)]));
        for id in all {
            let prefix = [user.as_bytes().as_slice(), id.as_bytes()].concat();
            let drafts = store.load(Table::Drafts, &prefix).await.map_err(|_| Refusal::Storage)?;
            let drafted = drafted_key(user, id);
            let deposit = store.get(Table::Deposits, &drafted).await;
            let deposit = deposit.map_err(|_| Refusal::Storage)?;
            let is_typed =
                |key: &[u8]| read_draft_key(key).is_some_and(|(_, path)| !asked::is_asked(&path));
            if deposit.is_none() && drafts.iter().any(|(key, _)| is_typed(key)) {
                stay.push(id);
                continue;
            }
            if let Some(sealed) = deposit {
                let hash = sha256(&[&sealed]);
                let of = DepositId::from_bytes(*hash.first_chunk().ok_or(Refusal::Internal)?);
                writes.push(Write::put(Table::Deposits, deposit_key(user, of), sealed));
                writes.push(Write::delete(Table::Deposits, drafted));
            }
            let chunks = store.load(Table::Chunks, &prefix).await.map_err(|_| Refusal::Storage)?;
            if !drafts.is_empty() || !chunks.is_empty() {
                went.push(id);
            }
            let of = |table| move |(key, _): Row| Write::delete(table, key);
            writes.extend(drafts.into_iter().map(of(Table::Drafts)));
            writes.extend(chunks.into_iter().map(of(Table::Chunks)));
        }
        guarded.here.retain(|id| stay.contains(id));
        guarded.gone.extend(&went);
        order::sort_and_dedup(&mut guarded.gone);
        Ok((writes, went))
    }

    /// Writes down what has been counted of the time.
    pub(super) async fn count_guarded(&self) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, guarded) = self.with_open(|open| {
            open.guarded.lease = open.standing.lease;
            Ok((open.user(), open.guarded.clone()))
        })?;
        if guarded.here.is_empty() { Ok(()) } else { self.commit(vec![guarded.row(user)?]).await }
    }

    /// Forgets which records went, once they have come or are known not to.
    pub(super) async fn shed_again(&self) -> Result<(), Refusal> {
        let (user, before) = self.with_open(|open| Ok((open.user(), open.guarded.clone())))?;
        let mut guarded = before.clone();
        guarded.waiting = 0;
        self.with_open(|open| {
            guarded.gone.retain(|id| open.client.is_to_come(*id));
            Ok(())
        })?;
        if guarded != before {
            self.commit(vec![guarded.row(user)?]).await?;
            self.with_open(|open| {
                open.guarded = guarded;
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Open {
    /// How many unsent changes and half-typed records there are among these.
    fn only_here(&self, among: &[DocumentId]) -> u32 {
        let rows = among.iter().filter_map(|id| self.chunks.get(id)).flat_map(|rows| rows.values());
        let unsent = rows.filter(|row| row.stage == Stage::Unsent).count();
        let typed = among.iter().filter(|id| !self.half_typed(**id).is_empty()).count();
        u32::try_from(unsent + typed).unwrap_or(u32::MAX)
    }
}
