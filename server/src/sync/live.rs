//! The logic behind the live socket: frames in, frames out. The socket itself is in `http`.

use std::sync::Arc;

use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sync::Position;
use ankomst_shared::sync::message::{ClientFrame, HeldNote, ServerFrame};

use crate::app::App;
use crate::presence::Here;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::destroyed;
use crate::storage::sqlite::lines;
use crate::storage::sqlite::log;
use crate::sync::batch::batch;
use crate::sync::met::{self, Stands};
use crate::sync::{Session, access, exchange, ingest, scopes};

/// One live session.
#[derive(Debug)]
pub struct Live {
    app: Arc<App>,
    session: Session,
    cursor: Option<Position>,
    held: Vec<HeldNote>,
    here: Option<Here>,
}

impl Live {
    /// Begins a session; nothing is sent before it has attached.
    #[must_use]
    pub const fn new(app: Arc<App>, session: Session) -> Self {
        Self { app, session, cursor: None, held: Vec::new(), here: None }
    }

    /// Answers a frame.
    ///
    /// # Errors
    /// When storage refuses.
    pub async fn receive(&mut self, frame: ClientFrame) -> Result<Vec<ServerFrame>, StorageError> {
        if !self.is_good()? {
            return Ok(vec![ServerFrame::Ended]);
        }
        match frame {
            ClientFrame::Attach { device, epoch, cursor, arrived } => {
                let (known, fit) = self.app.readers.read(|db| {
                    let at = log::chain_at(db, cursor.feed)?;
                    let feed = cursor.feed == 0 || at == Some(cursor.chain);
                    let at = log::arrival_at(db, arrived.feed)?;
                    let arrival = arrived.feed == 0 || at == Some(arrived.chain);
                    Ok((log::epoch(db)?, feed && arrival))
                })?;
                if device != self.session.device || known != Some(epoch) || !fit {
                    return Ok(vec![ServerFrame::Again]);
                }
                let stands = Stands {
                    epoch: Some(epoch),
                    high: cursor,
                    arrived,
                    began_ms: self.app.now_ms(),
                };
                if !met::comes(&self.app, &self.session, stands, None).await? {
                    return Ok(vec![ServerFrame::Ended]);
                }
                self.cursor = Some(cursor);
                self.here.get_or_insert_with(|| self.app.presence.arrives(device));
                self.news()
            }
            ClientFrame::Push(push) => {
                let acks = ingest::push(&self.app, push, Some(&self.session)).await?;
                let received = self.app.readers.read(|db| {
                    let epoch = log::epoch(db)?;
                    let epoch = epoch.ok_or(StorageError::Damaged("the log has no epoch"))?;
                    Ok(log::arrivals(db)?.told(&self.app.secrets.arrival, epoch))
                })?;
                Ok(vec![ServerFrame::Acks(acks, received)])
            }
        }
    }

    /// What there is to tell since the last time.
    ///
    /// # Errors
    /// When storage refuses.
    pub fn news(&mut self) -> Result<Vec<ServerFrame>, StorageError> {
        let Some(cursor) = self.cursor else { return Ok(Vec::new()) };
        if !self.is_good()? {
            return Ok(vec![ServerFrame::Ended]);
        }
        let (app, session) = (Arc::clone(&self.app), self.session);
        let (frames, cursor, held) = app.readers.read(|db| {
            let mut frames = Vec::new();
            let Some(user) = accounts::user(db, session.user)? else {
                return Ok((vec![ServerFrame::Ended], cursor, Vec::new()));
            };
            let rights = access::rights_now(db, &user)?;
            let stands = scopes::of(&app.remembered, db, rights, session.device)?;
            let unscoped = plant::is(Plant::SocketUnscoped);
            let keep = if unscoped { &stands.held } else { &stands.kept };
            let mut visible_new = false;
            for id in &stands.missing {
                visible_new |= !lines::is_settling(db, *id)?;
            }
            let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
            let newest = log::head(db)?.told(&app.secrets.position, epoch);
            let (batch, whole) = batch(&app, db, (cursor, newest), keep, session.device)?;
            let next = batch.cursor;
            if next.feed != cursor.feed {
                frames.push(ServerFrame::Feed(batch));
            }
            let held = exchange::held_notes(db, &session)?;
            if held != self.held {
                frames.push(ServerFrame::Held(held.clone()));
            }
            let goes = !destroyed::to_tell(db, session.device)?.is_empty();
            if visible_new || keep.len() != stands.held.len() || !whole || goes {
                frames.push(ServerFrame::Again);
            }
            Ok((frames, next, held))
        })?;
        self.cursor = Some(cursor);
        self.held = held;
        Ok(frames)
    }

    fn is_good(&self) -> Result<bool, StorageError> {
        let now_ms = self.app.now_ms();
        let Session { id, user, device } = self.session;
        self.app.readers.read(|db| accounts::is_good(db, (id, user, device), now_ms))
    }
}
