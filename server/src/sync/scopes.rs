//! What devices are given, remembered. It follows from a person's rights, the houses taken along and where the documents
//! of the person's units stand ([`super::scope`]); the first two are read each time and are few, of the documents only
//! whether any has changed in that ([`marks::mark`]). So nothing is ever forgotten by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId};

use crate::remembered::Remembered;
use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, marks, wants};
use crate::sync::rule::Rights;
use crate::sync::scope;

/// From what a scope was reckoned.
#[derive(Debug, PartialEq, Eq)]
struct Ground {
    rights: Rights,
    wants: BTreeSet<DocumentId>,
    marks: Vec<(UnitId, u64)>,
}

/// A scope and from what it was reckoned.
struct Known {
    ground: Ground,
    scope: Arc<BTreeSet<DocumentId>>,
}

/// The documents a device should hold with those rights, see [`scope::scope_of`].
///
/// # Errors
/// When the database refuses.
pub fn of(
    remembered: &Remembered,
    db: &Connection,
    rights: Rights,
    device: DeviceId,
) -> Result<Arc<BTreeSet<DocumentId>>, StorageError> {
    let wants = wants::of(db, device)?;
    // Before the documents are read: what changes between the two is reckoned anew the next time.
    let units = rights.units().into_iter();
    let marks = units.map(|unit| Ok((unit, marks::mark(db, unit)?)));
    let marks = marks.collect::<Result<_, StorageError>>()?;
    let ground = Ground { rights, wants, marks };
    if let Some(known) = remembered.of::<Known>(device).filter(|known| known.ground == ground) {
        return Ok(Arc::clone(&known.scope));
    }
    let scope = Arc::new(scope::scope_with(db, &ground.rights, &ground.wants)?);
    let known = Known { ground, scope: Arc::clone(&scope) };
    let weight = 1 + scope.len() + known.ground.wants.len();
    remembered.put(device, weight, Arc::new(known));
    Ok(scope)
}
