//! The access log: who saw or did what, with which record, when, on which device and why. Entries are only ever added.
//!
//! It is a file of its own, `access.db`, so that a restore of the log does not shorten it. Through all entries goes a
//! chain of SHA-256; the server signs it at checkpoints, every thousand entries and at the end of each day, and at its
//! end with every commit. The end stands in a small file beside it, too ([`beside`]).
//!
//! Reading order: [`entry`] (what one says), [`chain`] (the chain and what is signed), this file (adding), [`read`],
//! [`verify`] (whether all is as it was written), [`copy`] (backups and restores).

pub mod beside;
pub mod chain;
pub mod copy;
pub mod entry;
pub mod read;
#[cfg(test)]
mod tamper;
pub mod verify;

use std::path::{Path, PathBuf};

use ankomst_shared::ids::{DeviceId, base32};
use ankomst_shared::sign::{PublicKey, SigningKey};
use rusqlite::{Connection, OptionalExtension};

use self::chain::{As, Chain, Columns, EVERY, Signed, ends_day};
use self::entry::{Entry, What};
use crate::storage::sqlite::open::connect;
use crate::storage::{StorageError, random};

/// The file in the data folder.
pub const FILE: &str = "access.db";

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS access (
    seq INTEGER PRIMARY KEY,
    at INTEGER,
    received INTEGER NOT NULL,
    who BLOB,
    device BLOB,
    unit BLOB,
    record BLOB,
    what INTEGER NOT NULL,
    about TEXT NOT NULL,
    purpose TEXT NOT NULL,
    mode INTEGER NOT NULL,
    number INTEGER,
    chain BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS checkpoint (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, chain BLOB NOT NULL, signature BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL, at INTEGER NOT NULL, chain BLOB NOT NULL, signature BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS series (device BLOB PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/// Where the log of a data folder lies.
#[must_use]
pub fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Opens the log of a data folder for writing; begins one where there is none. A log that does not end as the server
/// has left it goes on with an entry that says so.
///
/// # Errors
/// When the file cannot be opened or written.
pub fn open(folder: &Path, key: &SigningKey, now_ms: i64) -> Result<Connection, StorageError> {
    let file = file(folder);
    let db = connect(&file)?;
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'series')";
    if !db.query_row(known, [], |row| row.get(0))? {
        db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT"))?;
    }
    // What is asked of a record when it is protected: who has it on paper, by a device that has ever had it.
    let (printed, delivered, destroyed) =
        (What::Printed.number(), What::Delivered.number(), What::Destroyed.number());
    db.execute_batch(&format!(
        "CREATE INDEX IF NOT EXISTS printed ON access (record) WHERE what = {printed};
         CREATE INDEX IF NOT EXISTS delivered ON access (record, device) WHERE what = {delivered};
         CREATE INDEX IF NOT EXISTS destroyed ON access (record) WHERE what = {destroyed}"
    ))?;
    let fresh = match (beside::read(&file, &key.public())?, end(&db)?) {
        (beside::Told::Nothing, None) => Some(What::Begun),
        (beside::Told::End(told), Some(end)) => (told.seq > end.seq).then_some(What::Broken),
        // The power went before the very first end was noted.
        (_, Some(end)) if end.seq == 1 => None,
        _ => Some(What::Broken),
    };
    if let Some(what) = fresh {
        let about = base32(&random::<16>()?);
        begin(&db, key, Entry { about, ..Entry::of(what) }, now_ms)?;
    }
    if let Some(head) = head(&db)? {
        beside::make(&file, &head)?;
    }
    Ok(db)
}

/// Adds the entry a log begins or goes on with, unless another process has been quicker.
fn begin(db: &Connection, key: &SigningKey, mark: Entry, now_ms: i64) -> Result<(), StorageError> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    let is_late = mark.what == What::Begun && matches!(end(db), Ok(Some(_)));
    let added = if is_late { Ok(()) } else { append(db, key, &[mark], now_ms).map(|_| ()) };
    db.execute_batch(if added.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    added
}

/// The last entry there is, as far as the chain asks.
struct End {
    seq: i64,
    received: i64,
    chain: Chain,
}

fn end(db: &Connection) -> Result<Option<End>, StorageError> {
    let last = "SELECT seq, received, chain FROM access ORDER BY seq DESC LIMIT 1";
    let end = db.prepare_cached(last)?.query_row([], |row| {
        let chain: Vec<u8> = row.get(2)?;
        // One of another length fits nothing.
        let chain = Chain::try_from(chain.as_slice()).unwrap_or_default();
        Ok(End { seq: row.get(0)?, received: row.get(1)?, chain })
    });
    Ok(end.optional()?)
}

/// The end as the server has signed it.
///
/// # Errors
/// When the database refuses.
pub fn head(db: &Connection) -> Result<Option<Signed>, StorageError> {
    let mut found = db.prepare_cached("SELECT seq, at, chain, signature FROM head")?;
    Ok(found.query_row([], signed).optional()?)
}

fn signed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Signed> {
    let chain: Vec<u8> = row.get(2)?;
    Ok(Signed {
        seq: row.get(0)?,
        at: row.get(1)?,
        chain: Chain::try_from(chain.as_slice()).unwrap_or_default(),
        signature: row.get(3)?,
    })
}

/// Adds entries within a commit; gives the new end, which is noted beside the log once they are on the disk.
///
/// # Errors
/// When the database refuses.
pub fn append(
    db: &Connection,
    key: &SigningKey,
    entries: &[Entry],
    now_ms: i64,
) -> Result<Signed, StorageError> {
    let mut adding = Adding::begin(db, key, now_ms)?;
    for entry in entries {
        adding.series(entry)?;
    }
    adding.done()
}

struct Adding<'a> {
    db: &'a Connection,
    key: &'a SigningKey,
    now_ms: i64,
    end: End,
    scratch: Vec<u8>,
}

impl<'a> Adding<'a> {
    fn begin(db: &'a Connection, key: &'a SigningKey, now_ms: i64) -> Result<Self, StorageError> {
        let (end, head) = (end(db)?, head(db)?);
        let fits = match (&end, &head) {
            (None, None) => true,
            (Some(end), Some(head)) => is_end(head, end, &key.public()),
            _ => false,
        };
        let end = end.unwrap_or(End { seq: 0, received: now_ms, chain: Chain::default() });
        let mut adding = Self { db, key, now_ms, end, scratch: Vec::new() };
        if !fits {
            tracing::error!(
                seq = adding.end.seq,
                "The access log does not end as it was left: it was changed by something else. It goes on; \
                 `ankomst audit verify` says more."
            );
            adding.one(&Entry::of(What::Broken))?;
        }
        Ok(adding)
    }

    /// Adds what a device has counted once, and says when something of its count is missing.
    fn series(&mut self, entry: &Entry) -> Result<(), StorageError> {
        let (Some(number), Some(device)) = (entry.number, entry.device) else {
            return self.one(entry);
        };
        if entry.what == What::SeriesCut {
            self.one(entry)?;
            return self.counted(device, number);
        }
        let last = read::counted(self.db, device)?;
        if number <= last {
            return Ok(());
        }
        if number > last + 1 {
            let about = format!("{}-{}", last + 1, number - 1);
            let cut =
                Entry { what: What::SeriesCut, record: None, number: None, about, ..entry.clone() };
            self.one(&Entry { purpose: String::new(), at_ms: None, ..cut })?;
        }
        self.one(entry)?;
        self.counted(device, number)
    }

    fn counted(&self, device: DeviceId, number: i64) -> Result<(), StorageError> {
        let put = "INSERT INTO series (device, last) VALUES (?1, ?2)
             ON CONFLICT (device) DO UPDATE SET last = excluded.last";
        self.db.prepare_cached(put)?.execute((device.as_bytes().as_slice(), number))?;
        Ok(())
    }

    fn one(&mut self, entry: &Entry) -> Result<(), StorageError> {
        if self.end.seq > 0 && ends_day(self.end.received, self.now_ms) {
            self.checkpoint()?;
        }
        let at = entry.at_ms.filter(|at| *at != self.now_ms);
        let columns = Columns {
            seq: self.end.seq + 1,
            at,
            received: self.now_ms,
            ids: [
                entry.who.as_ref().map(|id| id.as_bytes().as_slice()),
                entry.device.as_ref().map(|id| id.as_bytes().as_slice()),
                entry.unit.as_ref().map(|id| id.as_bytes().as_slice()),
                entry.record.as_ref().map(|id| id.as_bytes().as_slice()),
            ],
            what: i64::from(entry.what.number()),
            about: entry.about.as_bytes(),
            purpose: entry.purpose.as_bytes(),
            mode: i64::from(entry.mode.number()),
            number: entry.number,
        };
        let chain = columns.chain(&self.end.chain, &mut self.scratch);
        let [who, device, unit, record] = columns.ids;
        let insert = "INSERT INTO access (seq, at, received, who, device, unit, record, what, about, purpose,
                mode, number, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        self.db.prepare_cached(insert)?.execute(rusqlite::params![
            columns.seq,
            at,
            self.now_ms,
            who,
            device,
            unit,
            record,
            columns.what,
            entry.about,
            entry.purpose,
            columns.mode,
            entry.number,
            chain.as_slice(),
        ])?;
        self.end = End { seq: columns.seq, received: self.now_ms, chain };
        if self.end.seq % EVERY == 0 { self.checkpoint() } else { Ok(()) }
    }

    fn checkpoint(&self) -> Result<(), StorageError> {
        let place = (self.end.seq, self.end.received, self.end.chain);
        let signed = Signed::sign(self.key, As::Checkpoint, place);
        let put =
            "INSERT OR IGNORE INTO checkpoint (seq, at, chain, signature) VALUES (?1, ?2, ?3, ?4)";
        let row = (signed.seq, signed.at, signed.chain.as_slice(), signed.signature);
        self.db.prepare_cached(put)?.execute(row)?;
        Ok(())
    }

    fn done(self) -> Result<Signed, StorageError> {
        let place = (self.end.seq, self.end.received, self.end.chain);
        let head = Signed::sign(self.key, As::Head, place);
        let put = "INSERT INTO head (one, seq, at, chain, signature) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, at = excluded.at, chain = excluded.chain,
                 signature = excluded.signature";
        let row = (head.seq, head.at, head.chain.as_slice(), head.signature.as_slice());
        self.db.prepare_cached(put)?.execute(row)?;
        Ok(head)
    }
}

fn is_end(head: &Signed, end: &End, key: &PublicKey) -> bool {
    (head.seq, head.at, head.chain) == (end.seq, end.received, end.chain)
        && head.is_good(key, As::Head)
}
