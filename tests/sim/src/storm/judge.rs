//! What must hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_server::storage::sqlite::log;
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::ChangeHash;
use ankomst_shared::sync::client::Stage;

use crate::storm::court::{Change, Court};
use crate::storm::device::Shared;
use crate::storm::ground::Ground;

/// Whether all devices have what is visible, and nothing else.
#[must_use]
pub fn is_same(ground: &Ground, disks: &[Shared]) -> bool {
    let Some(visible) = visible(ground) else { return false };
    disks.iter().all(|disk| {
        let disk = disk.borrow();
        let shared = disk.changes().filter(|(_, stage)| *stage == Stage::Shared);
        shared.map(|(change, _)| change).eq(visible.iter().copied())
            && disk.changes().all(|(_, stage)| stage == Stage::Shared)
    })
}

fn visible(ground: &Ground) -> Option<BTreeSet<Change>> {
    let chunks = ground.app()?.readers.read(log::all_chunks).ok()?;
    let visible = chunks.into_iter().filter(|chunk| chunk.feed.is_some());
    Some(visible.map(|chunk| (chunk.document, chunk.hash)).collect())
}

/// Looks at the log and at what was told of it.
pub fn look(court: &Court, ground: &Ground, disks: &[Shared]) {
    let Some(app) = ground.app() else { return court.fault("the server does not run".to_owned()) };
    ground.keeps_promises(&app);
    let Ok(chunks) = app.readers.read(log::all_chunks) else {
        return court.fault("the log cannot be read".to_owned());
    };
    let mut feed: BTreeMap<u64, Change> = BTreeMap::new();
    for chunk in &chunks {
        if let Some(number) = chunk.feed
            && feed.insert(number, (chunk.document, chunk.hash)).is_some()
        {
            court.fault(format!("two changes have the number {number} in the log"));
        }
    }
    if feed.keys().copied().ne(1..=u64::try_from(feed.len()).unwrap_or(0)) {
        court.fault("numbers of the feed are left out".to_owned());
    }
    for (number, change) in &*court.feed.borrow() {
        if feed.get(number) != Some(change) {
            court.fault(format!("{} was shown as {number} of the feed and is not that", change.1));
        }
    }
    let mut before: BTreeSet<ChangeHash> = BTreeSet::new();
    for change in feed.values() {
        let row = chunks.iter().find(|chunk| (chunk.document, chunk.hash) == *change);
        let bytes =
            row.and_then(|row| app.keys.open_chunk(row.document, &row.hash, &row.sealed).ok());
        match bytes.as_ref().and_then(|bytes| parse(bytes).ok()) {
            Some(info) if info.deps.iter().all(|dep| before.contains(dep)) => {}
            Some(_) => court.fault(format!("{} comes before what it builds on", change.1)),
            None => court.fault(format!("{} does not open", change.1)),
        }
        before.insert(change.1);
    }
    for disk in disks.iter().map(|disk| disk.borrow()) {
        for (_, hash) in disk.wrote.iter().filter(|(_, hash)| !before.contains(hash)) {
            court.fault(format!("{hash}, written on device {}, is not in the feed", disk.at));
        }
    }
    court.most("changes", u64::try_from(chunks.len()).unwrap_or(0));
}
