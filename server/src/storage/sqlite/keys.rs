//! `keys.db`: one random key for each document, wrapped by the master key in `master.key`.
//!
//! Destroying a document's key destroys the document. The file is backed up apart from the log.
//!
//! A key can be renewed, so that what was sealed with the old one is lost wherever it lies: the new key is
//! made durable beside the old one, everything that stays is sealed with it, and only then the old one goes.
//! Between the two both open, so a cut at any moment loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use ankomst_shared::ids::{ChangeHash, DocumentId};
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use super::open::connect;
use crate::storage::{StorageError, random};

const NONCE_BYTES: usize = 12;
const CACHED_MAX: usize = 4_096;
/// The tables of the file.
pub(super) const TABLES: &str =
    "CREATE TABLE IF NOT EXISTS keys (document BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
     CREATE TABLE IF NOT EXISTS renewing (document BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
     CREATE TABLE IF NOT EXISTS file_keys (file BLOB PRIMARY KEY, document BLOB NOT NULL, wrapped BLOB NOT NULL) STRICT;
     CREATE INDEX IF NOT EXISTS file_keys_of ON file_keys (document)";

/// Document keys.
pub struct Keys {
    pub(super) master: Aes256Gcm,
    pub(super) inner: Mutex<Inner>,
}

pub(super) struct Inner {
    pub(super) connection: Connection,
    cached: BTreeMap<DocumentId, [u8; 32]>,
    /// New keys of documents whose old one is still there.
    renewing: BTreeMap<DocumentId, [u8; 32]>,
    /// Documents whose key was renewed by this process: something sealed before may arrive afterwards.
    renewed: BTreeSet<DocumentId>,
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl Keys {
    /// Opens `keys.db` with the master key.
    ///
    /// # Errors
    /// When the file cannot be opened, or not with this master key.
    pub fn open(folder: &Path, master: [u8; 32]) -> Result<Self, StorageError> {
        let connection = connect(&folder.join("keys.db"))?;
        connection.execute_batch(TABLES)?;
        Self::over(connection, master)
    }

    /// Opens a copy of document keys, wherever it lies, without changing it.
    ///
    /// # Errors
    /// When the file cannot be opened, or not with this master key.
    pub fn read_only(file: &Path, master: [u8; 32]) -> Result<Self, StorageError> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        Self::over(Connection::open_with_flags(file, flags)?, master)
    }

    fn over(connection: Connection, master: [u8; 32]) -> Result<Self, StorageError> {
        let master = Aes256Gcm::new(&master.into());
        // A key of other data is noticed at once, not at the first record that is asked for.
        let any = "SELECT document, wrapped FROM keys LIMIT 1";
        let first: Option<(Blob<DocumentId>, Vec<u8>)> =
            connection.query_row(any, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((document, wrapped)) = first {
            open(&master, document.0.as_bytes(), &wrapped)
                .map_err(|_| StorageError::OtherMaster)?;
        }
        let renewing = renewing(&connection, &master)?;
        let (cached, renewed) = (BTreeMap::new(), BTreeSet::new());
        let inner = Mutex::new(Inner { connection, cached, renewing, renewed });
        Ok(Self { master, inner })
    }

    /// Seals a chunk for its place; makes the document's key durable first if there is none.
    ///
    /// # Errors
    /// When the key cannot be read or written.
    pub fn seal(
        &self,
        document: DocumentId,
        hash: &ChangeHash,
        bytes: &[u8],
    ) -> Result<Vec<u8>, StorageError> {
        let key = match self.new_key(document)? {
            Some(new) => new,
            None => self.key(document, true)?,
        };
        seal(&Aes256Gcm::new(&key.into()), hash.as_bytes(), bytes)
    }

    /// Makes the keys of new documents in one commit.
    ///
    /// # Errors
    /// When one has a key already, or the keys cannot be written.
    pub fn make(&self, documents: &[DocumentId]) -> Result<(), StorageError> {
        let mut inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        let inner = &mut *inner;
        let together = inner.connection.unchecked_transaction()?;
        if inner.cached.len() + documents.len() > CACHED_MAX {
            inner.cached.clear();
        }
        for document in documents {
            let key = random::<32>()?;
            let wrapped = seal(&self.master, document.as_bytes(), &key)?;
            together
                .prepare_cached("INSERT INTO keys (document, wrapped) VALUES (?1, ?2)")?
                .execute((Blob(*document), wrapped))?;
            inner.cached.insert(*document, key);
        }
        together.commit()?;
        Ok(())
    }

    /// Opens a chunk.
    ///
    /// # Errors
    /// When the key is gone or the bytes are damaged.
    pub fn open_chunk(
        &self,
        document: DocumentId,
        hash: &ChangeHash,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StorageError> {
        if let Some(new) = self.new_key(document)?
            && let Ok(bytes) = open(&Aes256Gcm::new(&new.into()), hash.as_bytes(), sealed)
        {
            return Ok(bytes);
        }
        open(&Aes256Gcm::new(&self.key(document, false)?.into()), hash.as_bytes(), sealed)
    }

    /// Makes a new key durable beside the one a document has; what is sealed from now on is sealed with it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_renewal(&self, document: DocumentId) -> Result<(), StorageError> {
        // There is an old one.
        self.key(document, true)?;
        let mut inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        if inner.renewing.contains_key(&document) {
            return Ok(());
        }
        let key = random::<32>()?;
        let wrapped = seal(&self.master, document.as_bytes(), &key)?;
        inner.connection.execute(
            "INSERT INTO renewing (document, wrapped) VALUES (?1, ?2)",
            (Blob(document), wrapped),
        )?;
        inner.renewing.insert(document, key);
        inner.renewed.insert(document);
        Ok(())
    }

    /// Documents whose keys are being renewed; a renewal that was cut off is ended at the next start.
    ///
    /// # Errors
    /// When another piece of work has died.
    pub fn in_renewal(&self) -> Result<Vec<DocumentId>, StorageError> {
        let inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        Ok(inner.renewing.keys().copied().collect())
    }

    /// Whether a change is sealed with the newest key of its document. What was sealed before a renewal and is
    /// stored after it is not, and is sealed anew first.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn is_newest(
        &self,
        document: DocumentId,
        hash: &ChangeHash,
        sealed: &[u8],
    ) -> Result<bool, StorageError> {
        let new = self.new_key(document)?;
        {
            let inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
            if new.is_none() && !inner.renewed.contains(&document) {
                return Ok(true);
            }
        }
        let key = match new {
            Some(new) => new,
            None => self.key(document, false)?,
        };
        Ok(open(&Aes256Gcm::new(&key.into()), hash.as_bytes(), sealed).is_ok())
    }

    /// Destroys the old key of a document. The caller has sealed everything that stays with the new one, and
    /// that is on the disk.
    ///
    /// # Errors
    /// When the file cannot be written; then both keys are still there.
    pub fn end_renewal(&self, document: DocumentId) -> Result<(), StorageError> {
        let mut inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        let Some(key) = inner.renewing.get(&document).copied() else { return Ok(()) };
        let together = inner.connection.unchecked_transaction()?;
        together.execute(
            "UPDATE keys SET wrapped = (SELECT wrapped FROM renewing WHERE document = ?1) WHERE document = ?1",
            [Blob(document)],
        )?;
        together.execute("DELETE FROM renewing WHERE document = ?1", [Blob(document)])?;
        together.commit()?;
        inner.renewing.remove(&document);
        inner.cached.insert(document, key);
        // The old key is not left in the write-ahead log; a reader of the file may put that off.
        inner.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Destroys the keys of documents and their files: nothing sealed with them is ever opened again. What is not there is left.
    ///
    /// # Errors
    /// When the file cannot be written; then all are still there, or all are gone.
    pub fn destroy(&self, documents: &[DocumentId]) -> Result<(), StorageError> {
        let mut inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        let inner = &mut *inner;
        let together = inner.connection.unchecked_transaction()?;
        let mut count = 0;
        for document in documents {
            for table in ["keys", "renewing", "file_keys"] {
                let delete = format!("DELETE FROM {table} WHERE document = ?1");
                count += together.prepare_cached(&delete)?.execute([Blob(*document)])?;
            }
        }
        together.commit()?;
        for document in documents {
            inner.cached.remove(document);
            inner.renewing.remove(document);
        }
        if count > 0 {
            // They are not left in the write-ahead log; a reader of the file may put that off.
            inner.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Whether a document has a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has(&self, document: DocumentId) -> Result<bool, StorageError> {
        let inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        let known = "SELECT EXISTS (SELECT 1 FROM keys WHERE document = ?1)";
        Ok(inner.connection.query_row(known, [Blob(document)], |row| row.get(0))?)
    }

    fn new_key(&self, document: DocumentId) -> Result<Option<[u8; 32]>, StorageError> {
        let inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        Ok(inner.renewing.get(&document).copied())
    }

    fn key(&self, document: DocumentId, make: bool) -> Result<[u8; 32], StorageError> {
        let mut inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        if let Some(key) = inner.cached.get(&document) {
            return Ok(*key);
        }
        let known = "SELECT wrapped FROM keys WHERE document = ?1";
        let wrapped: Option<Vec<u8>> =
            inner.connection.query_row(known, [Blob(document)], |row| row.get(0)).optional()?;
        let key = match wrapped {
            Some(wrapped) => open(&self.master, document.as_bytes(), &wrapped)?
                .try_into()
                .map_err(|_| StorageError::Damaged("a document key has another length"))?,
            None if make => {
                let key = random::<32>()?;
                let wrapped = seal(&self.master, document.as_bytes(), &key)?;
                inner.connection.execute(
                    "INSERT INTO keys (document, wrapped) VALUES (?1, ?2)",
                    (Blob(document), wrapped),
                )?;
                key
            }
            None => return Err(StorageError::Damaged("the document's key is gone")),
        };
        if inner.cached.len() >= CACHED_MAX {
            inner.cached.clear();
        }
        inner.cached.insert(document, key);
        Ok(key)
    }
}

/// New keys of documents whose old one is still there; a copy of an earlier version has no table of them.
fn renewing(
    connection: &Connection,
    master: &Aes256Gcm,
) -> Result<BTreeMap<DocumentId, [u8; 32]>, StorageError> {
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'renewing')";
    let mut keys = BTreeMap::new();
    if connection.query_row(known, [], |row| row.get(0))? {
        let mut select = connection.prepare("SELECT document, wrapped FROM renewing")?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, Blob<DocumentId>>(0)?.0, row.get::<_, Vec<u8>>(1)?))
        })?;
        for row in rows {
            let (document, wrapped) = row?;
            let key = open(master, document.as_bytes(), &wrapped)?;
            let key = key.try_into();
            keys.insert(
                document,
                key.map_err(|_| StorageError::Damaged("a document key has another length"))?,
            );
        }
    }
    Ok(keys)
}

