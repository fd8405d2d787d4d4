//! What a check of a whole data folder looks at: plain statements, nothing is written, no decisions.

use std::path::Path;

use ankomst_shared::chunk::{ChunkInfo, parse};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, DocumentId, Epoch, UnitId};
use ankomst_shared::sync::Chain;
use rusqlite::{Connection, OptionalExtension, Row};

use super::log::{COLUMNS, ChunkRow, chain, chunk, number, signed};
use super::open::look_at;
use super::rows::{ProjectedRow, VERSION};
use super::{Blob, Keys, log};
use crate::storage::StorageError;

/// Rows of a stretch.
const STRETCH: i64 = 4_096;

/// Reads a change of a log: opened with its key, parsed, and named by its hash. Nothing of what was cleaned: that has no
/// bytes, its name stays in the chain.
///
/// # Errors
/// When it is not what it must be.
pub fn read_change(keys: &Keys, chunk: &ChunkRow) -> Result<Option<ChunkInfo>, StorageError> {
    if chunk.is_wiped() {
        return Ok(None);
    }
    let bytes = keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed)?;
    let read = parse(&bytes).map_err(|_| StorageError::Damaged("a change cannot be read"))?;
    if read.hash != chunk.hash {
        return Err(StorageError::Damaged("a change is not the one its name says"));
    }
    Ok(Some(read))
}

/// What the database's own check says, where it says anything.
///
/// # Errors
/// When the database refuses.
pub fn own_check(db: &Connection) -> Result<Vec<String>, StorageError> {
    let mut select = db.prepare("PRAGMA integrity_check(10)")?;
    let said: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

/// Opens the rows of a data folder to look at them; nothing where they are not there or of another version.
///
/// # Errors
/// When they cannot be read.
pub fn look_at_rows(folder: &Path) -> Result<Option<Connection>, StorageError> {
    let file = folder.join("rows.db");
    if !file.exists() {
        return Ok(None);
    }
    let db = look_at(&file)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok((version == VERSION).then_some(db))
}

/// A place in the feed or in the order of arrival, as it is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// Its number.
    pub number: u64,
    /// The change.
    pub hash: ChangeHash,
    /// The chain value at it; arrivals of before the second form have none.
    pub chain: Option<Chain>,
    /// Whether a change in that state has a number of the feed.
    pub fits: bool,
}

fn noted(row: &Row<'_>) -> Result<Noted, StorageError> {
    Ok(Noted {
        number: number(row.get(0)?)?,
        hash: row.get::<_, Blob<ChangeHash>>(1)?.0,
        chain: row.get::<_, Option<Vec<u8>>>(2)?.map(chain).transpose()?,
        fits: row.get(3)?,
    })
}

fn stretch(db: &Connection, sql: &str, after: u64) -> Result<Vec<Noted>, StorageError> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query((signed(after)?, STRETCH))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(noted(row)?);
    }
    Ok(all)
}

/// A stretch of the feed after a number.
///
/// # Errors
/// When the database refuses.
pub fn feed(db: &Connection, after: u64) -> Result<Vec<Noted>, StorageError> {
    let sql = "SELECT feed, hash, chain, state IN ('visible', 'ended') FROM chunks WHERE feed > ?1 ORDER BY feed LIMIT ?2";
    stretch(db, sql, after)
}

/// A stretch of the order of arrival after a number.
///
/// # Errors
/// When the database refuses.
pub fn arrivals(db: &Connection, after: u64) -> Result<Vec<Noted>, StorageError> {
    let sql =
        "SELECT received, hash, arrival, (feed IS NOT NULL) >= (state = 'visible') FROM chunks
        WHERE received > ?1 ORDER BY received LIMIT ?2";
    stretch(db, sql, after)
}

