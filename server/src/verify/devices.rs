//! What the server believes devices hold, against what the feed and the access log say they were given.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use ankomst_shared::ids::{DeviceId, DocumentId};

use super::found::{Fault, Kind, Report};
use super::{BETWEEN, DOUBTED_MAX, LOOKS, Look};
use crate::storage::accesses::read::{followed, was_delivered};
use crate::storage::sqlite::open::look_at;
use crate::storage::sqlite::verify::Mark;
use crate::storage::sqlite::{Connection, log, verify};
use crate::storage::{StorageError, accesses};

/// The access log as far as devices are compared with it.
struct Given {
    db: Connection,
    /// The devices of which it tells all: it does not go back to before others.
    followed: BTreeSet<DeviceId>,
}

/// Looks for what is left of what is not here any more: keys of destroyed records, and what devices are believed to hold.
pub(super) fn traces(look: &Look, report: &mut Report) -> Result<(), StorageError> {
    let db = look.log.unchecked_transaction()?;
    for id in verify::destroyed(&db)? {
        let has_key = look.keys.has(id)? || look.keys.has_file_key_of(id)?;
        if log::document(&db, id)?.is_none() && has_key {
            let what = "it was destroyed and its key is still here";
            report.add(Fault { record: Some(id), ..Fault::of(Kind::Key, what) });
        }
    }
    for (device, document) in verify::stray_holdings(&db)? {
        let what = "by the ledger it holds what is not here, or is not enrolled".to_owned();
        report.add(Fault { record: Some(document), ..of(device, Kind::Ledger, what) });
    }
    Ok(db.finish()?)
}

/// Looks at every device.
pub(super) fn look(
    folder: &Path,
    look: &Look,
    (differ, report): (&BTreeSet<DocumentId>, &mut Report),
) -> Result<(), StorageError> {
    let db = look.log.unchecked_transaction()?;
    let last = (log::head(&db)?.feed, log::arrivals(&db)?.feed);
    let epoch = log::epoch(&db)?;
    let marks = verify::marks(&db)?;
    // What is read of a device from here on is a view of its own, so that none is open for long.
    db.finish()?;
    let mut given = given(folder, report);
    for mark in &marks {
        report.devices += 1;
        if mark.epoch.is_some() && mark.epoch == epoch {
            ahead(mark, last, report);
        }
        for id in log::holdings(&look.log, mark.device)?.intersection(differ) {
            let what = format!(
                "{} is told a sum of this record that is not what the feed has given it",
                mark.name
            );
            report.add(Fault { record: Some(*id), ..of(mark.device, Kind::Reckoned, what) });
        }
        if let Some(log) = &given
            && let Err(error) = held(mark, (look, log), report)
        {
            if !error.is_unsound() {
                return Err(error);
            }
            unread(&error, report);
            given = None;
        }
    }
    Ok(())
}

fn of(device: DeviceId, kind: Kind, what: String) -> Fault {
    Fault { device: Some(device), ..Fault::of(kind, what) }
}

/// Opens the access log; it is no part of the log, and one that cannot be read is told of as such.
fn given(folder: &Path, report: &mut Report) -> Option<Given> {
    let file = accesses::file(folder);
    if !file.exists() {
        let said =
            "There is no access log: what tablets hold was not compared with what they were given.";
        report.notes.push(said.to_owned());
        return None;
    }
    let opened = look_at(&file).and_then(|db| Ok(Given { followed: followed(&db)?, db }));
    opened.inspect_err(|error| unread(error, report)).ok()
}

fn unread(error: &StorageError, report: &mut Report) {
    report.add(Fault::of(Kind::Access, format!("access.db cannot be read: {error}")));
    let said = "What tablets hold was not all compared with what they were given.";
    report.notes.push(said.to_owned());
}

/// A device was told of no place that the log does not have.
fn ahead(mark: &Mark, (head, arrivals): (u64, u64), report: &mut Report) {
    let places = [("place in the feed", mark.high, head), ("arrival", mark.arrived, arrivals)];
    for (what, told, last) in places {
        if told > last {
            let said =
                format!("{} was told of {what} {told}, and the log ends at {last}", mark.name);
            report.add(of(mark.device, Kind::Ahead, said));
        }
    }
}

/// What a device holds was given to it. What is given while this looks may be noted a little later.
fn held(
    Mark { device, name, .. }: &Mark,
    (look, given): (&Look, &Given),
    report: &mut Report,
) -> Result<(), StorageError> {
    let is_followed = given.followed.contains(device);
    let looks = if is_followed && report.faults.len() < DOUBTED_MAX { LOOKS } else { 1 };
    let mut never = Vec::new();
    for number in 0..looks {
        if number > 0 {
            thread::sleep(BETWEEN);
        }
        never.clear();
        for id in log::holdings(&look.log, *device)? {
            if !was_delivered(&given.db, id, *device)? {
                never.push(id);
            }
        }
        if never.is_empty() {
            return Ok(());
        }
    }
    if !is_followed {
        report.notes.push(format!(
            "The access log does not go back to when {name} was enrolled, or something of it is missing: of {} records \
             that it holds it does not say when they were given.",
            never.len()
        ));
        return Ok(());
    }
    for id in never {
        let what = format!("by the ledger {name} holds it, and it was never given to it");
        report.add(Fault { record: Some(id), ..of(*device, Kind::Ledger, what) });
    }
    Ok(())
}
