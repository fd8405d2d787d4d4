//! Deposits: what is brought unread, sealed to the server on the tablet it was written on.

use std::sync::Arc;

use ankomst_shared::chunk::parse;
use ankomst_shared::ids::DepositId;
use ankomst_shared::limits::DEPOSITS_MAX;
use ankomst_shared::sync::message::{Ack, Deposit, Outcome, PushPart, Refused, SealedPart};

use crate::app::App;
use crate::limits::DEPOSIT_ROUNDS_MAX;
use crate::storage::StorageError;
use crate::sync::ingest;

/// Takes sealed deposits and gives the ids of those whose every change is on the disk, or of a destroyed record. The others
/// stay on their device: what is refused or lacks something must not be thrown away there.
///
/// # Errors
/// When storage refuses.
pub async fn open(app: &Arc<App>, sealed: Vec<Deposit>) -> Result<Vec<DepositId>, StorageError> {
    let mut waiting = Vec::new();
    for deposit in sealed.into_iter().take(DEPOSITS_MAX) {
        let opened = app.secrets.deposit.open(&deposit.sealed).ok();
        if let Some(part) = opened.and_then(|bytes| minicbor::decode::<SealedPart>(&bytes).ok()) {
            let SealedPart { document, envelope, chunks, enrolment, draft } = part;
            let part = PushPart { document, envelope, chunks, enrolment };
            waiting.push((deposit.id, (part, draft == Some(true))));
        } else {
            tracing::warn!("A deposit did not open; it stays on its device.");
        }
    }
    // Who brings them cannot read them and so cannot order them.
    waiting.sort_by_key(|(id, (part, _))| (start_op(part), *id));
    let mut taken = Vec::new();
    for _ in 0..DEPOSIT_ROUNDS_MAX {
        let parts = waiting.iter().map(|(_, part)| part.clone()).collect();
        let mut acks = ingest::take(app, parts, None).await?.into_iter();
        let count = taken.len();
        waiting.retain(|(id, (part, _))| {
            let own: Vec<Ack> = acks.by_ref().take(part.chunks.len()).collect();
            // What is of a record that was destroyed is taken, and not stored.
            let received = own.iter().all(|ack| {
                let is_late = ack.outcome == Outcome::Refused(Refused::Destroyed);
                is_late || matches!(ack.outcome, Outcome::Received(_))
            });
            let whole = received && own.len() == part.chunks.len();
            if whole {
                taken.push(*id);
            }
            !whole
        });
        // What one brought may be what another lacked.
        if waiting.is_empty() || taken.len() == count {
            break;
        }
    }
    if !waiting.is_empty() {
        tracing::warn!(count = waiting.len(), "Deposits not taken stay on their device.");
    }
    Ok(taken)
}

/// The operation counter is higher than those of everything a change builds on.
fn start_op(part: &PushPart) -> Option<u64> {
    part.chunks.first().and_then(|bytes| parse(bytes).ok()).map(|info| info.start_op)
}
