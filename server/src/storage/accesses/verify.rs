//! Whether the log is as the server has written it. Read once from beginning to end, in constant memory.

use core::fmt;
use std::collections::BTreeMap;
use std::path::Path;

use ankomst_shared::sign::PublicKey;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use super::chain::{As, Chain, Columns, EVERY, Signed, ends_day};
use super::entry::What;
use super::{beside, head, signed};
use crate::storage::StorageError;

/// What is wrong at an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not there, but later ones are.
    Missing,
    /// It, or something before it, is not what was written.
    Changed,
    /// The checkpoint there is not there, or not the server's.
    Checkpoint,
    /// A checkpoint is where none was made.
    Foreign,
    /// It was added by something else than the server.
    Added,
    /// The log ends here and went on before.
    Cut,
    /// The server itself found, before it wrote this, that the log had been changed.
    Broken,
    /// What devices have counted is not what is noted of it.
    Count,
    /// The small file with the end of the log is gone or not the server's.
    Beside,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "this entry was taken out: later ones are there, it is not",
            Self::Changed => {
                "this entry, or the order before it, was changed after it was written: its chain value does not fit"
            }
            Self::Checkpoint => "the signed checkpoint at this entry is gone or does not bear the server's signature",
            Self::Foreign => "a checkpoint stands at this entry where the server makes none",
            Self::Added => "from this entry on nothing was written by the server: its signature ends before",
            Self::Cut => "the log ends here, but the server has signed a later end: what came after it was cut off",
            Self::Broken => {
                "when the server wrote this entry, the log did not end as it had left it: what is before was cut off or \
                 changed then"
            }
            Self::Count => "how far the tablets have counted what they opened is not what the entries say",
            Self::Beside => "the file beside the log that bears its signed end is gone or not the server's",
        })
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Entries read.
    pub entries: i64,
    /// Checkpoints whose signature is good.
    pub checkpoints: i64,
    /// The first entry at which something is wrong, and what.
    pub fault: Option<(i64, Fault)>,
}

/// Verifies a log and the file beside it.
///
/// # Errors
/// When the file cannot be read as a database.
pub fn file(log: &Path, key: &PublicKey) -> Result<Found, StorageError> {
    let db = Connection::open_with_flags(log, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // One view of it, for a server may be writing.
    db.execute_batch("BEGIN")?;
    file_in(&db, log, key)
}

/// Verifies a copy, such as that of a backup: nothing stands beside it.
///
/// # Errors
/// When the file cannot be read as a database.
pub fn copy(file: &Path, key: &PublicKey) -> Result<Found, StorageError> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    verify(&db, key)
}

/// Verifies a log that is open, and the file beside it.
pub(super) fn file_in(db: &Connection, log: &Path, key: &PublicKey) -> Result<Found, StorageError> {
    // The end beside is noted after the commit, so it is read first.
    let told = beside::read(log, key)?;
    let mut found = verify(db, key)?;
    if found.fault.is_none() {
        found.fault = match told {
            beside::Told::Nothing | beside::Told::Unreadable => {
                Some((found.entries, Fault::Beside))
            }
            beside::Told::End(end) if end.seq > found.entries => Some((found.entries, Fault::Cut)),
            beside::Told::End(end) => {
                let there: Option<Vec<u8>> = db
                    .query_row("SELECT chain FROM access WHERE seq = ?1", [end.seq], |row| {
                        row.get(0)
                    })
                    .ok();
                (there.as_deref() != Some(end.chain.as_slice()))
                    .then_some((end.seq, Fault::Changed))
            }
        };
    }
    Ok(found)
}

/// Verifies a log alone.
fn verify(db: &Connection, key: &PublicKey) -> Result<Found, StorageError> {
    let mut found = Found::default();
    let fault = read_all(db, key, &mut found)?;
    found.fault = fault;
    Ok(found)
}

struct Reading<'a> {
    key: &'a PublicKey,
    checkpoints: rusqlite::Rows<'a>,
    next: Option<Signed>,
    scratch: Vec<u8>,
    seq: i64,
    received: i64,
    chain: Chain,
    /// How far each device has counted.
    series: BTreeMap<Vec<u8>, i64>,
}

