//! Records are cleaned: what must not be in them any more is in no byte of them (domain L-24, story M-21).
//!
//! A cleaned record goes on ([`super::lines`]) without what was left out. In one commit the new line begins, the
//! old changes lose their bytes, and it is noted what was cleaned, so that what devices write without knowing of
//! it cannot bring it back. Then the key with which the old bytes were sealed is destroyed. What was cleaned
//! stands in the ledger outside the log, and an older log that is put back is cleaned again.

use std::sync::Arc;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::continued::{Cut, CutError, Of, Wanted, continued, is_same_without};
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
use ankomst_shared::limits::CUT_REASON_CHARS_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::review_of;

use crate::app::App;
use crate::projector;
use crate::storage::accesses::entry::What as Noted;
use crate::storage::ledger::{self, LEDGER, Line};
use crate::storage::sqlite::cuts::{self, CutRow};
use crate::storage::sqlite::{checkpoint, log};
use crate::storage::{StorageError, random};
use crate::sync::lines::{self, Family, Ready};
use crate::sync::{feed, large, noted, pending, stands};

/// Times a cleaning begins anew because something arrived meanwhile.
const TRIES: usize = 5;

/// Why a record was not cleaned.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// Something else is to be done first.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// No reason, or too long a one.
    #[error("say why, in at most {CUT_REASON_CHARS_MAX} characters; nothing was changed")]
    Reason,
    /// There is no such record.
    #[error("there is no such record; nothing was changed")]
    Unknown,
    /// Changes of the record have not been tried yet.
    #[error(
        "changes of this record are just coming in; nothing was changed, try again in a moment"
    )]
    Waits,
    /// Something else in the record follows from what would go.
    #[error("without it something else in the record would read otherwise; nothing was changed")]
    Differs,
    /// It stands in the ledger, and the log could not take it.
    #[error(
        "the cleaning stands in {LEDGER} and could not be ended: {0}. It is ended at the next start, or with the \
         next change of the record; do not ask for it again"
    )]
    Begun(StorageError),
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is to be cleaned, by whom and why.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The record.
    pub document: DocumentId,
    /// Fields, and entries that were removed.
    pub paths: Vec<FieldPath>,
    /// Why.
    pub reason: String,
    /// The person.
    pub by: UserId,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleaned {
    /// Statements that are gone.
    pub statements: usize,
}

/// Cleans a record.
///
/// # Errors
/// A [`CleanError`] that says what is to be done first; the record is then as it was, but for
/// [`CleanError::Begun`].
pub async fn clean(app: &Arc<App>, asked: &Asked) -> Result<Cleaned, CleanError> {
    let reason = asked.reason.trim();
    if reason.is_empty() || reason.chars().count() > CUT_REASON_CHARS_MAX {
        return Err(CleanError::Reason);
    }
    let (now_ms, reason) = (app.now_ms(), reason.to_owned());
    let (cleaning, id, by) = (Arc::clone(app), asked.document, asked.by);
    let what = What::Asked(asked.paths.clone(), now_ms);
    // It is ended also if whoever asked goes away: what is begun has an old key to destroy.
    let ended = tokio::spawn(async move {
        run(&cleaning, id, &what, |cut| Line::of(id, (by, now_ms), &reason, cut)).await
    });
    let done = ended.await.map_err(|_| StorageError::Stopped)??;
    noted::act(app, by, (Noted::Cleaned, id), ("", &asked.reason)).await;
    Ok(done)
}

/// What is cleaned.
enum What {
    /// What a person asks for, of the record as it stands, and when.
    Asked(Vec<FieldPath>, i64),
    /// What was cleaned in another life of the log.
    Again(Line, Cut),
}

/// Cleans again what the ledger has and this log does not know, such as an older one that was put back.
///
/// # Errors
/// When ledger or log cannot be read; what could not be cleaned is tried again with each turn of the feed.
pub async fn clean_again(app: &Arc<App>) -> Result<usize, StorageError> {
    let mut open = Vec::new();
    for line in ledger::read(&app.folder)? {
        let (document, ..) =
            line.read().ok_or(StorageError::Damaged("an id or a field in cleaned.jsonl"))?;
        let done = app.readers.read(|db| cuts::of(db, document))?;
        if !done.iter().any(|row| row.at_ms == line.at_ms) {
            open.push(line);
        }
    }
    app.unclean.set(open.clone());
    if !open.is_empty() {
        feed::settle_quick(app).await?;
    }
    let mut count = 0;
    for line in open {
        count += usize::from(again(app, line).await);
    }
    for document in app.keys.in_renewal()? {
        // Both keys are still there, so nobody is kept from working by it.
        if let Err(error) = renew(app, document).await {
            tracing::error!(document.id = %document, %error, "The old key of a cleaned record could not be destroyed; the next start tries again.");
        }
    }
    Ok(count)
}

async fn end_renewals(app: &Arc<App>, documents: &[DocumentId]) -> Result<(), StorageError> {
    for document in app.keys.in_renewal()? {
        if documents.contains(&document) {
            renew(app, document).await?;
        }
    }
    Ok(())
}

