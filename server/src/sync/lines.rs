//! Documents that have grown large go on with less behind them ([`ankomst_shared::continued`]); what devices
//! still write on the old line, [`super::carry`] carries over.
//!
//! The server makes the new line, in one commit with the end of the old one, so there is never a moment at
//! which a document is two things. Devices give up the old line once nothing of it is only with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::{ChunkInfo, parse};
use ankomst_shared::continued::{Carried, Of, Wanted, continued, is_same};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::limits::{CLOSED_CHANGES_MAX, DOCUMENT_ACTORS_MAX, DOCUMENT_CHANGES_MAX};
use ankomst_shared::sign::CarriedEnvelope;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::sync::Digest;
use rusqlite::Connection;

use crate::app::App;
use crate::given;
use crate::limits::HEAVY_WEIGHT;
use crate::projector;
use crate::storage::sqlite::cuts;
use crate::storage::sqlite::held;
use crate::storage::sqlite::lines::{self, Size};
use crate::storage::sqlite::log::{self, Arrival, ChunkRow, DocumentRow};
use crate::storage::sqlite::weights;
use crate::storage::{StorageError, random};
use crate::sync::{pending, staff, stands};

/// What was said so lately is said once more, whether it still counts or not; the first that makes the
/// document small is taken, in milliseconds.
const LATELY_MS: [i64; 3] = [60 * DAY_MS, 14 * DAY_MS, 3 * DAY_MS];
const DAY_MS: i64 = 86_400_000;

/// Why a document is continued.
pub enum Why {
    /// It is large; what was overwritten stays in the log, and only there.
    Large,
    /// A person asks for it: all but what was said in the newest so many days.
    Asked {
        /// Days.
        days: u16,
    },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on with so many changes instead of so many.
    Continued {
        /// Visible changes before.
        from: usize,
        /// Visible changes now.
        to: usize,
    },
    /// It cannot be smaller, or must not be touched now.
    Left,
}

/// A record and its review as they were read.
pub(super) struct Family {
    pub(super) row: DocumentRow,
    pub(super) ids: [DocumentId; 2],
    /// Their visible changes, opened, with when each arrived.
    pub(super) infos: [Vec<ChunkInfo>; 2],
    arrived_ms: BTreeMap<ChangeHash, i64>,
    /// Of changes that were carried over, those that their authors sent.
    roots: BTreeMap<ChangeHash, ChangeHash>,
    /// Of changes that were carried over, when the record had been cleaned last by then.
    vouched_ms: BTreeMap<ChangeHash, i64>,
    /// When it was cleaned last, Unix milliseconds; 0 if never.
    pub(super) cleaned_ms: i64,
    /// What of the two was visible, and what had ended last.
    stand: [Stand; 2],
}

type Stand = (Digest, i64);

/// A new line, ready to be stored.
pub(super) struct Ready {
    carried: Vec<Carried>,
    /// For each new change its parts: parsed, sealed, vouched for.
    new: BTreeMap<ChangeHash, (ChunkInfo, Vec<u8>, Vec<u8>)>,
    size: [Size; 2],
}

