//! Keys of pictures and other files in `keys.db`: each is drawn by the tablet that has taken the file in, wrapped here by
//! the master key, and goes with the record that the file belongs to. A cleaning renews the record's key, not these.

use ankomst_shared::ids::{DocumentId, FileId};
use rusqlite::{Connection, OptionalExtension};

use super::keys::{open, seal};
use super::{Blob, Keys};
use crate::storage::StorageError;

impl Keys {
    /// Makes the key of a file durable.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_file_key(
        &self,
        (file, document): (FileId, DocumentId),
        key: &[u8; 32],
    ) -> Result<(), StorageError> {
        let wrapped = seal(&self.master, file.as_bytes(), key)?;
        self.with(|db| {
            db.execute(
                "INSERT OR REPLACE INTO file_keys (file, document, wrapped) VALUES (?1, ?2, ?3)",
                (Blob(file), Blob(document), wrapped),
            )?;
            Ok(())
        })
    }

    /// The key of a file, if it is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn file_key(&self, file: FileId) -> Result<Option<[u8; 32]>, StorageError> {
        let wrapped: Option<Vec<u8>> = self.with(|db| {
            let sql = "SELECT wrapped FROM file_keys WHERE file = ?1";
            Ok(db.query_row(sql, [Blob(file)], |row| row.get(0)).optional()?)
        })?;
        let Some(wrapped) = wrapped else { return Ok(None) };
        let key = open(&self.master, file.as_bytes(), &wrapped)?.try_into();
        Ok(Some(key.map_err(|_| StorageError::Damaged("the key of a file has another length"))?))
    }

    /// Whether there is a key of a file of a document.
    ///
    /// # Errors
    /// When the file of keys cannot be read.
    pub fn has_file_key_of(&self, document: DocumentId) -> Result<bool, StorageError> {
        self.with(|db| {
            // Keys of an earlier version, which no server of this one has opened yet, have no such table.
            let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'file_keys')";
            let has = "SELECT EXISTS (SELECT 1 FROM file_keys WHERE document = ?1)";
            Ok(db.query_row(known, [], |row| row.get(0))?
                && db.query_row(has, [Blob(document)], |row| row.get(0))?)
        })
    }

    /// Removes the key of a file. The write-ahead log is emptied elsewhere ([`super::checkpoint`]), at times: no key of
    /// text can be written meanwhile.
    ///
    /// # Errors
    /// When the file of keys cannot be written.
    pub fn forget_file_key(&self, file: FileId) -> Result<(), StorageError> {
        self.with(|db| {
            db.prepare_cached("DELETE FROM file_keys WHERE file = ?1")?.execute([Blob(file)])?;
            Ok(())
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        work(&self.inner.lock().map_err(|_| StorageError::Stopped)?.connection)
    }
}
