//! What devices still write on a line that has ended is carried over onto the one there is.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::chunk::{ChunkInfo, Op, parse};
use ankomst_shared::continued::{Became, Carried, Line, Of, in_order, names};
use ankomst_shared::document::StatementId;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::sign::header::review_of;
use rusqlite::Connection;

use crate::app::App;
use crate::storage::sqlite::log::{self, Arrival, DocumentRow};
use crate::storage::sqlite::{cuts, lines};
use crate::storage::{StorageError, random};
use crate::sync::lines::{opened, vouched};
use crate::sync::room;

/// What has arrived and may belong to a line that has ended.
pub(super) struct Late<'a> {
    /// Its document.
    pub(super) row: &'a DocumentRow,
    /// The change.
    pub(super) info: &'a ChunkInfo,
    /// The change it stands for, if this server carried it over in another life of its log, and when the record
    /// had been cleaned last by then, Unix milliseconds.
    pub(super) was: Option<(ChangeHash, i64)>,
    /// It may be carried over now; otherwise it waits.
    pub(super) may_be: bool,
    /// It is in this log already, and was held.
    pub(super) is_here: bool,
}

/// What becomes of it.
pub(super) enum Becomes {
    /// Nothing: it belongs to the line there is.
    Itself,
    /// It waits until what it builds on has been tried.
    Waits,
    /// Nothing: what it builds on is held, and so is it.
    Held,
    /// This, on the line there is.
    Other(Box<Moved>),
}

/// A change on the line there is.
pub(super) struct Moved {
    carried: Carried,
    /// The change as its author sent it.
    root: ChangeHash,
    /// The newest cleaning of the record that its author knew.
    knew: u64,
    /// A part of it was written where the record was cleaned, and waits for a person.
    is_part_aside: bool,
    /// A part of it is known to have been cleaned: its bytes are not kept.
    is_gone: bool,
    /// What it costs the one writer, in parts of the most that one commit carries over.
    pub(super) cost: usize,
}

/// Carries over a change that builds on, or names, what has ended.
///
/// # Errors
/// When storage refuses.
pub(super) fn carry_over(
    app: &App,
    db: &Connection,
    late: &Late<'_>,
) -> Result<Becomes, StorageError> {
    let Late { row, info, was, may_be, is_here } = *late;
    let (was, cleaned_ms) = (was.map(|(was, _)| was), was.map_or(0, |(_, ms)| ms));
    let (of, ids) = match row.parent {
        Some(parent) if row.kind == "review" => (Of::Review, [parent, row.id]),
        _ => (Of::Record, [row.id, review_of(row.id)]),
    };
    let asked = asked(info, of);
    if log::any_held(db, row.id, &info.deps)? {
        return Ok(Becomes::Held);
    }
    if !is_late(db, late, &asked, ids)? {
        return Ok(Becomes::Itself);
    }
    if !may_be {
        return Ok(Becomes::Waits);
    }
    let names: Vec<ChangeHash> = [info.hash].into_iter().chain(was).collect();
    let cleanings = cuts::of(db, ids[0])?;
    let vouched = cuts::newest_at(db, ids[0], cleaned_ms)?;
    if !is_here
        && let Some(known) = known_as(db, row.id, info.hash, was)?
        && let Some(alias) = alias(app, db, row.id, (info, known), of)?
    {
        let is_gone = cleanings
            .iter()
            .any(|row| row.cut.is_gone(&names) && !row.cut.left_out(of, info, &names).is_empty());
        let root = was.unwrap_or(info.hash);
        let moved =
            Moved { carried: alias, root, knew: vouched, is_part_aside: false, is_gone, cost: 1 };
        return Ok(Becomes::Other(Box::new(moved)));
    }
    let knew = match info.deps.as_slice() {
        [] => cuts::known(db, ids[0], &asked.hashes.iter().copied().collect::<Vec<_>>())?,
        deps => cuts::known(db, row.id, deps)?,
    };
    let knew = knew.max(vouched);
    // What is known to have been cleaned is left out; what else was written there waits for a person.
    let (mut gone, mut aside) = (BTreeSet::new(), BTreeSet::new());
    for row in &cleanings {
        if row.cut.is_gone(&names) {
            gone.extend(row.cut.left_out(of, info, &names));
        } else if row.line > knew {
            aside.extend(row.cut.left_out(of, info, &names));
        }
    }
    // Asked before the line is opened, which is dear.
    if let Some(waits) = waits_for(db, row.id, &info.deps)? {
        return Ok(waits);
    }
    let cost = room::opening(db, ids)?;
    let Standing { sides, said } = standing(app, db, ids, &asked)?;
    let [(record, of_record), (review, of_review)] = sides;
    let line = Line::at([(&record, of_record), (&review, of_review)], said, random()?);
    let carried = line.and_then(|mut line| {
        line.carry(of, info, &|counter| !aside.contains(&counter) && !gone.contains(&counter))
    });
    Ok(carried.map_or_else(
        |error| {
            // It stays where it was written; what else comes with it is not kept waiting for it.
            tracing::error!(document.id = %row.id, %error, "A change could not be carried over.");
            Becomes::Waits
        },
        |carried| {
            let is_part_aside = !aside.is_subset(&gone);
            let (root, is_gone) = (was.unwrap_or(info.hash), !gone.is_empty() && !is_part_aside);
            Becomes::Other(Box::new(Moved { carried, root, knew, is_part_aside, is_gone, cost }))
        },
    ))
}

