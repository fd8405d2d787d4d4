//! Reading the log: a stretch of it, and where a time begins.

use std::collections::BTreeSet;

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::chain::Chain;
use super::entry::{Entry, Mode, Noted, What};
use crate::storage::StorageError;

/// A log is begun by whatever is noted first, which may be the first device, in milliseconds.
const BEGINNING_MS: i64 = 60_000;
const COLUMNS: &str = "SELECT seq, at, received, who, device, unit, record, what, about, purpose, mode, number, chain FROM access";

/// Looks at every entry from one number to another. What cannot be read is passed over: `verify` says what it is.
///
/// # Errors
/// Those of the database and of the work.
pub fn each(
    db: &Connection,
    (first, last): (i64, i64),
    mut work: impl FnMut(Noted) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let select = format!("{COLUMNS} WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq");
    let mut select = db.prepare_cached(&select)?;
    let mut rows = select.query((first, last))?;
    while let Some(row) = rows.next()? {
        if let Some(noted) = noted(row)? {
            work(noted)?;
        }
    }
    Ok(())
}

/// The sheets on which one person has put a record, by one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    /// The person.
    pub who: Option<UserId>,
    /// The device.
    pub device: Option<DeviceId>,
    /// When the newest was printed, Unix milliseconds.
    pub newest_ms: i64,
    /// How many there are.
    pub count: u64,
}