/// Continues a record and its review, if that makes them smaller.
///
/// # Errors
/// When storage refuses; then nothing was changed.
pub async fn continue_record(
    app: &Arc<App>,
    id: DocumentId,
    why: Why,
) -> Result<Outcome, StorageError> {
    let reading = Arc::clone(app);
    let made = given::beside(move || {
        let family = reading.readers.read(|db| read(&reading, db, id))?;
        let Some(family) = family else { return Ok(None) };
        // A person looks first at what waits for one, unless there is no room for others.
        if !family.is_heavy() && reading.readers.read(|db| is_open(db, family.ids))? {
            return Ok(None);
        }
        let ready = make(&reading, &family, &why)?;
        Ok::<_, StorageError>(Some((family, ready)))
    });
    let made = made.await.map_err(|_| StorageError::Stopped)??;
    let Some((family, ready)) = made else { return Ok(Outcome::Left) };
    let Some(ready) = ready else {
        // Looked at again when it has doubled.
        let left =
            move |db: &Connection| family.ids.into_iter().try_for_each(|id| lines::leave(db, id));
        app.writer.write(left).await?;
        return Ok(Outcome::Left);
    };
    let (from, to) = (family.infos[0].len(), usize::try_from(ready.size[0].changes).unwrap_or(0));
    let (ids, storing) = (family.ids, Arc::clone(app));
    let head = app
        .writer
        .write(move |db| {
            if !family.is_as_read(db)? {
                return Ok(None);
            }
            store(db, &family, &ready)?;
            pending::go_on(&storing, db, ids)?;
            Ok(Some(log::head(db)?.feed))
        })
        .await?;
    let Some(head) = head else { return Ok(Outcome::Left) };
    tell(app, ids[0], head).await;
    tracing::info!(document.id = %id, from, to, "A document goes on with less behind it.");
    Ok(Outcome::Continued { from, to })
}

/// Tells devices that the feed has come to this place, and makes the row of a record anew.
pub(super) async fn tell(app: &Arc<App>, id: DocumentId, head: u64) {
    staff::follow(app, id).await;
    app.news.send_modify(|news| {
        news.head = news.head.max(head);
        news.turns = news.turns.wrapping_add(1);
    });
    let to_project = Arc::clone(app);
    let followed = given::beside(move || projector::follow(&to_project, id, head));
    if followed.await.is_err() {
        tracing::error!(document.id = %id, "A row could not be made; the next start makes it good.");
    }
}

fn stand(db: &Connection, ids: [DocumentId; 2]) -> Result<[Stand; 2], StorageError> {
    let one = |id| {
        let digest = log::document(db, id)?.map(|_| log::digest(db, id)).transpose()?;
        Ok::<_, StorageError>((digest.unwrap_or_default(), lines::newest_ended(db, id)?))
    };
    let [record, review] = ids;
    Ok([one(record)?, one(review)?])
}

/// Whether something of a record and its review waits for a person.
fn is_open(db: &Connection, ids: [DocumentId; 2]) -> Result<bool, StorageError> {
    let [record, review] = ids;
    Ok(held::is_open(db, record)? || held::is_open(db, review)?)
}

pub(super) fn read(
    app: &App,
    db: &Connection,
    id: DocumentId,
) -> Result<Option<Family>, StorageError> {
    let Some(row) = log::document(db, id)? else { return Ok(None) };
    if row.kind == "review" {
        return Ok(None);
    }
    let ids = [id, review_of(id)];
    let (mut arrived_ms, mut roots) = (BTreeMap::new(), BTreeMap::new());
    let (mut vouched_ms, server) = (BTreeMap::new(), app.secrets.server.public());
    let mut infos = [Vec::new(), Vec::new()];
    for (id, infos) in ids.into_iter().zip(&mut infos) {
        for chunk in log::chunks_of(db, id, "visible")? {
            arrived_ms.insert(chunk.hash, chunk.received_ms);
            if let Some(root) = chunk.was {
                roots.insert(chunk.hash, root);
                let vouched = CarriedEnvelope::open(&chunk.envelope, &server).ok();
                vouched_ms.extend(vouched.map(|vouched| (chunk.hash, vouched.cleaned_ms)));
            }
            infos.push(opened(app, &chunk)?);
        }
    }
    let (stand, cleaned_ms) = (stand(db, ids)?, cuts::newest_ms(db, id)?);
    Ok(Some(Family { row, ids, infos, arrived_ms, roots, vouched_ms, cleaned_ms, stand }))
}

pub(super) fn opened(app: &App, chunk: &ChunkRow) -> Result<ChunkInfo, StorageError> {
    let bytes = app.keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed)?;
    parse(&bytes).map_err(|_| StorageError::Damaged("a change cannot be read"))
}

