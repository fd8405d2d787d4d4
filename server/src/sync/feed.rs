//! What becomes visible: pending changes go through their trial; those that pass get the next
//! numbers of the feed in a commit of their own, the others are held.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use ankomst_shared::ids::DocumentId;
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sync::Position;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::given;
use crate::metrics::Chunk;
use crate::projector;
use crate::storage::StorageError;
use crate::storage::sqlite::held;
use crate::storage::sqlite::{log, trials};
use crate::sync::held::let_in;
use crate::sync::lanes::{self, Became, Served, Turn};
use crate::sync::{clean, large, staff as staffing};
use crate::trial::{Lane, Outcome};

/// What could not be tried is tried again after this, arrivals or not.
const AGAIN_AFTER: Duration = Duration::from_secs(15);
const AGAIN_AFTER_MS: i64 = 15_000;
/// And no longer than this.
const AGAIN_MOST_MS: i64 = 600_000;
/// Turns of the slow lane in a document that only it tries.
const CLAIMED_TRIES: usize = 4;
/// So many documents are tried before it is looked again whose turn it is.
const ROUND_MAX: usize = 32;

/// Tries whatever waits, for ever; ends when the app stops.
pub async fn run(app: Arc<App>) {
    tokio::join!(run_lane(&app, Lane::Quick), run_lane(&app, Lane::Slow));
}

