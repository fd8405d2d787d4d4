//! What goes from this tablet: by order of the server, or because a passphrase was forgotten. Never what is nowhere else.
//!
//! An order is carried out in three commits, each of which may be the last before the battery is empty: the vault is shut
//! for good and what was half typed is made a deposit; when the server has all deposits, everything of the person goes but
//! those; and that this was told is noted.

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DeviceId, UserId};
use ankomst_shared::sync::message::Gone;

use super::drafted::{hands_in, read_drafted_key};
use super::farewell::{Met, Road};
use super::rows::{EMPTIED, vault_key};
use super::shed::Guarded;
use super::state::Core;
use crate::platform::Platform;
use crate::store::{Row, Store, Table, Write};
use crate::vault::VaultRecord;

/// Before the key of a row that was put aside, with the device it was written on.
const ASIDE: &[u8] = b"aside/";
/// Most farewells in a row when a passphrase was forgotten.
const HAND_IN_ROUNDS_MAX: u32 = 50;
/// Tables with what a person has here, by the person.
const OF_PERSON: [Table; 2] = [Table::Chunks, Table::Drafts];

impl<P: Platform> Core<P> {
    /// Goes one step towards carrying out an order to wipe; `moved` tells whether the farewell has moved anything.
    pub(super) async fn wipe(&self, road: &Road, moved: bool) -> Result<Met, Refusal> {
        let Some(login) = &road.vault else {
            if road.told || road.gone.is_some() {
                return Ok(if moved { Met::More } else { Met::Done });
            }
            let _turn = self.0.turn.take().await;
            if !self.aside(road.device).await?.is_empty() {
                return Ok(if moved { Met::More } else { Met::Done });
            }
            self.commit(vec![Road { gone: Some(Gone::Wiped), ..road.clone() }.row()?]).await?;
            return Ok(Met::More);
        };
        if self.is_open_of(road.device) {
            // What cannot be written must not go; what no change can be made of is deposited as it is.
            if self.commit_all_drafts().await == Err(Refusal::Storage) {
                return Ok(Met::Nobody);
            }
            self.lock().await;
        }
        let _turn = self.0.turn.take().await;
        if self.0.state.borrow().storage_failing || self.is_open_of(road.device) {
            return Ok(Met::Nobody);
        }
        let place = vault_key(login);
        let record = self.get_vault(&place).await?.filter(|record| record.device == road.device);
        let Some(record) = record else { return Ok(Met::Done) };
        let drafts = self.drafts_to_hand_in(road.user).await?;
        if !record.leaving || !drafts.is_empty() {
            let record = VaultRecord { leaving: true, ..record };
            let bytes = minicbor::to_vec(&record).map_err(|_| Refusal::Internal)?;
            let mut writes = drafts;
            writes.push(Write::put(Table::Meta, place, bytes));
            self.commit(writes).await?;
            return Ok(Met::More);
        }
        if self.waits(road.user).await? {
            return Ok(if moved { Met::More } else { Met::Done });
        }
        let mut writes: Vec<Write> = self
            .rows_of(road.user, login)
            .await?
            .into_iter()
            .map(|(table, (key, _))| Write::delete(table, key))
            .collect();
        writes.extend(self.files_of_person(road.user).await?);
        writes.push(Road { gone: Some(Gone::Wiped), vault: None, ..road.clone() }.row()?);
        writes.push(Write::put(Table::Meta, EMPTIED.to_vec(), vec![1]));
        self.commit(writes).await?;
        Ok(Met::More)
    }

