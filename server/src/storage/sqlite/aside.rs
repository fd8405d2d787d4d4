//! Logs that restores have put aside, held against the one there is: what of them no tablet has brought back.
//!
//! A change that was carried over is known by its author's name, so that one is back whichever way it came. What had
//! ended in the old log stands in what it became.

use std::collections::BTreeSet;
use std::path::Path;

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, UserId};
use rusqlite::{Connection, OpenFlags};

use super::Blob;
use crate::storage::StorageError;

/// How the names of folders begin in which restores put what was there.
pub const ASIDE: &str = "before-restore-";

/// A log that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its folder in the data folder.
    pub folder: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What is not back, the oldest first; `None` where that log is gone or cannot be read, so that nobody can say.
    pub missing: Option<Vec<Missing>>,
}

/// A change that is not back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its record.
    pub document: DocumentId,
    /// Kind of the record.
    pub kind: String,
    /// The change.
    pub hash: ChangeHash,
    /// Its author.
    pub user: UserId,
    /// The author's device.
    pub device: DeviceId,
    /// When it had arrived, Unix milliseconds.
    pub received_ms: i64,
}

/// A device that was not in contact since a time, and so may still bring something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// The device.
    pub device: DeviceId,
    /// Whose.
    pub login: String,
    /// When it was in contact last, Unix milliseconds.
    pub seen_ms: i64,
}

/// All logs that were put aside in a data folder, the oldest first.
///
/// # Errors
/// When the folder or the log there is cannot be read.
pub fn all(folder: &Path, db: &Connection) -> Result<Vec<Aside>, StorageError> {
    let mut asides = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let at_ms = name.strip_prefix(ASIDE).and_then(|at| at.parse().ok());
        asides.extend(at_ms.map(|at_ms| (at_ms, name)));
    }
    asides.sort();
    if asides.is_empty() {
        return Ok(Vec::new());
    }
    let (here, gone) = (here(db)?, destroyed(db)?);
    let compare = |(at_ms, name): (i64, String)| {
        let missing = missing(&folder.join(&name).join("log.db"), &here);
        if let Err(error) = &missing {
            tracing::warn!(%error, folder = name, "The log that was put aside cannot be read.");
        }
        let missing = missing.ok().map(|mut all| {
            all.retain(|one| !gone.contains(&one.document));
            all
        });
        Aside { folder: name, at_ms, missing }
    };
    Ok(asides.into_iter().map(compare).collect())
}

/// Every change there is, by its own and by its author's name.
fn here(db: &Connection) -> Result<BTreeSet<ChangeHash>, StorageError> {
    let mut select =
        db.prepare("SELECT hash FROM chunks UNION SELECT was FROM chunks WHERE was IS NOT NULL")?;
    let rows = select.query_map([], |row| row.get::<_, Blob<ChangeHash>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// What nobody misses: the documents of records that were destroyed.
fn destroyed(db: &Connection) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare("SELECT document FROM destroyed_documents")?;
    let rows = select.query_map([], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

fn missing(file: &Path, here: &BTreeSet<ChangeHash>) -> Result<Vec<Missing>, StorageError> {
    let old = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = old.prepare(
        "SELECT document, kind, coalesce(was, hash), chunks.user, chunks.device, chunks.received_ms
         FROM chunks JOIN documents ON documents.id = document
         WHERE state <> 'ended' ORDER BY received",
    )?;
    let rows = select.query_map([], |row| {
        Ok(Missing {
            document: row.get::<_, Blob<DocumentId>>(0)?.0,
            kind: row.get(1)?,
            hash: row.get::<_, Blob<ChangeHash>>(2)?.0,
            user: row.get::<_, Blob<UserId>>(3)?.0,
            device: row.get::<_, Blob<DeviceId>>(4)?.0,
            received_ms: row.get(5)?,
        })
    })?;
    let mut missing = Vec::new();
    for row in rows {
        let row = row?;
        if !here.contains(&row.hash) {
            missing.push(row);
        }
    }
    Ok(missing)
}

/// Devices that were not in contact since a time; those that were wiped have nothing more.
///
/// # Errors
/// When the database refuses.
pub fn silent_since(db: &Connection, at_ms: i64) -> Result<Vec<Silent>, StorageError> {
    let mut select = db.prepare(
        "SELECT devices.id, users.login, devices.seen_ms FROM devices
         JOIN users ON users.id = devices.user
         WHERE devices.seen_ms < ?1 AND devices.state <> 'wiped' ORDER BY devices.seen_ms",
    )?;
    let rows = select.query_map([at_ms], |row| {
        Ok(Silent {
            device: row.get::<_, Blob<DeviceId>>(0)?.0,
            login: row.get(1)?,
            seen_ms: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