fn read_all(
    db: &Connection,
    key: &PublicKey,
    found: &mut Found,
) -> Result<Option<(i64, Fault)>, StorageError> {
    let mut select = db.prepare("SELECT seq, at, chain, signature FROM checkpoint ORDER BY seq")?;
    let mut reading = Reading {
        key,
        checkpoints: select.query([])?,
        next: None,
        scratch: Vec::new(),
        seq: 0,
        received: 0,
        chain: Chain::default(),
        series: BTreeMap::new(),
    };
    reading.next = reading.checkpoints.next()?.map(signed).transpose()?;
    let mut entries = db.prepare(
        "SELECT seq, at, received, who, device, unit, record, what, about, purpose, mode, number, chain
         FROM access ORDER BY seq",
    )?;
    let head = head(db)?.filter(|head| head.is_good(key, As::Head));
    let signed_to = head.as_ref().map_or(0, |head| head.seq);
    let mut rows = entries.query([])?;
    while let Some(row) = rows.next()? {
        let fault = reading.entry(row, found)?;
        if fault.is_some() {
            return Ok(fault);
        }
        found.entries = reading.seq;
        if head.is_some() && reading.seq > signed_to {
            return Ok(Some((reading.seq, Fault::Added)));
        }
    }
    // Such a checkpoint is made with its entry; that of a day only when the next one has begun.
    if reading.seq > 0
        && let Some(fault) = reading.checkpoint(reading.seq % EVERY == 0, found)?
    {
        return Ok(Some((reading.seq, fault)));
    }
    if let Some(left) = &reading.next {
        let fault = if left.is_good(key, As::Checkpoint) { Fault::Cut } else { Fault::Foreign };
        return Ok(Some((reading.seq, fault)));
    }
    if !counts_fit(db, &reading.series)? {
        return Ok(Some((reading.seq, Fault::Count)));
    }
    Ok(match head {
        None if reading.seq == 0 => Some((0, Fault::Cut)),
        None => Some((reading.seq, Fault::Added)),
        Some(head) if head.seq > reading.seq => Some((reading.seq, Fault::Cut)),
        Some(head) if head.chain != reading.chain => Some((reading.seq, Fault::Changed)),
        Some(_) => None,
    })
}

impl Reading<'_> {
    fn entry(
        &mut self,
        row: &Row<'_>,
        found: &mut Found,
    ) -> Result<Option<(i64, Fault)>, StorageError> {
        let seq: i64 = row.get(0)?;
        if seq != self.seq + 1 {
            return Ok(Some((self.seq + 1, Fault::Missing)));
        }
        let received: i64 = row.get(2)?;
        // Whether the day of the entry before has ended is known only now.
        let is_due = self.seq > 0 && (self.seq % EVERY == 0 || ends_day(self.received, received));
        if let Some(fault) = self.checkpoint(is_due, found)? {
            return Ok(Some((self.seq, fault)));
        }
        let columns = columns(row)?;
        let chain = columns.chain(&self.chain, &mut self.scratch);
        if row.get_ref(12)?.as_blob().ok() != Some(chain.as_slice()) {
            return Ok(Some((seq, Fault::Changed)));
        }
        if columns.what == i64::from(What::Broken.number()) {
            return Ok(Some((seq, Fault::Broken)));
        }
        if let (Some(number), Some(device)) = (columns.number, columns.ids[1]) {
            let last = self.series.entry(device.to_vec()).or_default();
            // A count that has gone back is said with the number it goes on from.
            let is_back = columns.what == i64::from(What::SeriesCut.number());
            *last = if is_back { number } else { number.max(*last) };
        }
        (self.seq, self.received, self.chain) = (seq, received, chain);
        Ok(None)
    }

    /// Looks at the checkpoint of the last entry, which is due or not.
    fn checkpoint(
        &mut self,
        is_due: bool,
        found: &mut Found,
    ) -> Result<Option<Fault>, StorageError> {
        let Some(next) = self.next.as_ref().filter(|next| next.seq <= self.seq) else {
            return Ok(is_due.then_some(Fault::Checkpoint));
        };
        if next.seq < self.seq || !is_due {
            return Ok(Some(Fault::Foreign));
        }
        let stands = (next.at, next.chain) == (self.received, self.chain);
        if !stands || !next.is_good(self.key, As::Checkpoint) {
            return Ok(Some(Fault::Checkpoint));
        }
        found.checkpoints += 1;
        self.next = self.checkpoints.next()?.map(signed).transpose()?;
        Ok(None)
    }
}

/// Whether the counts of devices are those of the entries.
fn counts_fit(db: &Connection, series: &BTreeMap<Vec<u8>, i64>) -> Result<bool, StorageError> {
    let mut select = db.prepare("SELECT device, last FROM series")?;
    let there =
        select.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)))?;
    let there: BTreeMap<Vec<u8>, i64> = there.collect::<Result<_, _>>()?;
    Ok(there == *series)
}

/// What stands for a value of another kind than its column has: no id and no text is this, so it fits no chain.
const OTHER: &[u8] = &[0xff];

fn columns<'a>(row: &'a Row<'_>) -> Result<Columns<'a>, StorageError> {
    let id = |at: usize| -> Result<Option<&'a [u8]>, StorageError> {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => None,
            ValueRef::Blob(bytes) => Some(bytes),
            _ => Some(OTHER),
        })
    };
    let text = |at: usize| -> Result<&'a [u8], StorageError> {
        Ok(match row.get_ref(at)? {
            ValueRef::Text(bytes) => bytes,
            _ => OTHER,
        })
    };
    Ok(Columns {
        seq: row.get(0)?,
        at: row.get(1)?,
        received: row.get(2)?,
        ids: [id(3)?, id(4)?, id(5)?, id(6)?],
        what: row.get(7)?,
        about: text(8)?,
        purpose: text(9)?,
        mode: row.get(10)?,
        number: row.get(11)?,
    })
}
