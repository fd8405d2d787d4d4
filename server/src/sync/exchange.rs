//! The one question and its answer.

use core::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ankomst_shared::app::Role;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::{HEAL_MAX, LOOKS_MAX, SYNC_BODY_BYTES_MAX, WANTS_MAX};
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sync::decide::{Decision, Facts, decide, digest_before};
use ankomst_shared::sync::message::{
    CAN_CHANGE_LINES, CAN_DESTROY, DocumentHistory, Exchange, ExchangeAnswer, FeedBatch, HeldNote,
    Hello, LACKS_HAND_IN, PROTOCOL_VERSION, Welcome,
};
use ankomst_shared::sync::{Digest, Position};
use rusqlite::Connection;

use crate::app::App;
use crate::audit::By;
use crate::care;
use crate::given;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::backed;
use crate::storage::sqlite::brought;
use crate::storage::sqlite::lines;
use crate::storage::sqlite::log;
use crate::storage::sqlite::marks;
use crate::storage::sqlite::units;
use crate::storage::sqlite::wants;
use crate::sync::batch::{batch, delivered};
use crate::sync::destroy::late;
use crate::sync::met::{self, Along, Stands};
use crate::sync::scopes::{self, Standing};
use crate::sync::{Session, access, away, deposits, farewell, holdings, ingest, lease, shown};

/// Why an exchange was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No version in common.
    #[error("the tablet's program is of another age than the server's; update it")]
    Version,
    /// The session is no longer good.
    #[error("the session has ended")]
    Ended,
}

/// Answers an exchange: takes what is brought, then tells what is new.
///
/// # Errors
/// When storage refuses, the session has ended or no version is shared.
pub async fn answer(
    app: &Arc<App>,
    session: &Session,
    exchange: Exchange,
) -> Result<ExchangeAnswer, ExchangeError> {
    let (mut hello, began_ms) = (exchange.hello, app.now_ms());
    // What these ask for goes through the one writer, for which everybody waits.
    let more = hello.heal.len().saturating_sub(HEAL_MAX);
    hello.heal.truncate(HEAL_MAX);
    hello.wants.truncate(WANTS_MAX);
    let acks = ingest::push(app, exchange.push, Some(session)).await?;
    let deposits = deposits::open(app, exchange.deposits).await?;
    let (device, looks) = (session.device, exchange.looks);
    let stands = Stands { epoch: hello.epoch, high: hello.high, arrived: hello.arrived, began_ms };
    let opened: Vec<DocumentId> =
        looks.iter().flat_map(|looks| &looks.all).map(|look| look.document).collect();
    // Where more is to be told, a house may have been opened since.
    let is_all_told = opened.len() < LOOKS_MAX;
    let along = Along { wants: hello.wants.clone(), opened };
    if !met::comes(app, session, stands, Some(along)).await? {
        return Err(ExchangeError::Ended);
    }
    late::hears(app, session, exchange.gone.unwrap_or_default(), (&acks, &hello)).await?;
    let user =
        app.readers.read(|db| accounts::user(db, session.user))?.ok_or(ExchangeError::Ended)?;
    let (hello, user) = (Arc::new(hello), Arc::new(user));
    let gathering = async |shows| beside(app, *session, (&hello, &user), shows).await;
    let mut answer = match gathering(true).await? {
        Gathered::Answer(answer) => *answer,
        Gathered::RolledBack => {
            tracing::warn!(device.id = %device, "A device knows a longer history: a new epoch begins.");
            begin_epoch(app).await?;
            match gathering(true).await? {
                Gathered::Answer(answer) => *answer,
                Gathered::RolledBack | Gathered::Version => return Err(ExchangeError::Version),
            }
        }
        Gathered::Version => return Err(ExchangeError::Version),
    };
    let by = By { who: Some(user.id), device: Some(device), unit: Some(user.unit) };
    let looked = shown::looked(app, by, looks).await;
    if let Err(error) = app.audit.note(shown::delivered(by, &answer)).await {
        // What was brought is told of, and what must go; records are not shown.
        let goes = !answer.drop.is_empty() || answer.destroyed.is_some();
        let is_worth = goes || !(acks.is_empty() && deposits.is_empty());
        match gathering(false).await? {
            // Where all begins anew, a device would give up what it shows now.
            Gathered::Answer(without) if is_worth && !(without.anew && hello.epoch.is_some()) => {
                answer = *without;
            }
            _ => return Err(error.into()),
        }
    }
    let added: BTreeSet<DocumentId> = answer.documents.iter().map(|doc| doc.document).collect();
    // What the device has asked for whole and does not get yet is not with it: nothing of it is fed.
    let still = hello.heal.iter().filter(|id| !added.contains(id));
    let gone: BTreeSet<DocumentId> = answer.drop.iter().chain(still).copied().collect();
    let anew = answer.anew;
    let sent = answer.documents.iter().map(|doc| (doc.document, doc.chunks.first()));
    let sent: Vec<_> = sent.map(|(id, first)| (id, first.map(|chunk| chunk.hash))).collect();
    let destroyed = late::told_of(&answer);
    if anew || !sent.is_empty() || !gone.is_empty() || !destroyed.is_empty() {
        let now_ms = app.now_ms();
        let folder = app.folder.clone();
        let note = move |db: &_| {
            late::note_told(db, (&destroyed, &gone), device, now_ms)?;
            holdings::note((db, &folder, now_ms), device, anew, (sent, &gone))
        };
        app.writer.write(note).await?;
    }
    answer.documents_left =
        answer.documents_left.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    app.audit.owe(shown::dropped(by, &answer)).await;
    app.metrics.exchange();
    let returned = app.readers.read(|db| wants::returned(db, device, app.now_ms()))?;
    let returned = (is_all_told && !anew && !returned.is_empty()).then_some(returned);
    Ok(ExchangeAnswer { acks, deposits, looked, returned, ..answer })
}