fn make(app: &App, family: &Family, why: &Why) -> Result<Option<Ready>, StorageError> {
    let catalog = Catalog::builtin();
    let [record, review] = &family.infos;
    let subject = (family.row.kind.as_str(), family.row.id);
    let salt = random()?;
    // Half of what let it be looked at is small.
    let is_many = record.len().max(review.len()) >= DOCUMENT_CHANGES_MAX;
    let most = if is_many { DOCUMENT_CHANGES_MAX } else { CLOSED_CHANGES_MAX };
    let carry = |since_ms| {
        continued(catalog, subject, (record, review), &Wanted { since_ms, salt, cut: None })
            .map_err(|_| StorageError::Damaged("a document cannot be opened"))
    };
    let newest_ms = [record, review].into_iter().flatten().map(|info| info.meta.claimed_ms).max();
    let newest_ms = newest_ms.unwrap_or_default().min(app.now_ms());
    let carried = match why {
        Why::Asked { days } => Some(carry(newest_ms - i64::from(*days) * DAY_MS)?),
        Why::Large => {
            let mut smallest = None;
            // Where there is no room, what was said lately has no more right than what was said before.
            let is_heavy = family.is_heavy();
            let none = is_heavy.then_some(i64::MAX);
            for since_ms in LATELY_MS.into_iter().map(|lately| newest_ms - lately).chain(none) {
                let carried = carry(since_ms)?;
                let size = size_of(&carried, Of::Record);
                let weight = size.weight.max(size_of(&carried, Of::Review).weight);
                let small = size.changes * 2 <= u64::try_from(most).unwrap_or(0)
                    && size.actors * 2 <= u64::try_from(DOCUMENT_ACTORS_MAX).unwrap_or(0)
                    && (!is_heavy || weight * 2 <= HEAVY_WEIGHT);
                smallest = Some(carried);
                if small {
                    break;
                }
            }
            smallest
        }
    };
    let Some(carried) = carried else { return Ok(None) };
    let (_, was) = stands::before(catalog, family)?;
    let (_, now) = stands::after(catalog, family, &carried)?;
    if !is_same(&was, &now) {
        tracing::error!(document.id = %family.row.id, "A document would not have been the same; it is left as it is.");
        return Ok(None);
    }
    let size = [size_of(&carried, Of::Record), size_of(&carried, Of::Review)];
    if matches!(why, Why::Large) && !is_worth_it(family, size) {
        return Ok(None);
    }
    ready(app, family, carried).map(Some)
}

/// Seals a new line, and vouches for it.
pub(super) fn ready(
    app: &App,
    family: &Family,
    carried: Vec<Carried>,
) -> Result<Ready, StorageError> {
    let size = [size_of(&carried, Of::Record), size_of(&carried, Of::Review)];
    let mut new = BTreeMap::new();
    for one in &carried {
        let Some(chunk) = &one.chunk else { continue };
        let document = family.id(one.of);
        let info = parse(&chunk.bytes).map_err(|_| StorageError::Damaged("a new change"))?;
        let sealed = app.keys.seal(document, &info.hash, &info.bytes)?;
        let was = (family.root(one.was), family.cleaned_ms);
        let envelope = vouched(app, document, &info, was);
        new.insert(info.hash, (info, sealed, envelope));
    }
    Ok(Ready { carried, new, size })
}

/// Whether a quarter of either document's changes or actors goes.
fn is_worth_it(family: &Family, size: [Size; 2]) -> bool {
    family.infos.iter().zip(size).any(|(infos, size)| {
        let actors: BTreeSet<ActorId> = infos.iter().map(|info| info.actor).collect();
        let (changes, actors) = (infos.len(), actors.len());
        let less = |now: u64, before: usize| {
            u64::try_from(before).is_ok_and(|before| before > 3 && now * 4 <= before * 3)
        };
        let weight = weight_of(infos);
        let is_lighter = weight >= HEAVY_WEIGHT && size.weight * 4 <= weight * 3;
        less(size.changes, changes) || less(size.actors, actors) || is_lighter
    })
}