/// The newest number ever given in the order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn given(db: &Connection) -> Result<u64, StorageError> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'chunks'";
    number(db.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Documents of which there are changes and nothing else.
///
/// # Errors
/// When the database refuses.
pub fn unknown(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    let sql =
        "SELECT DISTINCT document FROM chunks WHERE document NOT IN (SELECT id FROM documents)";
    ids(db, sql, ())
}

/// A stretch of the documents after one, in their order.
///
/// # Errors
/// When the database refuses.
pub fn documents(
    db: &Connection,
    after: Option<DocumentId>,
) -> Result<Vec<DocumentId>, StorageError> {
    let sql = "SELECT id FROM documents WHERE kind <> 'nothing' AND (?1 IS NULL OR id > ?1) ORDER BY id LIMIT 256";
    ids(db, sql, [after.map(Blob)])
}

fn ids(
    db: &Connection,
    sql: &str,
    given: impl rusqlite::Params,
) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map(given, |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// A change with what is noted of it for whoever does not open it.
#[derive(Debug, Clone)]
pub struct Change {
    /// The change.
    pub chunk: ChunkRow,
    /// Who wrote it.
    pub actor: ActorId,
    /// Its number in the actor's sequence.
    pub seq: u64,
    /// Counter of its last operation.
    pub max_op: u64,
    /// What it weighs.
    pub weight: u64,
    /// What it builds on, in order.
    pub deps: Vec<ChangeHash>,
}

/// All changes of a document in the order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn changes(db: &Connection, document: DocumentId) -> Result<Vec<Change>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS}, actor, seq, max_op, weight FROM chunks WHERE document = ?1 ORDER BY received"
    );
    let mut select = db.prepare_cached(&sql)?;
    let mut deps =
        db.prepare_cached("SELECT dep FROM deps WHERE document = ?1 AND hash = ?2 ORDER BY dep")?;
    let mut rows = select.query([Blob(document)])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let one = chunk(row)?;
        let on = deps
            .query_map((Blob(document), Blob(one.hash)), |row| row.get::<_, Blob<ChangeHash>>(0))?;
        all.push(Change {
            deps: on.map(|dep| Ok(dep?.0)).collect::<Result<_, StorageError>>()?,
            actor: row.get::<_, Blob<ActorId>>(12)?.0,
            seq: number(row.get(13)?)?,
            max_op: number(row.get(14)?)?,
            weight: number(row.get(15)?)?,
            chunk: one,
        });
    }
    Ok(all)
}

/// A row as it is stored.
///
/// # Errors
/// When the database refuses.
pub fn row(db: &Connection, document: DocumentId) -> Result<Option<ProjectedRow>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT r.id, c.unit, c.home, r.kind, r.parent, r.checklist, r.protection, r.shielded, r.child, r.title,
             r.detail, r.number, r.state, r.due, r.arrival, r.updated_ms, r.answered, r.open, r.pending, r.held,
             r.feed, r.within FROM rows r JOIN circles c ON c.id = r.circle WHERE r.document = ?1",
    )?;
    let count = |row: &Row<'_>, at: usize| -> rusqlite::Result<usize> {
        Ok(usize::try_from(row.get::<_, i64>(at)?).unwrap_or_default())
    };
    let id = |row: &Row<'_>, at: usize| -> rusqlite::Result<Option<DocumentId>> {
        Ok(row.get::<_, Option<Blob<DocumentId>>>(at)?.map(|id| id.0))
    };
    let found = select.query_row([Blob(document)], |row| {
        let made = ProjectedRow {
            document,
            unit: row.get::<_, Blob<UnitId>>(1)?.0,
            home: row.get(2)?,
            kind: row.get(3)?,
            parent: id(row, 4)?,
            checklist: row.get(5)?,
            protection: row.get(6)?,
            shielded: row.get(7)?,
            child: row.get(8)?,
            title: row.get(9)?,
            detail: row.get(10)?,
            number: row.get(11)?,
            state: row.get(12)?,
            due: row.get(13)?,
            arrival: row.get(14)?,
            updated_ms: row.get(15)?,
            answered: count(row, 16)?,
            open: count(row, 17)?,
            pending: count(row, 18)?,
            held: count(row, 19)?,
            feed: row.get::<_, i64>(20)?.unsigned_abs(),
            case: id(row, 21)?,
            keys: Vec::new(),
        };
        Ok((row.get::<_, i64>(0)?, made))
    });
    let Some((number, mut made)) = found.optional()? else { return Ok(None) };
    let mut keys = db.prepare_cached("SELECT key FROM keys WHERE row = ?1 ORDER BY key")?;
    made.keys = keys.query_map([number], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Some(made))
}

