//! What the server has said, and whether it is true of a data folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ankomst_server::auth::renew::{self, Renewal};
use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::accesses::{self, read, verify};
use ankomst_server::storage::sqlite::decided;
use ankomst_server::storage::sqlite::log::ChunkRow;
use ankomst_server::storage::sqlite::{
    Connection, Keys, Schema, accounts, backup, cuts, files, log, open_log, rows,
};
use ankomst_server::storage::{StorageError, files as bytes, ledger};
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, FileId};
use ankomst_shared::sign::SigningKey;

use crate::served::{backups, data};
use crate::wire::Place;

/// One thing that the server has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Promise {
    /// This change has arrived (L1), by itself or in a deposit.
    Change(DocumentId, ChangeHash),
    /// This device is enrolled.
    Device(DeviceId),
    /// A session goes on with this secret; what was told before it is over.
    Secret(DeviceId, String),
    /// A device was shown a record, the so many-th time.
    Shown(DeviceId, DocumentId, usize),
    /// A change is held for a person.
    Held(DocumentId, ChangeHash),
    /// It was released.
    Released(DocumentId, ChangeHash),
    /// A record was cleaned so often.
    Cleaned(DocumentId, u64),
    /// This device is out.
    Revoked(DeviceId),
    /// A backup reaches this far in the order of arrival (L3).
    BackedUp(u64),
    /// So many pieces of a picture are on the disk; whether those are all.
    Piece(FileId, u32, bool),
}

/// Everything that the server has said, and by which answer.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Vec<(Place, Promise)>>);

impl Book {
    pub(crate) fn note(&self, place: Place, promise: Promise) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((place, promise));
    }

    pub(crate) fn into_all(self) -> Vec<(Place, Promise)> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A data folder as it is opened after a power cut.
struct Opened {
    log: Connection,
    keys: Keys,
    chunks: BTreeMap<ChangeHash, ChunkRow>,
    /// How often a record was shown on a device.
    shown: BTreeMap<(DeviceId, DocumentId), usize>,
}

/// What of these promises is broken in a folder, and what of it cannot be opened; `thorough` reads all of it.
pub(crate) fn broken(root: &Path, promises: &[&Promise], thorough: bool) -> Vec<String> {
    let opened = match Opened::at(&data(root)) {
        Ok(opened) => opened,
        Err(error) => return vec![format!("the folder does not open: {error}")],
    };
    let (mut broken, mut secrets) = (Vec::new(), BTreeMap::new());
    // One change of each record shows whether its key is there; thoroughly, each is opened.
    let mut read = BTreeSet::new();
    for promise in promises {
        if let Promise::Secret(device, secret) = promise {
            secrets.insert(device, secret);
            continue;
        }
        let reads = match promise {
            Promise::Change(document, _) => thorough || read.insert(*document),
            _ => thorough,
        };
        match opened.keeps(root, promise, reads) {
            Ok(true) => {}
            Ok(false) => broken.push(format!("{promise:?}{}", opened.state(promise))),
            Err(error) => broken.push(format!("{promise:?}: {error}")),
        }
    }
    for (device, secret) in secrets {
        let is_out = accounts::device(&opened.log, *device)
            .is_ok_and(|row| row.is_some_and(|row| !row.active));
        if !is_out && !opened.renews(secret).unwrap_or(false) {
            broken.push(format!("the session of {device} is lost"));
        }
    }
    if thorough && let Err(error) = thoroughly(root) {
        broken.push(error.to_string());
    }
    broken
}

fn master(folder: &Path) -> Result<[u8; 32], StorageError> {
    let key = std::fs::read(folder.join("master.key"))?;
    key.try_into().map_err(|_| StorageError::Damaged("a key of another length"))
}

fn signs(folder: &Path) -> Result<SigningKey, StorageError> {
    let key = std::fs::read(folder.join("server.key"))?;
    let seed = key.try_into().map_err(|_| StorageError::Damaged("a key of another length"))?;
    Ok(SigningKey::from_seed(seed))
}

impl Opened {
    fn at(folder: &Path) -> Result<Self, StorageError> {
        let log = open_log(folder, Schema::Expect)?;
        let keys = Keys::open(folder, master(folder)?)?;
        let mut chunks = BTreeMap::new();
        log::each_chunk(&log, |chunk| {
            chunks.insert(chunk.hash, chunk);
            Ok(())
        })?;
        let projections = rows::open(folder)?;
        if let Some(epoch) = log::epoch(&log)?
            && rows::made_to(&projections, epoch)?.unwrap_or_default() > log::head(&log)?.feed
        {
            return Err(StorageError::Damaged("the rows know more than the log"));
        }
        let access = accesses::open(folder, &signs(folder)?, 0)?;
        let mut shown: BTreeMap<_, usize> = BTreeMap::new();
        let mut is_broken = false;
        read::each(&access, (1, i64::MAX), |noted| {
            let entry = noted.entry;
            is_broken |= entry.what == What::Broken;
            if let (Some(device), Some(record)) = (entry.device, entry.record) {
                *shown.entry((device, record)).or_default() += 1;
            }
            Ok(())
        })?;
        if is_broken {
            return Err(StorageError::Damaged("the access log has lost its end"));
        }
        Ok(Self { log, keys, chunks, shown })
    }

