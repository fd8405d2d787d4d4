//! What follows from hearing the server, stored in one commit and only then taken into memory.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::app::{Query, Refusal};
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use ankomst_shared::order;
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sync::client::{Arrived, News, Told};
use ankomst_shared::sync::message::HeldNote;

use super::brought::brought_key;
use super::deposits::{Said, settle};
use super::rows::{ARRIVED, ChunkRow, HeldHere, Standing, chunk_key, standing_key};
use super::shed::Guarded;
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// What was heard.
pub(super) struct Heard {
    pub(super) news: News,
    pub(super) standing: Standing,
    pub(super) arrived: Arrived,
    /// Deposits taken had arrived when this many changes had; 0 when not told.
    pub(super) arrival: u64,
    /// What is protected here now, where that was told.
    pub(super) guarded: Option<Guarded>,
}

impl<P: Platform> Core<P> {
    /// Stores what was heard in one commit, then takes it into memory; gives the documents it touches.
    pub(super) async fn take_in(
        &self,
        device: DeviceId,
        heard: Heard,
    ) -> Result<Vec<DocumentId>, Refusal> {
        let Heard { news, mut standing, arrived, arrival, guarded } = heard;
        if let Some(notes) = &news.held {
            standing.held = self.with_open_of(device, |open| Ok(open.own_of(notes)))?;
        }
        let come: BTreeSet<DocumentId> = order::set(news.arrived.keys().map(|(id, _)| *id));
        // What this program ended at it ends at again, whatever comes to it.
        let come: Vec<DocumentId> = self.with_open_of(device, |open| {
            Ok(come.into_iter().filter(|id| !open.opening.is_shut(*id, &self.0.build)).collect())
        })?;
        let (user, rows, gone_keys) = self.with_open_of(device, |open| {
            let user = open.user();
            let gone = news.gone.iter().flat_map(|id| {
                let rows = open.chunks.get(id).into_iter().flat_map(BTreeMap::keys);
                rows.map(|hash| chunk_key(user, *id, hash)).collect::<Vec<_>>()
            });
            let ended = news.ended.iter().map(|(id, hash)| chunk_key(user, *id, hash));
            Ok((user, open.rows(&news), gone.chain(ended).collect::<Vec<_>>()))
        })?;
        let lifted = self.with_open(|open| Ok(open.brought_before(&news, &rows)))?;
        let mut writes = Vec::new();
        for place in &lifted {
            writes.push(Write::delete(Table::Chunks, brought_key(user, place)));
        }
        if plant::is(Plant::PlaceFirst) {
            let place = self.sealed(Table::Meta, standing_key(user), &standing)?;
            self.commit(vec![place]).await?;
        }
        for (document, hash, row) in &rows {
            writes.push(self.sealed(Table::Chunks, chunk_key(user, *document, hash), row)?);
        }
        // A frame with others' changes only says nothing of deposits: nothing is read for it.
        if let Some(epoch) = standing.epoch
            && (arrival > 0 || news.anew || !news.stages.is_empty())
        {
            let told = Told { epoch, arrival, backed_up: standing.backed_up };
            let said = Said { told, news: &news, rows: &rows, user };
            writes.extend(settle(self.deposits().await?, said));
        }
        // Documents that leave are forgotten here; what was written in them stays as deposits.
        writes.extend(gone_keys.into_iter().map(|key| Write::delete(Table::Chunks, key)));
        writes.extend(self.destroyed_rows(user, &news.destroyed).await?);
        for id in &news.gone {
            writes.extend(self.files_of_record((user, *id), false).await?);
        }
        writes.push(self.sealed(Table::Meta, standing_key(user), &standing)?);
        if let Some(guarded) = &guarded {
            writes.push(guarded.row(user)?);
        }
        if !come.is_empty() {
            let opening = self.with_open(|open| Ok(open.opening.before(&come, &self.0.build)))?;
            writes.push(self.opening_row(user, &opening)?);
        }
        if arrived != self.0.state.borrow().arrived
            && let Some(bytes) = arrived.to_bytes()
        {
            writes.push(Write::put(Table::Meta, ARRIVED.to_vec(), bytes));
        }
        self.commit(writes).await?;
        self.0.state.borrow_mut().arrived = arrived;
        let touched = self.with_open_of(device, |open| {
            open.lift(&lifted);
            Ok(open.takes(&news, rows, (standing, guarded)))
        })?;
        if !come.is_empty() {
            self.open_come(&come).await?;
        }
        self.with_open_of(device, |open| {
            open.read_own_of(&touched);
            Ok(())
        })?;
        Ok(touched)
    }

