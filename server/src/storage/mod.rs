//! Where the log, the keys and the rows are kept.
//!
//! One backend: [`sqlite`]. Reading order: [`sqlite::open`] (files and pragmas), [`sqlite::writer`]
//! (group commit), [`sqlite::log`] (documents and chunks), [`sqlite::keys`] (document keys),
//! [`sqlite::accounts`] (people, devices, sessions), [`sqlite::rows`] (projections),
//! [`sqlite::backup`] (copies that were read whole); and [`ballast`] (room for a full disk).

pub mod ballast;
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
    /// The disk is full; nothing was written.
    #[error("the disk is full")]
    Full,
    /// Refused to leave what room there is to sessions, revocations and the feed.
    #[error("the disk is nearly full and what is left of it is kept for what must be written")]
    Low,
    /// A file could not be read or written.
    #[error("a file of the data folder could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// A key file is not there, but data that need it are.
    #[error(
        "{0} is gone from the data folder; put it back from where you keep it, nothing was changed"
    )]
    KeyGone(&'static str),
    /// Another process serves or restores this data folder.
    #[error("another process uses this data folder; stop it first")]
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
    /// Sealing or opening failed.
    #[error("stored data could not be sealed or opened")]
    Sealed,
    /// No randomness.
    #[error("the system gave no random bytes")]
    Random,
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
    getrandom::fill(&mut bytes).map_err(|_| StorageError::Random)?;
    Ok(bytes)
}
