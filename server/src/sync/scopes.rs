//! What devices are given, remembered. It follows from a person's rights, the houses taken along and where the documents
//! of the person's units stand ([`super::scope`]); the first two are read each time and are few, of the documents only
//! whether any has changed in that ([`marks::mark`]). So nothing is ever forgotten by hand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId};

use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, log, marks};
use crate::sync::rule::Rights;
use crate::sync::scope;

/// So many documents are remembered of all devices together, at some 24 bytes each; the devices that asked last.
const REMEMBERED_MAX: usize = 500_000;

/// From what a scope was reckoned.
#[derive(Debug, PartialEq, Eq)]
struct From {
    rights: Rights,
    wants: BTreeSet<DocumentId>,
    marks: Vec<(UnitId, u64)>,
}

/// A scope and from what it was reckoned.
#[derive(Debug)]
struct Known {
    device: DeviceId,
    from: From,
    scope: Arc<BTreeSet<DocumentId>>,
}

/// The scopes that were reckoned last, the oldest question first.
#[derive(Debug, Default)]
pub struct Scopes(Mutex<Vec<Known>>);

impl Scopes {
    /// The documents a device should hold with those rights, see [`scope::scope_of`].
    ///
    /// # Errors
    /// When the database refuses.
    pub fn of(
        &self,
        db: &Connection,
        rights: Rights,
        device: DeviceId,
    ) -> Result<Arc<BTreeSet<DocumentId>>, StorageError> {
        let wants = log::wants(db, device)?;
        // Before the documents are read: what changes between the two is reckoned anew the next time.
        let units = rights.units().into_iter();
        let marks = units.map(|unit| Ok((unit, marks::mark(db, unit)?)));
        let marks = marks.collect::<Result<_, StorageError>>()?;
        let from = From { rights, wants, marks };
        if let Some(scope) = self.known(device, &from) {
            return Ok(scope);
        }
        let scope = Arc::new(scope::scope_of(db, &from.rights, device)?);
        self.remember(Known { device, from, scope: Arc::clone(&scope) });
        Ok(scope)
    }

    fn known(&self, device: DeviceId, from: &From) -> Option<Arc<BTreeSet<DocumentId>>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|known| known.device == device)?;
        let known = all.remove(at);
        // One that does not hold any more is not needed any more.
        let scope = (known.from == *from).then(|| Arc::clone(&known.scope))?;
        all.push(known);
        Some(scope)
    }

    fn remember(&self, known: Known) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.device != known.device);
        all.push(known);
        let mut documents: usize = all.iter().map(|known| known.scope.len()).sum();
        while documents > REMEMBERED_MAX && !all.is_empty() {
            documents -= all.remove(0).scope.len();
        }
    }
}
