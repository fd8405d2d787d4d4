//! What was lawfully destroyed: plain statements, no decisions.
//!
//! The changes of a destroyed record keep their hashes and their places, so that numbers and chain values stay true,
//! under the id of no document. Nothing else of them is left: a guess at what stood in one cannot be tested.

use std::collections::BTreeSet;

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use super::log::number;
use crate::storage::StorageError;

/// Where changes lie of which nothing but their place is left.
const NOTHING: [u8; 16] = [0; 16];

/// Whether an id is that of no document.
#[must_use]
pub fn is_nothing(document: DocumentId) -> bool {
    *document.as_bytes() == NOTHING
}

/// A record that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyedRow {
    /// The record.
    pub record: DocumentId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Its unit.
    pub unit: UnitId,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who decided it.
    pub by: UserId,
    /// Code of the ground.
    pub ground: String,
    /// The decision.
    pub reference: String,
}

/// How far it has got on the devices that had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// Devices that said that they have nothing of it any more.
    pub gone: u64,
    /// Devices that did not yet.
    pub open: u64,
    /// Devices that came with something written in it.
    pub late: u64,
}

/// A device that had a destroyed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// When it said that it has nothing of it any more, Unix milliseconds.
    pub gone_ms: Option<i64>,
    /// When it first came with something written in it, Unix milliseconds.
    pub late_ms: Option<i64>,
}

const COLUMNS: &str = "record, kind, number, unit, at_ms, by, ground, reference";

fn row(row: &Row<'_>) -> rusqlite::Result<DestroyedRow> {
    Ok(DestroyedRow {
        record: row.get::<_, Blob<DocumentId>>(0)?.0,
        kind: row.get(1)?,
        number: row.get(2)?,
        unit: row.get::<_, Blob<UnitId>>(3)?.0,
        at_ms: row.get(4)?,
        by: row.get::<_, Blob<UserId>>(5)?.0,
        ground: row.get(6)?,
        reference: row.get(7)?,
    })
}

/// The destroyed record a document was of.
///
/// # Errors
/// When the database refuses.
pub fn record_of(
    db: &Connection,
    document: DocumentId,
) -> Result<Option<DocumentId>, StorageError> {
    let mut select =
        db.prepare_cached("SELECT record FROM destroyed_documents WHERE document = ?1")?;
    let record = select.query_row([Blob(document)], |row| row.get::<_, Blob<DocumentId>>(0));
    Ok(record.optional()?.map(|record| record.0))
}

/// A destroyed record.
///
/// # Errors
/// When the database refuses.
pub fn one(db: &Connection, record: DocumentId) -> Result<Option<DestroyedRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM destroyed WHERE record = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([Blob(record)], row).optional()?)
}

