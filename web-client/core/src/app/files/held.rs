//! What is known of files in memory: of everybody's what stands in the open, of an open vault what it can read.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DocumentId, Epoch, FileId, FileName};
use ankomst_shared::order::{self, Few};
use ankomst_shared::sync::message::FileState;

use super::super::state::{Core, Open, open_row};
use super::rows::{
    COMING, FileRow, ROWS, SEALED, SealedRow, coming_key, file_of, no_pieces, read_sealed_key,
    sealed_key, sealed_prefix,
};
use super::taking::Taking;
use super::wanted::{Elsewhere, Fetch, Place};
use crate::platform::Platform;
use crate::store::{Store, Table, Write};

/// Whether files may be spoken of with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::app) enum Way {
    /// The server was not reached when it was asked last, or has asked to wait.
    #[default]
    Shut,
    /// What is written is on its way.
    Taken,
    /// What is written has gone.
    Free,
}

/// Files of everybody on this tablet.
#[derive(Default)]
pub(in crate::app) struct Files {
    pub(in crate::app) rows: Few<FileId, FileRow>,
    /// How far those have come that were spoken of since the program began.
    pub(super) going: Few<FileId, super::lane::Going>,
    /// Life of the log, as heard last here, and what the exchange had heard then.
    pub(super) epoch: Option<Epoch>,
    pub(super) heard: Option<Epoch>,
    pub(in crate::app) way: Way,
    /// Until then the server wants no files, Unix milliseconds.
    pub(super) busy_ms: i64,
    /// What is to be handed in has its turn before what is to be fetched.
    pub(super) own_first: bool,
}

impl Files {
    /// What rows to be written say of files: what stands in the open of them, or that it goes; or that a vault cannot read
    /// one any more.
    pub(in crate::app) fn said_by(writes: &[Write]) -> Vec<(FileId, Option<FileRow>, bool)> {
        let of_files = writes.iter().filter(|write| write.table == Table::Files);
        let said = of_files.filter_map(|write| match write.key.get(..1)? {
            ROWS => {
                let row = write.value.as_ref().and_then(|bytes| minicbor::decode(bytes).ok());
                Some((file_of(&write.key)?, row, true))
            }
            SEALED if write.value.is_none() => Some((read_sealed_key(&write.key)?.1, None, false)),
            _ => None,
        });
        said.collect()
    }

    /// How many the server is still to get, as people have taken them: a picture and its small one are one.
    pub(in crate::app) fn waiting(&self) -> u32 {
        let waits = || self.rows.values().filter(|row| row.waits(self.epoch));
        let taken = waits().filter(|row| !row.is_thumb).count();
        // Where only small ones are left there is still something to hand in.
        let taken = taken.max(usize::from(waits().next().is_some()));
        u32::try_from(taken).unwrap_or(u32::MAX)
    }

    /// Bytes of all that are here.
    pub(super) fn bytes(&self) -> u64 {
        self.rows.values().filter(|row| !row.is_destroyed()).map(|row| row.bytes).sum()
    }
}

/// Files of an open vault.
#[derive(Default)]
pub(in crate::app) struct Held {
    pub(in crate::app) all: Few<(DocumentId, FileName), One>,
    pub(super) taking: Few<FileId, Taking>,
    pub(super) fetch: Fetch,
}

/// One of them.
#[derive(Clone)]
pub(in crate::app) struct One {
    pub(in crate::app) file: FileId,
    pub(super) bytes: u64,
    pub(super) key: [u8; 32],
    pub(in crate::app) is_thumb: bool,
    /// Of one that was taken in here, what the server has said of it.
    pub(in crate::app) own: Option<(Option<FileState>, Option<Epoch>)>,
}

impl Open {
    fn place_of(&self, file: FileId) -> Option<(DocumentId, FileName)> {
        let mut of = self.files.all.pairs().iter().filter(|(_, one)| one.file == file);
        of.next().map(|(place, _)| *place)
    }

    /// What the server has said of a file of this vault; gives its record.
    pub(super) fn hears_of(&mut self, file: FileId, row: &FileRow) -> Option<DocumentId> {
        let place = self.place_of(file)?;
        self.files.all.get_mut(&place)?.own = row.head.is_some().then_some((row.told, row.epoch));
        Some(place.0)
    }

    /// A file of this vault has gone.
    pub(super) fn loses_file(&mut self, file: FileId) {
        if let Some(place) = self.place_of(file) {
            self.files.all.remove(&place);
        }
    }
}

impl<P: Platform> Core<P> {
    /// Reads what stands in the open of files.
    pub(in crate::app) async fn read_files(&self) -> Result<(), Refusal> {
        let rows = self.0.platform.store().load(Table::Files, ROWS).await;
        let mut state = self.0.state.borrow_mut();
        for (key, bytes) in rows.map_err(|_| Refusal::Storage)? {
            if let (Some(file), Ok(row)) = (file_of(&key), minicbor::decode(&bytes)) {
                state.files.rows.insert(file, row);
            }
        }
        let heard = state.arrived.epoch;
        (state.files.epoch, state.files.heard) = (heard, heard);
        Ok(())
    }

