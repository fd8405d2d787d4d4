//! A person lets in what is held, or refuses it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ankomst_shared::app::Role;
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
use ankomst_shared::limits::CUT_REASON_CHARS_MAX;

use super::{let_in, own_reason};
use crate::app::App;
use crate::given;
use crate::projector;
use crate::storage::StorageError;
use crate::storage::accesses::entry::What as Noted;
use crate::storage::sqlite::decided::{self, DecidedRow, What};
use crate::storage::sqlite::held::{self, DEPENDS, KILLED, LARGE, REFUSED, may_be_released};
use crate::storage::sqlite::log::{self, ChunkRow, DocumentRow};
use crate::storage::sqlite::{Connection, accounts, trials};
use crate::sync::lanes::DEATHS_MAX;
use crate::sync::{access, noted};

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    /// No reason, or too long a one.
    #[error("say why, in at most {CUT_REASON_CHARS_MAX} characters; nothing was changed")]
    Reason,
    /// There is no such record, or nothing of the kind is held in it.
    #[error("this is not held, or not any more; nothing was changed")]
    Unknown,
    /// The person may not.
    #[error("a supervisor who may write the record decides about it; nothing was changed")]
    NotAllowed,
    /// The person has written it.
    #[error("somebody else decides about what you have written yourself; nothing was changed")]
    Own,
    /// What it builds on was refused.
    #[error("it builds on what was not taken in: decide about that first; nothing was changed")]
    Base,
    /// It, or what it builds on, did not pass its trial.
    #[error(
        "it, or what it builds on, did not pass the check and cannot be shown; nothing was changed"
    )]
    Untried,
    /// It, or what it builds on, has no room in its record.
    #[error(
        "it, or what it builds on, has no room in the record and comes in by itself once there is some; nothing was \
         changed"
    )]
    Crowded,
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is to be decided, by whom and why.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The record.
    pub document: DocumentId,
    /// The changes; what they build on goes with a release, what builds on them with a refusal.
    pub hashes: Vec<ChangeHash>,
    /// They are released, otherwise refused.
    pub is_release: bool,
    /// Why.
    pub reason: String,
    /// The person.
    pub by: UserId,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Changes about which it was decided.
    pub decided: usize,
    /// Changes that wait for their trial now, with what had only waited for those.
    pub let_in: usize,
}

/// Releases changes, or refuses them. What is released goes through its trial; what is refused stays stored.
///
/// # Errors
/// A [`HeldError`]; then nothing was changed.
pub async fn decide(app: &Arc<App>, asked: Asked) -> Result<Decided, HeldError> {
    let reason = asked.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > CUT_REASON_CHARS_MAX {
        return Err(HeldError::Reason);
    }
    let (document, is_release) = (asked.document, asked.is_release);
    let asked = Asked { reason, ..asked };
    let (by, purpose) = (asked.by, asked.reason.clone());
    let deciding = Arc::clone(app);
    let done = app.writer.write(move |db| carry_out((&deciding, db), &asked)).await??;
    let what = if is_release { Noted::Released } else { Noted::Refused };
    let about = done.decided.to_string();
    noted::act(app, by, (what, document), (&about, &purpose)).await;
    app.arrived.notify_one();
    app.news.send_modify(|news| news.turns = news.turns.wrapping_add(1));
    let marking = Arc::clone(app);
    drop(given::beside(move || projector::mark(&marking, document)).await);
    tracing::info!(document.id = %document, is_release, count = done.decided, "It was decided about held changes.");
    Ok(done)
}

fn carry_out(
    (app, db): (&App, &Connection),
    asked: &Asked,
) -> Result<Result<Decided, HeldError>, StorageError> {
    let Some(row) = log::document(db, asked.document)? else { return Ok(Err(HeldError::Unknown)) };
    let by = accounts::user(db, asked.by)?.filter(|by| by.active && by.is(Role::Supervisor));
    let Some(by) = by else { return Ok(Err(HeldError::NotAllowed)) };
    // What only the server writes nobody can release, and somebody must be able to say so.
    let may = if asked.is_release {
        access::may_write(db, &by, &row)?.is_some()
    } else {
        access::may_read(db, &by, &row)?.is_some()
    };
    if !may {
        return Ok(Err(HeldError::NotAllowed));
    }
    let closure = Closure::read(app, db, row)?;
    let chosen: Option<Vec<ChangeHash>> =
        asked.hashes.iter().map(|hash| closure.find(*hash)).collect();
    let chosen = match chosen {
        Some(chosen) if !chosen.is_empty() => chosen,
        _ => return Ok(Err(HeldError::Unknown)),
    };
    let all = if asked.is_release {
        closure.below(&chosen, asked.by)?
    } else {
        closure.above(&chosen, asked.by)
    };
    let all = match all {
        Ok(all) => all,
        Err(error) => return Ok(Err(error)),
    };
    let (document, at_ms) = (asked.document, app.now_ms());
    let what = if asked.is_release { What::Released } else { What::Refused };
    for chunk in &all {
        let held_for = held_for(db, chunk)?;
        let has_killed = held_for == KILLED;
        let (hash, reason) = (chunk.root(), asked.reason.clone());
        let by = Some(asked.by);
        decided::add(db, &DecidedRow { document, hash, at_ms, what, held_for, by, reason })?;
        if asked.is_release && has_killed {
            // Tried once more, alone: a trial that it ends again holds it again.
            trials::mark(db, (document, chunk.hash), DEATHS_MAX - 1)?;
            if chunk.reason.as_deref() == Some(KILLED) {
                // From here on it waits like what builds on others.
                held::set_reason(db, (document, chunk.hash), DEPENDS)?;
            }
        }
    }
    let let_in = let_in(app, db, document)?;
    Ok(Ok(Decided { decided: all.len(), let_in }))
}