/// A new life of the log begins.
pub(super) async fn begin_epoch(app: &App) -> Result<(), StorageError> {
    if plant::is(Plant::EpochKept) {
        return Ok(());
    }
    app.writer.write(log::new_epoch).await.map(drop)
}

enum Gathered {
    Answer(Box<ExchangeAnswer>),
    RolledBack,
    Version,
}

/// Gathers where it keeps nobody else waiting: it reads the log and opens what it reads.
async fn beside(
    app: &Arc<App>,
    session: Session,
    (hello, user): (&Arc<Hello>, &Arc<UserRow>),
    shows: bool,
) -> Result<Gathered, StorageError> {
    let (app, hello, user) = (Arc::clone(app), Arc::clone(hello), Arc::clone(user));
    let gather = move || gather(&app, &session, &hello, (&user, shows));
    given::beside(gather).await.map_err(|_| StorageError::Stopped)?
}

fn gather(
    app: &App,
    session: &Session,
    hello: &Hello,
    (user, shows): (&UserRow, bool),
) -> Result<Gathered, StorageError> {
    app.readers.read(|db| {
        let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
        let key = &app.secrets.position;
        let head = log::head(db)?.told(key, epoch);
        let rights = access::rights_now(db, user)?;
        let stands = scopes::of(&app.remembered, db, rights, session.device)?;
        let facts = Facts {
            epoch,
            head,
            at_cursor: log::chain_at(db, hello.cursor.feed)?,
            at_high: log::chain_at(db, hello.high.feed)?,
            told_cursor: hello.cursor.is_proven(key, epoch),
            told_high: hello.high.is_proven(key, epoch),
            last_arrival: log::arrivals(db)?.feed,
            at_arrived: log::arrival_at(db, hello.arrived.feed)?,
            told_arrived: hello.arrived.is_proven(&app.secrets.arrival, epoch),
            held: Arc::clone(&stands.held),
            allowed: Arc::clone(&stands.allowed),
            unsure: shown::known(db, &hello.unsure)?,
        };
        let (send, drop, keep, anew) = match decide(hello, &facts) {
            Decision::Version => return Ok(Gathered::Version),
            Decision::RolledBack => return Ok(Gathered::RolledBack),
            Decision::Anew { send } => (send, BTreeSet::new(), BTreeSet::new(), true),
            Decision::Follow { send, drop, keep } => (send, drop, keep, false),
        };
        let gathering =
            Gathering { app, db, session, head, stands: &stands, sums: OnceCell::new() };
        let destroyed = late::told(db, session, hello)?;
        let drop: BTreeSet<DocumentId> = drop.union(&destroyed.drop).copied().collect();
        let (feed, whole) = gathering.feed(hello, &keep, anew)?;
        let (send, wait) = shown::ready(db, hello, &send)?;
        // Documents are sent as they stand at the head, so only once the feed is there too.
        let (documents, left) =
            if whole && shows { gathering.documents(&send)? } else { (Vec::new(), send.len()) };
        let left = left + wait;
        let now_held: BTreeSet<DocumentId> = keep
            .iter()
            .copied()
            .chain(documents.iter().map(|document| document.document))
            .collect();
        // A document that goes or is sent once more makes a difference that is none.
        let is_plain = whole && !anew && drop.is_empty() && hello.heal.is_empty();
        let is_plain = is_plain && destroyed.records.is_empty();
        let digests = if is_plain { gathering.digests(hello, &keep, &feed)? } else { None };
        let (lease_s, guarded, guarded_more) = lease::of((app, db), user.unit, &now_held)?;
        Ok(Gathered::Answer(Box::new(ExchangeAnswer {
            welcome: Welcome {
                capabilities: hello.capabilities & (CAN_CHANGE_LINES | CAN_DESTROY),
                lease_s,
                guarded,
                guarded_more,
                hand_in: (hello.capabilities & LACKS_HAND_IN != 0)
                    .then(|| farewell::token(app, session.device).to_vec().into()),
                ..gathering.welcome(facts.epoch, user)?
            },
            acks: Vec::new(),
            deposits: Vec::new(),
            drop: drop.into_iter().collect(),
            documents,
            feed,
            digest: gathering.sum(&now_held)?,
            held: held_notes(db, session)?,
            documents_left: u32::try_from(left).unwrap_or(u32::MAX),
            anew,
            compared: digests.is_some(),
            looked: None,
            destroyed: destroyed.answer(),
            returned: None,
            digests: digests.unwrap_or_default(),
        })))
    })
}