    /// Everything of a person but the deposits.
    async fn rows_of(&self, user: UserId, login: &str) -> Result<Vec<(Table, Row)>, Refusal> {
        let store = self.0.platform.store();
        let mut all = Vec::new();
        for table in OF_PERSON {
            let rows = store.load(table, user.as_bytes()).await.map_err(|_| Refusal::Storage)?;
            all.extend(rows.into_iter().map(|row| (table, row)));
        }
        let rows = store.load(Table::Meta, b"").await.map_err(|_| Refusal::Storage)?;
        let named = [b"/", login.as_bytes()].concat();
        all.extend(rows.into_iter().filter_map(|row| {
            let is_theirs = row.0.ends_with(user.as_bytes()) || row.0.ends_with(&named);
            is_theirs.then_some((Table::Meta, row))
        }));
        Ok(all)
    }

    /// What makes ordinary deposits of those of half-typed answers: their vault will not be opened any more.
    pub(super) async fn drafts_to_hand_in(&self, user: UserId) -> Result<Vec<Write>, Refusal> {
        let rows = self.0.platform.store().load(Table::Deposits, user.as_bytes()).await;
        let mut writes = Vec::new();
        for (key, sealed) in rows.map_err(|_| Refusal::Storage)? {
            if let Some(document) = read_drafted_key(&key) {
                writes.extend(hands_in(user, document, sealed)?);
            }
        }
        Ok(writes)
    }

    fn is_open_of(&self, device: DeviceId) -> bool {
        self.with_open_of(device, |_| Ok(())).is_ok()
    }

    /// Hands in what a vault has written whose passphrase is forgotten, by the new device of its person. Nothing goes
    /// by this, and nobody waits for what files brought.
    pub(super) async fn hand_in_for(&self, new: &Road) -> Result<(), Refusal> {
        for round in 0..HAND_IN_ROUNDS_MAX {
            if self.farewell(new, round).await? != Met::More || !self.waits(new.user).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether a deposit of a person is not handed in yet.
    async fn waits(&self, user: UserId) -> Result<bool, Refusal> {
        let epoch = self.0.state.borrow().arrived.epoch;
        let all = self.deposits().await?;
        Ok(all.iter().any(|kept| kept.user == user && !kept.is_in(epoch)))
    }

    /// Ends a vault whose passphrase is forgotten: what it has sealed goes if the server has all that was written in it,
    /// and is put aside until then if not.
    pub(super) async fn leave_vault(&self, old: &VaultRecord) -> Result<Vec<Write>, Refusal> {
        let waits = self.waits(old.user).await?;
        let mut writes = Vec::new();
        for (table, (key, value)) in self.rows_of(old.user, &old.login).await? {
            if waits {
                let aside = [ASIDE, old.device.as_bytes().as_slice(), &key].concat();
                writes.push(Write::put(table, aside, value));
            }
            writes.push(Write::delete(table, key));
        }
        writes.extend(self.files_of_person(old.user).await?);
        if waits {
            // It is this person's work that waits here, though nothing of it is in the new vault.
            writes.push(Guarded { owes: true, ..Guarded::default() }.row(old.user)?);
        }
        let token = old.hand_in.clone().unwrap_or_else(|| Vec::new().into());
        let gone = old.hand_in.is_some().then_some(Gone::Replaced);
        let (user, device) = (old.user, old.device);
        writes.push(Road { user, device, token, gone, told: false, vault: None }.row()?);
        Ok(writes)
    }

    /// The end of what was put aside of a device.
    pub(super) async fn aside(&self, device: DeviceId) -> Result<Vec<Write>, Refusal> {
        let prefix = [ASIDE, device.as_bytes().as_slice()].concat();
        let mut writes = Vec::new();
        for table in Table::ALL {
            let rows = self.0.platform.store().load(table, &prefix).await;
            let rows = rows.map_err(|_| Refusal::Storage)?.into_iter();
            writes.extend(rows.map(|(key, _)| Write::delete(table, key)));
        }
        Ok(writes)
    }

    pub(super) async fn get_vault(&self, place: &[u8]) -> Result<Option<VaultRecord>, Refusal> {
        let row = self.0.platform.store().get(Table::Meta, place).await;
        let row = row.map_err(|_| Refusal::Storage)?;
        Ok(row.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }
}