fn weight_of(infos: &[ChunkInfo]) -> u64 {
    infos.iter().map(weights::of_change).sum()
}

pub(super) fn vouched(
    app: &App,
    document: DocumentId,
    info: &ChunkInfo,
    (was, cleaned_ms): (ChangeHash, i64),
) -> Vec<u8> {
    CarriedEnvelope { document, actor: info.actor, change: info.hash, was, cleaned_ms }
        .sign(&app.secrets.server)
}

fn size_of(carried: &[Carried], of: Of) -> Size {
    let new = carried.iter().filter(|one| one.of == of).filter_map(|one| one.chunk.as_ref());
    let infos = new.filter_map(|chunk| parse(&chunk.bytes).ok());
    let (mut changes, mut weight, mut actors) = (0, 0, BTreeSet::new());
    for info in infos {
        changes += 1;
        weight += weights::of_change(&info);
        actors.insert(info.actor);
    }
    Size { changes, actors: u64::try_from(actors.len()).unwrap_or(u64::MAX), weight }
}

impl Family {
    /// Whether nothing has become visible or ended since it was read.
    pub(super) fn is_as_read(&self, db: &Connection) -> Result<bool, StorageError> {
        Ok(stand(db, self.ids)? == self.stand)
    }

    /// Whether one of the two leaves little room for more.
    fn is_heavy(&self) -> bool {
        self.infos.iter().any(|infos| weight_of(infos) >= HEAVY_WEIGHT)
    }

    /// The change as its author sent it.
    pub(super) fn root(&self, hash: ChangeHash) -> ChangeHash {
        self.roots.get(&hash).copied().unwrap_or(hash)
    }

    const fn id(&self, of: Of) -> DocumentId {
        let [record, review] = self.ids;
        match of {
            Of::Record => record,
            Of::Review => review,
        }
    }
}

/// Notes of an older log that is cleaned again who knew of the cleaning all the same: what builds on changes that
/// were carried over after it.
pub(super) fn knew(
    db: &Connection,
    family: &Family,
    (line, at_ms): (u64, i64),
) -> Result<(), StorageError> {
    for (id, infos) in family.ids.into_iter().zip(&family.infos) {
        let mut knows: BTreeSet<ChangeHash> = BTreeSet::new();
        for info in infos {
            let after = family.vouched_ms.get(&info.hash).is_some_and(|ms| *ms >= at_ms);
            if after || info.deps.iter().any(|dep| knows.contains(dep)) {
                knows.insert(info.hash);
                cuts::knew(db, id, info.hash, line)?;
            }
        }
    }
    Ok(())
}

/// Ends the old line and begins the new one.
pub(super) fn store(db: &Connection, family: &Family, ready: &Ready) -> Result<(), StorageError> {
    let line = cuts::newest(db, family.row.id)?;
    for (id, size) in family.ids.into_iter().zip(ready.size) {
        if log::document(db, id)?.is_some() {
            lines::begin(db, id, size)?;
        }
    }
    for carried in &ready.carried {
        let document = family.id(carried.of);
        lines::end(db, document, carried)?;
        let Some(chunk) = &carried.chunk else { continue };
        let Some((info, sealed, envelope)) = ready.new.get(&chunk.hash) else { continue };
        let received_ms = family.arrived_ms.get(&carried.was).copied().unwrap_or_default();
        let arrival = Arrival { document, info, sealed, envelope, received_ms, held: None };
        log::add_chunk(db, &arrival)?;
        lines::stands_for(db, document, info.hash, family.root(carried.was))?;
        if line > 0 {
            cuts::knew(db, document, info.hash, line)?;
        }
        log::make_visible(db, document, info.hash)?;
    }
    Ok(())
}