pub(super) fn seal(
    cipher: &Aes256Gcm,
    place: &[u8],
    bytes: &[u8],
) -> Result<Vec<u8>, StorageError> {
    let nonce = random::<NONCE_BYTES>()?;
    let sealed = cipher
        .encrypt(&nonce.into(), Payload { msg: bytes, aad: place })
        .map_err(|_| StorageError::Sealed)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

pub(super) fn open(
    cipher: &Aes256Gcm,
    place: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, StorageError> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(StorageError::Sealed)?;
    cipher
        .decrypt(&(*nonce).into(), Payload { msg: text, aad: place })
        .map_err(|_| StorageError::Sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_record_that_is_cleaned_twice_only_what_was_sealed_anew_each_time_opens() {
        let folder = tempfile::tempdir().unwrap();
        let (document, other) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let hash = |number: u8| ChangeHash::from_bytes([number; 32]);
        let open = || Keys::open(folder.path(), [7; 32]).unwrap();
        let mut keys = open();
        let untouched = keys.seal(other, &hash(9), b"other").unwrap();
        // What was sealed in each time of the key, and how what stays is sealed now.
        let mut before: Vec<(u8, Vec<u8>)> = Vec::new();
        let mut stays: Vec<(u8, Vec<u8>)> = Vec::new();
        for turn in 0..3_u8 {
            let sealed = keys.seal(document, &hash(turn), &[turn]).unwrap();
            before.push((turn, sealed.clone()));
            stays.push((turn, sealed));
            keys.begin_renewal(document).unwrap();
            // A cut in the middle loses neither key.
            if turn == 1 {
                drop(keys);
                keys = open();
            }
            assert_eq!(keys.in_renewal().unwrap(), [document]);
            for (number, sealed) in &mut stays {
                assert!(!keys.is_newest(document, &hash(*number), sealed).unwrap());
                let bytes = keys.open_chunk(document, &hash(*number), sealed).unwrap();
                *sealed = keys.seal(document, &hash(*number), &bytes).unwrap();
                assert!(keys.is_newest(document, &hash(*number), sealed).unwrap());
            }
            keys.end_renewal(document).unwrap();
            for again in [false, true] {
                if again {
                    drop(keys);
                    keys = open();
                }
                for (number, sealed) in &stays {
                    let opened = keys.open_chunk(document, &hash(*number), sealed).unwrap();
                    assert_eq!(opened, [*number]);
                }
                for (number, sealed) in &before {
                    let opened = keys.open_chunk(document, &hash(*number), sealed);
                    assert!(opened.is_err(), "{turn}: what was sealed in turn {number} opens");
                }
            }
            before.extend(stays.iter().cloned());
        }
        assert_eq!(keys.in_renewal().unwrap(), []);
        assert_eq!(keys.open_chunk(other, &hash(9), &untouched).unwrap(), b"other");
    }
}
