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
    owing: Arc<Owing>,
}

/// What is owed, and whether the last entry could not be written.
#[derive(Default)]
struct Owing {
    entries: Mutex<Vec<Entry>>,
    is_failing: AtomicBool,
    /// The file was found damaged since the start.
    is_damaged: AtomicBool,
}

impl Owing {
    /// Notes that something could not be done with the log.
    fn hears(&self, error: &StorageError) {
        self.is_failing.store(true, Ordering::Release);
        if error.is_damage() {
            self.is_damaged.store(true, Ordering::Release);
        }
    }

    /// Owes entries that could not be written, before those that are owed since; the newest that are too many are lost.
    fn again(&self, mut entries: Vec<Entry>, error: &StorageError) {
        let mut owed = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.append(&mut owed);
        let lost = entries.len().saturating_sub(OWED_MAX);
        entries.truncate(OWED_MAX);
        *owed = entries;
        let owed = owed.len();
        tracing::error!(%error, owed, lost, "The access log cannot be written; what was done is noted later.");
    }
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
            owing: Arc::default(),
        };
        if let Err(error) = audit.writer() {
            audit.owing.hears(&error);
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
        let (watch, owing) = (Arc::clone(&self.watch), Arc::clone(&self.owing));
        let hears = move |group: Group| {
            owing.is_damaged.fetch_or(group.is_damaged, Ordering::AcqRel);
            watch(group);
        };
        let made = Arc::new(Writer::start(db, hears)?);
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
        self.write(entries, false).await.map_err(|error| {
            tracing::error!(%error, "The access log cannot be written: a record is not shown.");
            StorageError::Unnoted(Box::new(error))
        })
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
        // It is owed where it cannot be written.
        drop(self.write(dated.collect(), true).await);
    }

    /// Writes what is owed and then these, to the end: whoever asked may be gone before, and what is owed must not go
    /// with them. Where it cannot be written, what was owed still is, and these if they are to be.
    async fn write(&self, entries: Vec<Entry>, owe: bool) -> Result<(), StorageError> {
        let mut all = core::mem::take(
            &mut *self.owing.entries.lock().unwrap_or_else(PoisonError::into_inner),
        );
        let owed = if owe { all.len() + entries.len() } else { all.len() };
        all.extend(entries);
        let (key, owing, file) =
            (self.key.clone(), Arc::clone(&self.owing), accesses::file(&self.folder));
        let writer = self.writer();
        let task = given::apart(async move {
            let mut kept = all.clone();
            kept.truncate(owed);
            let append = move |db: &Connection| accesses::append(db, &key, &all, given::now_ms());
            let written = match writer {
                Ok(writer) => writer.write(append).await,
                Err(error) => Err(error),
            };
            match &written {
                Ok(_) => owing.is_failing.store(false, Ordering::Release),
                Err(error) => owing.hears(error),
            }
            match &written {
                // It may tell of an earlier end, so that it cannot be written hinders nothing.
                Ok(head) => {
                    if let Err(error) = beside::note(&file, head) {
                        tracing::warn!(%error, "The end of the access log could not be noted beside it.");
                    }
                }
                Err(error) if !kept.is_empty() => owing.again(kept, error),
                Err(_) => {}
            }
            written.map(drop)
        });
        task.await.map_err(|_| StorageError::Stopped)?
    }

    /// Whether the last entry could not be written.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.owing.is_failing.load(Ordering::Acquire)
    }

    /// Whether the file was found damaged since the start: also where entries can still be added to it, what was written
    /// before is in doubt.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.owing.is_damaged.load(Ordering::Acquire)
    }

    /// Reads the log.
    ///
    /// # Errors
    /// Those of the database and of the work.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.readers.read(work).inspect_err(|error| {
            if error.is_damage() {
                self.owing.is_damaged.store(true, Ordering::Release);
            }
        })
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

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::storage::accesses::read;
    use crate::storage::sqlite::open::connect;

    /// Bounds the log to so many pages, or to those it has.
    async fn bound(audit: &Audit, pages: Option<u32>) {
        let work = move |db: &Connection| {
            let there: u32 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let most = format!("PRAGMA max_page_count = {}", pages.unwrap_or(there));
            Ok(db.query_row(&most, [], |_| Ok(()))?)
        };
        audit.on_writer(work).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_owed_is_not_lost_with_whoever_asked_and_went() {
        let folder = tempfile::tempdir().unwrap();
        let audit =
            Arc::new(Audit::open(folder.path(), SigningKey::from_seed([1; 32]), Arc::new(|_| ())));
        bound(&audit, None).await;
        while audit.note(vec![Entry::of(What::LogRead)]).await.is_ok() {}
        audit.owe(vec![Entry::of(What::Revoked)]).await;
        let full = audit.read(read::last).unwrap();

        for owes in [false, true] {
            // The log is busy; somebody asks and goes before it answers.
            let (go_on, hears) = channel();
            let busy = Arc::clone(&audit);
            let busy = tokio::spawn(async move {
                let waits = move |_: &Connection| hears.recv().map_err(|_| StorageError::Stopped);
                // What is written together with what does not fit fails with it.
                drop(busy.on_writer(waits).await);
            });
            tokio::task::yield_now().await;
            let entry = vec![Entry::of(What::SignedOut)];
            let asks =
                async { if owes { audit.owe(entry).await } else { drop(audit.note(entry).await) } };
            assert!(tokio::time::timeout(Duration::from_millis(20), asks).await.is_err());
            go_on.send(()).unwrap();
            busy.await.unwrap();
            // What was asked then has failed by now, for this comes behind it.
            drop(audit.on_writer(|_| Ok(())).await);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }
        bound(&audit, Some(1_000_000)).await;
        audit.note(vec![Entry::of(What::LogRead)]).await.unwrap();
        let mut noted = Vec::new();
        let taken = audit.read(|db| {
            read::each(db, (full + 1, i64::MAX), |one| {
                noted.push(one.entry.what);
                Ok(())
            })
        });
        taken.unwrap();
        assert_eq!(noted, [What::Revoked, What::SignedOut, What::LogRead], "owed once each");
        assert!(!audit.is_failing());
    }
    /// Lets a commit of the log fail for no reason of its own, as a disk does.
    fn fails(db: &Connection) -> Result<(), StorageError> {
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS parents (id INTEGER PRIMARY KEY);
             CREATE TABLE IF NOT EXISTS children
                 (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO children VALUES (-7)",
        )?;
        Ok(())
    }

    #[tokio::test]
    async fn damage_of_the_log_is_told_while_it_runs_and_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::from_seed([1; 32]);
        let audit = Audit::open(folder.path(), key.clone(), Arc::new(|_| ()));
        for _ in 0..300 {
            audit.note(vec![Entry::of(What::LogRead)]).await.unwrap();
        }
        let beside = connect(&audit.file()).unwrap();
        beside.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
        drop(beside);
        assert!(audit.on_writer(fails).await.is_err());
        audit.note(vec![Entry::of(What::LogRead)]).await.unwrap();
        assert!(!audit.is_failing() && !audit.is_damaged(), "a commit that failed is no damage");

        let mut bytes = std::fs::read(audit.file()).unwrap();
        assert!(bytes.len() > 6 * 4096);
        bytes[5 * 4096..].fill(0x5a);
        std::fs::write(audit.file(), &bytes).unwrap();
        assert!(audit.on_writer(fails).await.is_err());
        assert!(audit.note(vec![Entry::of(What::LogRead)]).await.is_err());
        assert!(audit.is_failing() && audit.is_damaged());
        drop(audit);

        bytes[..4096].fill(0x5a);
        std::fs::write(accesses::file(folder.path()), &bytes).unwrap();
        let audit = Audit::open(folder.path(), key, Arc::new(|_| ()));
        assert!(audit.is_failing() && audit.is_damaged());
    }
}
