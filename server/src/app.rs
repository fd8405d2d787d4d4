//! Everything a running server stands on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sign::{DepositKey, SigningKey};
use rusqlite::Connection;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::audit::Audit;
use crate::auth::Tokens;
use crate::auth::handed::Handed;
use crate::auth::passkey::Challenges;
use crate::auth::throttle::Throttle;
pub use crate::fair::Amount;
use crate::fair::{Exchanges, Stored};
use crate::given;
use crate::key_files::{Key, KeyFiles};
use crate::metrics::Metrics;
use crate::news::Teller;
use crate::opened::Opened;
use crate::policies::Policies;
use crate::presence::Presence;
use crate::remembered::Remembered;
use crate::sockets::Sockets;
use crate::storage::StorageError;
use crate::storage::ballast::Ballast;
use crate::storage::destroyed::Begun;
use crate::storage::files::Files;
use crate::storage::ledger::Open;
use crate::storage::sqlite::backup::{RESTORING, make_folders};
use crate::storage::sqlite::writer::Group;
use crate::storage::sqlite::{Keys, Readers, Schema, Writer, log, open_log, rows};
use crate::trial::TrialPool;
use crate::twice::Answered;

/// Keys that lie in files beside the databases, never in them.
pub struct Secrets {
    /// Signs enrolments.
    pub server: SigningKey,
    /// Opens deposits.
    pub deposit: DepositKey,
    /// Proves which places of the feed devices were told.
    pub position: [u8; 32],
    /// Proves which places in the order of arrival they were told.
    pub arrival: [u8; 32],
    /// Draws the secrets that renew sessions; not of the key of sessions, so that a change of that one
    /// ends no session.
    pub refresh: [u8; 32],
    /// Wraps document keys.
    pub master: [u8; 32],
}

impl Secrets {
    fn of(server: [u8; 32], deposit: [u8; 32], master: [u8; 32]) -> Self {
        Self {
            server: SigningKey::from_seed(server),
            deposit: DepositKey::from_seed(deposit),
            position: told_key(b"ankomst/position-key/1", &master),
            arrival: told_key(b"ankomst/arrival-key/1", &master),
            refresh: told_key(b"ankomst/refresh-key/2", &master),
            master,
        }
    }
}

impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secrets(***)")
    }
}

/// How far the rows are made from the log.
#[derive(Debug, Default)]
pub struct Making {
    whole: AtomicBool,
    behind: AtomicBool,
    /// Documents looked at so far.
    pub done: AtomicUsize,
    /// Documents to be looked at.
    pub all: AtomicUsize,
}

impl Making {
    /// Whether every visible change is in its row.
    pub fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }

    /// Documents looked at, of all.
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed))
    }

    /// All rows are being made.
    pub fn begin(&self, documents: usize) {
        self.whole.store(false, Ordering::Release);
        self.done.store(0, Ordering::Relaxed);
        self.all.store(documents, Ordering::Relaxed);
    }

    /// The rows are whole.
    pub fn end(&self) {
        self.whole.store(true, Ordering::Release);
    }

    /// A row could not be written: the rows are not whole until it is made good.
    pub fn fell_behind(&self) {
        self.whole.store(false, Ordering::Release);
        self.behind.store(true, Ordering::Release);
    }

    /// Whether a row is to be made good; asked by whoever then does it.
    pub fn takes_up(&self) -> bool {
        self.behind.swap(false, Ordering::AcqRel)
    }
}

/// Records in which somebody has no room any more: it is looked whether they can become smaller.
#[derive(Debug, Default)]
pub struct Crowded(Mutex<BTreeSet<DocumentId>>);

impl Crowded {
    /// Notes some.
    pub fn add(&self, documents: impl IntoIterator<Item = DocumentId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(documents);
    }