/// The change of this log that says what another one does: the one it was carried over from, or one that was
/// carried over from it, or from the same, and is here already.
pub(super) fn known_as(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
    was: Option<ChangeHash>,
) -> Result<Option<ChangeHash>, StorageError> {
    if let Some(was) = was
        && log::arrived(db, document, was)?.is_some()
    {
        return Ok(Some(was));
    }
    let same = lines::stand_in(db, document, was.unwrap_or(hash))?;
    Ok(same.map(|chunk| chunk.hash))
}

/// What becomes of a change for now if what it builds on does not stand on the line there is.
fn waits_for(
    db: &Connection,
    document: DocumentId,
    deps: &[ChangeHash],
) -> Result<Option<Becomes>, StorageError> {
    let mut waits = None;
    for dep in deps {
        for hash in lines::became(db, document, *dep)?.unwrap_or(vec![*dep]) {
            let chunk = log::chunk_of(db, document, hash)?;
            match chunk.as_ref().map(|chunk| (chunk.state.as_str(), chunk.was)) {
                Some(("visible", _) | ("pending", Some(_))) => {}
                Some(("held", _)) => return Ok(Some(Becomes::Held)),
                _ => waits = Some(Becomes::Waits),
            }
        }
    }
    Ok(waits)
}

/// The line there is, of record and review, and what became of what a change names.
struct Standing {
    sides: [(Vec<Vec<u8>>, Became); 2],
    said: BTreeMap<StatementId, StatementId>,
}

fn standing(
    app: &App,
    db: &Connection,
    ids: [DocumentId; 2],
    asked: &Asked,
) -> Result<Standing, StorageError> {
    let mut sides = [(Vec::new(), BTreeMap::new()), (Vec::new(), BTreeMap::new())];
    let mut said = BTreeMap::new();
    for (id, (chunks, into)) in ids.into_iter().zip(&mut sides) {
        for chunk in log::line_of(db, id)? {
            chunks.push(opened(app, &chunk)?.bytes);
        }
        for hash in &asked.hashes {
            if let Some(became) = lines::became(db, id, *hash)? {
                into.insert(*hash, became);
            }
        }
    }
    let [record, _] = ids;
    for id in &asked.ids {
        if let Some(new) = lines::said_as(db, record, *id)? {
            said.insert(*id, new);
        }
    }
    Ok(Standing { sides, said })
}

/// What a change names: changes of both documents, and acts of writing in the record.
struct Asked {
    hashes: BTreeSet<ChangeHash>,
    ids: BTreeSet<StatementId>,
}

fn asked(info: &ChunkInfo, of: Of) -> Asked {
    let mut asked = Asked {
        hashes: info.deps.iter().chain(&info.meta.review_heads).copied().collect(),
        ids: BTreeSet::new(),
    };
    if of == Of::Review {
        for op in &info.ops {
            let (ids, hashes) = names(op);
            asked.hashes.extend(hashes);
            asked.ids.extend(ids);
        }
    }
    asked
}

