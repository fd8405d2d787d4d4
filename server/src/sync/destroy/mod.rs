//! Records are lawfully destroyed (domain L-20, L-23, story M-14): nothing of them is left but that they were.
//!
//! First of all it is written down in the ledger outside the log; then, in one commit, everything of the record leaves
//! the log, and its key is destroyed. What is cut off anywhere on the way is ended at once or at the next start, as an older log
//! that is put back loses the record again. Reading order: this file, [`against`] (what goes, and what stands against
//! it), `end` (what follows), [`late`] (devices that have it, and what they still bring).

pub mod against;
mod end;
pub(super) mod late;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::limits::CUT_REASON_CHARS_MAX;
use ankomst_shared::order;

use self::against::Against;
use self::end::end;
use crate::app::App;
use crate::audit::By;
use crate::given;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::accesses::read;
use crate::storage::destroyed::{self as ledger, Destruction, LEDGER, Line, Met};
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::destroyed::{self, DestroyedRow};
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::sync::access::{cleanable, may, rights_now};
use crate::sync::rule::May;

/// Times it begins anew because something arrived meanwhile.
const TRIES: usize = 5;

/// What could not be ended is tried again at least this often.
const AGAIN_MAX: Duration = Duration::from_mins(1);

/// On what ground a record is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Its time of keeping is over.
    Retention,
    /// It was handed over to the archive, where it is kept.
    Archive,
    /// A court or an authority has decided it.
    Decision,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Retention, Self::Archive, Self::Decision];

    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Archive => "archive",
            Self::Decision => "decision",
        }
    }

    /// The ground with a code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }
}

/// Why a record was not destroyed.
#[derive(Debug, thiserror::Error)]
pub enum DestroyError {
    /// No decision is named, or too long a one.
    #[error("name the decision, in at most {CUT_REASON_CHARS_MAX} characters; nothing was changed")]
    Reference,
    /// What was typed is not the number of the record.
    #[error(
        "what was typed to confirm it is not the number of the record, or its id; nothing was changed"
    )]
    Confirm,
    /// There is no such record that is no part of another, or the person may not destroy it.
    #[error("there is no such record to be destroyed; nothing was changed")]
    Unknown,
    /// Something stands against it.
    #[error("{0}; nothing was changed")]
    Barred(Against),
    /// It kept changing.
    #[error("the record is being changed; nothing was destroyed, try again in a moment")]
    Waits,
    /// It stands in the ledger, and the log could not take it.
    #[error(
        "the destruction stands in {LEDGER} and could not be ended: {0}. It is tried again, and ended at the next \
         start at the latest; nothing can be written in it any more"
    )]
    Begun(StorageError),
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is to be destroyed, by whom and why.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The record.
    pub record: DocumentId,
    /// On what ground.
    pub ground: Ground,
    /// The decision.
    pub reference: String,
    /// The number of the record, or its id where it has none, typed once more.
    pub confirm: String,
    /// The person.
    pub by: UserId,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Documents that are gone.
    pub documents: usize,
    /// Devices that had it and were not heard of yet.
    pub devices: usize,
}

/// A record that a person may destroy: no part of another, and the person may clean it and write all that belongs to it.
///
/// # Errors
/// When the database refuses.
pub fn destroyable(
    db: &Connection,
    user: &UserRow,
    id: DocumentId,
) -> Result<Option<DocumentRow>, StorageError> {
    let Some(row) = cleanable(db, user, id)?.filter(|row| row.parent.is_none()) else {
        return Ok(None);
    };
    let rights = rights_now(db, user)?;
    for part in log::family(db, id)? {
        let part = log::document(db, part)?;
        if part.map(|part| may(db, &rights, &part)).transpose()? < Some(May::Write) {
            return Ok(None);
        }
    }
    Ok(Some(row))
}