/// Who has put a record on paper, by which device.
///
/// # Errors
/// When the database refuses.
pub fn prints(db: &Connection, record: DocumentId) -> Result<Vec<Printed>, StorageError> {
    let what = What::Printed.number();
    let select = format!(
        "SELECT who, device, max(coalesce(at, received)), count(*) FROM access
         WHERE record = ?1 AND what = {what} GROUP BY who, device"
    );
    let mut select = db.prepare_cached(&select)?;
    let rows = select.query_map([record.as_bytes().as_slice()], |row| {
        Ok(Printed {
            who: id(row, 0)?.map(UserId::from_bytes),
            device: id(row, 1)?.map(DeviceId::from_bytes),
            newest_ms: row.get(2)?,
            count: row.get::<_, i64>(3)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether it is noted that a record was destroyed.
///
/// # Errors
/// When the database refuses.
pub fn was_destroyed(db: &Connection, record: DocumentId) -> Result<bool, StorageError> {
    let what = What::Destroyed.number();
    let select =
        format!("SELECT EXISTS (SELECT 1 FROM access WHERE record = ?1 AND what = {what})");
    let mut select = db.prepare_cached(&select)?;
    Ok(select.query_row([record.as_bytes().as_slice()], |row| row.get(0))?)
}

/// Whether a record ever went to a device.
///
/// # Errors
/// When the database refuses.
pub fn was_delivered(
    db: &Connection,
    record: DocumentId,
    device: DeviceId,
) -> Result<bool, StorageError> {
    let what = What::Delivered.number();
    let select = format!(
        "SELECT EXISTS (SELECT 1 FROM access WHERE record = ?1 AND device = ?2 AND what = {what})"
    );
    let ids = (record.as_bytes().as_slice(), device.as_bytes().as_slice());
    Ok(db.prepare_cached(&select)?.query_row(ids, |row| row.get(0))?)
}

/// The devices of which a log tells all that was ever given to them: it has noted their enrolment and was begun before
/// they were made or at the same time, and nothing of it is missing by what it says of itself. One look at all of it.
///
/// # Errors
/// When the database refuses.
pub fn followed(db: &Connection) -> Result<BTreeSet<DeviceId>, StorageError> {
    let (enrolled, broken) = (What::Enrolled.number(), What::Broken.number());
    let select = format!("SELECT what, device FROM access WHERE what IN ({enrolled}, {broken})");
    let mut select = db.prepare(&select)?;
    let mut rows = select.query([])?;
    let first = "SELECT received FROM access ORDER BY seq LIMIT 1";
    let begun_ms: i64 = db.query_row(first, [], |row| row.get(0)).optional()?.unwrap_or_default();
    let mut followed = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? == i64::from(broken) {
            return Ok(BTreeSet::new());
        }
        let Some(bytes) = id(row, 1)? else { continue };
        // Who signs in on a device of before the log is enrolled on it once more.
        let made_ms = bytes.iter().take(6).fold(0, |ms, byte| ms << 8 | i64::from(*byte));
        if made_ms + BEGINNING_MS >= begun_ms {
            followed.insert(DeviceId::from_bytes(bytes));
        }
    }
    Ok(followed)
}

/// When a record was last given to a device, Unix milliseconds; by the index, whatever the length of the log.
///
/// # Errors
/// When the database refuses.
pub fn given_ms(
    db: &Connection,
    record: DocumentId,
    device: DeviceId,
) -> Result<Option<i64>, StorageError> {
    let what = What::Delivered.number();
    let select = format!(
        "SELECT max(received) FROM access WHERE record = ?1 AND device = ?2 AND what = {what}"
    );
    let ids = (record.as_bytes().as_slice(), device.as_bytes().as_slice());
    Ok(db.prepare_cached(&select)?.query_row(ids, |row| row.get(0))?)
}

fn id(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<[u8; 16]>> {
    let bytes: Option<Vec<u8>> = row.get(at)?;
    Ok(bytes.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()))
}

fn noted(row: &Row<'_>) -> Result<Option<Noted>, StorageError> {
    let (what, mode) = (What::of(row.get(7)?), Mode::of(row.get(10)?));
    let chain: Vec<u8> = row.get(12)?;
    let (Some(what), Some(mode), Ok(chain)) = (what, mode, Chain::try_from(chain.as_slice()))
    else {
        return Ok(None);
    };
    let entry = Entry {
        at_ms: row.get(1)?,
        who: id(row, 3)?.map(UserId::from_bytes),
        device: id(row, 4)?.map(DeviceId::from_bytes),
        unit: id(row, 5)?.map(UnitId::from_bytes),
        what,
        record: id(row, 6)?.map(DocumentId::from_bytes),
        about: row.get(8)?,
        purpose: row.get(9)?,
        mode,
        number: row.get(11)?,
    };
    Ok(Some(Noted { seq: row.get(0)?, received_ms: row.get(2)?, entry, chain }))
}

/// The numbers between which the entries noted in a time are: from the end of the day before to that of its last day.
///
/// # Errors
/// When the database refuses.
pub fn within(db: &Connection, from_ms: i64, to_ms: i64) -> Result<(i64, i64), StorageError> {
    let before = "SELECT coalesce(max(seq), 0) FROM checkpoint WHERE at < ?1";
    let after = "SELECT coalesce(min(seq), 9223372036854775807) FROM checkpoint WHERE at >= ?1";
    let first: i64 = db.prepare_cached(before)?.query_row([from_ms], |row| row.get(0))?;
    let last: i64 = db.prepare_cached(after)?.query_row([to_ms], |row| row.get(0))?;
    Ok((first + 1, last))
}

/// How far what a device has counted is in the log; nought of nothing.
///
/// # Errors
/// When the database refuses.
pub fn counted(db: &Connection, device: DeviceId) -> Result<i64, StorageError> {
    let last = "SELECT coalesce(max(last), 0) FROM series WHERE device = ?1";
    let device = device.as_bytes().as_slice();
    Ok(db.prepare_cached(last)?.query_row([device], |row| row.get(0))?)
}

/// When the log was begun, Unix milliseconds.
///
/// # Errors
/// When the database refuses.
pub fn first_ms(db: &Connection) -> Result<i64, StorageError> {
    let first = "SELECT coalesce(min(received), 0) FROM access WHERE seq <= 1";
    Ok(db.prepare_cached(first)?.query_row([], |row| row.get(0))?)
}

/// The number of the last entry; nought of an empty log.
///
/// # Errors
/// When the database refuses.
pub fn last(db: &Connection) -> Result<i64, StorageError> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM access")?
        .query_row([], |row| row.get(0))?)
}
