//! In which lane a change is tried, in whose turn, and what follows when the trial's process ends under it.
//!
//! Everybody's changes are tried in the quick lane, a document at a time. When a batch kills or hangs the child
//! there, the changes of each device are tried by themselves; those that do it again are marked, on the disk, and
//! go to the slow lane with whatever else that device has waiting. There each is tried alone. One that kills
//! twice is held; if a person lets it in, it is tried there once more. So one device costs everybody else two deadlines of the quick lane, however much it sends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use ankomst_shared::sync::Digest;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::held::KILLED;
use crate::storage::sqlite::log::{self, ChunkRow};
use crate::storage::sqlite::{Connection, trials, weights};
use crate::trial::{Lane, Outcome, Tried, Work};

/// A change that has killed so often alone is held.
pub(super) const DEATHS_MAX: u32 = 2;
/// Most changes of a document in one turn.
const TURN_MAX: usize = 256;
/// Most that those of one turn weigh, but for a single one: a deadline is enough for many times as much.
const TURN_WEIGHT_MAX: u64 = 4 * 1024 * 1024;
/// A device of which a change killed is in the slow lane for so long.
const SUSPECT_MS: i64 = 30 * 86_400_000;

/// What is tried of a document in one turn of a lane.
pub(super) struct Turn {
    document: DocumentId,
    pub(super) kind: String,
    /// Sum of the changes that are visible.
    pub(super) stands: Digest,
    weight: u64,
    chunks: Vec<ChunkRow>,
    deaths: BTreeMap<ChangeHash, u32>,
}

/// A change and what became of it in a turn.
pub(super) struct Became {
    pub(super) hash: ChangeHash,
    pub(super) bytes: ByteVec,
    pub(super) outcome: Outcome,
}

/// How many turns each device has had since nothing waited last.
pub(super) type Served = BTreeMap<DeviceId, usize>;

/// Documents that wait in a lane, in fair order.
///
/// # Errors
/// When storage refuses.
pub(super) fn waiting(
    app: &App,
    lane: Lane,
    served: &Served,
) -> Result<Vec<(DeviceId, DocumentId)>, StorageError> {
    let (mut all, suspects) = app.readers.read(|db| {
        let all = trials::waiting(db)?;
        let suspects = suspects(app, db, &all)?;
        Ok((all, suspects))
    })?;
    all.retain(|one| {
        let is_slow = one.is_marked || suspects.contains(&one.device);
        is_slow == (lane == Lane::Slow)
    });
    Ok(in_fair_order(all.into_iter().map(|one| (one.device, one.document)), served))
}

/// One document of each device, then the next of each; a device that has had fewer turns comes before one that
/// has had more. A document that several wait for has its turn with the first of them.
fn in_fair_order(
    all: impl Iterator<Item = (DeviceId, DocumentId)>,
    served: &Served,
) -> Vec<(DeviceId, DocumentId)> {
    let (mut seen, mut turns) = (BTreeSet::new(), served.clone());
    let mut order = Vec::new();
    for (device, document) in all {
        if seen.insert(document) {
            let turn = turns.entry(device).or_default();
            order.push((*turn, (device, document)));
            *turn += 1;
        }
    }
    // Within a turn by arrival.
    order.sort_by_key(|(turn, _)| *turn);
    order.into_iter().map(|(_, one)| one).collect()
}

/// Devices whose changes are tried in the slow lane.
fn suspects(
    app: &App,
    db: &Connection,
    waiting: &[trials::Waiting],
) -> Result<BTreeSet<DeviceId>, StorageError> {
    let mut suspects = trials::killers(db, app.now_ms() - SUSPECT_MS)?;
    suspects.extend(waiting.iter().filter(|one| one.is_marked).map(|one| one.device));
    Ok(suspects)
}

/// What is to be tried of a document in a lane now; nothing where nothing is.
///
/// # Errors
/// When storage refuses.
pub(super) fn turn(
    app: &App,
    document: DocumentId,
    lane: Lane,
) -> Result<Option<Turn>, StorageError> {
    app.readers.read(|db| {
        let row = log::document(db, document)?
            .ok_or(StorageError::Damaged("a chunk without document"))?;
        let suspects = suspects(app, db, &trials::waiting(db)?)?;
        let deaths = trials::marks(db, document)?;
        let mut chunks = log::chunks_of(db, document, "pending")?;
        chunks.retain(|chunk| {
            let is_slow = deaths.contains_key(&chunk.hash) || suspects.contains(&chunk.device);
            is_slow == (lane == Lane::Slow)
        });
        let stands = log::digest(db, document)?;
        let weight = weights::of(db, document)?.all;
        let turn = Turn { document, kind: row.kind, stands, weight, chunks, deaths };
        Ok((!turn.chunks.is_empty()).then_some(turn))
    })
}