    /// The views a change of a document touches.
    pub(super) fn queries_of(&self, id: DocumentId) -> Vec<Query> {
        let state = self.0.state.borrow();
        let header = state.open.as_ref().and_then(|open| open.headers.get(&id));
        let (kind, parent) =
            header.map_or(("", None), |header| (header.kind.as_str(), header.parent));
        let mut queries = vec![
            Query::Page(String::new()),
            Query::Inbox,
            Query::Changes(id),
            Query::Form { document: id, entry: None },
        ];
        match kind {
            "run" => queries.push(Query::Run(id)),
            "residence" | "case" => {}
            _ => {
                if let Some(parent) = parent {
                    drop(state);
                    queries.extend(self.queries_of(parent));
                }
            }
        }
        queries
    }
}

impl Open {
    /// What of all that is held is not known here to be others’: what a file brought is told to who has brought it, too.
    fn own_of(&self, notes: &[HeldNote]) -> Vec<HeldHere> {
        let is_others = |note: &&HeldNote| {
            let row = self.chunks.get(&note.document).and_then(|rows| rows.get(&note.hash));
            row.is_some_and(|row| row.own.is_none())
                || self.brought.get(&(note.document, note.hash)).is_some()
        };
        HeldHere::of(notes.iter().filter(|note| !is_others(note)))
    }

    /// Takes into memory what is stored; gives the documents it touches.
    fn takes(
        &mut self,
        news: &News,
        rows: Vec<(DocumentId, ChangeHash, ChunkRow)>,
        (standing, guarded): (Standing, Option<Guarded>),
    ) -> Vec<DocumentId> {
        let mut touched: Vec<DocumentId> = news.gone.iter().copied().collect();
        touched.extend(self.backed_up(standing.backed_up));
        self.standing = standing;
        let is_told = guarded.is_some();
        self.guarded = guarded.unwrap_or_else(|| self.guarded.clone());
        if is_told {
            // What is protected now, or no more, decides what shows of files.
            let over: Vec<DocumentId> = self.brought.keys().map(|(id, _)| *id).collect();
            for id in over {
                self.changed(id);
                touched.push(id);
            }
        }
        for (document, hash, row) in rows {
            let known = self.chunks.get(&document).is_some_and(|rows| rows.contains_key(&hash));
            if !known {
                self.documents.remove(&document);
            }
            self.add_chunk(document, hash, row);
            touched.push(document);
        }
        for (id, hash) in &news.ended {
            self.documents.remove(id);
            if let Some(rows) = self.chunks.get_mut(id) {
                rows.remove(hash);
            }
        }
        for id in &news.gone {
            self.documents.remove(id);
            self.forget(*id);
            self.chunks.remove(id);
            self.headers.remove(id);
        }
        order::sort_and_dedup(&mut touched);
        self.drafts.retain(|(id, _)| !news.destroyed.contains(id));
        self.undeposited.retain(|id| !news.destroyed.contains(id));
        touched
    }

    /// Documents with changes that a backup has which the one before had not.
    fn backed_up(&self, reaches: u64) -> Vec<DocumentId> {
        let fresh = |at: u64| at > self.standing.backed_up && at <= reaches;
        let touched = self.chunks.iter();
        let touched =
            touched.filter(|(_, rows)| rows.values().any(|row| row.own.is_some_and(fresh)));
        touched.map(|(id, _)| *id).collect()
    }
}
