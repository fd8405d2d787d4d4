//! In which order the changes of a record and its review come, and what those of the review name.

use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Of;
use crate::chunk::{ChunkInfo, Op};
use crate::document::StatementId;
use crate::ids::{ActorId, ChangeHash};
use crate::merge::settlement::retold;
use crate::order;

/// Changes of a record and its review in one order: after what each builds on, and after what it names of
/// the other.
#[must_use]
pub fn in_order<'a>(
    record: impl IntoIterator<Item = &'a ChunkInfo>,
    review: impl IntoIterator<Item = &'a ChunkInfo>,
) -> Vec<(Of, &'a ChunkInfo)> {
    let record: Vec<&ChunkInfo> = record.into_iter().collect();
    let review: Vec<&ChunkInfo> = review.into_iter().collect();
    let both = || {
        let record = record.iter().map(|info| (Of::Record, *info));
        record.chain(review.iter().map(|info| (Of::Review, *info)))
    };
    let known: BTreeSet<ChangeHash> = order::set(both().map(|(_, info)| info.hash));
    let writers: Vec<(ActorId, u64, u64, ChangeHash)> =
        record.iter().map(|info| (info.actor, info.start_op, info.max_op, info.hash)).collect();
    let mut needs: BTreeMap<ChangeHash, BTreeSet<ChangeHash>> = BTreeMap::new();
    let mut needed_by: BTreeMap<ChangeHash, Vec<ChangeHash>> = BTreeMap::new();
    for (of, info) in both() {
        let mut all: BTreeSet<ChangeHash> = order::set(info.deps.iter().copied());
        match of {
            Of::Record => all.extend(&info.meta.review_heads),
            Of::Review => all.extend(info.ops.iter().flat_map(|op| named(op, &writers))),
        }
        all.retain(|hash| known.contains(hash) && *hash != info.hash);
        for hash in &all {
            needed_by.entry(*hash).or_default().push(info.hash);
        }
        needs.insert(info.hash, all);
    }
    let mut ready: VecDeque<ChangeHash> = both()
        .map(|(_, info)| info.hash)
        .filter(|hash| needs.get(hash).is_none_or(BTreeSet::is_empty))
        .collect();
    let mut places: BTreeMap<ChangeHash, usize> = BTreeMap::new();
    while let Some(hash) = ready.pop_front() {
        places.insert(hash, places.len());
        for next in needed_by.get(&hash).into_iter().flatten() {
            if let Some(open) = needs.get_mut(next) {
                open.remove(&hash);
                if open.is_empty() {
                    ready.push_back(*next);
                }
            }
        }
    }
    // Forged changes may name each other in a circle; they come last, in the order given.
    let mut rows: Vec<(Of, &ChunkInfo)> = both().collect();
    order::sort_by_key(&mut rows, |(_, info)| {
        places.get(&info.hash).copied().unwrap_or(usize::MAX)
    });
    rows
}

/// The changes of the record that a decision names.
fn named(op: &Op, writers: &[(ActorId, u64, u64, ChangeHash)]) -> Vec<ChangeHash> {
    let (ids, mut names) = names(op);
    for id in ids {
        let wrote = writers.iter().find(|(actor, first, last, _)| {
            *actor == id.actor && (*first..=*last).contains(&id.counter)
        });
        names.extend(wrote.map(|(.., hash)| *hash));
    }
    names
}

/// What a field of a review names of the record: acts of writing, and changes.
#[must_use]
pub fn names(op: &Op) -> (Vec<StatementId>, Vec<ChangeHash>) {
    let (ids, hashes) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let id = |id: StatementId| {
        ids.borrow_mut().push(id);
        None
    };
    let heads = |hash: ChangeHash| {
        hashes.borrow_mut().push(hash);
        Vec::new()
    };
    if let Some(value) = &op.value {
        // Asked only for what it names.
        let _told = retold(&op.key, value, &id, &heads);
    }
    (ids.into_inner(), hashes.into_inner())
}