/// Changes of a person that are held, and those of others that their device has brought.
///
/// # Errors
/// When the database refuses.
pub fn held_notes(db: &Connection, session: &Session) -> Result<Vec<HeldNote>, StorageError> {
    let own = log::held(db, Some(session.user))?.into_iter();
    let notes = own.chain(brought::held(db, session.device)?).map(|chunk| HeldNote {
        document: chunk.document,
        // Its author knows it by the name it was sent under.
        hash: chunk.was.unwrap_or(chunk.hash),
        reason: chunk.reason.unwrap_or_default(),
    });
    Ok(notes.collect())
}

struct Gathering<'a> {
    app: &'a App,
    db: &'a Connection,
    session: &'a Session,
    head: Position,
    /// What the device is given and has.
    stands: &'a Standing,
    /// Sums of what it holds, once they are needed one by one.
    sums: OnceCell<BTreeMap<DocumentId, Digest>>,
}

impl Gathering<'_> {
    fn welcome(
        &self,
        epoch: ankomst_shared::ids::Epoch,
        user: &UserRow,
    ) -> Result<Welcome, StorageError> {
        let (people, devices) = access::colleagues(self.db, user)?;
        Ok(Welcome {
            version: PROTOCOL_VERSION,
            capabilities: 0,
            epoch,
            server_ms: self.app.now_ms(),
            me: user.me(),
            people,
            devices,
            has_backup: care::age_ms(backed::made_ms(self.db)?, self.app.now_ms())
                .is_some_and(|age| age <= care::FRESH_MS),
            received: log::arrivals(self.db)?.told(&self.app.secrets.arrival, epoch),
            backed_up: backed::up_to(self.db)?.unwrap_or_default(),
            enrolments: if access::rights_now(self.db, user)?.is_colleague() {
                backed::enrolled_since(self.db, user.unit)?
            } else {
                Vec::new()
            },
            away: if user.is(Role::Supervisor) {
                away::of_unit(self.app, self.db, (self.session.device, user))?
            } else {
                Vec::new()
            },
            unit: units::name(self.db, user.unit)?.unwrap_or_default(),
            lease_s: 0,
            shuts_s: lease::shuts_seconds(self.app, user.unit),
            hand_in: None,
            guarded: None,
            guarded_more: None,
        })
    }

    /// Changes after the cursor, and whether they reach the head.
    fn feed(
        &self,
        hello: &Hello,
        keep: &BTreeSet<DocumentId>,
        anew: bool,
    ) -> Result<(FeedBatch, bool), StorageError> {
        if anew {
            return Ok((FeedBatch { chunks: Vec::new(), cursor: self.head }, true));
        }
        batch(self.app, self.db, (hello.cursor, self.head), keep, self.session.device)
    }

    fn documents(
        &self,
        send: &BTreeSet<DocumentId>,
    ) -> Result<(Vec<DocumentHistory>, usize), StorageError> {
        let mut documents = Vec::new();
        let mut bytes = 0;
        for id in send {
            if bytes > SYNC_BODY_BYTES_MAX / 4 {
                break;
            }
            let row =
                log::document(self.db, *id)?.ok_or(StorageError::Damaged("a document is gone"))?;
            let mut chunks = Vec::new();
            for chunk in log::chunks_of(self.db, *id, "visible")? {
                bytes += chunk.sealed.len();
                chunks.push(delivered(self.app, &chunk, true)?);
            }
            documents.push(DocumentHistory {
                document: row.id,
                kind: row.kind,
                parent: row.parent,
                unit: row.unit,
                chunks,
                again: lines::is_continued(self.db, *id)?.then_some(true),
            });
        }
        let left = send.len() - documents.len();
        Ok((documents, left))
    }

    fn sum_of(&self, document: DocumentId) -> Result<Digest, StorageError> {
        let sums = if let Some(sums) = self.sums.get() {
            sums
        } else {
            let sums = marks::held(self.db, self.session.device)?;
            self.sums.get_or_init(|| sums)
        };
        sums.get(&document).map_or_else(|| log::digest(self.db, document), |sum| Ok(*sum))
    }

    fn sum(&self, documents: &BTreeSet<DocumentId>) -> Result<Digest, StorageError> {
        if *documents == *self.stands.kept {
            return self.stands.sum(self.db, self.session.device);
        }
        let mut total = Digest::default();
        for document in documents {
            total.join(&self.sum_of(*document)?);
        }
        Ok(total)
    }

    /// Sums of each document, if what the device had at its cursor is not what it should have had:
    /// an answer was lost on the way, or a change on either side.
    fn digests(
        &self,
        hello: &Hello,
        keep: &BTreeSet<DocumentId>,
        feed: &FeedBatch,
    ) -> Result<Option<Vec<(DocumentId, Digest)>>, StorageError> {
        if digest_before(self.sum(keep)?, feed) == hello.digest {
            return Ok(None);
        }
        tracing::warn!(device.id = %self.session.device, "A device and the log differ; documents are compared.");
        keep.iter().map(|id| Ok((*id, self.sum_of(*id)?))).collect::<Result<_, _>>().map(Some)
    }
}