/// Changes being tried.
struct Trying<'a> {
    app: &'a App,
    lane: Lane,
    turn: &'a Turn,
    /// The visible changes, once somebody asked for them.
    base: Option<Vec<ByteVec>>,
    /// Those that passed so far.
    done: Vec<Became>,
    stands: Digest,
    /// What waits in the other lane, or for another turn: nothing is tried that builds on it.
    elsewhere: BTreeSet<ChangeHash>,
}

/// A change to be tried.
struct Candidate {
    hash: ChangeHash,
    device: DeviceId,
    deps: Vec<ChangeHash>,
    weight: u64,
    bytes: ByteVec,
}

/// Tries what is to be tried in a turn; `None` when no child can be started, or the turn came to nothing because
/// all of it waits for others. What is not told of waits for its next turn.
///
/// # Errors
/// When storage refuses.
pub(super) async fn tries(
    app: &Arc<App>,
    lane: Lane,
    turn: &Turn,
) -> Result<Option<Vec<Became>>, StorageError> {
    let mut candidates = Vec::new();
    for chunk in &turn.chunks {
        let bytes = app.keys.open_chunk(turn.document, &chunk.hash, &chunk.sealed)?;
        let info = parse(&bytes).ok();
        let weight = info.as_ref().map_or(0, weights::of_change);
        let deps = info.map(|info| info.deps).unwrap_or_default();
        let (hash, device) = (chunk.hash, chunk.device);
        candidates.push(Candidate { hash, device, deps, weight, bytes: ByteVec::from(bytes) });
    }
    let own: BTreeSet<ChangeHash> = candidates.iter().map(|one| one.hash).collect();
    let elsewhere = app.readers.read(|db| log::chunks_of(db, turn.document, "pending"))?;
    let elsewhere = elsewhere.iter().map(|chunk| chunk.hash).filter(|hash| !own.contains(hash));
    let mut trying = Trying {
        app,
        lane,
        turn,
        base: None,
        done: Vec::new(),
        stands: turn.stands,
        elsewhere: elsewhere.collect(),
    };
    let mut marked = false;
    let here = trying.without_elsewhere(candidates, TURN_MAX);
    let is_told = match lane {
        _ if here.is_empty() => return Ok(None),
        Lane::Quick => trying.quick(here, &mut marked).await?,
        Lane::Slow => trying.slow(here, &mut marked).await?,
    };
    let done = trying.done;
    // A mark is a step, too: what was marked goes on in the other lane, or is held with the next one.
    Ok((is_told && (marked || !done.is_empty())).then_some(done))
}

