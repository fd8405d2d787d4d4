//! What is read of this device without a vault.

use std::collections::BTreeSet;

use ankomst_shared::app::{Language, Refusal, VaultKey, Wipe};
use ankomst_shared::ids::DepositId;
use ankomst_shared::order;

use super::deposits::Kept;
use super::rows::{EMPTIED, LANGUAGE, PASSKEYS, VAULTS, deposit_id};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Row, Store, Table};
use crate::vault::{KeyWrapped, VaultRecord};

impl<P: Platform> Core<P> {
    /// Reads who has a vault here, the language, and how many deposits there are.
    pub(super) async fn read_open_part(&self) -> Result<(), Refusal> {
        let store = self.0.platform.store();
        let vaults = store.load(Table::Meta, VAULTS).await.map_err(|_| Refusal::Storage)?;
        let language = store.get(Table::Meta, LANGUAGE).await.map_err(|_| Refusal::Storage)?;
        let emptied = store.load(Table::Meta, EMPTIED).await.map_err(|_| Refusal::Storage)?;
        let keys = store.load(Table::Meta, PASSKEYS).await.map_err(|_| Refusal::Storage)?;
        let deposits = self.deposits().await?;
        let arrived = self.read_arrived().await?;
        let mut state = self.0.state.borrow_mut();
        let records = vaults.iter().filter_map(|(_, value)| minicbor::decode(value).ok());
        let records: Vec<VaultRecord> = records.collect();
        let leaving = records.iter().any(|record| record.leaving);
        let with_road = records.iter().filter(|record| record.hand_in.is_some());
        state.with_road = with_road.map(|record| record.device).collect();
        state.keys = keys.into_iter().filter_map(key).collect();
        state.vaults = records.into_iter().map(|record| record.login).collect();
        if language.as_deref() == Some(b"en") {
            state.language = Language::En;
        }
        let emptied = !emptied.is_empty();
        state.wipe = match (leaving, emptied) {
            (true, _) => Wipe::Ordered,
            (false, true) => Wipe::Done,
            (false, false) => Wipe::None,
        };
        let me = state.open.as_ref().map(|open| open.identity.user.id);
        let (kept, waiting): (Vec<Kept>, Vec<Kept>) =
            deposits.into_iter().partition(|kept| kept.is_in(arrived.epoch));
        let (mine, others): (Vec<Kept>, Vec<Kept>) =
            waiting.into_iter().partition(|kept| Some(kept.user) == me);
        let alone = state.open.as_ref().map_or(0, |open| alone(&mine, open));
        let (kept, others) = (kept.len(), others.len());
        state.deposits_alone = u32::try_from(alone).unwrap_or(u32::MAX);
        state.deposits_of_others = u32::try_from(others).unwrap_or(u32::MAX);
        state.deposits_kept = u32::try_from(kept).unwrap_or(u32::MAX);
        state.arrived = arrived;
        Ok(())
    }
}

/// How many deposits of the open vault no change in it stands for: they were written in what has left this device.
fn alone(mine: &[Kept], open: &Open) -> usize {
    if mine.is_empty() {
        return 0;
    }
    let here: BTreeSet<DepositId> =
        order::set(open.chunks.values().flat_map(|rows| rows.keys()).map(deposit_id));
    mine.iter().filter(|kept| !here.contains(&kept.id)).count()
}

/// The login of a passkey's row, its credential and what it is asked with.
fn key((place, bytes): Row) -> Option<(String, VaultKey)> {
    let login = String::from_utf8(place.strip_prefix(PASSKEYS)?.to_vec()).ok()?;
    let KeyWrapped { credential, salt, .. } = minicbor::decode(&bytes).ok()?;
    Some((login, (credential.to_vec(), salt.to_vec())))
}
