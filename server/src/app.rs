//! Everything a running server stands on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ankomst_shared::sign::{DepositKey, SigningKey};
use rusqlite::Connection;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::auth::Tokens;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::sockets::Sockets;
use crate::storage::ballast::Ballast;
use crate::storage::sqlite::backup::RESTORING;
use crate::storage::sqlite::writer::Group;
use crate::storage::sqlite::{Keys, Readers, Writer, log, open_log, open_rows, rows};
use crate::storage::{StorageError, random};
use crate::trial::TrialPool;

/// Keys that lie in files beside the databases, never in them.
pub struct Secrets {
    /// Signs enrolments.
    pub server: SigningKey,
    /// Opens deposits.
    pub deposit: DepositKey,
    /// Proves which places of the feed devices were told.
    pub position: [u8; 32],
    /// Draws the secrets that renew sessions.
    pub refresh: [u8; 32],
    /// Wraps document keys.
    pub master: [u8; 32],
}

impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secrets(***)")
    }
}

/// What live sessions watch.
#[derive(Debug, Clone, Copy, Default)]
pub struct News {
    /// Newest number of the feed.
    pub head: u64,
    /// Counts every turn of the feed, held changes included.
    pub turns: u64,
}

/// The running server.
#[derive(Debug)]
pub struct App {
    /// The data folder.
    pub folder: PathBuf,
    /// There were no rows: they are to be made from the log.
    pub rows_are_new: bool,
    /// Writes to the log.
    pub writer: Writer,
    /// Reads the log.
    pub readers: Readers,
    /// Document keys.
    pub keys: Keys,
    /// Projections.
    pub rows: Mutex<Connection>,
    /// Tries changes.
    pub trial: TrialPool,
    /// Server keys.
    pub secrets: Secrets,
    /// Session tokens.
    pub tokens: Tokens,
    /// Room set aside for a full disk.
    pub ballast: Arc<Ballast>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Rung when changes arrive.
    pub arrived: Notify,
    /// Tells live sessions that something is new.
    pub news: watch::Sender<News>,
    /// Which devices are in contact.
    pub presence: Presence,
    /// Live sockets open.
    pub sockets: Sockets,
    /// Rung when the server stops.
    pub stopping: CancellationToken,
}

impl App {
    /// Opens a data folder, making what is missing; `binary` is the program trials run in.
    ///
    /// # Errors
    /// When files cannot be opened or made.
    pub async fn open(folder: &Path, binary: PathBuf) -> Result<Arc<Self>, StorageError> {
        make_folder(folder)?;
        if folder.join(RESTORING).exists() {
            return Err(StorageError::Restoring);
        }
        // Keys are made with a folder, never beside data that they could not open.
        let is_new = !folder.join("log.db").exists() && !folder.join("keys.db").exists();
        let secret = |name: &'static str| {
            if is_new { make_secret(folder, name) } else { secret(folder, name) }
        };
        let rows_db = open_rows(folder)?;
        rows::prepare(&rows_db)?;
        let rows_are_new = rows::is_empty(&rows_db)?;
        let master = secret("master.key")?;
        let session = secret("session.key")?;
        let ballast = Arc::new(Ballast::new(folder));
        let watched = Arc::clone(&ballast);
        let metrics = Arc::<Metrics>::default();
        let counts = Arc::clone(&metrics);
        let sockets = Sockets::new(Arc::clone(&metrics));
        let watch = move |group: Group| {
            counts.commit(group.pieces, group.took);
            if group.met_full {
                watched.hears(&StorageError::Full);
            }
        };
        let app = Self {
            folder: folder.to_path_buf(),
            rows_are_new,
            writer: Writer::start(open_log(folder)?, watch)?,
            readers: Readers::new(folder),
            keys: Keys::open(folder, master)?,
            rows: Mutex::new(rows_db),
            trial: TrialPool::new(binary, Arc::clone(&metrics)),
            secrets: Secrets {
                server: SigningKey::from_seed(secret("server.key")?),
                deposit: DepositKey::from_seed(secret("deposit.key")?),
                position: position_key(&master),
                refresh: ankomst_shared::chunk::sha256(&[b"ankomst/refresh-key/1", &session]),
                master,
            },
            tokens: Tokens::new(session),
            ballast,
            metrics,
            arrived: Notify::new(),
            news: watch::Sender::new(News::default()),
            presence: Presence::default(),
            sockets,
            stopping: CancellationToken::new(),
        };
        let has_epoch = app.readers.read(log::epoch)?.is_some();
        if !has_epoch {
            app.writer.write(log::new_epoch).await?;
        }
        let head = app.readers.read(log::head)?;
        app.news.send_modify(|news| news.head = head.feed);
        Ok(Arc::new(app))
    }

    /// The server's clock, Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }
}

/// Makes a data folder that only its owner may look into; one that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The key of positions, drawn from the master key, so that it is there wherever the log can be read.
fn position_key(master: &[u8; 32]) -> [u8; 32] {
    ankomst_shared::chunk::sha256(&[b"ankomst/position-key/1", master])
}

/// The master key of a data folder.
///
/// # Errors
/// When there is none or it cannot be read.
pub fn master_key(folder: &Path) -> Result<[u8; 32], StorageError> {
    secret(folder, "master.key")
}

/// Reads a key of 32 bytes.
fn secret(folder: &Path, name: &'static str) -> Result<[u8; 32], StorageError> {
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => {
            bytes.try_into().map_err(|_| StorageError::Damaged("a key file has another length"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(StorageError::KeyGone(name))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads a key of a new data folder; makes it if it is not there, readable by its owner only.
fn make_secret(folder: &Path, name: &'static str) -> Result<[u8; 32], StorageError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = folder.join(name);
    if !file.exists() {
        let mut out =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
        out.write_all(&random::<32>()?)?;
        out.sync_all()?;
        std::fs::File::open(folder)?.sync_all()?;
    }
    secret(folder, name)
}