/// All destroyed records, or those of a unit, the newest first.
///
/// # Errors
/// When the database refuses.
pub fn all(db: &Connection, unit: Option<UnitId>) -> Result<Vec<DestroyedRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destroyed WHERE ?1 IS NULL OR unit = ?1 ORDER BY at_ms DESC, record"
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map([unit.map(Blob)], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Destroyed records in which a person still wrote, on whatever device, with when that came.
///
/// # Errors
/// When the database refuses.
pub fn late_of(db: &Connection, user: UserId) -> Result<Vec<(DocumentId, i64)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT record, min(late_ms) FROM destroyed_devices JOIN devices ON devices.id = device
         WHERE devices.user = ?1 AND late_ms IS NOT NULL GROUP BY record ORDER BY 2 DESC, record",
    )?;
    let rows = select
        .query_map([Blob(user)], |row| Ok((row.get::<_, Blob<DocumentId>>(0)?.0, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The documents of a destroyed record.
///
/// # Errors
/// When the database refuses.
pub fn documents(db: &Connection, record: DocumentId) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT document FROM destroyed_documents WHERE record = ?1 ORDER BY document",
    )?;
    let rows = select.query_map([Blob(record)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Devices that had a destroyed record or came too late.
///
/// # Errors
/// When the database refuses.
pub fn devices(db: &Connection, record: DocumentId) -> Result<Vec<DeviceRow>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT device, gone_ms, late_ms FROM destroyed_devices WHERE record = ?1 ORDER BY device",
    )?;
    let rows = select.query_map([Blob(record)], |row| {
        Ok(DeviceRow {
            device: row.get::<_, Blob<DeviceId>>(0)?.0,
            gone_ms: row.get(1)?,
            late_ms: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many devices have said that it is gone, have not, and came too late. On one that was wiped, or whose person goes
/// on as another, it is gone.
///
/// # Errors
/// When the database refuses.
pub fn reached(db: &Connection, record: DocumentId) -> Result<Reached, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT count(*) - count(open), count(open), count(late_ms) FROM (
             SELECT late_ms, iif(gone_ms IS NULL AND coalesce(state, 'active') NOT IN ('retired', 'wiped'), 1, NULL) AS open
             FROM destroyed_devices LEFT JOIN devices ON devices.id = device WHERE record = ?1)",
    )?;
    let counts: [i64; 3] =
        select.query_row([Blob(record)], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
    let [gone, open, late] = counts;
    Ok(Reached { gone: number(gone)?, open: number(open)?, late: number(late)? })
}

/// Notes a destruction; what is noted already stays.
///
/// # Errors
/// When the database refuses.
pub fn note(db: &Connection, one: &DestroyedRow) -> Result<(), StorageError> {
    db.execute(
        "INSERT OR IGNORE INTO destroyed (record, kind, number, unit, at_ms, by, ground, reference)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            Blob(one.record),
            &one.kind,
            &one.number,
            Blob(one.unit),
            one.at_ms,
            Blob(one.by),
            &one.ground,
            &one.reference,
        ),
    )?;
    note_document(db, one.record, one.record)
}

/// Notes that a document is of a destroyed record.
///
/// # Errors
/// When the database refuses.
pub fn note_document(
    db: &Connection,
    record: DocumentId,
    document: DocumentId,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO destroyed_documents (document, record) VALUES (?1, ?2)",
    )?
    .execute((Blob(document), Blob(record)))?;
    Ok(())
}

/// Notes that a device had it.
///
/// # Errors
/// When the database refuses.
pub fn note_device(
    db: &Connection,
    record: DocumentId,
    device: DeviceId,
) -> Result<(), StorageError> {
    db.prepare_cached("INSERT OR IGNORE INTO destroyed_devices (record, device) VALUES (?1, ?2)")?
        .execute((Blob(record), Blob(device)))?;
    Ok(())
}

/// Notes that a device came with something written in it; tells whether that is new. What it has is then to go once more.
///
/// # Errors
/// When the database refuses.
pub fn late(
    db: &Connection,
    (record, device): (DocumentId, DeviceId),
    at_ms: i64,
) -> Result<bool, StorageError> {
    note_device(db, record, device)?;
    let new = db
        .prepare_cached(
            "UPDATE destroyed_devices SET late_ms = ?3 WHERE record = ?1 AND device = ?2 AND late_ms IS NULL",
        )?
        .execute((Blob(record), Blob(device), at_ms))?;
    Ok(new > 0)
}

/// Notes that a device has something of it: it is to be told once more. Tells whether it had said that it has nothing.
///
/// # Errors
/// When the database refuses.
pub fn has(
    db: &Connection,
    (record, device): (DocumentId, DeviceId),
) -> Result<bool, StorageError> {
    note_device(db, record, device)?;
    let of = (Blob(record), Blob(device));
    db.prepare_cached(
        "UPDATE destroyed_devices SET told_ms = NULL WHERE record = ?1 AND device = ?2",
    )?
    .execute(of)?;
    let back = db
        .prepare_cached(
            "UPDATE destroyed_devices SET gone_ms = NULL WHERE record = ?1 AND device = ?2 AND gone_ms IS NOT NULL",
        )?
        .execute(of)?;
    Ok(back > 0)
}

/// Notes that a device has nothing of any destroyed record any more: it was wiped. Gives those of which that is new.
///
/// # Errors
/// When the database refuses.
pub fn all_gone(
    db: &Connection,
    device: DeviceId,
    at_ms: i64,
) -> Result<BTreeSet<DocumentId>, StorageError> {
    let open = open_on(db, device)?;
    for record in &open {
        gone(db, (*record, device), at_ms)?;
    }
    Ok(open)
}

/// Notes that a device has nothing of it any more; tells whether that is new.
///
/// # Errors
/// When the database refuses.
pub fn gone(
    db: &Connection,
    (record, device): (DocumentId, DeviceId),
    at_ms: i64,
) -> Result<bool, StorageError> {
    let new = db
        .prepare_cached(
            "UPDATE destroyed_devices SET gone_ms = ?3 WHERE record = ?1 AND device = ?2 AND gone_ms IS NULL",
        )?
        .execute((Blob(record), Blob(device), at_ms))?;
    Ok(new > 0)
}

/// Notes that a device was told.
///
/// # Errors
/// When the database refuses.
pub fn told(
    db: &Connection,
    (record, device): (DocumentId, DeviceId),
    at_ms: i64,
) -> Result<(), StorageError> {
    db.prepare_cached(
        "UPDATE destroyed_devices SET told_ms = ?3 WHERE record = ?1 AND device = ?2",
    )?
    .execute((Blob(record), Blob(device), at_ms))?;
    Ok(())
}

/// Destroyed records of which a device has not said that they are gone.
///
/// # Errors
/// When the database refuses.
pub fn open_on(db: &Connection, device: DeviceId) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT record FROM destroyed_devices WHERE device = ?1 AND gone_ms IS NULL",
    )?;
    let rows = select.query_map([Blob(device)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Those of them of which it was not told.
///
/// # Errors
/// When the database refuses.
pub fn to_tell(db: &Connection, device: DeviceId) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT record FROM destroyed_devices WHERE device = ?1 AND gone_ms IS NULL AND told_ms IS NULL",
    )?;
    let rows = select.query_map([Blob(device)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Whether a device had it or came too late.
///
/// # Errors
/// When the database refuses.
pub fn is_with(
    db: &Connection,
    record: DocumentId,
    device: DeviceId,
) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM destroyed_devices WHERE record = ?1 AND device = ?2)",
    )?;
    Ok(select.query_row((Blob(record), Blob(device)), |row| row.get(0))?)
}

/// Devices that hold a document by the ledger of holdings, but for those that were wiped or whose person goes on as
/// another.
///
/// # Errors
/// When the database refuses.
pub fn holders(db: &Connection, document: DocumentId) -> Result<Vec<DeviceId>, StorageError> {
    let mut select = db.prepare(
        "SELECT device FROM holdings LEFT JOIN devices ON devices.id = device
         WHERE document = ?1 AND coalesce(state, 'active') NOT IN ('retired', 'wiped')",
    )?;
    let rows = select.query_map([Blob(document)], |row| row.get::<_, Blob<DeviceId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Takes everything of a document out of the log, whatever waits or is held of it; tells whether there was anything.
///
/// # Errors
/// When the database refuses.
pub fn take_out(db: &Connection, document: DocumentId) -> Result<bool, StorageError> {
    let nothing = NOTHING.as_slice();
    db.execute(
        "INSERT INTO documents (id, kind, parent, unit, protection, user, device, created_ms, received_ms, digest)
         VALUES (?1, 'nothing', NULL, ?1, 0, ?1, ?1, 0, 0, zeroblob(32))
         ON CONFLICT (id) DO UPDATE SET kind = 'nothing', parent = NULL, unit = ?1, user = ?1, device = ?1",
        [nothing],
    )?;
    // The actor is drawn at random and is the salt of the hash: without it nothing can be guessed at.
    db.execute(
        "UPDATE chunks SET document = ?2, sealed = x'', envelope = x'', user = ?2, device = ?2, actor = substr(hash, 1, 16),
             seq = 0, max_op = 0, state = 'ended', reason = NULL, became = NULL, said = NULL, was = NULL, line = 0,
             weight = 0
         WHERE document = ?1",
        (Blob(document), nothing),
    )?;
    for table in
        ["deps", "holdings", "wants", "cuts", "decided", "staff", "children", "raised", "trials"]
    {
        db.execute(&format!("DELETE FROM {table} WHERE document = ?1"), [Blob(document)])?;
    }
    db.execute("DELETE FROM grants WHERE object = ?1", [Blob(document)])?;
    Ok(db.execute("DELETE FROM documents WHERE id = ?1", [Blob(document)])? > 0)
}