async fn run_lane(app: &Arc<App>, lane: Lane) {
    loop {
        // Broken off anywhere it leaves changes waiting, which the next start tries.
        tokio::select! {
            biased;
            settled = settle_lane(app, lane) => if let Err(error) = settled {
                tracing::error!(%error, "Changes wait for their trial because storage refused.");
            },
            () = app.stopping.cancelled() => return,
        }
        let rung = match lane {
            Lane::Quick => &app.arrived,
            Lane::Slow => &app.trial.slows,
        };
        tokio::select! {
            biased;
            () = rung.notified() => {}
            () = tokio::time::sleep(AGAIN_AFTER) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Tries everything that waits, also what takes long.
///
/// # Errors
/// When storage refuses to tell what waits.
pub async fn settle(app: &Arc<App>) -> Result<(), StorageError> {
    settle_lane(app, Lane::Quick).await?;
    settle_lane(app, Lane::Slow).await?;
    settle_lane(app, Lane::Quick).await
}

/// Tries what waits, but for what takes long.
///
/// # Errors
/// When storage refuses to tell what waits.
pub async fn settle_quick(app: &Arc<App>) -> Result<(), StorageError> {
    settle_lane(app, Lane::Quick).await
}

/// Tries everything that waits in a lane. A document that cannot be tried keeps no other one waiting, nor
/// does a device that has much.
///
/// # Errors
/// When storage refuses to tell what waits.
pub async fn settle_lane(app: &Arc<App>, lane: Lane) -> Result<(), StorageError> {
    // What has had a turn that came to nothing: when it has the next one, and after how long.
    let mut stuck: BTreeMap<DocumentId, (i64, i64)> = BTreeMap::new();
    let mut served = Served::new();
    loop {
        let mut next = lanes::waiting(app, lane, &served)?;
        // Others may go on coming for long: it has another turn meanwhile, each time after twice as long.
        let now_ms = given::now_ms();
        next.retain(|(_, document)| stuck.get(document).is_none_or(|(at_ms, _)| *at_ms <= now_ms));
        // Then it is looked again who waits: who comes now is not kept waiting by all who were there.
        next.truncate(if lane == Lane::Slow { 1 } else { ROUND_MAX });
        if next.is_empty() {
            break;
        }
        for (device, document) in next {
            *served.entry(device).or_default() += 1;
            let settled = match lane {
                // It has its turn in the other lane.
                Lane::Quick if app.trial.is_claimed(document) => {
                    stuck.insert(document, (given::now_ms() + AGAIN_AFTER_MS, AGAIN_AFTER_MS));
                    continue;
                }
                Lane::Quick => settle_document(app, document, lane).await,
                Lane::Slow => settle_for_sure(app, document).await,
            };
            match settled {
                Ok(Settled::Something | Settled::Lost) => {}
                Ok(Settled::Nothing) => is_stuck(&mut stuck, document),
                Err(error) => {
                    is_stuck(&mut stuck, document);
                    tracing::error!(document.id = %document, %error, "A record's changes wait for their trial.");
                }
            }
        }
    }
    if lane == Lane::Quick {
        large::make_room(app).await;
        // What came meanwhile of a device that is in the other lane.
        app.trial.slows.notify_one();
    }
    Ok(())
}

fn is_stuck(stuck: &mut BTreeMap<DocumentId, (i64, i64)>, document: DocumentId) {
    let twice = |(_, before_ms): &(i64, i64)| AGAIN_MOST_MS.min(before_ms * 2);
    let wait_ms = stuck.get(&document).map_or(AGAIN_AFTER_MS, twice);
    stuck.insert(document, (given::now_ms() + wait_ms, wait_ms));
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    /// Something.
    Something,
    /// Nothing: all of it waits for something else.
    Nothing,
    /// Something else of the document became visible meanwhile: it is tried again, on that.
    Lost,
}

/// A turn in the slow lane. One that was lost to the quick lane is followed by one that is not: until then the
/// document is its own. The quick lane may just be at it, and what else people do with a record may come between.
async fn settle_for_sure(app: &Arc<App>, document: DocumentId) -> Result<Settled, StorageError> {
    let mut settled = settle_document(app, document, Lane::Slow).await?;
    if settled == Settled::Lost {
        let claim = app.trial.claim(document);
        for _ in 0..CLAIMED_TRIES {
            settled = settle_document(app, document, Lane::Slow).await?;
            if settled != Settled::Lost {
                break;
            }
        }
        drop(claim);
        // What has waited for this in the other lane.
        app.arrived.notify_one();
    }
    Ok(settled)
}

/// Tries what waits of one document in a lane.
async fn settle_document(
    app: &Arc<App>,
    document: DocumentId,
    lane: Lane,
) -> Result<Settled, StorageError> {
    let Some(turn) = lanes::turn(app, document, lane)? else { return Ok(Settled::Nothing) };
    let Some(became) = lanes::tries(app, lane, &turn).await? else {
        let to_mark = Arc::clone(app);
        drop(given::beside(move || projector::mark(&to_mark, document)).await);
        return Ok(Settled::Nothing);
    };
    if became.is_empty() {
        return Ok(Settled::Something);
    }
    let Some(head) = note(app, (document, &turn), became).await? else { return Ok(Settled::Lost) };
    if lane == Lane::Slow {
        // What has waited for these in the other lane.
        app.arrived.notify_one();
    }
    app.news.send_modify(|news| {
        news.head = news.head.max(head.feed);
        news.turns = news.turns.wrapping_add(1);
    });
    // A row is a cache: whatever happens while it is made, the feed goes on.
    let (to_project, head) = (Arc::clone(app), head.feed);
    let followed = given::beside(move || projector::follow(&to_project, document, head));
    if followed.await.is_err() {
        tracing::error!(document.id = %document, "A row could not be made; the next start makes it good.");
    }
    clean::follow(app, document).await;
    large::continue_if_large(app, document, false).await;
    Ok(Settled::Something)
}

/// Shows what passed and holds the rest; gives the head of the feed, or nothing where something else became
/// visible of the document meanwhile: then it is tried again, on that.
async fn note(
    app: &Arc<App>,
    (document, turn): (DocumentId, &Turn),
    became: Vec<Became>,
) -> Result<Option<Position>, StorageError> {
    let staff = staff_after(app, (document, turn), &became)?;
    let (letting, stands) = (Arc::clone(app), turn.stands);
    let became = became.into_iter().map(|one| match one.outcome {
        Outcome::Held(_) if plant::is(Plant::Untried) => (one.hash, Outcome::Passed),
        outcome => (one.hash, outcome),
    });
    let outcomes: Vec<_> = became.collect();
    let shown: Vec<bool> = outcomes.iter().map(|(_, one)| *one == Outcome::Passed).collect();
    let head = app.writer.write(move |db| {
        if log::digest(db, document)? != stands {
            return Ok(None);
        }
        for (hash, outcome) in &outcomes {
            match outcome {
                Outcome::Passed => drop(log::make_visible(db, document, *hash)?),
                Outcome::Held(reason) => log::hold(db, document, *hash, reason)?,
            }
            trials::forget(db, (document, *hash))?;
        }
        if let Some(whose) = staff {
            whose.note(db, document)?;
        }
        // What was let in and waited for these.
        if held::waits(db, document)? {
            let_in(&letting, db, document)?;
        }
        log::head(db).map(Some)
    });
    let head = head.await?;
    if head.is_some() {
        for shared in shown {
            app.metrics.chunk(if shared { Chunk::Shared } else { Chunk::Held });
        }
    }
    Ok(head)
}

/// Whose a case is after what passed, if that says anything of it.
fn staff_after(
    app: &App,
    (document, turn): (DocumentId, &Turn),
    became: &[Became],
) -> Result<Option<staffing::Whose>, StorageError> {
    let passed = became.iter().filter(|one| one.outcome == Outcome::Passed);
    let passed: Vec<&ByteVec> = passed.map(|one| &one.bytes).collect();
    if !staffing::is_touched(&turn.kind, &passed) {
        return Ok(None);
    }
    let before = lanes::visible(app, document)?;
    let all: Vec<&ByteVec> = before.iter().chain(passed).collect();
    Ok(staffing::of(document, &all))
}
