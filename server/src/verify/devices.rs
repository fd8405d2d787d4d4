//! What the server believes devices hold, against what the feed and the access log say they were given.

use std::collections::BTreeSet;
use std::path::Path;

use ankomst_shared::ids::{DeviceId, DocumentId};

use super::found::{Fault, Kind, Report};
use super::{Look, accesses};
use crate::storage::StorageError;
use crate::storage::accesses::read::was_delivered;
use crate::storage::sqlite::{log, verify};

/// Looks at every device, in one view of the log.
pub(super) fn look(
    folder: &Path,
    look: &Look,
    (differ, report): (&BTreeSet<DocumentId>, &mut Report),
) -> Result<(), StorageError> {
    let db = look.log.unchecked_transaction()?;
    let (head, arrivals, epoch) =
        (log::head(&db)?.feed, log::arrivals(&db)?.feed, log::epoch(&db)?);
    for id in verify::destroyed(&db)? {
        if log::document(&db, id)?.is_none() && look.keys.has(id)? {
            let what = "it was destroyed and its key is still here";
            report.add(Fault { record: Some(id), ..Fault::of(Kind::Key, what) });
        }
    }
    let of = |device: DeviceId, kind, what: String| Fault {
        device: Some(device),
        ..Fault::of(kind, what)
    };
    for (device, document) in verify::stray_holdings(&db)? {
        let what = "by the ledger it holds what is not here, or is not enrolled".to_owned();
        report.add(Fault { record: Some(document), ..of(device, Kind::Ledger, what) });
    }
    let given = accesses(folder);
    for mark in verify::marks(&db)? {
        let (device, name) = (mark.device, mark.name);
        report.devices += 1;
        if mark.epoch.is_some() && mark.epoch == epoch {
            for (what, told, last) in
                [("place in the feed", mark.high, head), ("arrival", mark.arrived, arrivals)]
            {
                if told > last {
                    let said =
                        format!("{name} was told of {what} {told}, and the log ends at {last}");
                    report.add(of(device, Kind::Ahead, said));
                }
            }
        }
        let holds = log::holdings(&db, device)?;
        for id in holds.intersection(differ) {
            let what = format!(
                "{name} is told a sum of this record that is not what the feed has given it"
            );
            report.add(Fault { record: Some(*id), ..of(device, Kind::Reckoned, what) });
        }
        let Some(given) = &given else { continue };
        let mut never = Vec::new();
        for id in &holds {
            if !was_delivered(given, *id, device)? {
                never.push(*id);
            }
        }
        // An access log that was moved away knows nothing of before.
        if !never.is_empty() && never.len() == holds.len() {
            report.notes.push(format!(
                "The access log does not go back to when {name} was given what it holds."
            ));
            continue;
        }
        for id in never {
            let what = format!("by the ledger {name} holds it, and it was never given to it");
            report.add(Fault { record: Some(id), ..of(device, Kind::Ledger, what) });
        }
    }
    db.finish()?;
    Ok(())
}
