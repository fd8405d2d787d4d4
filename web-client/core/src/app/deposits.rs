//! Deposits on this device: what is handed in, what is noted, what may go.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{ChangeHash, DepositId, DocumentId, Epoch, UserId};
use ankomst_shared::order;
use ankomst_shared::sync::client::{Arrived, Fate, News, Noted, Told, batch};
use ankomst_shared::sync::message::Deposit;

use super::rows::{ARRIVED, ChunkRow, deposit_id, deposit_key, noted_key, read_deposit_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Row, Store, Table, Write};

/// Nobody: whose deposits are that a file of another tablet brought. No vault is emptied or kept for them.
pub(super) const CARRIED: UserId = UserId::from_bytes([0xff; 16]);

/// After each carried deposit has had its turn and the server has answered, they rest so long, in milliseconds; after each
/// further round of which nothing was taken twice as long.
const REST_MS: i64 = 60_000;
/// But never longer than this.
const REST_MS_MAX: i64 = 3_600_000;

/// How far the turns have come of deposits that files brought: each has one in a round, taken or not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Round {
    /// Where the next turn begins.
    at: u64,
    /// How many have not had theirs.
    left: u64,
    /// How many will be left when what was asked last is answered; nothing if none of them went along.
    asked: Option<u64>,
    /// When the last one has ended, Unix milliseconds.
    ended_ms: Option<i64>,
    /// How long they rest then.
    rest_ms: i64,
    /// How many there are, whether they rest or not.
    waiting: u64,
    /// How many rounds have ended since the program began.
    pub(super) ended: u64,
}

impl Round {
    /// An answer has come; tells whether some went along and others are left. Without an answer the round begins anew, at
    /// another place: one that no question can be asked with bars the way for no other.
    pub(super) fn answered(&mut self, now_ms: i64) -> bool {
        let Some(left) = self.asked.take() else { return false };
        self.left = left;
        if left == 0 {
            self.ended_ms = Some(now_ms);
            self.rest_ms = self.rest_ms.saturating_mul(2).clamp(REST_MS, REST_MS_MAX);
            self.ended = self.ended.saturating_add(1);
        }
        left > 0
    }

    /// All have a turn now: some are new, or the server does not know what it has.
    pub(super) const fn anew(&mut self) {
        self.left = 0;
        self.asked = None;
        self.ended_ms = None;
        self.rest_ms = 0;
    }

    /// So many are there to be handed in. Are they fewer than before, the server takes them.
    fn waits(&mut self, many: u64) {
        if many < self.waiting {
            self.rest_ms = REST_MS;
        }
        self.waiting = many;
    }

    /// How much longer they rest, in milliseconds.
    pub(super) fn rests(&self, now_ms: i64) -> u64 {
        let rest = self.ended_ms.map(|ended| now_ms - ended).filter(|_| self.left == 0);
        let rest = rest.filter(|rest| (0..self.rest_ms).contains(rest));
        rest.map_or(0, |rest| (self.rest_ms - rest).unsigned_abs())
    }
}

/// A deposit with what is noted of it.
pub(super) struct Kept {
    pub(super) user: UserId,
    pub(super) id: DepositId,
    sealed: Vec<u8>,
    noted: Option<Noted>,
}

impl Kept {
    /// As it is handed in.
    pub(super) fn sealed(self) -> Deposit {
        Deposit { id: self.id, sealed: self.sealed.into() }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.sealed.len()
    }

    /// What it is, whatever it is called.
    pub(super) fn sum(&self) -> ChangeHash {
        ChangeHash::from_bytes(sha256(&[&self.sealed]))
    }

    /// Whether the log of that life has it, as far as this device knows.
    pub(super) fn is_in(&self, epoch: Option<Epoch>) -> bool {
        self.noted.is_some_and(|noted| Some(noted.epoch) == epoch)
    }
}

/// What was heard of deposits.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) told: Told,
    pub(super) news: &'a News,
    /// The person's changes that have moved.
    pub(super) rows: &'a [(DocumentId, ChangeHash, ChunkRow)],
    pub(super) user: UserId,
}