/// Destroys a record and all that belongs to it.
///
/// # Errors
/// A [`DestroyError`] that says what is to be done first; the record is then as it was, but for [`DestroyError::Begun`].
pub async fn destroy(app: &Arc<App>, asked: Asked) -> Result<Done, DestroyError> {
    let length = asked.reference.trim().chars().count();
    if length == 0 || length > CUT_REASON_CHARS_MAX {
        return Err(DestroyError::Reference);
    }
    let (own, what) = (Arc::clone(app), asked.clone());
    // It is ended also if whoever asked goes away: what is begun has a key to destroy.
    let ended = given::apart(async move {
        match run(&own, &what).await {
            Err(DestroyError::Begun(error)) => again_at_once(&own, what.record, error).await,
            done => done,
        }
    });
    let done = ended.await.map_err(|_| StorageError::Stopped)?;
    note_accesses(app).await;
    done
}

/// Ends what the ledger has and the log did not take: at once, or as soon as it can be, with the next start at the latest.
async fn again_at_once(
    app: &Arc<App>,
    record: DocumentId,
    error: StorageError,
) -> Result<Done, DestroyError> {
    if destroy_again(app).await.is_ok() {
        let done = app.readers.read(|db| {
            // Where the ledger could not be read it may turn out not to have it.
            if destroyed::one(db, record)?.is_none() {
                return Ok(None);
            }
            let documents = destroyed::documents(db, record)?.len();
            Ok(Some(Done { documents, devices: destroyed::devices(db, record)?.len() }))
        });
        return done?.ok_or(DestroyError::Storage(error));
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut wait = Duration::from_secs(1);
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = app.stopping.cancelled() => return,
            }
            match destroy_again(&app).await {
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(%error, "A record that was begun to be destroyed is still there; it is tried again.");
                }
            }
            wait = AGAIN_MAX.min(wait * 2);
        }
    });
    Err(DestroyError::Begun(error))
}

/// Notes in the access log what was destroyed and is not in it, as after a cut right behind the commit.
async fn note_accesses(app: &Arc<App>) {
    let rows = app.readers.read(|db| destroyed::all(db, None));
    let open = rows.and_then(|rows| {
        app.audit.read(|db| {
            let mut open = Vec::new();
            for row in rows {
                if !read::was_destroyed(db, row.record)? {
                    open.push(row);
                }
            }
            Ok(open)
        })
    });
    match open {
        Ok(open) => app.audit.owe(open.into_iter().map(entry).collect()).await,
        Err(error) => {
            tracing::error!(%error, "What was destroyed could not be looked for in the access log; the next start does.");
        }
    }
}

fn entry(row: DestroyedRow) -> Entry {
    let by = By { who: Some(row.by), device: None, unit: Some(row.unit) };
    let (record, at_ms) = (Some(row.record), Some(row.at_ms));
    Entry { record, at_ms, about: row.ground, purpose: row.reference, ..by.entry(What::Destroyed) }
}

async fn run(app: &Arc<App>, asked: &Asked) -> Result<Done, DestroyError> {
    let _one = app.cleaning.lock().await;
    for _ in 0..TRIES {
        let (reading, record) = (Arc::clone(app), asked.record);
        let found = given::beside(move || against::found(&reading, record)).await;
        let found = found.map_err(|_| StorageError::Stopped)??;
        if !found.is_confirmed(&asked.confirm) {
            return Err(DestroyError::Confirm);
        }
        if let Some(bar) = found.against.iter().find(|one| one.bars(asked.ground)) {
            return Err(DestroyError::Barred(bar.clone()));
        }
        let destruction = found.put_down(app, asked);
        let (ids, folder, by) = (found.ids(), app.folder.clone(), asked.by);
        let stored = app.writer.write(move |db| {
            let by = accounts::user(db, by)?;
            let may = by.map(|by| destroyable(db, &by, record)).transpose()?;
            if may.flatten().is_none() {
                return Ok(None);
            }
            if !found.is_as_read(db)? {
                return Ok(Some(None));
            }
            let mut line = destruction;
            for id in found.ids() {
                line.devices.extend(destroyed::holders(db, id)?.iter().map(ToString::to_string));
            }
            order::sort_and_dedup(&mut line.devices);
            // First of all: what is begun here is ended at the next start, whatever happens.
            ledger::add(&folder, &Line::Destroyed(line.clone()))?;
            note(db, &line)?;
            for id in found.ids() {
                destroyed::take_out(db, id)?;
            }
            Ok(Some(Some(line.devices.len())))
        });
        match stored.await {
            // Where nobody can read whether it is in the ledger, it may be.
            Err(error) if ledger::read(&app.folder).is_ok_and(|all| !has(&all, asked.record)) => {
                return Err(error.into());
            }
            Err(error) => {
                app.begun.add(ids);
                return Err(DestroyError::Begun(error));
            }
            Ok(None) => return Err(DestroyError::Unknown),
            Ok(Some(None)) => {}
            Ok(Some(Some(devices))) => {
                end(app, &ids).await.map_err(DestroyError::Begun)?;
                tracing::info!(document.id = %asked.record, documents = ids.len(), "A record was destroyed.");
                return Ok(Done { documents: ids.len(), devices });
            }
        }
    }
    Err(DestroyError::Waits)
}

