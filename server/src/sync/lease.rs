//! How long a device may be read without contact: shorter where it holds the case of an unaccompanied child, or what is
//! protected, and as the unit has decided.

use std::collections::BTreeSet;

use ankomst_shared::catalog::written_date;
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::ids::{DocumentId, UnitId};
use ankomst_shared::limits::LEASE_S;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::rows;

/// What a unit can decide, and the most it can: hours of the lease of any device, of one with the case of an
/// unaccompanied child, of one with what is protected.
pub const HOURS: (&str, u32) = ("lease_hours", 42 * 24);
/// See [`HOURS`].
pub const CHILD_HOURS: (&str, u32) = ("lease_child_hours", 42 * 24);
/// See [`HOURS`].
pub const PROTECTED_HOURS: (&str, u32) = ("lease_protected_hours", 42 * 24);
/// Days for which a device is read while the server may be away: nothing is shorter but for what is protected.
pub const CONTINUITY_DAYS: (&str, u32) = ("continuity_days", 60);
/// Minutes after which a screen that nobody touches shuts.
pub const SHUTS_MINUTES: (&str, u32) = ("lock_minutes", 60);

/// Seconds for which a device with these records may be read without contact.
///
/// # Errors
/// When storage refuses.
pub fn seconds(app: &App, unit: UnitId, held: &BTreeSet<DocumentId>) -> Result<u32, StorageError> {
    // Until all rows are there, nobody knows what is protected.
    let (mut child, mut protected) = (false, !app.making.is_whole());
    for (id, is_protected) in app.row_readers.read(rows::guarded)? {
        if held.contains(&id) {
            protected |= is_protected;
            child |= !is_protected;
        }
    }
    let decided = |key, usual| decided(app, unit, key).unwrap_or(usual);
    let mut hours = decided(HOURS, LEASE_S / 3_600);
    if child {
        hours = hours.min(decided(CHILD_HOURS, 24));
    }
    hours = hours.max(decided(CONTINUITY_DAYS, 0) * 24);
    if protected {
        hours = hours.min(decided(PROTECTED_HOURS, 12));
    }
    Ok(hours * 3_600)
}

/// Seconds after which a screen that nobody touches shuts; 0 for as long as usual.
pub fn shuts_seconds(app: &App, unit: UnitId) -> u32 {
    decided(app, unit, SHUTS_MINUTES).unwrap_or_default() * 60
}

fn decided(app: &App, unit: UnitId, key: (&str, u32)) -> Option<u32> {
    let today = written_date(swedish(app.now_ms())?.date());
    app.policies.number(unit, key, &today)
}
