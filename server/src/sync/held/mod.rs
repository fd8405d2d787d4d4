//! What may not be shown yet, and what becomes of it (stories M-11 and M-29).
//!
//! A change is held for a reason of its own, or because it builds on what is held. Nothing is let in by itself:
//! neither an account that is opened again nor a right that is given back releases anything. What a person has
//! [decided](decide()) stands beside the log, so it holds for a change that comes again after a restore, too. What was
//! released goes through the trial like any other and gets the next numbers of the feed, however late.

mod decide;
mod groups;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, UserId};
use ankomst_shared::limits::CARRIED_MAX;
use ankomst_shared::sign::CarriedEnvelope;
use ankomst_shared::sign::header::review_of;

pub use self::decide::{Asked, Decided, HeldError, decide};
pub use self::groups::{Group, groups};
use crate::app::App;
use crate::limits::LET_IN_MAX;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::decided::{self, DecidedRow, What};
use crate::storage::sqlite::held::{
    self, AUTHOR, DEPENDS, DRAFT, ENDED, LARGE, NOT_PERMITTED, REFUSED, REVOKED, hangs_on,
    is_for_person,
};
use crate::storage::sqlite::log::{self, Arrival, ChunkRow, DocumentRow};
use crate::storage::sqlite::{Connection, rights, weights};
use crate::sync::access;
use crate::sync::carry::{self, Becomes, Late, carry_over};
use crate::sync::lines::opened;
use crate::sync::office::Office;
use crate::sync::room::Room;
use crate::sync::rule::May;

/// What has arrived, as far as it matters for whether it may be shown.
pub(super) struct Arrived<'a> {
    /// Its document.
    pub(super) row: &'a DocumentRow,
    /// The change as its author sent it.
    pub(super) hash: ChangeHash,
    /// What it builds on.
    pub(super) deps: &'a [ChangeHash],
    /// Its author and the author's device, if there is one.
    pub(super) by: Option<(UserId, DeviceId)>,
    /// Made of what was half typed: only a person can say whether it was meant.
    pub(super) is_draft: bool,
}

/// Why what arrives may not be shown yet, if so. What somebody wrote who could not know that the right was gone is
/// taken, and noted.
///
/// # Errors
/// When storage refuses.
pub(super) fn reason(
    app: &App,
    db: &Connection,
    arrived: &Arrived<'_>,
) -> Result<Option<&'static str>, StorageError> {
    let Arrived { row, hash, deps, by, is_draft } = *arrived;
    let own = match decided::newest(db, row.id, hash)?.map(|row| row.what) {
        Some(What::Refused) => Some(REFUSED),
        Some(What::Released | What::HandedOver) => None,
        // Whoever lets in what somebody has written must see that this is not that.
        None if is_draft && by.is_some() => Some(DRAFT),
        None => own_reason(app, db, row, by)?,
    };
    if let (Some(NOT_PERMITTED), Some(by)) = (own, by)
        && could_not_know(app, db, row, by)?
    {
        let (held_for, at_ms) = (NOT_PERMITTED.to_owned(), app.now_ms());
        let (document, what, reason) = (row.id, What::HandedOver, String::new());
        decided::add(db, &DecidedRow { document, hash, at_ms, what, held_for, by: None, reason })?;
        return hangs_on(db, row.id, deps);
    }
    if own.is_some() { Ok(own) } else { hangs_on(db, row.id, deps) }
}

/// Why an author's change of a document may not be shown as things are now, if so.
pub(super) fn own_reason(
    app: &App,
    db: &Connection,
    row: &DocumentRow,
    by: Option<(UserId, DeviceId)>,
) -> Result<Option<&'static str>, StorageError> {
    let Some((user, device)) = by else { return Ok(Some(AUTHOR)) };
    let office = Office::of(app.secrets.server.public());
    if (office.user, office.device) == (user, device) {
        // Into a case it writes what recipients in other departments answer.
        let own = Catalog::builtin().kind(&row.kind).is_some_and(|kind| kind.server)
            || row.kind == "case";
        return Ok(if own { None } else { Some(NOT_PERMITTED) });
    }
    let Some(user) = accounts::user(db, user)? else { return Ok(Some(AUTHOR)) };
    if !user.active {
        return Ok(Some(ENDED));
    }
    if !accounts::device(db, device)?.is_some_and(|device| device.active) {
        return Ok(Some(REVOKED));
    }
    Ok(if access::may_write(db, &user, row)?.is_none() { Some(NOT_PERMITTED) } else { None })
}

/// Whether the right that an author lacks was there the last time the author's device was told. Asked before this
/// contact is noted; what clocks of devices say counts for nothing.
fn could_not_know(
    app: &App,
    db: &Connection,
    row: &DocumentRow,
    (user, device): (UserId, DeviceId),
) -> Result<bool, StorageError> {
    let Some(user) = accounts::user(db, user)? else { return Ok(false) };
    let believed = rights::believed_ms(db, (user.id, device), app.now_ms())?;
    let Some(at_ms) = believed else { return Ok(false) };
    Ok(access::may(db, &access::rights(db, &user, at_ms)?, row)? >= May::Write)
}

