//! What is protected goes from a device that has been without contact for its time: not only unread, gone.
//!
//! Which records these are, the server says with each answer, and with them it is written down here, in the open like the
//! keys of rows; of what is made here without contact its header says so. So they go whether their vault is opened or not. What was written in them and is not sent stays sealed
//! to the server, as with a wipe. They are asked for again at the next contact, and come if they are still theirs.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::limits::LEASE_PROTECTED_S;
use ankomst_shared::order;
use ankomst_shared::sign::Header;
use ankomst_shared::sign::header::review_of;
use minicbor::{Decode, Encode};

use super::drafted::{drafted_key, hands_in, made_of, made_of_key};
use super::rows::{Lease, standing_key};
use super::state::Core;
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
    /// What was written in records that have gone may still be only here, in deposits.
    #[n(3)]
    #[cbor(default)]
    pub(super) owes: bool,
}

pub(super) fn guarded_key(user: UserId) -> Vec<u8> {
    [GUARDED, user.as_bytes().as_slice()].concat()
}

impl Guarded {
    /// As a row; none where there is nothing to be noted.
    pub(super) fn row(&self, user: UserId) -> Result<Write, Refusal> {
        let key = guarded_key(user);
        if self.here.is_empty() && self.gone.is_empty() && !self.owes {
            return Ok(Write::delete(Table::Meta, key));
        }
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::Internal)?;
        Ok(Write::put(Table::Meta, key, bytes))
    }

    /// Takes in what is protected by its header, or by what it belongs to, and the server has not named; where it has
    /// named nothing, that stays no longer from now on than what is protected does. Tells whether there is any.
    pub(super) fn takes<'a>(
        &mut self,
        headers: impl Iterator<Item = &'a Header>,
        lease: &mut Lease,
    ) -> bool {
        let headers: Vec<&Header> = headers.collect();
        let mut known: BTreeSet<DocumentId> = order::set(self.here.iter().copied());
        let mut new = Vec::new();
        loop {
            let before = new.len();
            for header in &headers {
                let below = header.parent.is_some_and(|parent| known.contains(&parent));
                if (below || is_protected(header)) && known.insert(header.document) {
                    new.push(header.document);
                }
            }
            if new.len() == before {
                break;
            }
        }
        if new.is_empty() {
            return false;
        }
        if self.here.is_empty() {
            lease.shortens(LEASE_PROTECTED_S);
        }
        self.here.extend(new);
        self.lease = *lease;
        true
    }

    /// As a row says; nothing where there is none.
    pub(super) fn read(row: Option<Vec<u8>>) -> Self {
        row.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default()
    }
}

fn is_protected(header: &Header) -> bool {
    let of_kind = Catalog::builtin().kind(&header.kind).map_or(0, |kind| kind.protection);
    header.protection.max(of_kind) >= 2
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
        let (writes, went) = self.shed_rows(user, &mut guarded).await?;
        if writes.is_empty() {
            return Ok(());
        }
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
            open.brought.retain(|(id, _)| !went.contains(id));
            Ok(())
        })?;
        self.read_open_part().await
    }

    /// The same of all vaults that are shut.
    pub(super) async fn shed_shut(&self) -> Result<(), Refusal> {
        let now_ms = self.now_ms();
        // Also for what is read: an answer of the server may be on its way into these rows.
        let _turn = self.0.turn.take().await;
        let store = self.0.platform.store();
        let rows = store.load(Table::Meta, GUARDED).await.map_err(|_| Refusal::Storage)?;
        for (key, row) in rows {
            let user = key.strip_prefix(GUARDED).and_then(|id| UserId::try_from(id).ok());
            let Some(user) = user else { continue };
            let mut guarded = Guarded::read(Some(row));
            let was_over = guarded.lease.is_over();
            guarded.lease.resumes(now_ms);
            if guarded.here.is_empty() || !guarded.lease.is_over() {
                continue;
            }
            let is_open = self.with_open(|open| Ok(open.user() == user)).unwrap_or(false);
            if !is_open {
                let (mut writes, _) = self.shed_rows(user, &mut guarded).await?;
                // That the time is over stays so whatever the clock says then; after that only what goes is news.
                if writes.is_empty() && !was_over {
                    writes.push(guarded.row(user)?);
                }
                if !writes.is_empty() {
                    self.commit(writes).await?;
                }
            }
        }
        Ok(())
    }

    /// The end of all rows of what is protected, but for what is sealed to the server, and which records these are;
    /// nothing to be written when nothing goes. One in which something is half typed that has no deposit as it stands
    /// there stays until its vault is opened.
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
            let deposit = store.get(Table::Deposits, &drafted_key(user, id)).await;
            let deposit = deposit.map_err(|_| Refusal::Storage)?;
            let of = store.get(Table::Meta, &made_of_key(user, id)).await;
            let of = of.map_err(|_| Refusal::Storage)?;
            let typed = made_of(&drafts);
            if typed.is_some() && (deposit.is_none() || of != typed) {
                stay.push(id);
                continue;
            }
            if let Some(sealed) = deposit {
                writes.extend(hands_in(user, id, sealed)?);
            }
            let chunks = store.load(Table::Chunks, &prefix).await.map_err(|_| Refusal::Storage)?;
            if !drafts.is_empty() || !chunks.is_empty() {
                went.push(id);
            }
            let of = |table| move |(key, _): Row| Write::delete(table, key);
            writes.extend(self.files_of_record((user, id), false).await?);
            writes.extend(drafts.into_iter().map(of(Table::Drafts)));
            writes.extend(chunks.into_iter().map(of(Table::Chunks)));
        }
        let before = guarded.here.len();
        guarded.here.retain(|id| stay.contains(id));
        if guarded.here.len() < before || !writes.is_empty() {
            guarded.owes = true;
            guarded.gone.extend(&went);
            order::sort_and_dedup(&mut guarded.gone);
            writes.push(guarded.row(user)?);
        }
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
        self.with_open(|open| {
            guarded.gone.retain(|id| open.client.is_to_come(*id));
            Ok(())
        })?;
        guarded.owes &= !guarded.gone.is_empty() || self.0.state.borrow().deposits_alone > 0;
        if guarded != before {
            self.commit(vec![guarded.row(user)?]).await?;
            self.with_open(|open| {
                open.guarded = guarded;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// What is to be written with new changes when what they make is protected.
    pub(super) fn guards(&self, made: &[Header]) -> Result<Vec<Write>, Refusal> {
        let (user, mut guarded, mut standing) =
            self.with_open(|open| Ok((open.user(), open.guarded.clone(), open.standing.clone())))?;
        if !guarded.takes(made.iter(), &mut standing.lease) {
            return Ok(Vec::new());
        }
        let standing = self.sealed(Table::Meta, standing_key(user), &standing)?;
        Ok(vec![guarded.row(user)?, standing])
    }
}