    /// What was said of files is on the disk.
    pub(in crate::app) fn files_changed(&self, said: Vec<(FileId, Option<FileRow>, bool)>) {
        let mut state = self.0.state.borrow_mut();
        for (file, row, is_open) in said {
            if let (Some(open), None) = (&mut state.open, &row) {
                open.loses_file(file);
            }
            if is_open {
                state.files.going.remove(&file);
                match row {
                    Some(row) => state.files.rows.insert(file, row),
                    None => drop(state.files.rows.remove(&file)),
                }
            }
        }
    }

    /// Reads the files of a vault. What another vault of the same person had sealed stays unread.
    pub(in crate::app) async fn read_held(&self, open: &mut Open) -> Result<(), Refusal> {
        let prefix = sealed_prefix(open.user(), None);
        let rows = self.0.platform.store().load(Table::Files, &prefix).await;
        for (key, sealed) in rows.map_err(|_| Refusal::Storage)? {
            let Some((document, file)) = read_sealed_key(&key) else { continue };
            let Ok(SealedRow { name, bytes, key, is_thumb }) =
                open_row(&open.key, Table::Files, &key, &sealed)
            else {
                continue;
            };
            let state = self.0.state.borrow();
            let (Some(row), Ok(key)) = (state.files.rows.get(&file), key.as_slice().try_into())
            else {
                continue;
            };
            let own = row.head.is_some().then_some((row.told, row.epoch));
            open.files.all.insert((document, name), One { file, bytes, key, is_thumb, own });
        }
        Ok(())
    }

    /// The end of what a crash or a lock has left: pieces of files that never came whole, and files of records that are
    /// not here any more. What fails is tried again with the next opening.
    pub(in crate::app) async fn tidy_files(&self) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let coming = self.0.platform.store().load(Table::Files, COMING).await;
        let mut writes = Vec::new();
        for (key, bytes) in coming.map_err(|_| Refusal::Storage)? {
            let Some(file) = file_of(&key) else { continue };
            if self.with_open(|open| Ok(open.files.is_coming(file)))? {
                continue;
            }
            writes.push(Write::delete(Table::Files, coming_key(file)));
            let length = <[u8; 8]>::try_from(bytes).map(u64::from_be_bytes);
            writes.extend(no_pieces(file, length.unwrap_or_default()));
        }
        if !writes.is_empty() {
            self.commit(writes).await?;
        }
        let (user, epoch) = (self.with_open(|open| Ok(open.user()))?, self.files_epoch());
        let goes: Vec<FileId> = {
            let state = self.0.state.borrow();
            let Some(open) = &state.open else { return Ok(()) };
            let here = open.files.all.pairs().iter();
            let here = here.filter(|((document, _), _)| open.headers.contains_key(document));
            let here: BTreeSet<FileId> = order::set(here.map(|(_, one)| one.file));
            let mine = state.files.rows.pairs().iter().filter(|(_, row)| row.user == user);
            let may_go = |row: &FileRow| row.may_go(epoch) || row.is_destroyed();
            let goes = mine.filter(|(file, row)| may_go(row) && !here.contains(file));
            goes.map(|(file, _)| *file).collect()
        };
        self.let_go(&goes).await
    }

    /// The life of the log, as heard last.
    pub(in crate::app) fn files_epoch(&self) -> Option<Epoch> {
        let mut state = self.0.state.borrow_mut();
        let heard = state.arrived.epoch;
        if state.files.heard != heard {
            (state.files.heard, state.files.epoch) = (heard, heard);
        }
        state.files.epoch
    }

    /// The sealed row of a file.
    pub(super) fn sealed_file(
        &self,
        (document, name): (DocumentId, FileName),
        one: &One,
    ) -> Result<Write, Refusal> {
        let user = self.with_open(|open| Ok(open.user()))?;
        let key = one.key.to_vec().into();
        let row = SealedRow { name, bytes: one.bytes, key, is_thumb: one.is_thumb };
        self.sealed(Table::Files, sealed_key(user, document, one.file), &row)
    }
}

impl Held {
    fn is_coming(&self, file: FileId) -> bool {
        self.taking.contains_key(&file) || self.fetch.is_coming(file)
    }

    /// How one stands that is not here.
    pub(in crate::app) fn stands(&self, place: &(DocumentId, FileName)) -> Elsewhere {
        self.fetch.stands(place)
    }

    /// The small pictures of the record that is looked at, and how long its files are; tells whether any picture is new.
    pub(in crate::app) fn wants(&mut self, thumbs: Vec<Place>, sizes: Few<Place, u64>) -> bool {
        self.fetch.wants(thumbs, sizes)
    }

    /// How many of this vault are here, small pictures not counted, and bytes of all.
    pub(in crate::app) fn figures(&self) -> (usize, u64) {
        let whole = self.all.values().filter(|one| !one.is_thumb).count();
        (whole, self.all.values().map(|one| one.bytes).sum())
    }

    /// Bytes of those that are coming.
    pub(super) fn coming_bytes(&self) -> u64 {
        let taking: u64 = self.taking.values().map(|one| one.coming.bytes).sum();
        taking.saturating_add(self.fetch.coming_bytes())
    }
}
