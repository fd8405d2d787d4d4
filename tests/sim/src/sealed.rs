//! What a tablet has sealed to the server: deposits, as far as the ledger looks at them.

use std::collections::BTreeSet;

use ankomst_core::store::Table;
use ankomst_shared::ids::UserId;

use crate::hub::Hub;
use crate::ledger::Ledger;
use crate::tablet::Tablet;

impl Ledger {
    /// Whether a deposit on a tablet has a change that holds what was written.
    pub(crate) fn is_deposited(&self, token: u64, tablet: &Tablet, user: UserId) -> bool {
        let rows = tablet.disk.rows.borrow();
        let mut hashes = self.holder(token).into_iter().flatten();
        hashes.any(|hash| {
            let id = hash.as_bytes().first_chunk::<16>().unwrap();
            rows.contains_key(&(Table::Deposits, [user.as_bytes().as_slice(), id].concat()))
        })
    }

    /// Whether a tablet has a deposit of a person with a change that was seen nowhere.
    pub(crate) fn has_sealed(&self, tablet: &Tablet, user: UserId) -> bool {
        let is_known = |id: &[u8]| self.known.keys().any(|hash| hash.as_bytes().starts_with(id));
        let rows = tablet.disk.rows.borrow();
        let all = rows.range((Table::Deposits, user.as_bytes().to_vec())..);
        all.map(|((table, key), _)| (table, key))
            .take_while(|(table, key)| {
                **table == Table::Deposits && key.starts_with(user.as_bytes())
            })
            .any(|(_, key)| key.len() == 32 && !is_known(&key[16..]))
    }

    /// A deposit goes only when a backup has its change.
    pub(crate) fn look_at_deposits(&mut self, tablet: &Tablet, hub: &Hub) {
        let rows = tablet.disk.rows.borrow();
        let now: BTreeSet<Vec<u8>> = rows
            .range((Table::Deposits, Vec::new())..)
            .take_while(|((table, _), _)| *table == Table::Deposits)
            .filter(|((_, key), _)| key.len() == 32)
            .map(|((_, key), _)| key.clone())
            .collect();
        drop(rows);
        let before = self.deposits.insert(tablet.at, now).unwrap_or_default();
        let now = &self.deposits[&tablet.at];
        for gone in before.difference(now) {
            let id = &gone[16..];
            if !hub.backed.iter().any(|hash| hash.as_bytes().starts_with(id)) {
                self.lost.push(format!("a deposit went before a backup had it, at {}", tablet.at));
            }
        }
    }
}
