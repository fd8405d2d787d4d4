//! Rows: each is what its record gives.

use ankomst_shared::ids::DocumentId;

use super::Look;
use super::found::{Fault, Kind, Report};
use super::record::{Compared, Found, UNOPENED};
use crate::projector;
use crate::storage::StorageError;
use crate::storage::sqlite::homes::standing;
use crate::storage::sqlite::rows::{self, ProjectedRow};
use crate::storage::sqlite::{Connection, log, verify};

/// Compares the row of a record with one that is made from the log as it is seen.
pub(super) fn compare(
    look: &Look,
    view: &Connection,
    (id, found): (DocumentId, &mut Found),
) -> Result<(), StorageError> {
    let Some(db) = &look.rows else { return Ok(()) };
    let mut tell = |kind, what: String| {
        found.faults.push(Fault { record: Some(id), ..Fault::of(kind, what) });
    };
    let made_to = match log::epoch(view)? {
        Some(epoch) => rows::made_to(db, epoch)?,
        None => None,
    };
    let fresh = match projector::fresh((&look.keys, look.catalog), view, id) {
        // Its own changes were opened before: it is what is read with it, its review.
        Err(error) if error.is_unsound() => {
            tell(
                Kind::Change,
                format!("what its row is made of besides it cannot be read: {error}"),
            );
            return Ok(());
        }
        other => other?,
    };
    let Some(fresh) = fresh else {
        // Of what nothing is visible yet there is nothing to open; and where something it belongs to is gone, that is
        // told of what belongs to that.
        let row = log::document(view, id)?;
        let stands = row.map(|row| standing(&row, |id| log::document(view, id))).transpose()?;
        if stands.flatten().is_some() && !verify::visible(view, id)?.is_empty() {
            tell(Kind::Change, UNOPENED.to_owned());
        }
        return Ok(());
    };
    let stored = match verify::row(db, id) {
        Err(error) if error.is_unsound() => {
            tell(Kind::Row, format!("its row cannot be read: {error}"));
            return Ok(());
        }
        other => other?,
    };
    let Some(made_to) = made_to else {
        found.row = Compared::Unmade;
        return Ok(());
    };
    found.row = Compared::Whole;
    let Some(stored) = stored else {
        if fresh.feed > made_to {
            found.row = Compared::Behind;
        } else {
            tell(Kind::Row, "it has no row, so no list and no search has it".to_owned());
        }
        return Ok(());
    };
    let differ = differences(&stored, &fresh);
    if differ.is_empty() {
        return Ok(());
    }
    if fresh.feed > made_to && stored.feed < fresh.feed {
        found.row = Compared::Behind;
    } else {
        tell(Kind::Row, format!("its row is not what it says: {}", differ.join(", ")));
    }
    Ok(())
}

/// Which parts of two rows differ; what is in them is not told.
fn differences(stored: &ProjectedRow, fresh: &ProjectedRow) -> Vec<&'static str> {
    // What waits for its trial is noted when that takes long.
    let waits = fresh.pending > 0 || stored.pending > 0;
    let parts = [
        ("unit", stored.unit == fresh.unit),
        ("secrecy", stored.home == fresh.home),
        ("kind", stored.kind == fresh.kind),
        ("parent", stored.parent == fresh.parent),
        ("checklist", stored.checklist == fresh.checklist),
        ("protection", stored.protection == fresh.protection),
        ("protected person", stored.shielded == fresh.shielded),
        ("child", stored.child == fresh.child),
        ("title", stored.title == fresh.title),
        ("names", stored.detail == fresh.detail),
        ("number", stored.number == fresh.number),
        ("state", stored.state == fresh.state),
        ("due", stored.due == fresh.due),
        ("arrival", stored.arrival == fresh.arrival),
        ("updated", stored.updated_ms == fresh.updated_ms),
        ("answered", stored.answered == fresh.answered),
        ("contradictions", stored.open == fresh.open),
        ("held", waits || stored.held == fresh.held),
        ("feed", stored.feed == fresh.feed),
        ("case", stored.case == fresh.case),
        ("what it is found by", stored.keys == fresh.keys),
    ];
    parts.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
}

/// Rows and keys of records that are not here.
pub(super) fn strays(look: &Look, report: &mut Report) -> Result<(), StorageError> {
    let Some(db) = &look.rows else { return Ok(()) };
    let mut last = None;
    loop {
        let some = verify::rows_after(db, last)?;
        let Some(newest) = some.last() else { break };
        last = Some(*newest);
        let known = verify::known(&look.log, &some)?;
        for id in some.iter().filter(|id| !known.contains(id)) {
            // It may have been destroyed since it was read.
            if verify::row(db, *id)?.is_some() {
                let what = "there is a row of a record that is not here";
                report.add(Fault { record: Some(*id), ..Fault::of(Kind::Row, what) });
            }
        }
    }
    let keys = verify::stray_keys(db)?;
    if keys > 0 {
        report.add(Fault::of(Kind::Row, format!("{keys} words lead to rows that are not there")));
    }
    Ok(())
}