/// Cleans a document again if the ledger says so: it may have come with a device only now.
pub(super) async fn follow(app: &Arc<App>, document: DocumentId) {
    let id = document.to_string();
    for line in app.unclean.all() {
        if line.document == id || line.read().is_some_and(|(of, ..)| review_of(of) == document) {
            again(app, line).await;
        }
    }
}

async fn again(app: &Arc<App>, line: Line) -> bool {
    let Some((document, _, cut)) = line.read() else { return false };
    let what = What::Again(line.clone(), cut);
    match run(app, document, &what, |_| line.clone()).await {
        Ok(_) => {
            let mut open = app.unclean.all();
            open.retain(|one| *one != line);
            app.unclean.set(open);
            tracing::info!(document.id = %document, "A record was cleaned again, as the ledger says.");
            true
        }
        // It comes with a device, or its changes are tried first.
        Err(CleanError::Unknown | CleanError::Waits) => false,
        Err(error) => {
            tracing::error!(document.id = %document, %error, "A record could not be cleaned again; it is tried with its next change.");
            false
        }
    }
}

async fn run(
    app: &Arc<App>,
    id: DocumentId,
    what: &What,
    line: impl Fn(&Cut) -> Line,
) -> Result<Cleaned, CleanError> {
    let _one = app.cleaning.lock().await;
    for _ in 0..TRIES {
        // What arrived since a renewal that was not ended is sealed with its key, which would stay.
        end_renewals(app, &[id, review_of(id)]).await?;
        let (reading, paths) = (Arc::clone(app), what.ask());
        let made = crate::given::beside(move || make(&reading, id, &paths));
        let (family, ready, cut, statements) = made.await.map_err(|_| StorageError::Stopped)??;
        let (line, folder, ids) = (line(&cut), app.folder.clone(), family.ids);
        let is_new = matches!(what, What::Asked(..));
        let (noted, storing) = (line.clone(), Arc::clone(app));
        let stored = app
            .writer
            .write(move |db| {
                if !family.is_as_read(db)? {
                    return Ok(None);
                }
                // First of all: what is begun here is ended at the next start, whatever happens.
                if is_new {
                    ledger::add(&folder, &line)?;
                }
                let gone = cut.gone.clone();
                let row = CutRow {
                    line: cuts::newest(db, id)? + 1,
                    at_ms: line.at_ms,
                    by: line.by.parse().map_err(|_| StorageError::Damaged("a person's id"))?,
                    reason: line.reason.clone(),
                    cut,
                };
                cuts::add(db, id, &row)?;
                lines::store(db, &family, &ready)?;
                if !is_new {
                    lines::knew(db, &family, (row.line, row.at_ms))?;
                }
                ids.into_iter().try_for_each(|id| cuts::wipe(db, id, &gone))?;
                pending::go_on(&storing, db, ids)?;
                Ok(Some(log::head(db)?.feed))
            })
            .await;
        let stored = match stored {
            Err(error) if is_new && begun(app, noted) => return Err(CleanError::Begun(error)),
            other => other?,
        };
        if let Some(head) = stored {
            lines::tell(app, id, head).await;
            projector::forget(app, &ids);
            large::became_smaller(app, id).await;
            for id in ids {
                // It is cleaned; nobody is told otherwise because the old key is still there.
                if let Err(error) = renew(app, id).await {
                    tracing::error!(document.id = %id, %error, "The old key of a cleaned record could not be destroyed; the next start tries again.");
                }
            }
            if let Err(error) = checkpoint(&app.folder.join("log.db")) {
                tracing::info!(%error, "The write-ahead log is emptied later; what it holds cannot be opened.");
            }
            keep_copy(app);
            tracing::info!(document.id = %id, statements, "A record was cleaned.");
            return Ok(Cleaned { statements });
        }
    }
    Err(CleanError::Waits)
}

/// Whether a cleaning that failed stands in the ledger all the same, and is ended later.
fn begun(app: &App, line: Line) -> bool {
    let is_noted = ledger::read(&app.folder).is_ok_and(|all| all.contains(&line));
    if is_noted {
        let mut open = app.unclean.all();
        open.push(line);
        app.unclean.set(open);
    }
    is_noted
}

impl What {
    /// What is asked for, apart from what is lent.
    fn ask(&self) -> Self {
        match self {
            Self::Asked(paths, at_ms) => Self::Asked(paths.clone(), *at_ms),
            Self::Again(line, cut) => Self::Again(line.clone(), cut.clone()),
        }
    }

    const fn at_ms(&self) -> i64 {
        match self {
            Self::Asked(_, at_ms) => *at_ms,
            Self::Again(line, _) => line.at_ms,
        }
    }
}

type Made = (Family, Ready, Cut, usize);

