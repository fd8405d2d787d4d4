//! What devices are given and have, remembered. The first follows from a person's rights, the houses taken along and
//! where the documents of the person's units stand ([`super::scope`]), the second stands in the ledger; rights and houses
//! are read each time and are few, of the documents and of the ledger only whether anything has changed in them
//! ([`marks::mark`], [`marks::held_mark`]). So nothing is ever forgotten by hand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId};
use ankomst_shared::sync::Digest;

use crate::remembered::Remembered;
use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, log, marks, wants};
use crate::sync::rule::Rights;
use crate::sync::scope;

/// After so many changes a sum is reckoned anew.
const ADDED_MAX: usize = 4_000;

/// From what it was reckoned what a device is given.
#[derive(Debug, PartialEq, Eq)]
struct Ground {
    rights: Rights,
    wants: BTreeSet<DocumentId>,
    marks: Vec<(UnitId, u64)>,
}

/// What a device is given and has.
#[derive(Debug)]
pub struct Standing {
    ground: Ground,
    held_mark: u64,
    /// The documents it should hold.
    pub allowed: Arc<BTreeSet<DocumentId>>,
    /// Those it holds by the ledger.
    pub held: Arc<BTreeSet<DocumentId>>,
    /// Those that are in both.
    pub kept: Arc<BTreeSet<DocumentId>>,
    /// Those it should hold and does not.
    pub missing: Vec<DocumentId>,
    /// The sum of what is kept, as of a number of the feed.
    sum: Mutex<Option<(u64, Digest)>>,
}

/// What a device is given with those rights, see [`scope::scope_of`], and has.
///
/// # Errors
/// When the database refuses.
pub fn of(
    remembered: &Remembered,
    db: &Connection,
    rights: Rights,
    device: DeviceId,
) -> Result<Arc<Standing>, StorageError> {
    let wants = wants::of(db, device)?;
    // Before the documents are read: what changes between the two is reckoned anew the next time.
    let units = rights.units().into_iter();
    let marks = units.map(|unit| Ok((unit, marks::mark(db, unit)?)));
    let marks = marks.collect::<Result<_, StorageError>>()?;
    let held_mark = marks::held_mark(db, device)?;
    let ground = Ground { rights, wants, marks };
    let known = remembered.of::<Standing>(device).filter(|known| known.ground == ground);
    if let Some(known) = known.as_ref().filter(|known| known.held_mark == held_mark) {
        return Ok(Arc::clone(known));
    }
    let allowed = match known {
        Some(known) => Arc::clone(&known.allowed),
        None => Arc::new(scope::scope_with(db, &ground.rights, &ground.wants)?),
    };
    let held = log::holdings(db, device)?;
    let missing = allowed.difference(&held).copied().collect();
    let held = if held == *allowed { Arc::clone(&allowed) } else { Arc::new(held) };
    let kept = if held.is_subset(&allowed) {
        Arc::clone(&held)
    } else {
        Arc::new(held.intersection(&allowed).copied().collect())
    };
    let weight = 1 + allowed.len() + held.len() + ground.wants.len();
    let sum = Mutex::default();
    let standing = Arc::new(Standing { ground, held_mark, allowed, held, kept, missing, sum });
    remembered.put(device, weight, Arc::clone(&standing));
    Ok(standing)
}

impl Standing {
    /// The sum of what is kept as of the head of the feed. What has come since it was reckoned last is added: anything else
    /// that changes a document's sum takes the document from whoever holds it.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn sum(&self, db: &Connection, device: DeviceId) -> Result<Digest, StorageError> {
        let head = log::head(db)?.feed;
        let known = *self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        let added = match known.filter(|(at, _)| *at <= head) {
            Some((at, sum)) => self.sum_since(db, (at, sum))?,
            None => None,
        };
        let sum = match added {
            Some(sum) => self.held_against(db, device, sum)?,
            None => self.sum_anew(db, device)?,
        };
        let mut slot = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none_or(|(at, _)| at <= head) {
            *slot = Some((head, sum));
        }
        Ok(sum)
    }

    /// A sum that goes on; where tests run, held against what is reckoned anew.
    fn held_against(
        &self,
        db: &Connection,
        device: DeviceId,
        sum: Digest,
    ) -> Result<Digest, StorageError> {
        if cfg!(any(debug_assertions, feature = "plant")) {
            assert_eq!(sum, self.sum_anew(db, device)?, "what has come since is not all");
        }
        Ok(sum)
    }

    fn sum_since(
        &self,
        db: &Connection,
        (at, mut sum): (u64, Digest),
    ) -> Result<Option<Digest>, StorageError> {
        let added = marks::visible_after(db, at, ADDED_MAX)?;
        if added.len() >= ADDED_MAX {
            return Ok(None);
        }
        for (document, hash) in &added {
            if self.kept.contains(document) {
                sum.add(hash);
            }
        }
        Ok(Some(sum))
    }

    fn sum_anew(&self, db: &Connection, device: DeviceId) -> Result<Digest, StorageError> {
        let mut sum = Digest::default();
        for (document, digest) in marks::held(db, device)? {
            if self.kept.contains(&document) {
                sum.join(&digest);
            }
        }
        Ok(sum)
    }
}
