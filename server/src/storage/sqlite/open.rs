//! Opening the files: the one place where pragmas are set.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::Connection;

use crate::storage::StorageError;

mod migrations {
    refinery::embed_migrations!("src/storage/sqlite/migrations");
}

const READERS_MAX: usize = 4;

/// Opens `log.db` for writing and brings its schema up to date.
///
/// # Errors
/// When the file cannot be opened or migrated.
pub fn open_log(folder: &Path) -> Result<Connection, StorageError> {
    open_log_file(&folder.join("log.db"))
}

/// Opens a log wherever it lies and brings its schema up to date.
///
/// # Errors
/// When the file cannot be opened or migrated.
pub fn open_log_file(file: &Path) -> Result<Connection, StorageError> {
    let mut connection = connect(file)?;
    migrations::migrations::runner().run(&mut connection)?;
    Ok(connection)
}

/// Opens `rows.db`, whose content can be thrown away and rebuilt.
///
/// # Errors
/// When the file cannot be opened.
pub fn open_rows(folder: &Path) -> Result<Connection, StorageError> {
    let connection = connect(&folder.join("rows.db"))?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Opens a file with the pragmas of this product.
///
/// # Errors
/// When the file cannot be opened.
pub fn connect(file: &Path) -> Result<Connection, StorageError> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An acknowledgement means: on the disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.busy_timeout(core::time::Duration::from_secs(10))?;
    Ok(connection)
}

/// Brings what stands in the write-ahead log of a file into the file, and empties it.
///
/// # Errors
/// When the file cannot be opened or others hold on to it.
pub fn checkpoint(file: &Path) -> Result<(), StorageError> {
    let connection = connect(file)?;
    connection.busy_timeout(core::time::Duration::from_secs(1))?;
    let is_busy =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))?;
    if is_busy { Err(StorageError::InUse) } else { Ok(()) }
}

/// Connections that only read `log.db`.
#[derive(Debug)]
pub struct Readers {
    file: std::path::PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Prepares readers of a data folder; connections are opened when needed.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { file: folder.join("log.db"), idle: Mutex::new(Vec::new()) }
    }

    /// Runs a piece of reading in one consistent view.
    ///
    /// # Errors
    /// Those of the database and of the work.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let idle = self.idle.lock().map_or(None, |mut idle| idle.pop());
        let connection = if let Some(connection) = idle {
            connection
        } else {
            let connection = connect(&self.file)?;
            connection.pragma_update(None, "query_only", true)?;
            connection
        };
        let view = connection.unchecked_transaction()?;
        let out = work(&view);
        view.finish()?;
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < READERS_MAX
        {
            idle.push(connection);
        }
        out
    }
}
