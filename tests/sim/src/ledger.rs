//! What was written and how far it was said to have come: the ledger that everything is held against.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_core::app::{Inside, Kept};
use ankomst_core::store::Table;
use ankomst_server::storage::sqlite::log;
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::client::Stage;
use ankomst_shared::value::Value;

use crate::hub::Hub;
use crate::received::Received;
use crate::tablet::Tablet;

/// A vault: a tablet and a person.
pub type Vault = (usize, usize);

/// A field of a record in a vault.
type Place = (Vault, DocumentId, FieldPath);

/// Something that somebody wrote; each value is written once.
#[derive(Debug, Clone)]
pub struct Written {
    /// Where it was written.
    pub vault: Vault,
    /// The record.
    pub document: DocumentId,
    /// The field.
    pub path: FieldPath,
    /// When, by the true time.
    pub at: i64,
    /// The changes of the record that were there then.
    pub seen: BTreeSet<ChangeHash>,
    /// What was written with it, in one act.
    pub group: Option<u64>,
    /// Written over before it became a change.
    pub is_replaced: bool,
    /// The tablet it was on is another now, by somebody's deed.
    pub is_excused: bool,
}

impl Written {
    /// Whether it must still be somewhere, of a vault.
    fn counts_for(&self, vault: Vault) -> bool {
        self.vault == vault && !self.is_replaced && !self.is_excused
    }
}

/// A change as it is.
#[derive(Debug, Clone)]
pub struct Known {
    /// The record.
    pub document: DocumentId,
    /// What it builds on.
    pub deps: Vec<ChangeHash>,
    /// The numbers of what is written in it.
    pub tokens: Vec<u64>,
    /// Who wrote it.
    pub user: UserId,
}

/// What was there of a vault when it was looked at last.
#[derive(Debug, Default)]
struct Before {
    stages: BTreeMap<(DocumentId, ChangeHash), (Stage, bool)>,
}

/// The ledger of a history.
#[derive(Debug, Default)]
pub struct Ledger {
    next: u64,
    /// Everything written and said to be saved, by its number.
    pub written: BTreeMap<u64, Written>,
    drafts: BTreeMap<Place, u64>,
    /// What was typed, also where the programs ended before they could say whether it is saved.
    typed: BTreeMap<Place, Vec<u64>>,
    /// Every change that was seen somewhere.
    pub known: BTreeMap<ChangeHash, Known>,
    holders: BTreeMap<u64, Vec<ChangeHash>>,
    /// Changes that a tablet was told are on the server's disk.
    pub received: BTreeMap<ChangeHash, Received>,
    before: BTreeMap<Vault, Before>,
    pub(crate) deposits: BTreeMap<usize, BTreeSet<Vec<u8>>>,
    /// Vaults of which an order was given: what was written in them may stand in a deposit alone until all is at rest.
    pub ordered: BTreeSet<Vault>,
    /// Vaults that were gone by order when their tablet was used again, and when that was: what was written in them before
    /// is in the log when all is at rest.
    pub left: BTreeMap<Vault, i64>,
    /// What was found wrong.
    pub lost: Vec<String>,
    /// What was found to differ.
    pub diverged: Vec<String>,
}

/// The value with a number.
#[must_use]
pub fn value(token: u64) -> Value {
    Value::text(format!("t{token}"))
}

/// The number of a value.
#[must_use]
pub fn token_of(value: &Value) -> Option<u64> {
    value.as_str()?.strip_prefix('t')?.parse().ok()
}