impl ChunkRow {
    /// The change as its author sent it.
    #[must_use]
    pub fn root(&self) -> ChangeHash {
        self.was.unwrap_or(self.hash)
    }
}

/// Lets in what is held of a document and need not be any more, and says of the rest why it is; tells how many
/// changes wait for their trial now. What is left for another turn is taken up when these have been tried.
///
/// # Errors
/// When storage refuses.
pub(super) fn let_in(
    app: &App,
    db: &Connection,
    document: DocumentId,
) -> Result<usize, StorageError> {
    let Some(row) = log::document(db, document)? else { return Ok(0) };
    let (chunks, deps) = (log::chunks_of(db, document, "held")?, held::deps(db, document)?);
    // Whether each of those that are still held was refused. What a change builds on came before it.
    let mut still: BTreeMap<ChangeHash, bool> = BTreeMap::new();
    let (mut moved, mut carried, mut room) = (0, 0, Room::default());
    let mut asked: BTreeMap<(UserId, DeviceId), Option<&'static str>> = BTreeMap::new();
    let office = Office::of(app.secrets.server.public()).user;
    for chunk in &chunks {
        let deps = deps.get(&chunk.hash).map_or(&[][..], Vec::as_slice);
        let below: Vec<bool> = deps.iter().filter_map(|dep| still.get(dep)).copied().collect();
        let hangs = below.iter().max().map(|refused| if *refused { REFUSED } else { DEPENDS });
        let now = chunk.reason.as_deref().unwrap_or_default();
        let own = match decided::newest(db, document, chunk.root())?.map(|row| row.what) {
            Some(What::Refused) => Some(REFUSED),
            Some(What::Released | What::HandedOver) if is_for_person(now) || now == LARGE => None,
            _ if ![DEPENDS, REFUSED, LARGE].contains(&now) => Some(now),
            _ if hangs.is_some() => None,
            _ => match asked.entry((chunk.user, chunk.device)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    *new.insert(own_reason(app, db, &row, Some((chunk.user, chunk.device)))?)
                }
            },
        };
        let mut becomes = own.or(hangs);
        if becomes.is_none() {
            let weight = weights::of_chunk(db, (document, chunk.hash))?;
            becomes = if moved >= LET_IN_MAX {
                // One who writes at a time: the others are let in when these have been tried.
                Some(DEPENDS)
            } else if chunk.user != office && !room.takes(db, (document, chunk.user), weight)? {
                Some(LARGE)
            } else if !enter(app, db, (&row, chunk), &mut carried)? {
                // It is let in once what it builds on in the newest line has been tried.
                Some(DEPENDS)
            } else {
                None
            };
        }
        match becomes {
            Some(reason) => {
                still.insert(chunk.hash, reason == REFUSED);
                if reason != now {
                    held::set_reason(db, (document, chunk.hash), reason)?;
                }
            }
            None => moved += 1,
        }
    }
    Ok(moved)
}

/// Lets a held change wait for its trial; carried over first where its line has ended since. Tells whether it does.
pub(super) fn enter(
    app: &App,
    db: &Connection,
    (row, chunk): (&DocumentRow, &ChunkRow),
    carried: &mut usize,
) -> Result<bool, StorageError> {
    let info = opened(app, chunk)?;
    let envelope = CarriedEnvelope::open(&chunk.envelope, &app.secrets.server.public()).ok();
    let was = envelope.map(|carried| (carried.was, carried.cleaned_ms));
    let may_be = *carried < CARRIED_MAX;
    match carry_over(app, db, &Late { row, info: &info, was, may_be, is_here: true })? {
        Becomes::Itself => {
            carry::note(db, row, &info, was)?;
            held::wait(db, row.id, chunk.hash)?;
        }
        Becomes::Held | Becomes::Waits => return Ok(false),
        Becomes::Other(moved) => {
            let arrival = Arrival {
                document: row.id,
                info: &info,
                sealed: &chunk.sealed,
                envelope: &chunk.envelope,
                received_ms: chunk.received_ms,
                held: None,
            };
            carry::move_on(app, db, (&arrival, row.record()), &moved)?;
            *carried += moved.cost;
        }
    }
    Ok(true)
}

/// Lets in what may be of a record that has become smaller, and of its review.
///
/// # Errors
/// When storage refuses.
pub(super) async fn let_in_all(app: &Arc<App>, document: DocumentId) -> Result<(), StorageError> {
    let letting = Arc::clone(app);
    let let_in = move |db: &Connection| {
        let record = log::document(db, document)?.map_or(document, |row| row.record());
        Ok(let_in(&letting, db, record)? + let_in(&letting, db, review_of(record))?)
    };
    if app.writer.write(let_in).await? > 0 {
        app.arrived.notify_one();
    }
    Ok(())
}

/// Does what was decided in another life of the log, or not done to its end.
///
/// # Errors
/// When storage refuses.
pub async fn catch_up(app: &Arc<App>) -> Result<usize, StorageError> {
    let mut moved = 0;
    app.crowded.add(app.readers.read(held::large)?);
    for document in app.readers.read(held::documents)? {
        let looking = Arc::clone(app);
        moved += app.writer.write(move |db| let_in(&looking, db, document)).await?;
    }
    if moved > 0 {
        app.arrived.notify_one();
    }
    Ok(moved)
}