impl Trying<'_> {
    /// Those that build on nothing that waits elsewhere, at most so many; the others wait, too.
    fn without_elsewhere(&mut self, candidates: Vec<Candidate>, most: usize) -> Vec<Candidate> {
        let (mut here, mut weight) = (Vec::new(), 0);
        for one in candidates {
            let may = one.deps.iter().all(|dep| !self.elsewhere.contains(dep));
            let is_much = !here.is_empty() && weight + one.weight > TURN_WEIGHT_MAX;
            if may && here.len() < most && !is_much {
                weight += one.weight;
                here.push(one);
            } else {
                self.elsewhere.insert(one.hash);
            }
        }
        here
    }

    /// All at once; if that kills, those of each device by themselves. Tells whether there was a child.
    async fn quick(
        &mut self,
        all: Vec<Candidate>,
        marked: &mut bool,
    ) -> Result<bool, StorageError> {
        match self.ask(&all).await? {
            Tried::Told(outcomes) => {
                self.note(all, outcomes);
                return Ok(true);
            }
            Tried::NoChild => return Ok(false),
            Tried::Died => {}
        }
        let mut order = Vec::new();
        for one in &all {
            if !order.contains(&one.device) {
                order.push(one.device);
            }
        }
        let is_one = order.len() == 1;
        let mut left = all;
        for device in order {
            let (own, others) = left.into_iter().partition(|one: &Candidate| one.device == device);
            left = others;
            let own = self.without_elsewhere(own, TURN_MAX);
            let tried = match () {
                () if own.is_empty() => continue,
                () if is_one => Tried::Died,
                () => self.ask(&own).await?,
            };
            match tried {
                Tried::Told(outcomes) => self.note(own, outcomes),
                Tried::NoChild => return Ok(false),
                Tried::Died => {
                    self.elsewhere.extend(own.iter().map(|one| one.hash));
                    self.mark(own.into_iter().map(|one| (one.hash, 0)).collect()).await?;
                    self.app.trial.slows.notify_one();
                    *marked = true;
                }
            }
        }
        Ok(true)
    }

    /// One after the other, until one kills or the turn is over. Tells whether there was a child.
    async fn slow(&mut self, all: Vec<Candidate>, marked: &mut bool) -> Result<bool, StorageError> {
        let begun = Instant::now();
        for one in self.without_elsewhere(all, TURN_MAX) {
            if begun.elapsed() > self.app.trial.deadline(self.lane) {
                break;
            }
            let hash = one.hash;
            let deaths = self.turn.deaths.get(&hash).copied().unwrap_or_default();
            if deaths >= DEATHS_MAX {
                // What was found of it was lost on the way: it is not asked again.
                self.note(vec![one], vec![Outcome::Held(KILLED.to_owned())]);
                break;
            }
            let one = [one];
            match self.ask(&one).await? {
                Tried::Told(outcomes) => self.note(one.into(), outcomes),
                Tried::NoChild => return Ok(false),
                Tried::Died => {
                    let deaths = deaths + 1;
                    self.mark(vec![(hash, deaths)]).await?;
                    *marked = true;
                    if deaths >= DEATHS_MAX {
                        self.note(one.into(), vec![Outcome::Held(KILLED.to_owned())]);
                    }
                    break;
                }
            }
        }
        Ok(true)
    }

    async fn ask(&mut self, candidates: &[Candidate]) -> Result<Tried, StorageError> {
        let work = Work {
            document: self.turn.document,
            kind: &self.turn.kind,
            stands: self.stands,
            candidates: candidates.iter().map(|one| one.bytes.clone()).collect(),
            weight: self.turn.weight,
        };
        let (app, document) = (self.app, self.turn.document);
        let (base, done) = (&mut self.base, &self.done);
        let whole = || {
            let visible = match base.take() {
                Some(visible) => visible,
                None => visible(app, document)?,
            };
            let visible = base.insert(visible);
            let passed = done.iter().filter(|one| one.outcome == Outcome::Passed);
            Ok(visible.iter().cloned().chain(passed.map(|one| one.bytes.clone())).collect())
        };
        app.trial.try_changes(self.lane, work, whole).await
    }

    fn note(&mut self, candidates: Vec<Candidate>, outcomes: Vec<Outcome>) {
        for (one, outcome) in candidates.into_iter().zip(outcomes) {
            if outcome == Outcome::Passed {
                self.stands.add(&one.hash);
            }
            self.done.push(Became { hash: one.hash, bytes: one.bytes, outcome });
        }
    }

    async fn mark(&self, deaths: Vec<(ChangeHash, u32)>) -> Result<(), StorageError> {
        let document = self.turn.document;
        let mark = move |db: &_| {
            deaths
                .iter()
                .try_for_each(|(hash, deaths)| trials::mark(db, (document, *hash), *deaths))
        };
        self.app.writer.write(mark).await
    }
}

/// The bytes of a document's visible changes.
///
/// # Errors
/// When storage refuses.
pub(super) fn visible(app: &App, document: DocumentId) -> Result<Vec<ByteVec>, StorageError> {
    let rows = app.readers.read(|db| log::chunks_of(db, document, "visible"))?;
    let opened = rows
        .iter()
        .map(|row| app.keys.open_chunk(document, &row.hash, &row.sealed).map(ByteVec::from));
    opened.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_has_much_keeps_none_waiting_that_has_little() {
        let device = |number| DeviceId::new(number, [1; 10]);
        let document = |number| DocumentId::new(number, [2; 10]);
        let mut all: Vec<_> = (0..100).map(|number| (device(1), document(number))).collect();
        all.push((device(2), document(100)));
        all.push((device(2), document(101)));
        // A document of both.
        all.push((device(2), document(5)));
        let order = in_fair_order(all.iter().copied(), &Served::new());
        assert_eq!(order.len(), 102);
        let of_second = |(_, (device_of, _)): &(usize, _)| *device_of == device(2);
        let places: Vec<usize> =
            order.into_iter().enumerate().filter(of_second).map(|(at, _)| at).collect();
        assert_eq!(places, [1, 3]);
        // Whoever comes later than many turns of another does not wait for as many more.
        let order = in_fair_order(all.into_iter(), &Served::from([(device(1), 50)]));
        assert_eq!(order[..2], [(device(2), document(100)), (device(2), document(101))]);
    }
}