impl Ledger {
    /// A number for something new.
    pub fn token(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Notes what is being typed.
    pub fn types(&mut self, token: u64, written: &Written) {
        let place = (written.vault, written.document, written.path.clone());
        self.typed.entry(place).or_default().push(token);
    }

    /// Notes what was said to be saved.
    pub fn saved(&mut self, token: u64, written: Written) {
        if written.group.is_none() {
            let place = (written.vault, written.document, written.path.clone());
            if let Some(older) = self.drafts.insert(place, token)
                && !self.holders.contains_key(&older)
                && let Some(older) = self.written.get_mut(&older)
            {
                older.is_replaced = true;
            }
        }
        self.written.insert(token, written);
    }

    /// Notes a change that was seen.
    pub fn learn(&mut self, document: DocumentId, hash: ChangeHash, bytes: &[u8]) {
        if self.known.contains_key(&hash) {
            return;
        }
        let Ok(info) = parse(bytes) else { return };
        let values = info.ops.iter().filter_map(|op| op.value.as_ref());
        let tokens: Vec<u64> = values.filter_map(token_of).collect();
        for token in &tokens {
            self.holders.entry(*token).or_default().push(hash);
        }
        let known = Known { document, deps: info.deps, tokens, user: info.meta.user };
        self.known.insert(hash, known);
    }

    /// Looks into the open vault of a tablet.
    pub fn look(&mut self, tablet: &Tablet, hub: &Hub) {
        let vault = (tablet.at, tablet.people[0]);
        let Some(core) = tablet.core() else { return };
        let seen = core.look_inside(|inside| self.look_at(vault, inside, (tablet, hub)));
        if seen.is_some() {
            self.look_at_deposits(tablet, hub);
        }
    }

    fn look_at(&mut self, vault: Vault, inside: &Inside<'_>, (tablet, hub): (&Tablet, &Hub)) {
        if inside.user() != crate::hub::user(vault.1) {
            return;
        }
        let mut stages = BTreeMap::new();
        for chunk in inside.chunks() {
            self.learn(chunk.document, chunk.hash, chunk.bytes);
        }
        for chunk in inside.chunks() {
            stages.insert((chunk.document, chunk.hash), (chunk.stage, chunk.is_own));
            let before = self.before.get(&vault);
            let before = before.and_then(|one| one.stages.get(&(chunk.document, chunk.hash)));
            if before.is_none_or(|(stage, _)| *stage != chunk.stage) {
                self.moved(vault, &chunk, (tablet, hub, inside));
            }
        }
        let before = self.before.insert(vault, Before { stages }).unwrap_or_default();
        let now = &self.before[&vault].stages;
        for ((document, hash), (stage, is_own)) in &before.stages {
            let vanished =
                *stage == Stage::Unsent && *is_own && !now.contains_key(&(*document, *hash));
            if vanished && hub.app.is_some() && !hub.has(*document, *hash) {
                self.lost.push(format!("an unsent change was given up: {hash} at {vault:?}"));
            }
        }
        self.look_for_written(vault, inside, (tablet, hub));
    }

    /// A change is new here, or has moved.
    fn moved(
        &mut self,
        vault: Vault,
        chunk: &Kept<'_>,
        (tablet, hub, inside): (&Tablet, &Hub, &Inside<'_>),
    ) {
        let Kept { document, hash, stage, is_own, .. } = *chunk;
        // What a backup has is offered once more to a log that may lack it, without a deposit.
        if stage == Stage::Unsent && is_own && !hub.backed.contains(&hash) {
            self.built_on_seen(vault, hash, inside);
            let id = hash.as_bytes().first_chunk::<16>().unwrap();
            let key = [inside.user().as_bytes().as_slice(), id].concat();
            let has_deposit = tablet.disk.rows.borrow().contains_key(&(Table::Deposits, key));
            if !has_deposit && hub.app.is_some() && !hub.has(document, hash) {
                self.lost.push(format!("an unsent change has no deposit: {hash} at {vault:?}"));
            }
        }
        if matches!(stage, Stage::Received | Stage::Held | Stage::Shared) {
            let is_told = hub.app.is_some() && !hub.is_put_back && {
                let epoch = hub.app().readers.read(log::epoch);
                epoch.unwrap() == inside.epoch()
            };
            let is_there = hub.app.is_some() && hub.has(document, hash);
            if is_told && !is_there {
                self.lost.push(format!("{stage:?} and not in the log: {hash} at {vault:?}"));
            }
            self.note_received((hash, vault.0), is_there.then_some(hub.back_count));
        }
    }

    /// What was typed must not build on what was not there when it was typed.
    fn built_on_seen(&mut self, vault: Vault, hash: ChangeHash, inside: &Inside<'_>) {
        let Some(known) = self.known.get(&hash) else { return };
        for token in &known.tokens {
            let Some(written) = self.written.get(token) else { continue };
            let own =
                |dep: &ChangeHash| self.known.get(dep).is_some_and(|one| one.user == inside.user());
            let unseen = known.deps.iter().find(|dep| !written.seen.contains(dep) && !own(dep));
            if written.vault == vault
                && written.group.is_none()
                && let Some(unseen) = unseen
            {
                let text = format!("t{token} at {vault:?} builds on unseen {unseen}");
                self.diverged.push(text);
            }
        }
    }

    fn look_for_written(
        &mut self,
        vault: Vault,
        inside: &Inside<'_>,
        (tablet, hub): (&Tablet, &Hub),
    ) {
        if self.ordered.contains(&vault) {
            return;
        }
        let drafts: BTreeSet<u64> =
            inside.drafts().filter_map(|(_, _, value)| token_of(value)).collect();
        if self.nowhere(vault, &drafts, hub).is_empty() {
            return;
        }
        // It may have become a change, and that may have left, since the last look.
        self.learn_log(hub);
        let mut lost = self.nowhere(vault, &drafts, hub);
        // Of a record that has left only deposits stay, which a log that lost them is given again; what is in one that was
        // seen nowhere else, is known only then.
        lost.retain(|token| {
            !self.is_deposited(*token, tablet, inside.user())
                && !self.is_typed_over(*token, &drafts, hub)
        });
        if !lost.is_empty() && self.has_sealed(tablet, inside.user()) {
            return;
        }
        for token in lost {
            let written = self.written.get_mut(&token).unwrap();
            written.is_excused = true;
            let (path, document, at) = (&written.path, written.document, written.at);
            let hours = (at - crate::kernel::BEGIN) / crate::kernel::HOUR;
            let when = format!("day {} hour {}", hours / 24, hours % 24);
            let held = self.holders.get(&token);
            self.lost.push(format!(
                "saved and nowhere: t{token} {path} of {document} at {vault:?}, {when}, in {held:?}"
            ));
        }
    }

    /// A vault is out: every change that was only there is in the log.
    pub fn changes_are_in_the_log(&mut self, vault: Vault, hub: &Hub) {
        let stages = self.before.get(&vault).map(|one| &one.stages).into_iter().flatten();
        let own = stages.filter(|(_, (stage, is_own))| *is_own && *stage == Stage::Unsent);
        let lost = own.filter(|((document, hash), _)| !hub.has(*document, *hash));
        let lost: Vec<String> = lost
            .map(|((_, hash), _)| {
                format!("there is an order and {hash} of {vault:?} has not come home")
            })
            .collect();
        self.lost.extend(lost);
    }

    /// A vault is no more.
    pub fn forget(&mut self, vault: Vault) {
        self.before.remove(&vault);
    }

    /// A vault is no more: what was written in it is in the log.
    pub fn is_in_the_log(&mut self, vault: Vault, hub: &Hub) {
        self.before.remove(&vault);
        self.learn_log(hub);
        for token in self.nowhere(vault, &BTreeSet::new(), hub) {
            let text = format!("there is an order and it has not come home: t{token} of {vault:?}");
            self.lost.push(text);
        }
    }

    fn nowhere(&self, vault: Vault, drafts: &BTreeSet<u64>, hub: &Hub) -> Vec<u64> {
        let since = self.left.get(&vault).copied();
        let counts = |written: &Written| written.counts_for(vault) && Some(written.at) >= since;
        let all = self.written.iter().filter(|(_, written)| counts(written));
        let gone = all.filter(|(token, _)| {
            !drafts.contains(token) && !self.is_somewhere(**token, vault, hub)
        });
        gone.map(|(token, _)| *token).collect()
    }

    /// What was written in a vault before its tablet was used again is in the log.
    pub fn has_come_home(&mut self, vault: Vault, hub: &Hub) {
        self.learn_log(hub);
        let until = self.left.get(&vault).copied();
        let all = self.written.iter().filter(|(_, one)| one.counts_for(vault));
        let old = all.filter(|(_, one)| Some(one.at) < until);
        let lost = old.filter(|(token, _)| !self.is_in(**token, hub));
        let lost: Vec<String> = lost
            .map(|(token, _)| {
                format!("a wiped tablet is used again: t{token} of {vault:?} is lost")
            })
            .collect();
        self.lost.extend(lost);
    }

    /// Whether a change that holds what was written is in the log.
    fn is_in(&self, token: u64, hub: &Hub) -> bool {
        let mut hashes = self.holders.get(&token).into_iter().flatten();
        hashes.any(|hash| hub.has(self.known[hash].document, *hash))
    }

    /// Notes all changes of the log.
    fn learn_log(&mut self, hub: &Hub) {
        let Some(app) = &hub.app else { return };
        for row in app.readers.read(log::all_chunks).unwrap() {
            if let Ok(bytes) = app.keys.open_chunk(row.document, &row.hash, &row.sealed) {
                self.learn(row.document, row.hash, &bytes);
            }
        }
    }

    /// Whether the same person typed something else there later, which is here although the programs ended before they
    /// could say so.
    fn is_typed_over(&self, token: u64, drafts: &BTreeSet<u64>, hub: &Hub) -> bool {
        let Written { vault, document, path, group: None, .. } = &self.written[&token] else {
            return false;
        };
        if self.holders.contains_key(&token) {
            return false;
        }
        let typed = self.typed.get(&(*vault, *document, path.clone())).into_iter().flatten();
        let mut later = typed.filter(|one| **one > token && !self.written.contains_key(one));
        later.any(|one| drafts.contains(one) || self.is_somewhere(*one, *vault, hub))
    }

    /// Whether a change holds what was written, and that is in the vault or in the log.
    fn is_somewhere(&self, token: u64, vault: Vault, hub: &Hub) -> bool {
        let hashes = self.holders.get(&token).into_iter().flatten();
        let here = self.before.get(&vault);
        hashes.into_iter().any(|hash| {
            let document = self.known[hash].document;
            here.is_some_and(|one| one.stages.contains_key(&(document, *hash)))
                || hub.app.is_none()
                || hub.has(document, *hash)
        })
    }

    /// A tablet was put back to an old copy of itself, or is a copy of another.
    pub fn is_another(&mut self, tablet: usize, since: i64) {
        for written in self.written.values_mut() {
            written.is_excused |= written.vault.0 == tablet && written.at >= since;
        }
        self.before.retain(|(at, _), _| *at != tablet);
        self.deposits.remove(&tablet);
    }

    /// Nobody will see a tablet again.
    pub fn is_gone(&mut self, tablet: usize) {
        self.is_another(tablet, 0);
    }

    /// Whether a change is on a tablet that lives, as far as it was seen.
    #[must_use]
    pub fn living(&self, hash: ChangeHash) -> bool {
        let document = self.known[&hash].document;
        self.before.values().any(|one| one.stages.contains_key(&(document, hash)))
    }

    /// A change that holds what was written, if there is one.
    #[must_use]
    pub fn holder(&self, token: u64) -> Option<&Vec<ChangeHash>> {
        self.holders.get(&token)
    }
}
