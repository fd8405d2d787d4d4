//! `keys.db`: one random key for each document, wrapped by the master key in `master.key`.
//!
//! Destroying a document's key destroys the document. The file is backed up apart from the log.

use std::collections::BTreeMap;
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

/// Document keys.
pub struct Keys {
    master: Aes256Gcm,
    inner: Mutex<Inner>,
}

struct Inner {
    connection: Connection,
    cached: BTreeMap<DocumentId, [u8; 32]>,
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
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS keys (document BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT",
        )?;
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
        let inner = Mutex::new(Inner { connection, cached: BTreeMap::new() });
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
        seal(&Aes256Gcm::new(&self.key(document, true)?.into()), hash.as_bytes(), bytes)
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
        open(&Aes256Gcm::new(&self.key(document, false)?.into()), hash.as_bytes(), sealed)
    }

    fn key(&self, document: DocumentId, make: bool) -> Result<[u8; 32], StorageError> {
        let mut inner = self.inner.lock().map_err(|_| StorageError::Stopped)?;
        if let Some(key) = inner.cached.get(&document) {
            return Ok(*key);
        }
        let wrapped: Option<Vec<u8>> = inner
            .connection
            .query_row("SELECT wrapped FROM keys WHERE document = ?1", [Blob(document)], |row| {
                row.get(0)
            })
            .optional()?;
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

fn seal(cipher: &Aes256Gcm, place: &[u8], bytes: &[u8]) -> Result<Vec<u8>, StorageError> {
    let nonce = random::<NONCE_BYTES>()?;
    let sealed = cipher
        .encrypt(&nonce.into(), Payload { msg: bytes, aad: place })
        .map_err(|_| StorageError::Sealed)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(cipher: &Aes256Gcm, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StorageError> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(StorageError::Sealed)?;
    cipher
        .decrypt(&(*nonce).into(), Payload { msg: text, aad: place })
        .map_err(|_| StorageError::Sealed)
}
