//! Opening the files: the one place where pragmas are set.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::Connection;

use crate::storage::StorageError;

mod migrations {
    refinery::embed_migrations!("src/storage/sqlite/migrations");
}

const READERS_MAX: usize = 4;
/// So many statements a connection keeps compiled: more than this product has, so that each is compiled once.
const STATEMENTS_MAX: usize = 256;

/// What is done about a log of an older form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// It is brought up to date: nobody else uses it.
    Bring,
    /// It is refused: a server of that form may be running.
    Expect,
}

/// A change of a log's form, by the numbers of the migrations; nought is a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The form it had.
    pub from: i64,
    /// The form it has.
    pub to: i64,
}

/// Opens `log.db` for writing, in the form of this program.
///
/// # Errors
/// When the file cannot be opened, or is of another form and must not be or cannot be migrated.
pub fn open_log(folder: &Path, schema: Schema) -> Result<Connection, StorageError> {
    let mut connection = connect(&folder.join("log.db"))?;
    let Migrated { from, to } = look(&connection)?;
    match schema {
        Schema::Expect if from < to => return Err(StorageError::Older { found: from, known: to }),
        Schema::Expect => {}
        Schema::Bring => {
            bring(&mut connection)?;
        }
    }
    Ok(connection)
}

/// Brings a log to the form of this program; tells which it had and has.
///
/// # Errors
/// When it was written by a newer program, or cannot be migrated.
pub fn bring(connection: &mut Connection) -> Result<Migrated, StorageError> {
    let migrated = look(connection)?;
    migrations::migrations::runner().run(connection)?;
    Ok(migrated)
}

/// The form a log has, and the one it would get.
fn look(connection: &Connection) -> Result<Migrated, StorageError> {
    let runner = migrations::migrations::runner();
    let newest = runner.get_migrations().iter().map(|one| i64::from(one.version())).max();
    let to = newest.unwrap_or_default();
    let known =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history')";
    let from = if connection.query_row(known, [], |row| row.get(0))? {
        let applied = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
        connection.query_row(applied, [], |row| row.get(0))?
    } else {
        0
    };
    if from > to {
        Err(StorageError::Newer { found: from, known: to })
    } else {
        Ok(Migrated { from, to })
    }
}

/// Opens a log wherever it lies and brings its schema up to date.
///
/// # Errors
/// When the file cannot be opened or migrated.
pub fn open_log_file(file: &Path) -> Result<Connection, StorageError> {
    let mut connection = connect(file)?;
    bring(&mut connection)?;
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
    connection.pragma_update(None, "synchronous", if is_drill() { "NORMAL" } else { "FULL" })?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is taken out of a file is not left in its free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.busy_timeout(core::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

/// When set, a program built for tests acknowledges before the disk has it, so that a drill can show that its power
/// cuts would find that. What is released has no such switch.
#[cfg(debug_assertions)]
const DRILL: &str = "ANKOMST_SYNC_DRILL";

#[cfg(debug_assertions)]
fn is_drill() -> bool {
    std::env::var_os(DRILL).is_some()
}

#[cfg(not(debug_assertions))]
const fn is_drill() -> bool {
    false
}

/// Opens a file that may be in use to look at it: nothing is ever written or made.
///
/// # Errors
/// When it cannot be opened.
pub fn look_at(file: &Path) -> Result<Connection, StorageError> {
    let flags =
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(core::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

/// Opens a log that may be in use to look at it, if it is in the form of this program.
///
/// # Errors
/// When it cannot be opened, or is of another form.
pub fn look_at_log(file: &Path) -> Result<Connection, StorageError> {
    let connection = look_at(file)?;
    let Migrated { from, to } = look(&connection)?;
    if from < to { Err(StorageError::Older { found: from, known: to }) } else { Ok(connection) }
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

/// Connections that only read a file.
#[derive(Debug)]
pub struct Readers {
    file: std::path::PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Prepares readers of a file of a data folder; connections are opened when needed.
    #[must_use]
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { file: folder.join(name), idle: Mutex::new(Vec::new()) }
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

#[cfg(test)]
mod tests {
    use ankomst_shared::app::Role;
    use ankomst_shared::ids::{UnitId, UserId};
    use refinery::Target;

    use super::*;
    use crate::storage::sqlite::accounts;
    use crate::storage::sqlite::grants::{self, GrantRow};

    #[test]
    fn accounts_from_before_rights_had_dates_keep_every_role_they_had() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = connect(&folder.path().join("log.db")).unwrap();
        let before = migrations::migrations::runner().set_target(Target::Version(4));
        before.run(&mut db).unwrap();
        let unit = UnitId::from_bytes([1; 16]);
        db.execute("INSERT INTO units (id, name) VALUES (?1, 'E')", [unit.as_bytes().as_slice()])
            .unwrap();
        let kept = [
            ("", Vec::new()),
            ("supervisor", vec![Role::Supervisor]),
            ("caseworker,inspector", vec![Role::Caseworker, Role::Inspector]),
            ("administrator,chief", vec![Role::Administrator]),
        ];
        for ((roles, _), number) in kept.iter().zip(1_u8..) {
            let sql = "INSERT INTO users (id, login, name, password, roles, unit, active)
                 VALUES (?1, ?2, '', '', ?2, ?3, 1)";
            db.execute(sql, ([number; 16].as_slice(), roles, unit.as_bytes().as_slice())).unwrap();
        }
        bring(&mut db).unwrap();
        for ((_, roles), number) in kept.into_iter().zip(1_u8..) {
            let user = UserId::from_bytes([number; 16]);
            assert_eq!(accounts::user(&db, user).unwrap().unwrap().roles, roles);
            let mut given = grants::of(&db, user).unwrap();
            for grant in &mut given {
                grant.id = 0;
            }
            let wanted = roles.into_iter().map(|role| GrantRow::of_role(user, unit, role));
            assert_eq!(given, wanted.collect::<Vec<_>>(), "in the unit, at every level, for ever");
        }
    }
}
