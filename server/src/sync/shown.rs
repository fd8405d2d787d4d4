//! What an exchange is about to show, for the access log; and what of it can be shown at all.
//!
//! A record is noted when it goes to a device and when it leaves it. What changes in between goes by the feed and by
//! the live socket, which both give only what the device holds: they never bring a record that was not noted.

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::{LOOKS_MAX, UNSURE_MAX};
use ankomst_shared::sync::message::{CAN_CHANGE_LINES, ExchangeAnswer, Hello, Look, Looks};

use crate::app::App;
use crate::audit::By;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, Mode, What};
use crate::storage::accesses::read;
use crate::storage::sqlite::{Connection, lines, log};

/// The records that an answer brings to a device.
pub(super) fn delivered(by: By, answer: &ExchangeAnswer) -> Vec<Entry> {
    let entry = |(id, kind, unit)| Entry {
        record: Some(id),
        about: String::clone(kind),
        unit: Some(unit),
        ..by.entry(What::Delivered)
    };
    answer.documents.iter().map(|one| (one.document, &one.kind, one.unit)).map(entry).collect()
}

/// The records that it takes from a device.
pub(super) fn dropped(by: By, answer: &ExchangeAnswer) -> Vec<Entry> {
    let entry = |id: &DocumentId| Entry { record: Some(*id), ..by.entry(What::Dropped) };
    let destroyed = answer.destroyed.iter().flatten().map(|one| &one.record);
    answer.drop.iter().chain(destroyed).map(entry).collect()
}

/// Notes what was opened and printed on a device, with both times; tells how far it is noted. A count that has
/// gone back is an entry of its own.
pub(super) async fn looked(app: &Arc<App>, by: By, looks: Option<Looks>) -> Option<u64> {
    let (Some(looks), Some(device)) = (looks, by.device) else { return None };
    let known = app.audit.read(|db| read::counted(db, device)).ok()?;
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut entries = Vec::new();
    if number(looks.last) < known {
        let first = looks.all.first().map_or(looks.last, |look| look.number.saturating_sub(1));
        let about = format!("{}-{known}", looks.last);
        let number = Some(number(first.min(looks.last)));
        entries.push(Entry { about, number, ..by.entry(What::SeriesCut) });
    }
    let is_new = |look: &&Look| number(look.number) > known || !entries.is_empty();
    let new: Vec<&Look> = looks.all.iter().take(LOOKS_MAX).filter(is_new).collect();
    for look in new {
        let row = app.readers.read(|db| log::document(db, look.document)).ok()?;
        let what = if look.printed == Some(true) { What::Printed } else { What::Opened };
        entries.push(Entry {
            at_ms: Some(look.at_ms),
            record: Some(look.document),
            unit: row.as_ref().map(|row| row.unit).or(by.unit),
            about: row.map(|row| row.kind).unwrap_or_default(),
            mode: if look.live == Some(true) { Mode::Online } else { Mode::Offline },
            number: Some(number(look.number)),
            ..by.entry(what)
        });
    }
    if !entries.is_empty() {
        app.audit.note(entries).await.ok()?;
    }
    let noted = app.audit.read(|db| read::counted(db, device)).ok()?;
    u64::try_from(noted).ok()
}

/// Of documents to be sent whole those that can be, and how many cannot yet: what was carried over onto a
/// new line is tried first, and an earlier app cannot change lines.
pub(super) fn ready(
    db: &Connection,
    hello: &Hello,
    send: &BTreeSet<DocumentId>,
) -> Result<(BTreeSet<DocumentId>, usize), StorageError> {
    let can_change = hello.capabilities & CAN_CHANGE_LINES != 0;
    let mut ready = send.clone();
    for id in send {
        if lines::is_settling(db, *id)? || (!can_change && lines::is_continued(db, *id)?) {
            ready.remove(id);
        }
    }
    let wait = send.len() - ready.len();
    Ok((ready, wait))
}

/// Those documents that the log knows.
pub(super) fn known(
    db: &Connection,
    asked: &[DocumentId],
) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut known = BTreeSet::new();
    for id in asked.iter().take(UNSURE_MAX) {
        if log::document(db, *id)?.is_some() {
            known.insert(*id);
        }
    }
    Ok(known)
}
