//! Orders about tablets: one that is lost is to be wiped, one is revoked. Whatever was written on it comes home first,
//! also without a session, and what was typed there is in the log or still on the tablet.
//!
//! Only histories that ask for it have them, so that the others stay what they were.

use ankomst_core::app::Inside;
use ankomst_core::store::Table;
use ankomst_server::storage::sqlite::{accounts, devices};
use ankomst_shared::app::Screen;

use crate::hub::user;
use crate::kernel::{DAY, Event, MINUTE};
use crate::ledger::Vault;
use crate::world::World;

/// An order about a tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It is to be wiped.
    Wipe,
    /// It is out.
    Revoke,
}

impl World {
    /// Gives orders on some days.
    pub fn orders_of_a_day(&mut self) {
        for _ in 0..self.tablets.len().div_ceil(4) {
            if self.kernel.chance(350) {
                let (at, is_wipe) = (self.kernel.roll(self.tablets.len()), self.kernel.chance(600));
                let order = if is_wipe { Order::Wipe } else { Order::Revoke };
                let ms = self.kernel.between(0, DAY);
                self.kernel.after(ms, Event::Fault(crate::faults::Fault::Order(at, order)));
            }
        }
    }

    /// Gives an order about whoever's vault is open on a tablet.
    pub fn order(&mut self, at: usize, order: Order) {
        let Some(app) = self.hub.app.clone() else { return };
        self.ledger.look(&self.tablets[at], &self.hub);
        let core = self.tablets[at].core();
        let device_of = |inside: &Inside<'_>| inside.device();
        let Some(device) = core.and_then(|core| core.look_inside(device_of)) else {
            return;
        };
        let now = self.kernel.now();
        let write = app.writer.write(move |db| match order {
            Order::Wipe => devices::order_wipe(db, device, now),
            Order::Revoke => accounts::revoke_device(db, device),
        });
        if matches!(self.hub.run(write), Ok(true)) {
            self.ledger.ordered.insert((at, self.tablets[at].people[0]));
            self.count(if order == Order::Wipe { "wipe" } else { "revoked" });
            self.tell();
        }
    }

    /// Whether an order was given about whoever's tablet this is, and its vault is shut.
    #[must_use]
    pub fn is_out(&self, at: usize) -> bool {
        let tablet = &self.tablets[at];
        let screen = tablet.core().map(|core| core.status().screen);
        self.ledger.ordered.contains(&(at, tablet.people[0])) && screen != Some(Screen::Open)
    }

    /// Whether changes or answers of a vault are on its tablet. Deposits stay until a backup has them.
    fn has_work(&self, vault: Vault) -> bool {
        let user = user(vault.1);
        let rows = self.tablets[vault.0].disk.rows.borrow();
        [Table::Chunks, Table::Drafts].iter().any(|table| {
            let from = (*table, user.as_bytes().to_vec());
            let next = rows.range(from..).next();
            next.is_some_and(|((at, key), _)| at == table && key.starts_with(user.as_bytes()))
        })
    }

    /// Whether a vault is gone by order and its tablet is used again; by whom, is then decided.
    pub(crate) fn is_used_again(&mut self, at: usize) -> bool {
        let person = self.tablets[at].people[0];
        let vault = (at, person);
        if !self.ledger.ordered.contains(&vault) || self.has_work(vault) {
            return false;
        }
        if !self.kinds.back {
            // Where no log comes in that lacks what it had, all is there already.
            self.ledger.is_in_the_log(vault, &self.hub);
        }
        self.ledger.ordered.remove(&vault);
        self.ledger.forget(vault);
        self.ledger.left.insert(vault, self.kernel.now());
        let other = self.kernel.roll(self.people);
        if other == person || self.kernel.chance(400) {
            self.count("wiped tablet used by the same person");
            return true;
        }
        self.count("wiped tablet used by another");
        self.tablets[at].people.retain(|one| *one != other);
        self.tablets[at].people.insert(0, other);
        self.crash_tablet(at);
        true
    }

    /// Whatever was written in a vault that is gone by order, or is out, is in the log.
    pub fn came_home(&mut self) {
        if !self.ledger.ordered.is_empty() || !self.ledger.left.is_empty() {
            // So often a tablet without a session asks.
            self.pass(self.kernel.now() + 40 * MINUTE);
        }
        for vault in self.ledger.left.keys().copied().collect::<Vec<_>>() {
            if !self.tablets[vault.0].gone && self.tablets[vault.0].awake {
                self.ledger.has_come_home(vault, &self.hub);
            }
        }
        let ordered = core::mem::take(&mut self.ledger.ordered);
        for vault in ordered {
            let is_here = self.has_work(vault);
            let tablet = &self.tablets[vault.0];
            if tablet.gone || !tablet.awake {
                continue;
            }
            let is_open = tablet.core().map(|core| core.status().screen) == Some(Screen::Open);
            let has_it = tablet.people[0] == vault.1;
            self.count(if is_here { "out" } else { "wiped" });
            if !is_here {
                self.ledger.is_in_the_log(vault, &self.hub);
            } else if has_it && is_open {
                self.ledger.look(&self.tablets[vault.0], &self.hub);
            } else if has_it {
                // What is half typed stays in its vault, sealed.
                self.ledger.changes_are_in_the_log(vault, &self.hub);
            }
        }
    }
}
