//! What goes from this tablet, and what stays until it is in a backup.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DocumentId, FileId, UserId};
use ankomst_shared::order;

use super::super::state::{Core, Open};
use super::rows::{SEALED, no_file, no_pieces, read_sealed_key, sealed_prefix};
use crate::platform::Platform;
use crate::store::{Store, Table, Write};

impl<P: Platform> Core<P> {
    /// Files go from here, whoever has them; whoever calls has the turn.
    pub(super) async fn let_go(&self, files: &[FileId]) -> Result<(), Refusal> {
        if files.is_empty() {
            return Ok(());
        }
        let set: BTreeSet<FileId> = order::set(files.iter().copied());
        let mut writes = self.no_files(files);
        for key in self.sealed_keys(SEALED).await? {
            if read_sealed_key(&key).is_some_and(|(_, file)| set.contains(&file)) {
                writes.push(Write::delete(Table::Files, key));
            }
        }
        self.commit(writes).await
    }

    /// The end of all that stands in the open of some files.
    fn no_files(&self, files: &[FileId]) -> Vec<Write> {
        let state = self.0.state.borrow();
        let rows = files.iter().filter_map(|file| Some((*file, state.files.rows.get(file)?.bytes)));
        rows.flat_map(|(file, bytes)| no_file(file, bytes)).collect()
    }

    /// The end of the pieces of one that is told to have been destroyed; that it was stays for its person to hear.
    pub(super) fn no_pieces_of(&self, file: FileId) -> Vec<Write> {
        let state = self.0.state.borrow();
        let bytes = state.files.rows.get(&file).map_or(0, |row| row.bytes);
        no_pieces(file, bytes).collect()
    }

    /// The end of what the open vault has sealed of a file.
    pub(super) fn no_sealed(&self, id: DocumentId, file: FileId) -> Result<[Write; 1], Refusal> {
        let user = self.with_open(|open| Ok(open.user()))?;
        Ok([Write::delete(Table::Files, super::rows::sealed_key(user, id, file))])
    }

    async fn sealed_keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let rows = self.0.platform.store().load(Table::Files, prefix).await;
        Ok(rows.map_err(|_| Refusal::Storage)?.into_iter().map(|(key, _)| key).collect())
    }

    /// A vault is no more: what it alone could read goes, and of what it took in what a backup has. The rest, which nobody
    /// can read here any more, stays until a backup has it, as deposits do.
    pub(in crate::app) async fn files_of_person(
        &self,
        user: UserId,
    ) -> Result<Vec<Write>, Refusal> {
        let keys = self.sealed_keys(&sealed_prefix(user, None)).await?;
        let mut writes: Vec<Write> =
            keys.into_iter().map(|key| Write::delete(Table::Files, key)).collect();
        let epoch = self.files_epoch();
        let goes: Vec<FileId> = {
            let state = self.0.state.borrow();
            let rows = state.files.rows.pairs().iter();
            let rows = rows.filter(|(_, row)| row.user == user && row.may_go(epoch));
            rows.map(|(file, _)| *file).collect()
        };
        writes.extend(self.no_files(&goes));
        Ok(writes)
    }

    /// A record goes from a vault, open or shut, that may not read it any more: of its files stays what is to be handed in.
    pub(in crate::app) async fn files_of_record(
        &self,
        (user, document): (UserId, DocumentId),
        is_destroyed: bool,
    ) -> Result<Vec<Write>, Refusal> {
        let epoch = self.files_epoch();
        // Most people have none, and are asked nothing for it.
        if !self.0.state.borrow().files.rows.values().any(|row| row.user == user) {
            return Ok(Vec::new());
        }
        let keys = self.sealed_keys(&sealed_prefix(user, Some(document))).await?;
        let goes: Vec<FileId> = {
            let state = self.0.state.borrow();
            let files = keys.iter().filter_map(|key| Some(read_sealed_key(key)?.1));
            let may_go = |file: &FileId| {
                state.files.rows.get(file).is_some_and(|row| is_destroyed || row.may_go(epoch))
            };
            files.filter(may_go).collect()
        };
        let mut writes: Vec<Write> =
            keys.into_iter().map(|key| Write::delete(Table::Files, key)).collect();
        writes.extend(self.no_files(&goes));
        Ok(writes)
    }

    /// Whether files of a device are still to be handed in, or to be told of that a backup has them.
    pub(in crate::app) fn files_wait(&self, device: ankomst_shared::ids::DeviceId) -> bool {
        let epoch = self.files_epoch();
        let state = self.0.state.borrow();
        state.files.rows.values().any(|row| row.device == device && row.is_owed(epoch))
    }
}

impl Open {
    /// Files of a record that were taken in here and that no server has; small pictures are not counted.
    pub(in crate::app) fn unsent_files(&self, document: DocumentId) -> usize {
        use ankomst_shared::sync::message::FileState::{BackedUp, Whole};
        let all = self.files.all.pairs().iter();
        let own = all.filter(|((of, _), one)| *of == document && !one.is_thumb);
        let waits = own.filter_map(|(_, one)| one.own).filter(|(told, epoch)| {
            let there = matches!(told, Some(Whole | BackedUp)) && *epoch == self.standing.epoch;
            !there
        });
        waits.count()
    }
}
