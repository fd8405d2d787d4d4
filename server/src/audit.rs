//! The one place where entries of the access log are made.
//!
//! What somebody is about to be shown is noted first ([`Audit::note`]): when that cannot be done, it is not shown. What
//! was done, such as signing in or revoking a device, is noted behind it ([`Audit::owe`]) and never hindered: where the
//! log cannot be written, the entry is owed and goes in with the next ones. What comes in is never asked here.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::ids::{DeviceId, UnitId, UserId};
use ankomst_shared::sign::{PublicKey, SigningKey};

use crate::given;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, Mode, What};
use crate::storage::accesses::{self, beside};
use crate::storage::sqlite::writer::Group;
use crate::storage::sqlite::{Connection, Readers, Writer};

/// So many entries are owed at most; what would be more is told in the server's log.
const OWED_MAX: usize = 10_000;

type Watch = Arc<dyn Fn(Group) + Send + Sync>;

/// The access log of a running server.
pub struct Audit {
    folder: PathBuf,
    key: SigningKey,
    watch: Watch,
    writer: Mutex<Option<Arc<Writer>>>,
    readers: Readers,
    owed: Mutex<Vec<Entry>>,
    is_failing: AtomicBool,
}

impl core::fmt::Debug for Audit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Audit")
    }
}

/// Whose entries they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct By {
    /// The person.
    pub who: Option<UserId>,
    /// The device.
    pub device: Option<DeviceId>,
    /// The unit it concerns.
    pub unit: Option<UnitId>,
}

impl By {
    /// An entry of this person.
    #[must_use]
    pub fn entry(self, what: What) -> Entry {
        Entry { who: self.who, device: self.device, unit: self.unit, ..Entry::of(what) }
    }
}

/// An entry of a command, which whoever runs the server has given.
#[must_use]
pub fn console(what: What, about: &str, unit: Option<UnitId>) -> Entry {
    Entry { mode: Mode::Console, about: about.to_owned(), unit, ..Entry::of(what) }
}

impl Audit {
    /// Opens the access log of a data folder. One that cannot be opened now is opened when it is needed.
    #[must_use]
    pub fn open(folder: &Path, key: SigningKey, watch: Watch) -> Self {
        let audit = Self {
            folder: folder.to_path_buf(),
            key,
            watch,
            writer: Mutex::default(),
            readers: Readers::new(folder, accesses::FILE),
            owed: Mutex::default(),
            is_failing: AtomicBool::new(false),
        };
        if let Err(error) = audit.writer() {
            audit.is_failing.store(true, Ordering::Release);
            tracing::error!(%error, "The access log cannot be opened: nobody is shown a record until it can.");
        }
        audit
    }

    fn writer(&self) -> Result<Arc<Writer>, StorageError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.as_ref() {
            return Ok(Arc::clone(writer));
        }
        let now_ms = given::now_ms();
        let db = accesses::open(&self.folder, &self.key, now_ms)?;
        let watch = Arc::clone(&self.watch);
        let made = Arc::new(Writer::start(db, move |group| watch(group))?);
        *writer = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Notes what somebody is about to be shown. When this returns well, it is on the disk.
    ///
    /// # Errors
    /// [`StorageError::Unnoted`]; then nothing may be shown.
    pub async fn note(&self, entries: Vec<Entry>) -> Result<(), StorageError> {
        if entries.is_empty() {
            return Ok(());
        }
        let owed = core::mem::take(&mut *self.owed());
        match self.write(owed.iter().cloned().chain(entries).collect()).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.owed().extend(owed);
                tracing::error!(%error, "The access log cannot be written: a record is not shown.");
                Err(StorageError::Unnoted(Box::new(error)))
            }
        }
    }

    /// Notes what was done, now or, if the log cannot be written, with the next entries.
    pub async fn owe(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let now_ms = given::now_ms();
        let dated = entries
            .into_iter()
            .map(|entry| Entry { at_ms: Some(entry.at_ms.unwrap_or(now_ms)), ..entry });
        let mut all = core::mem::take(&mut *self.owed());
        all.extend(dated);
        if let Err(error) = self.write(all.clone()).await {
            let mut owed = self.owed();
            let room = OWED_MAX.saturating_sub(owed.len());
            let lost = all.len().saturating_sub(room);
            owed.extend(all.into_iter().take(room));
            tracing::error!(%error, owed = owed.len(), lost, "The access log cannot be written; what was done is noted later.");
        }
    }

    fn owed(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, entries: Vec<Entry>) -> Result<(), StorageError> {
        let key = self.key.clone();
        let append = move |db: &Connection| accesses::append(db, &key, &entries, given::now_ms());
        let written = match self.writer() {
            Ok(writer) => writer.write(append).await,
            Err(error) => Err(error),
        };
        self.is_failing.store(written.is_err(), Ordering::Release);
        let head = written?;
        // It may tell of an earlier end, so that it cannot be written hinders nothing.
        if let Err(error) = beside::note(&accesses::file(&self.folder), &head) {
            tracing::warn!(%error, "The end of the access log could not be noted beside it.");
        }
        Ok(())
    }

    /// Whether the last entry could not be written.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }

    /// Reads the log.
    ///
    /// # Errors
    /// Those of the database and of the work.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.readers.read(work)
    }

    /// The key that what is signed in the log is verified with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// Where the log lies.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        accesses::file(&self.folder)
    }

    /// Runs work on the connection that writes, for tests of a log that cannot be written.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn on_writer(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), StorageError> {
        self.writer()?.write(work).await
    }
}