    /// Takes all.
    pub fn take(&self) -> BTreeSet<DocumentId> {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The running server.
#[derive(Debug)]
pub struct App {
    /// The data folder.
    pub folder: PathBuf,
    /// Keys that lie elsewhere.
    pub key_files: KeyFiles,
    /// Writes to the log.
    pub writer: Writer,
    /// Reads the log.
    pub readers: Readers,
    /// The access log.
    pub audit: Audit,
    /// Document keys.
    pub keys: Keys,
    /// Writes the projections.
    pub rows: Mutex<Connection>,
    /// Held while rows are made and written, so that what was read first does not come last.
    pub projecting: Mutex<()>,
    /// Reads the projections.
    pub row_readers: Readers,
    /// How far the projections are made.
    pub making: Making,
    /// Records that are open for their rows.
    pub opened: Opened,
    catalog: RwLock<&'static Catalog>,
    /// Tries changes.
    pub trial: TrialPool,
    /// Server keys.
    pub secrets: Secrets,
    /// Session tokens.
    pub tokens: Tokens,
    /// Room set aside for a full disk.
    pub ballast: Arc<Ballast>,
    /// How often passwords and links may be tried.
    pub throttle: Throttle,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Rung when changes arrive.
    pub arrived: Notify,
    /// Tells live sessions that something is new.
    pub news: Teller,
    /// What the units have decided.
    pub policies: Policies,
    /// Which devices are in contact.
    pub presence: Presence,
    /// What devices are given, as it was reckoned last.
    pub remembered: Remembered,
    /// Live sockets open.
    pub sockets: Sockets,
    /// Exchanges under way.
    pub exchanges: Exchanges,
    /// What everybody has had stored lately.
    pub stored: Stored,
    /// Records in which somebody has no room any more.
    pub crowded: Crowded,
    /// Rung when the server stops.
    pub stopping: CancellationToken,
    /// The log was found damaged, which stops the server.
    damaged: Arc<AtomicBool>,
    /// What the ledger of cleanings has and the log does not know yet.
    pub unclean: Open,
    /// What the ledger of destructions has and the log could not take out yet: nothing more is taken of it.
    pub begun: Begun,
    /// Held while a record is cleaned: two at once would share a new key, and what the second takes out would
    /// stay readable with it.
    pub cleaning: tokio::sync::Mutex<()>,
    /// One-time links that were made a moment ago.
    pub handed: Handed,
    /// What recipients answered a moment ago, and are answering.
    pub answered: Answered,
    /// Challenges of passkeys.
    pub challenges: Challenges,
    /// Pictures and other files that something is done with.
    pub files: Arc<Files>,
    /// The folder of scheduled backups, if there are any.
    pub backups: OnceLock<PathBuf>,
}

impl App {
    /// Opens a data folder that holds its keys, making what is missing; `binary` is the program trials
    /// run in.
    ///
    /// # Errors
    /// When files cannot be opened or made.
    pub async fn open(folder: &Path, binary: PathBuf) -> Result<Arc<Self>, StorageError> {
        Self::open_with(folder, &KeyFiles::default(), Schema::Bring, binary).await
    }

    /// Opens a data folder some of whose keys may lie elsewhere.
    ///
    /// # Errors
    /// When files cannot be opened or made, or the log is of a form that must not be changed now.
    pub async fn open_with(
        folder: &Path,
        key_files: &KeyFiles,
        schema: Schema,
        binary: PathBuf,
    ) -> Result<Arc<Self>, StorageError> {
        make_folder(folder)?;
        if folder.join(RESTORING).exists() {
            return Err(StorageError::Restoring);
        }
        // Keys are made with a folder, never beside data that they could not open.
        let is_new = !folder.join("log.db").exists() && !folder.join("keys.db").exists();
        let secret = |key| {
            if is_new { key_files.make(folder, key) } else { key_files.read(folder, key) }
        };
        // All keys first: where one is missing, nothing is begun.
        let (master, session) = (secret(Key::Master)?, secret(Key::Session)?);
        let (server, deposit) = (secret(Key::Server)?, secret(Key::Deposit)?);
        let log_db = open_log(folder, schema)?;
        let rows_db = rows::open(folder)?;
        let ballast = Arc::new(Ballast::new(folder));
        let metrics = Arc::<Metrics>::default();
        let (stopping, damaged) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
        let watch = watches(&ballast, &metrics, (&stopping, &damaged));
        let watch_accesses = Arc::new(hears_full(&ballast));
        let app = Self {
            folder: folder.to_path_buf(),
            key_files: key_files.clone(),
            writer: Writer::start(log_db, watch)?,
            audit: Audit::open(folder, SigningKey::from_seed(server), watch_accesses),
            readers: Readers::new(folder, "log.db"),
            keys: Keys::open(folder, master)?,
            rows: Mutex::new(rows_db),
            row_readers: Readers::new(folder, "rows.db"),
            making: Making::default(),
            opened: Opened::default(),
            catalog: RwLock::new(Catalog::builtin()),
            trial: TrialPool::new(binary, TrialPool::DEADLINE, Arc::clone(&metrics)),
            secrets: Secrets::of(server, deposit, master),
            tokens: Tokens::new(session),
            sockets: Sockets::new(Arc::clone(&metrics)),
            ballast,
            throttle: Throttle::default(),
            metrics,
            arrived: Notify::new(),
            news: Teller::default(),
            policies: Policies::default(),
            presence: Presence::default(),
            remembered: Remembered::default(),
            exchanges: Exchanges::default(),
            projecting: Mutex::default(),
            stored: Stored::default(),
            crowded: Crowded::default(),
            stopping,
            damaged,
            unclean: Open::default(),
            begun: Begun::default(),
            cleaning: tokio::sync::Mutex::default(),
            answered: Answered::default(),
            handed: Handed::default(),
            challenges: Challenges::new()?,
            files: Arc::default(),
            backups: OnceLock::new(),
        };
        if app.readers.read(log::epoch)?.is_none() {
            app.writer.write(log::new_epoch).await?;
        }
        let (head, epoch) = app.readers.read(|db| Ok((log::head(db)?, log::epoch(db)?)))?;
        if let (0, Some(epoch)) = (head.feed, epoch) {
            let rows_db = app.rows.lock().map_err(|_| StorageError::Stopped)?;
            rows::set_made_to(&rows_db, epoch, Some(0))?;
            app.making.end();
        }
        app.news.send_modify(|news| news.head = head.feed);
        app.look_at_session_key()?;
        Ok(Arc::new(app))
    }

    /// Takes the key of sessions that lies there now, and the one before for as long as it is good.
    ///
    /// # Errors
    /// When a key cannot be read; all stays as it was.
    pub fn look_at_session_key(&self) -> Result<(), StorageError> {
        // In this order: when they are changed in between, the one before is the one that still signs.
        let now = self.key_files.read(&self.folder, Key::Session)?;
        self.tokens.take(now, self.key_files.session_before(&self.folder)?);
        Ok(())
    }

    /// The catalog with the municipality's own checklists, as far as they were read.
    pub fn catalog(&self) -> &'static Catalog {
        *self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with another catalog from here on.
    pub fn set_catalog(&self, catalog: &'static Catalog) {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = catalog;
    }

    /// Whether the log was sound whenever that was in doubt.
    ///
    /// # Errors
    /// When it was not.
    pub fn is_sound(&self) -> Result<(), StorageError> {
        if self.damaged.load(Ordering::Acquire) {
            return Err(StorageError::Damaged(
                "log.db did not survive a failure of its disk. Nothing that was in doubt was acknowledged. Put the \
                 disk right, then restore the newest backup; tablets bring back what it lacks",
            ));
        }
        Ok(())
    }

    /// The server's clock, Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        given::now_ms()
    }
}

/// Makes a data folder that only its owner may look into; one that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    make_folders(folder, std::fs::DirBuilder::new().recursive(true).mode(0o700))
}

/// Tells the ballast of commits that met a full disk.
fn hears_full(ballast: &Arc<Ballast>) -> impl Fn(Group) + Send + Sync + 'static {
    let ballast = Arc::clone(ballast);
    move |group| {
        if group.met_full {
            ballast.hears(&StorageError::Full);
        }
    }
}

/// Counts commits, and stops the server when the log is found damaged.
fn watches(
    ballast: &Arc<Ballast>,
    metrics: &Arc<Metrics>,
    (stopping, damaged): (&CancellationToken, &Arc<AtomicBool>),
) -> impl Fn(Group) + Send + Sync + 'static {
    let (counts, hears) = (Arc::clone(metrics), hears_full(ballast));
    let (stopping, damaged) = (stopping.clone(), Arc::clone(damaged));
    move |group| {
        if group.is_damaged {
            damaged.store(true, Ordering::Release);
            stopping.cancel();
            return;
        }
        counts.commit(group.pieces, group.took);
        hears(group);
    }
}

/// A key drawn from another: where that one is, this one is, too.
fn told_key(label: &[u8], master: &[u8; 32]) -> [u8; 32] {
    ankomst_shared::chunk::sha256(&[label, master])
}