impl<P: Platform> Core<P> {
    /// All deposits of this device, in the order of people and ids.
    pub(super) async fn deposits(&self) -> Result<Vec<Kept>, Refusal> {
        let rows = self.0.platform.store().load(Table::Deposits, b"").await;
        Ok(read(rows.map_err(|_| Refusal::Storage)?))
    }

    /// What anybody here was told of arrivals.
    pub(super) async fn read_arrived(&self) -> Result<Arrived, Refusal> {
        let row = self.0.platform.store().get(Table::Meta, ARRIVED).await;
        let row = row.map_err(|_| Refusal::Storage)?;
        Ok(row.and_then(|bytes| Arrived::from_bytes(&bytes)).unwrap_or_default())
    }
}

/// A note stands right after its deposit.
fn read(rows: Vec<Row>) -> Vec<Kept> {
    let mut all: Vec<Kept> = Vec::new();
    for (key, value) in rows {
        if let Some((user, id)) = read_deposit_key(&key) {
            all.push(Kept { user, id, sealed: value, noted: None });
        } else if let Some(kept) = all.last_mut()
            && noted_key(kept.user, kept.id) == key
        {
            kept.noted = Noted::from_bytes(&value);
        }
    }
    all
}

/// What is to be handed in to the log of that life: the work of others, and of the one who asks what
/// goes no other way, because its document has left.
pub(super) fn hand_in(all: Vec<Kept>, open: &Open, epoch: Option<Epoch>) -> Vec<Kept> {
    let me = open.user();
    let rows = open.chunks.values().flatten().filter(|(_, row)| row.own == Some(0));
    let by_themselves: BTreeSet<DepositId> = order::set(rows.map(|(hash, _)| deposit_id(hash)));
    all.into_iter()
        .filter(|kept| !kept.is_in(epoch))
        .filter(|kept| kept.user != me || !by_themselves.contains(&kept.id))
        .collect()
}

/// What goes at once: what was written on this tablet first, and in the room that is left what files brought, each in turn.
pub(super) fn in_turn(
    all: Vec<Kept>,
    turn: u64,
    (round, now_ms): (&mut Round, i64),
) -> Vec<Deposit> {
    let (mut brought, own): (Vec<Kept>, Vec<Kept>) =
        all.into_iter().partition(|kept| kept.user == CARRIED);
    let many = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    brought.retain(|kept| kept.bytes() <= batch::CARRIED_BYTES_MAX);
    round.waits(many(brought.len()));
    if round.rests(now_ms) > 0 {
        brought.clear();
    }
    let (mine, others) = (many(own.len()), many(brought.len()));
    let left = if round.left == 0 { others } else { round.left.min(others) };
    let sealed = |kept: Vec<Kept>| kept.into_iter().map(Kept::sealed).collect();
    let goes = batch::deposits([(sealed(own), turn), (sealed(brought), round.at)]);
    let moved = many(goes.len()).saturating_sub(mine);
    round.at = round.at.wrapping_add(moved);
    round.left = 0;
    round.asked = (moved > 0).then(|| left.saturating_sub(moved));
    goes
}

/// What is to be written of deposits: notes of those the server has, and the end of those that a
/// backup has.
pub(super) fn settle(all: Vec<Kept>, said: Said<'_>) -> Vec<Write> {
    let mut writes = Vec::new();
    let moved = said.rows.iter().filter_map(|(_, hash, row)| Some((deposit_id(hash), row.own?)));
    let moved: Vec<(DepositId, u64)> = moved.collect();
    for kept in all {
        let own = moved.iter().find(|(id, _)| *id == kept.id && kept.user == said.user);
        let taken = said.news.deposits.contains(&kept.id);
        let key = noted_key(kept.user, kept.id);
        match said.told.fate(kept.noted, own.map(|(_, arrival)| *arrival), taken) {
            Fate::Goes => {
                writes.push(Write::delete(Table::Deposits, deposit_key(kept.user, kept.id)));
                writes.push(Write::delete(Table::Deposits, key));
            }
            Fate::Stays(noted) if noted == kept.noted => {}
            Fate::Stays(Some(noted)) => {
                writes.push(Write::put(Table::Deposits, key, noted.to_bytes()));
            }
            Fate::Stays(None) => writes.push(Write::delete(Table::Deposits, key)),
        }
    }
    writes
}