/// Why a change is held, or was before it was refused.
fn held_for(db: &Connection, chunk: &ChunkRow) -> Result<String, StorageError> {
    let reason = chunk.reason.clone().unwrap_or_default();
    if reason != REFUSED {
        return Ok(reason);
    }
    let before = decided::newest(db, chunk.document, chunk.root())?;
    Ok(before.map_or_else(|| DEPENDS.to_owned(), |row| row.held_for))
}

/// What is held of a record, and how it hangs together.
struct Closure<'a> {
    app: &'a App,
    db: &'a Connection,
    row: DocumentRow,
    /// In the order in which they came.
    chunks: Vec<ChunkRow>,
    deps: BTreeMap<ChangeHash, Vec<ChangeHash>>,
}

impl<'a> Closure<'a> {
    fn read(app: &'a App, db: &'a Connection, row: DocumentRow) -> Result<Self, StorageError> {
        let chunks = log::chunks_of(db, row.id, "held")?;
        let deps = held::deps(db, row.id)?;
        Ok(Self { app, db, row, chunks, deps })
    }

    /// A held change by either of its names.
    fn find(&self, hash: ChangeHash) -> Option<ChangeHash> {
        let found = self.chunks.iter().find(|chunk| chunk.hash == hash || chunk.root() == hash);
        found.map(|chunk| chunk.hash)
    }

    fn deps(&self, hash: &ChangeHash) -> &[ChangeHash] {
        self.deps.get(hash).map_or(&[], Vec::as_slice)
    }

    /// Those to be released with some: they and all held ones that they build on.
    fn below(
        &self,
        chosen: &[ChangeHash],
        by: UserId,
    ) -> Result<Result<Vec<&ChunkRow>, HeldError>, StorageError> {
        let mut wanted: BTreeSet<ChangeHash> = chosen.iter().copied().collect();
        let mut all = Vec::new();
        for chunk in self.chunks.iter().rev() {
            if !wanted.contains(&chunk.hash) {
                continue;
            }
            wanted.extend(self.deps(&chunk.hash));
            let is_chosen = chosen.contains(&chunk.hash);
            let before = decided::newest(self.db, self.row.id, chunk.root())?;
            let before = before.map(|row| row.what);
            let reason = held_for(self.db, chunk)?;
            if reason == LARGE {
                return Ok(Err(HeldError::Crowded));
            }
            if !may_be_released(&reason) {
                return Ok(Err(HeldError::Untried));
            }
            // Nothing of its own stands against what only builds on others, and nobody decides about it.
            let is_free = match before {
                Some(What::Refused) => false,
                Some(What::Released | What::HandedOver) => reason != KILLED,
                None => {
                    let author = Some((chunk.user, chunk.device));
                    reason == DEPENDS && own_reason(self.app, self.db, &self.row, author)?.is_none()
                }
            };
            if is_free {
                continue;
            }
            if before == Some(What::Refused) && !is_chosen {
                return Ok(Err(HeldError::Base));
            }
            if chunk.user == by {
                return Ok(Err(HeldError::Own));
            }
            all.push(chunk);
        }
        // Chosen was what only waits for others: there is nothing to decide.
        Ok(if all.is_empty() { Err(HeldError::Base) } else { Ok(all) })
    }

    /// Those to be refused with some: they, and what builds on them and waits for a person for a reason of its own.
    fn above(&self, chosen: &[ChangeHash], by: UserId) -> Result<Vec<&ChunkRow>, HeldError> {
        let mut reached: BTreeSet<ChangeHash> = BTreeSet::new();
        let mut all = Vec::new();
        for chunk in &self.chunks {
            let is_chosen = chosen.contains(&chunk.hash);
            let hangs = self.deps(&chunk.hash).iter().any(|dep| reached.contains(dep));
            if !is_chosen && !hangs {
                continue;
            }
            reached.insert(chunk.hash);
            let reason = chunk.reason.as_deref().unwrap_or_default();
            if is_chosen && chunk.user == by {
                return Err(HeldError::Own);
            }
            let is_open = reason != REFUSED && reason != DEPENDS && chunk.user != by;
            if is_open || (is_chosen && reason == DEPENDS) {
                all.push(chunk);
            }
        }
        if all.is_empty() { Err(HeldError::Unknown) } else { Ok(all) }
    }
}