/// A stretch of the documents that have rows after one, in their order.
///
/// # Errors
/// When the database refuses.
pub fn rows_after(
    db: &Connection,
    after: Option<DocumentId>,
) -> Result<Vec<DocumentId>, StorageError> {
    let sql =
        "SELECT document FROM rows WHERE ?1 IS NULL OR document > ?1 ORDER BY document LIMIT 4096";
    ids(db, sql, [after.map(Blob)])
}

/// How many keys there are of rows that are not.
///
/// # Errors
/// When the database refuses.
pub fn stray_keys(db: &Connection) -> Result<u64, StorageError> {
    let sql = "SELECT count(*) FROM keys WHERE row NOT IN (SELECT id FROM rows)";
    number(db.query_row(sql, [], |row| row.get(0))?)
}

/// Where a device has shown that it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// In which life of the log.
    pub epoch: Option<Epoch>,
    /// Highest place in the feed it was told.
    pub high: u64,
    /// Highest place in the order of arrival it was told.
    pub arrived: u64,
}

/// Where all devices stand.
///
/// # Errors
/// When the database refuses.
pub fn marks(db: &Connection) -> Result<Vec<Mark>, StorageError> {
    let mut select =
        db.prepare("SELECT id, name, high_epoch, high, arrived FROM devices ORDER BY id")?;
    let rows = select.query_map([], |row| {
        Ok(Mark {
            device: row.get::<_, Blob<DeviceId>>(0)?.0,
            name: row.get(1)?,
            epoch: row.get::<_, Option<Blob<Epoch>>>(2)?.map(|epoch| epoch.0),
            high: row.get::<_, i64>(3)?.unsigned_abs(),
            arrived: row.get::<_, i64>(4)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What by the ledger is with a device and is not in the log, or is with no device that is enrolled.
///
/// # Errors
/// When the database refuses.
pub fn stray_holdings(db: &Connection) -> Result<Vec<(DeviceId, DocumentId)>, StorageError> {
    let mut select = db.prepare(
        "SELECT device, document FROM holdings WHERE document NOT IN (SELECT id FROM documents)
         OR device NOT IN (SELECT id FROM devices) LIMIT 1000",
    )?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, Blob<DeviceId>>(0)?.0, row.get::<_, Blob<DocumentId>>(1)?.0))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The hashes of the visible changes of a document.
///
/// # Errors
/// When the database refuses.
pub fn visible(db: &Connection, document: DocumentId) -> Result<Vec<ChangeHash>, StorageError> {
    let sql =
        "SELECT hash FROM chunks WHERE document = ?1 AND state = 'visible' AND feed IS NOT NULL";
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map([Blob(document)], |row| row.get::<_, Blob<ChangeHash>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// How much a document was protected by people; nothing where nobody has.
///
/// # Errors
/// When the database refuses.
pub fn raised(db: &Connection, document: DocumentId) -> Result<Option<u8>, StorageError> {
    let mut select = db.prepare_cached("SELECT level FROM raised WHERE document = ?1")?;
    Ok(select.query_row([Blob(document)], |row| row.get(0)).optional()?)
}

/// Documents of destroyed records.
///
/// # Errors
/// When the database refuses.
pub fn destroyed(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    ids(db, "SELECT document FROM destroyed_documents ORDER BY document", ())
}

/// Those of some documents that the log has.
///
/// # Errors
/// When the database refuses.
pub fn known(db: &Connection, documents: &[DocumentId]) -> Result<Vec<DocumentId>, StorageError> {
    let mut found = Vec::new();
    for id in documents {
        if log::document(db, *id)?.is_some() {
            found.push(*id);
        }
    }
    Ok(found)
}