/// What stays and what goes, by every name it has: here, as its author sent it, and as only the log still knows it.
fn named_anew(family: &Family, ended: &[Ended], mut cut: Cut) -> Cut {
    let mut more = Vec::new();
    for (path, hash) in &cut.kept {
        let root = family.root(*hash);
        let [record, _] = &family.infos;
        let same = record.iter().map(|info| info.hash).filter(|one| family.root(*one) == root);
        more.extend(same.chain([root]).map(|name| (path.clone(), name)));
    }
    more.retain(|one| !cut.kept.contains(one));
    cut.kept.extend(more);
    cut.kept.sort();
    cut.kept.dedup();
    let (is_new, mut gone) = (cut.gone.is_empty(), cut.gone.clone());
    for (of, infos) in [Of::Record, Of::Review].into_iter().zip(&family.infos) {
        for info in infos {
            let names = [info.hash, family.root(info.hash)];
            let goes = is_new && !cut.left_out(of, info, &names).is_empty();
            if goes || cut.is_gone(&names) {
                gone.extend(names);
            }
        }
    }
    for (of, names, info) in ended {
        let goes = is_new && !cut.left_out(*of, info, names).is_empty();
        if goes || cut.is_gone(names) {
            gone.extend(names);
        }
    }
    gone.sort();
    gone.dedup();
    cut.gone = gone;
    cut
}

/// A change that has ended and still has its bytes, with its names.
type Ended = (Of, [ChangeHash; 2], ChunkInfo);

/// Those of a record and its review, but for what a person has yet to look at.
fn ended(app: &App, family: &Family) -> Result<Vec<Ended>, StorageError> {
    app.readers.read(|db| {
        let mut all = Vec::new();
        for (of, id) in [Of::Record, Of::Review].into_iter().zip(family.ids) {
            for chunk in log::chunks_of(db, id, "ended")? {
                if !chunk.is_wiped() && chunk.reason.is_none() {
                    let names = [chunk.hash, chunk.was.unwrap_or(chunk.hash)];
                    all.push((of, names, lines::opened(app, &chunk)?));
                }
            }
        }
        Ok(all)
    })
}

pub(super) fn family(app: &App, id: DocumentId) -> Result<Family, CleanError> {
    let family = app.readers.read(|db| lines::read(app, db, id))?.ok_or(CleanError::Unknown)?;
    if family.infos[0].is_empty() { Err(CleanError::Waits) } else { Ok(family) }
}

/// Makes the new line, sealed with new keys; nothing of it is stored yet.
fn make(app: &App, id: DocumentId, what: &What) -> Result<Made, CleanError> {
    let mut family = family(app, id)?;
    family.cleaned_ms = family.cleaned_ms.max(what.at_ms());
    let catalog = Catalog::builtin();
    let subject = (family.row.kind.as_str(), id);
    let (document, state) = stands::before(catalog, &family)?;
    let cut = match what {
        What::Asked(paths, _) => Cut::of(catalog, subject.0, (&document, &state), paths)?,
        What::Again(_, cut) => cut.clone(),
    };
    let cut = named_anew(&family, &ended(app, &family)?, cut);
    let [record, review] = &family.infos;
    let wanted = Wanted { since_ms: i64::MIN, salt: random()?, cut: Some(&cut) };
    let carried = continued(catalog, subject, (record, review), &wanted)
        .map_err(|_| StorageError::Damaged("a document cannot be opened"))?;
    let (after, now) = stands::after(catalog, &family, &carried)?;
    if !is_same_without(&state, &now, &cut) {
        if matches!(what, What::Asked(..)) {
            return Err(CleanError::Differs);
        }
        tracing::warn!(document.id = %id, "What follows from what was cleaned again reads otherwise now.");
    }
    let statements = document.all_history().len().saturating_sub(after.all_history().len());
    for (id, infos) in family.ids.into_iter().zip(&family.infos) {
        if !infos.is_empty() {
            app.keys.begin_renewal(id)?;
        }
    }
    let ready = lines::ready(app, &family, carried)?;
    Ok((family, ready, cut, statements))
}

/// Ends the renewal of a document's key: everything that stays is sealed with the new one, then the old
/// one is destroyed.
async fn renew(app: &Arc<App>, document: DocumentId) -> Result<(), StorageError> {
    let sealing = Arc::clone(app);
    app.writer
        .write(move |db| {
            for (hash, sealed) in cuts::sealed(db, document)? {
                if !sealing.keys.is_newest(document, &hash, &sealed)? {
                    let bytes = sealing.keys.open_chunk(document, &hash, &sealed)?;
                    let sealed = sealing.keys.seal(document, &hash, &bytes)?;
                    cuts::reseal(db, document, (hash, &sealed))?;
                }
            }
            Ok(())
        })
        .await?;
    app.keys.end_renewal(document)
}

/// Puts a copy of the ledger beside the backups, if the server makes any.
fn keep_copy(app: &App) {
    if let Some(folder) = app.backups.get()
        && let Err(error) = ledger::join(&app.folder, folder)
    {
        tracing::error!(%error, "The ledger {LEDGER} could not be copied to the folder of backups; the next backup tries again.");
    }
}
