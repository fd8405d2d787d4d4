//! How long a device may be read without contact: shorter where it holds the case of an unaccompanied child, or what is
//! protected, and as the unit has decided.

use std::collections::BTreeSet;

use ankomst_shared::catalog::written_date;
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::ids::{DocumentId, UnitId};
use ankomst_shared::limits::{LEASE_PROTECTED_S, LEASE_S};
use ankomst_shared::order;
use ankomst_shared::sign::header::review_of;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::guards::{self, Guard};
use crate::storage::sqlite::{Connection, homes, log};

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

/// Seconds of the lease, what is protected, and whether there may be more of it.
pub type Told = (u32, Option<Vec<DocumentId>>, Option<bool>);

/// Seconds for which a device with these records may be read without contact, and what of them is protected and does
/// not stay there longer, with what was decided about it; and whether there may be more of that.
///
/// # Errors
/// When storage refuses.
pub fn of(
    (app, db): (&App, &Connection),
    unit: UnitId,
    held: &BTreeSet<DocumentId>,
) -> Result<Told, StorageError> {
    let is_whole = app.making.is_whole();
    let mut guarded = app.row_readers.read(guards::guarded)?;
    guarded.retain(|guard| held.contains(&guard.document));
    if !is_whole {
        guarded.extend(protected(db, held)?);
    }
    let child = guarded.iter().any(|guard| guard.child);
    let all = guarded.iter().filter(|guard| guard.protected).map(|guard| guard.document);
    let all = all.flat_map(|id| [id, review_of(id)]).filter(|id| held.contains(id));
    let all: Vec<DocumentId> = order::set(all).into_iter().collect();
    // Until all rows are there, what somebody's protected data make of a case may be missing.
    let protected = !is_whole || !all.is_empty();
    let seconds = hours((child, protected), |key| decided(app, unit, key)) * 3_600;
    Ok((seconds, (!all.is_empty()).then_some(all), (!is_whole).then_some(true)))
}

/// Those of some documents that are protected, by the log alone: what is written in a case it does not tell.
fn protected(db: &Connection, held: &BTreeSet<DocumentId>) -> Result<Vec<Guard>, StorageError> {
    let mut all = Vec::new();
    for id in held {
        let Some(row) = log::document(db, *id)? else { continue };
        let standing = homes::standing(&row, |id| log::document(db, id))?;
        if standing.map_or_else(|| homes::own_level(&row), |standing| standing.level) >= 2 {
            all.push(Guard { document: *id, child: false, protected: true });
        }
    }
    Ok(all)
}

/// Hours for which a device may be read without contact that holds the case of an unaccompanied child, or what is
/// protected, where a unit has decided so.
pub fn hours(
    (child, protected): (bool, bool),
    decided: impl Fn((&'static str, u32)) -> Option<u32>,
) -> u32 {
    let decided = |key, usual| decided(key).unwrap_or(usual);
    let mut hours = decided(HOURS, LEASE_S / 3_600);
    if child {
        hours = hours.min(decided(CHILD_HOURS, 24));
    }
    hours = hours.max(decided(CONTINUITY_DAYS, 0) * 24);
    if protected {
        hours = hours.min(decided(PROTECTED_HOURS, LEASE_PROTECTED_S / 3_600));
    }
    hours
}

/// Seconds after which a screen that nobody touches shuts; 0 for as long as usual.
pub fn shuts_seconds(app: &App, unit: UnitId) -> u32 {
    decided(app, unit, SHUTS_MINUTES).unwrap_or_default() * 60
}

fn decided(app: &App, unit: UnitId, key: (&str, u32)) -> Option<u32> {
    let today = written_date(swedish(app.now_ms())?.date());
    app.policies.number(unit, key, &today)
}
