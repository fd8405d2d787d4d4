//! Where the log, the keys and the rows are kept.
//!
//! One backend: [`sqlite`]. Reading order: [`sqlite::open`] (files and pragmas), [`sqlite::writer`]
//! (group commit), [`sqlite::log`] (documents and chunks), [`sqlite::keys`] (document keys),
//! [`sqlite::accounts`] (people, devices, sessions), [`sqlite::units`], [`sqlite::rights`] (what accounts might do before), [`sqlite::held`] and
//! [`sqlite::decided`] (what waits for a person), [`sqlite::cuts`] (what was cleaned), [`sqlite::enrolled`] (devices
//! a restored log lacks), [`sqlite::first`] (the first of them), [`sqlite::rows`] (projections), [`sqlite::backup`]
//! (copies that were read whole), [`sqlite::backed`] (what is noted of them), [`files`], [`refused`], [`sqlite::files`],
//! [`sqlite::file_keys`] and [`sqlite::files_beside`] (pictures and other files: bytes, rows, keys, backups);
//! [`ledger`] and [`destroyed`] (what was cleaned and destroyed, outside the log), [`accesses`] (who saw and did what), and [`ballast`] (room for a full disk).

pub mod accesses;
pub mod ballast;
pub mod destroyed;
pub mod files;
pub mod ledger;
pub mod refused;
pub mod sqlite;

/// Why storage did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database refused.
    #[error("the database refused: {0}")]
    Database(rusqlite::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date: {0}")]
    Schema(#[from] refinery::Error),
    /// The data are in the form of a newer program.
    #[error(
        "these data were written by a newer version of Ankomst (form {found}, this program knows {known}); \
         nothing was changed. Run the newer program, or restore a backup from before it into a folder of its own"
    )]
    Newer {
        /// Form of the data.
        found: i64,
        /// Newest form this program knows.
        known: i64,
    },
    /// The data are in the form of an older program, whose server may be running.
    #[error(
        "these data are of an older version of Ankomst (form {found}, this program needs {known}); nothing was \
         changed. Stop the server, run `ankomst migrate`, then start the new server"
    )]
    Older {
        /// Form of the data.
        found: i64,
        /// Form this program needs.
        known: i64,
    },
    /// The disk is full; nothing was written.
    #[error("the disk is full")]
    Full,
    /// Refused to leave what room there is to sessions, revocations and the feed.
    #[error("the disk is nearly full and what is left of it is kept for what must be written")]
    Low,
    /// A file could not be read or written.
    #[error("a file of the data folder could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// A picture or other file is there and cannot be read, or not be brought to its place.
    #[error(
        "{} is there, and could not be read or not be brought to its place: {error}; nothing was changed. See to the \
         disk and do it again, or move that file away: then it is lost", file.display()
    )]
    Unread {
        /// Which.
        file: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A key file is not there, but data that need it are.
    #[error(
        "{0} is gone from the data folder; put it back from where you keep it, nothing was changed"
    )]
    KeyGone(&'static str),
    /// A key file outside the data folder cannot be read.
    #[error("the key file {} cannot be read: {error}; nothing was changed", file.display())]
    KeyFile {
        /// Which.
        file: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A key that is to be changed lies outside the data folder.
    #[error(
        "the key lies in {}, which is only ever read; put another one there and start the server again. \
         Nothing was changed", .0.display()
    )]
    KeyElsewhere(std::path::PathBuf),
    /// A key file holds something else.
    #[error("{} does not hold a key, which is 32 bytes; nothing was changed", .0.display())]
    KeyLength(std::path::PathBuf),
    /// The master key is that of other data.
    #[error("the master key is not the one of these data; give the right one, nothing was changed")]
    OtherMaster,
    /// What somebody is about to be shown could not be noted in the access log.
    #[error("what is shown must be noted in the access log, and it cannot be written: {0}")]
    Unnoted(Box<StorageError>),
    /// Another process serves this data folder, or a command that must be alone works on it.
    #[error(
        "another process uses this data folder; stop the server first, then run this again. Nothing was changed"
    )]
    InUse,
    /// A restore of this folder was begun and not ended.
    #[error("a restore of this data folder was not finished; run `ankomst restore` again")]
    Restoring,
    /// The writer has ended.
    #[error("the server is stopping")]
    Stopped,
    /// Stored bytes are not what they must be.
    #[error("stored data is damaged: {0}")]
    Damaged(&'static str),
    /// A line of a ledger is damaged: what it says would come back.
    #[error(
        "a line of {} cannot be read, so what it says would come back; put the file right from its copy beside the \
         backups. Nothing was changed", .0.display()
    )]
    Ledger(std::path::PathBuf),
    /// Sealing or opening failed.
    #[error("stored data could not be sealed or opened")]
    Sealed,
    /// No randomness.
    #[error("the system gave no random bytes")]
    Random,
}

impl StorageError {
    /// Whether a file was found to be no sound database.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        matches!(
            self,
            Self::Database(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error { code: DatabaseCorrupt | NotADatabase, .. },
                _
            ))
        )
    }

    /// Whether what was read is not what it must be: the file, or what stands in it.
    #[must_use]
    pub const fn is_unsound(&self) -> bool {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
        };
        self.is_damage()
            || matches!(
                self,
                Self::Damaged(_)
                    | Self::Sealed
                    | Self::Database(
                        FromSqlConversionFailure(..)
                            | IntegralValueOutOfRange(..)
                            | InvalidColumnType(..)
                            | Utf8Error(..)
                    )
            )
    }
}

impl From<rusqlite::Error> for StorageError {
    /// A full disk is told apart wherever it shows.
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
            Self::Full
        } else {
            Self::Database(error)
        }
    }
}

/// Gives random bytes.
///
/// # Errors
/// When the system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], StorageError> {
    let mut bytes = [0; N];
    crate::given::fill(&mut bytes).map_err(|_| StorageError::Random)?;
    Ok(bytes)
}