    fn keeps(&self, root: &Path, promise: &Promise, reads: bool) -> Result<bool, StorageError> {
        let folder = data(root);
        Ok(match promise {
            Promise::Change(document, hash) => self.has(*document, hash, reads)?,
            Promise::Device(device) => accounts::device(&self.log, *device)?.is_some(),
            Promise::Secret(_, secret) => self.renews(secret)?,
            Promise::Shown(device, record, times) => {
                self.shown.get(&(*device, *record)).is_some_and(|noted| noted >= times)
            }
            Promise::Held(document, hash) => {
                self.is_held(hash) || decided::newest(&self.log, *document, *hash)?.is_some()
            }
            Promise::Released(document, hash) => {
                let decided = decided::newest(&self.log, *document, *hash)?;
                decided.is_some_and(|row| row.what == decided::What::Released)
                    && !self.is_held(hash)
            }
            Promise::Cleaned(document, times) => {
                let id = document.to_string();
                let noted =
                    ledger::read(&folder)?.iter().filter(|line| line.document == id).count();
                u64::try_from(noted).unwrap_or_default() >= *times
                    && cuts::newest(&self.log, *document)? >= *times
            }
            Promise::Revoked(device) => {
                accounts::device(&self.log, *device)?.is_some_and(|device| !device.active)
            }
            Promise::BackedUp(received) => has_backup(root, *received, reads)?,
            Promise::Piece(id, have, is_whole) => {
                self.has_pieces(&folder, (*id, *have), *is_whole, reads)?
            }
        })
    }

    /// Whether a change is held, by the name its author gave it: it may have been carried over since.
    fn is_held(&self, hash: &ChangeHash) -> bool {
        self.chunks.values().any(|chunk| chunk.root() == *hash && chunk.state == "held")
    }

    /// How it stands with the change of a promise.
    fn state(&self, promise: &Promise) -> String {
        let (Promise::Change(_, hash) | Promise::Held(_, hash) | Promise::Released(_, hash)) =
            promise
        else {
            return String::new();
        };
        self.chunks.get(hash).map_or_else(
            || " is not there".to_owned(),
            |chunk| format!(" is {} ({:?})", chunk.state, chunk.reason),
        )
    }

    /// Whether a change is there and can be read; what was cleaned of its bytes is no loss.
    fn has(
        &self,
        document: DocumentId,
        hash: &ChangeHash,
        reads: bool,
    ) -> Result<bool, StorageError> {
        let Some(chunk) = self.chunks.get(hash).filter(|chunk| chunk.document == document) else {
            return Ok(false);
        };
        if chunk.is_wiped() {
            return Ok(cuts::newest(&self.log, document)? > 0);
        }
        if !reads {
            return Ok(true);
        }
        let bytes = self.keys.open_chunk(document, hash, &chunk.sealed)?;
        Ok(parse(&bytes).is_ok_and(|info| info.hash == *hash))
    }

    /// Whether so much of a picture is there, and all of it is whole if it must be. What was promised before its last
    /// piece is a promise of its own.
    fn has_pieces(
        &self,
        folder: &Path,
        (id, have): (FileId, u32),
        is_whole: bool,
        reads: bool,
    ) -> Result<bool, StorageError> {
        let Some(row) = files::one(&self.log, id)? else { return Ok(false) };
        let Some(key) = self.keys.file_key(id)? else { return Ok(false) };
        let path = bytes::path(folder, id);
        bytes::open(&path, have - 1, row.bytes, &key)?;
        let stands = row.have >= have && row.whole_ms.is_some() >= is_whole;
        let lasts = !(is_whole && reads) || bytes::is_whole(&path, (row.bytes, row.name), &key)?;
        Ok(stands && lasts)
    }

    /// Whether a device that was told this secret last goes on with its session.
    fn renews(&self, secret: &str) -> Result<bool, StorageError> {
        let Some(id) = renew::session_of(secret) else { return Ok(false) };
        let Some(mut row) = accounts::session(&self.log, id)? else { return Ok(false) };
        // Which secret would follow does not matter here.
        let now_ms = row.rotated_ms;
        Ok(matches!(renew::renew(&mut row, secret, &[0; 32], now_ms), Renewal::Renewed(_)))
    }
}

/// Whether there is a backup, and, if it is to be read, one that is whole and reaches so far.
fn has_backup(root: &Path, received: u64, reads: bool) -> Result<bool, StorageError> {
    for entry in std::fs::read_dir(backups(root))?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "db")
            && backup::keys_of(&path).exists()
            && (!reads || backup::check(&path, master(&data(root))?)?.received >= received)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads everything: the databases' own check, each change opened, the chain of the feed, the access log.
fn thoroughly(root: &Path) -> Result<(), StorageError> {
    let folder = data(root);
    for name in ["log.db", "keys.db", "rows.db", "access.db"] {
        let db = Connection::open(folder.join(name))?;
        let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if said != "ok" {
            return Err(StorageError::Damaged("the database's own check finds faults"));
        }
    }
    backup::make(&folder, &root.join("copy.db"), master(&folder)?)?;
    let key = signs(&folder)?.public();
    match verify::file(&accesses::file(&folder), &key)?.fault {
        Some(_) => Err(StorageError::Damaged("the access log is not as it was written")),
        None => Ok(()),
    }
}
