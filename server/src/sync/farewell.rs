//! The road home of a tablet without a session: it hands in what is sealed to the server, and is told whether it is to
//! be wiped. Nothing of the log goes that way.
//!
//! What lets it do so is a word of this server about the device, which the tablet keeps in the open: whoever finds the
//! tablet can read it, and can do with it what is said here and no more. It is good for a device that was revoked, whose
//! account has ended or which the log does not know any more.

use std::sync::Arc;

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DeviceId, Epoch};
use ankomst_shared::sync::Position;
use ankomst_shared::sync::message::{Farewell, FarewellAnswer, Gone, Order};

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::destroyed::{self as ledger, Line, Met};
use crate::storage::sqlite::devices::{self, State};
use crate::storage::sqlite::{Connection, accounts, backed, destroyed, log};
use crate::sync::deposits;
use crate::sync::exchange::begin_epoch;

/// The server's word that a device may hand in.
#[must_use]
pub fn token(app: &App, device: DeviceId) -> [u8; 32] {
    // Where the key of the folder is, this one is, too.
    let key = sha256(&[b"ankomst/hand-in-key/1", &app.secrets.master]);
    sha256(&[b"ankomst/hand-in/1", &key, device.as_bytes()])
}

/// Whether a device shows the word it was given.
#[must_use]
pub fn is_good(app: &App, device: DeviceId, shown: &[u8]) -> bool {
    let right = token(app, device);
    // Every byte is looked at, so that time tells nothing of the right ones.
    let differing = right.iter().zip(shown).fold(0, |sum, (a, b)| sum | (a ^ b));
    shown.len() == right.len() && differing == 0
}

/// Takes what is handed in, and tells what the device is to do. The word was looked at before.
///
/// # Errors
/// When storage refuses.
pub async fn answer(app: &Arc<App>, farewell: Farewell) -> Result<FarewellAnswer, StorageError> {
    let device = farewell.device;
    let taken = deposits::open(app, farewell.deposits).await?;
    let (now_ms, gone, folder) = (app.now_ms(), farewell.gone, app.folder.clone());
    let (known, wiped) = app
        .writer
        .write(move |db| {
            accounts::device_seen(db, device, now_ms)?;
            let mut wiped = false;
            match gone {
                Some(Gone::Wiped) => {
                    wiped = devices::wiped(db, device, now_ms)?;
                    for record in destroyed::all_gone(db, device, now_ms)? {
                        ledger::add(&folder, &Line::Gone(Met::of(record, device, now_ms)))?;
                    }
                }
                Some(Gone::Replaced) => devices::retire(db, device)?,
                None => {}
            }
            Ok((devices::standing(db, device)?, wiped))
        })
        .await?;
    if wiped {
        tracing::info!(device.id = %device, "A tablet says that it was wiped.");
        app.audit.owe(vec![Entry { device: Some(device), ..Entry::of(What::Wiped) }]).await;
    }
    let is_lost = known.is_some_and(|known| matches!(known.state, State::Lost | State::Wiped));
    let order = is_lost.then_some(Order::Wipe);
    let (epoch, arrived) = (farewell.epoch, farewell.arrived);
    let mut place = app.readers.read(|db| place(app, db, epoch, arrived))?;
    if place.is_rolled_back {
        tracing::warn!(device.id = %device, "A device knows a longer history: a new epoch begins.");
        begin_epoch(app).await?;
        place = app.readers.read(|db| self::place(app, db, epoch, arrived))?;
    }
    let Place { epoch, received, backed_up, anew, .. } = place;
    Ok(FarewellAnswer { taken, order, epoch, received, backed_up, anew })
}

/// Where the log stands, for a device that was told a place in the order of arrival.
struct Place {
    epoch: Epoch,
    received: Position,
    backed_up: u64,
    /// The place is none of this log.
    anew: bool,
    /// This server has told it.
    is_rolled_back: bool,
}

fn place(
    app: &App,
    db: &Connection,
    asked: Option<Epoch>,
    arrived: Position,
) -> Result<Place, StorageError> {
    let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
    let last = log::arrivals(db)?;
    let fits = arrived.feed == 0
        || (arrived.feed <= last.feed && log::arrival_at(db, arrived.feed)? == Some(arrived.chain));
    let anew = asked != Some(epoch) || !fits;
    let key = &app.secrets.arrival;
    let backed_up = backed::up_to(db)?.unwrap_or_default().min(arrived.feed);
    Ok(Place {
        epoch,
        received: last.told(key, epoch),
        backed_up: if anew { 0 } else { backed_up },
        anew,
        is_rolled_back: asked == Some(epoch) && !fits && arrived.is_proven(key, epoch),
    })
}