fn has(lines: &[Line], record: DocumentId) -> bool {
    let record = record.to_string();
    lines.iter().any(|line| matches!(line, Line::Destroyed(one) if one.record == record))
}

/// Notes a line of the ledger in the log; gives the documents it is about.
fn note(db: &Connection, line: &Destruction) -> Result<Vec<DocumentId>, StorageError> {
    let read = line.read().ok_or(StorageError::Damaged("an id in destroyed.jsonl"))?;
    let row = DestroyedRow {
        record: read.record,
        kind: line.kind.clone(),
        number: line.number.clone(),
        unit: read.unit,
        at_ms: line.at_ms,
        by: read.by,
        ground: line.ground.clone(),
        reference: line.reference.clone(),
    };
    destroyed::note(db, &row)?;
    for document in &read.documents {
        destroyed::note_document(db, read.record, *document)?;
    }
    for device in read.devices {
        destroyed::note_device(db, read.record, device)?;
    }
    Ok(read.documents)
}

/// Destroys again what the ledger has and this log has still or has again, and ends what was cut off; tells how many
/// records that were.
///
/// # Errors
/// When ledger, log, keys or rows cannot be read or written.
pub async fn destroy_again(app: &Arc<App>) -> Result<usize, StorageError> {
    let _one = app.cleaning.lock().await;
    let lines = ledger::read(&app.folder)?;
    let (count, ids) = app.writer.write(move |db| again(db, &lines)).await?;
    end(app, &ids).await?;
    app.begun.end();
    if count > 0 {
        tracing::info!(count, "Records were destroyed again, as the ledger says.");
    }
    note_accesses(app).await;
    Ok(count)
}

fn again(db: &Connection, lines: &[Line]) -> Result<(usize, Vec<DocumentId>), StorageError> {
    for line in lines {
        match line {
            Line::Destroyed(one) => drop(note(db, one)?),
            Line::Late(met) => apply(db, met, destroyed::late)?,
            Line::Gone(met) => apply(db, met, destroyed::gone)?,
            Line::Back(met) => apply(db, met, |db, of, _| destroyed::has(db, of))?,
        }
    }
    let (mut count, mut all) = (0, Vec::new());
    for row in destroyed::all(db, None)? {
        let mut ids = BTreeSet::new();
        for document in destroyed::documents(db, row.record)? {
            ids.extend(log::family(db, document)?);
        }
        let mut is_there = false;
        for id in &ids {
            destroyed::note_document(db, row.record, *id)?;
            is_there |= destroyed::take_out(db, *id)?;
        }
        count += usize::from(is_there);
        all.extend(ids);
    }
    Ok((count, all))
}

type Note =
    fn(&Connection, (DocumentId, ankomst_shared::ids::DeviceId), i64) -> Result<bool, StorageError>;

fn apply(db: &Connection, met: &Met, note: Note) -> Result<(), StorageError> {
    let of = met.read().ok_or(StorageError::Damaged("an id in destroyed.jsonl"))?;
    note(db, of, met.at_ms).map(drop)
}