/// Whether a change builds on what has ended, or begins a review that names it.
fn is_late(
    db: &Connection,
    late: &Late<'_>,
    asked: &Asked,
    ids: [DocumentId; 2],
) -> Result<bool, StorageError> {
    let [record, _] = ids;
    let own = late.row.id;
    // Carried over by this server in another life of the log, and here under another name.
    let was = late.was.map(|(was, _)| was);
    if !late.is_here && known_as(db, own, late.info.hash, was)?.is_some() {
        return Ok(true);
    }
    if !lines::is_continued(db, own)? && !lines::is_continued(db, record)? {
        return Ok(false);
    }
    for dep in &late.info.deps {
        if lines::became(db, own, *dep)?.is_some() {
            return Ok(true);
        }
    }
    if !late.info.deps.is_empty() || own == record {
        return Ok(false);
    }
    for hash in &asked.hashes {
        if lines::became(db, record, *hash)?.is_some() {
            return Ok(true);
        }
    }
    for id in &asked.ids {
        if lines::said_as(db, record, *id)? != Some(*id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A change that this server made in another life of its log, of one that this life has itself.
fn alias(
    app: &App,
    db: &Connection,
    document: DocumentId,
    (info, was): (&ChunkInfo, ChangeHash),
    of: Of,
) -> Result<Option<Carried>, StorageError> {
    let Some(known) = log::chunk_of(db, document, was)? else { return Ok(None) };
    let became = lines::became(db, document, was)?.unwrap_or(vec![was]);
    let mut said = Vec::new();
    // Of what was cleaned only what stands for it now can be read.
    let known = if known.is_wiped() { lines::stand_in(db, document, was)? } else { Some(known) };
    if let Some(known) = known {
        let known = opened(app, &known)?;
        let counter = |wanted: &Op| {
            let all = (known.start_op..).zip(&known.ops).filter(|(_, op)| op.key == wanted.key);
            all.map(|(counter, _)| counter).last()
        };
        for (at, op) in (info.start_op..).zip(&info.ops) {
            let Some(counter) = counter(op) else { continue };
            let id = StatementId { counter, actor: known.actor };
            said.extend(lines::said_as(db, document, id)?.map(|new| (at, new)));
        }
    }
    Ok(Some(Carried { of, was: info.hash, into: became, said, chunk: None }))
}

/// Stores what became of a late change: the change itself, ended, and what stands for it.
///
/// # Errors
/// When storage refuses.
pub(super) fn store_late(
    app: &App,
    db: &Connection,
    (arrival, record): (&Arrival<'_>, DocumentId),
    moved: &Moved,
) -> Result<(), StorageError> {
    let sealed = if moved.is_gone { &[] } else { arrival.sealed };
    log::add_chunk(db, &Arrival { held: None, sealed, ..arrival.clone() })?;
    move_on(app, db, (arrival, record), moved)
}

/// Ends a change that is in the log, and stores what stands for it.
///
/// # Errors
/// When storage refuses.
pub(super) fn move_on(
    app: &App,
    db: &Connection,
    (arrival, record): (&Arrival<'_>, DocumentId),
    moved: &Moved,
) -> Result<(), StorageError> {
    let (document, carried) = (arrival.document, &moved.carried);
    lines::end(db, document, carried)?;
    if moved.is_gone {
        cuts::reseal(db, document, (carried.was, &[]))?;
    }
    if moved.knew > 0 {
        cuts::knew(db, document, carried.was, moved.knew)?;
    }
    if moved.is_part_aside {
        cuts::set_aside(db, document, carried.was)?;
    }
    let Some(chunk) = &carried.chunk else { return Ok(()) };
    let info = parse(&chunk.bytes).map_err(|_| StorageError::Damaged("a new change"))?;
    let sealed = app.keys.seal(document, &info.hash, &info.bytes)?;
    let cleaned_ms = cuts::newest_ms(db, record)?;
    let envelope = vouched(app, document, &info, (moved.root, cleaned_ms));
    let new = Arrival { info: &info, sealed: &sealed, envelope: &envelope, ..arrival.clone() };
    log::add_chunk(db, &new)?;
    let line = cuts::newest(db, record)?;
    if line > 0 {
        cuts::knew(db, document, info.hash, line)?;
    }
    lines::stands_for(db, document, info.hash, moved.root)
}

/// Notes of a change that belongs to the line there is what it stands for, and which cleaning its author knew.
///
/// # Errors
/// When storage refuses.
pub(super) fn note(
    db: &Connection,
    row: &DocumentRow,
    info: &ChunkInfo,
    was: Option<(ChangeHash, i64)>,
) -> Result<(), StorageError> {
    let (was, cleaned_ms) = was.unzip();
    if let Some(was) = was {
        lines::stands_for(db, row.id, info.hash, was)?;
    }
    let record = row.record();
    if cuts::newest(db, record)? > 0 {
        let vouched = cuts::newest_at(db, record, cleaned_ms.unwrap_or_default())?;
        let knew = cuts::known(db, row.id, &info.deps)?.max(vouched);
        cuts::knew(db, row.id, info.hash, knew)?;
    }
    Ok(())
}

/// A change of a push: its place there, its document, and itself if it was read.
pub(super) type Pushed<'a> = ((usize, usize), DocumentId, Option<&'a ChunkInfo>);

/// The places of a push in the order in which they are stored: as they came, but those of a record that
/// goes on and of its review so that each comes after what it names.
pub(super) fn in_turn(
    db: &Connection,
    all: &[Pushed<'_>],
) -> Result<Vec<(usize, usize)>, StorageError> {
    let documents: BTreeSet<DocumentId> = all.iter().map(|(_, document, _)| *document).collect();
    let mut turns: BTreeMap<ChangeHash, usize> = BTreeMap::new();
    for record in &documents {
        let review = review_of(*record);
        if !documents.contains(&review) || !lines::is_continued(db, *record)? {
            continue;
        }
        let of = |id: DocumentId| {
            let own = all.iter().filter(move |(_, document, _)| *document == id);
            own.filter_map(|(_, _, info)| *info)
        };
        let order = in_order(of(*record), of(review));
        turns.extend(order.iter().zip(1..).map(|((_, info), turn)| (info.hash, turn)));
    }
    let mut rows: Vec<&Pushed<'_>> = all.iter().collect();
    rows.sort_by_key(|(_, _, info)| info.and_then(|info| turns.get(&info.hash)).copied());
    Ok(rows.into_iter().map(|(place, _, _)| *place).collect())
}
