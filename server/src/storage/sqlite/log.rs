//! Documents and chunks in `log.db`: plain statements, no decisions.

use std::collections::BTreeSet;

use ankomst_shared::chunk::{ChangeIndex, ChunkInfo, Known};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, DocumentId, Epoch, UnitId, UserId};
use ankomst_shared::sign::Header;
use ankomst_shared::sync::{Chain, Digest, Position};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Blob, wants, weights};
use crate::storage::{StorageError, random};

/// What decides about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Id.
    pub id: DocumentId,
    /// Kind.
    pub kind: String,
    /// The document it belongs to.
    pub parent: Option<DocumentId>,
    /// Its unit.
    pub unit: UnitId,
    /// Protection level.
    pub protection: u8,
    /// Who made it.
    pub user: UserId,
}

impl DocumentRow {
    /// The record that decides about it: of a review the one it is about.
    #[must_use]
    pub fn record(&self) -> DocumentId {
        self.parent.filter(|_| self.kind == "review").unwrap_or(self.id)
    }
}

/// A stored chunk.
#[derive(Debug, Clone)]
pub struct ChunkRow {
    /// Order of arrival.
    pub received: i64,
    /// Number in the feed, once visible.
    pub feed: Option<u64>,
    /// The document.
    pub document: DocumentId,
    /// The change.
    pub hash: ChangeHash,
    /// Sealed bytes.
    pub sealed: Vec<u8>,
    /// The author's envelope.
    pub envelope: Vec<u8>,
    /// Author.
    pub user: UserId,
    /// Device.
    pub device: DeviceId,
    /// Arrival, Unix milliseconds.
    pub received_ms: i64,
    /// `pending`, `visible`, `held` or `ended`.
    pub state: String,
    /// Why it is held.
    pub reason: Option<String>,
    /// The change it stands for, if it was carried over from an ended line.
    pub was: Option<ChangeHash>,
}

impl ChunkRow {
    /// Whether it has ended and its bytes were taken, because something in it was cleaned.
    #[must_use]
    pub fn is_wiped(&self) -> bool {
        self.sealed.is_empty() && self.state == "ended"
    }
}

pub(super) const COLUMNS: &str = "received, feed, document, hash, sealed, envelope, user, device, received_ms, state, reason, was";

pub(super) fn chunk(row: &Row<'_>) -> rusqlite::Result<ChunkRow> {
    Ok(ChunkRow {
        received: row.get(0)?,
        feed: row.get::<_, Option<i64>>(1)?.and_then(|feed| u64::try_from(feed).ok()),
        document: row.get::<_, Blob<DocumentId>>(2)?.0,
        hash: row.get::<_, Blob<ChangeHash>>(3)?.0,
        sealed: row.get(4)?,
        envelope: row.get(5)?,
        user: row.get::<_, Blob<UserId>>(6)?.0,
        device: row.get::<_, Blob<DeviceId>>(7)?.0,
        received_ms: row.get(8)?,
        state: row.get(9)?,
        reason: row.get(10)?,
        was: row.get::<_, Option<Blob<ChangeHash>>>(11)?.map(|was| was.0),
    })
}

/// The change index over `log.db`.
pub struct Index<'a>(pub &'a Connection);

impl ChangeIndex for Index<'_> {
    type Error = StorageError;

    fn get(&self, document: DocumentId, hash: &ChangeHash) -> Result<Option<Known>, StorageError> {
        let known = self
            .0
            .prepare_cached(
                "SELECT actor, seq, max_op FROM chunks WHERE document = ?1 AND hash = ?2",
            )?
            .query_row((Blob(document), Blob(*hash)), |row| {
                Ok((
                    row.get::<_, Blob<ActorId>>(0)?.0,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            })
            .optional()?;
        known
            .map(|(actor, seq, max_op)| {
                Ok(Known { actor, seq: number(seq)?, max_op: number(max_op)? })
            })
            .transpose()
    }

    fn last_of(
        &self,
        document: DocumentId,
        actor: ActorId,
    ) -> Result<Option<(u64, ChangeHash)>, StorageError> {
        let last = self
            .0
            .prepare_cached(
                "SELECT seq, hash FROM chunks WHERE document = ?1 AND actor = ?2 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row((Blob(document), Blob(actor)), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Blob<ChangeHash>>(1)?.0))
            })
            .optional()?;
        last.map(|(seq, hash)| Ok((number(seq)?, hash))).transpose()
    }
}

pub(super) fn number(value: i64) -> Result<u64, StorageError> {
    u64::try_from(value).map_err(|_| StorageError::Damaged("a number below zero"))
}

pub(super) fn signed(value: u64) -> Result<i64, StorageError> {
    i64::try_from(value).map_err(|_| StorageError::Damaged("a number too large"))
}

/// Finds a document.
///
/// # Errors
/// When the database refuses.
pub fn document(db: &Connection, id: DocumentId) -> Result<Option<DocumentRow>, StorageError> {
    let row = db
        .prepare_cached(
            "SELECT id, kind, parent, unit, user, protection FROM documents
             WHERE id = ?1 AND kind <> 'nothing'",
        )?
        .query_row([Blob(id)], document_row)
        .optional()?;
    Ok(row)
}

/// All documents of a unit.
///
/// # Errors
/// When the database refuses.
pub fn documents_of_unit(db: &Connection, unit: UnitId) -> Result<Vec<DocumentRow>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT id, kind, parent, unit, user, protection FROM documents WHERE unit = ?1",
    )?;
    let rows = select.query_map([Blob(unit)], document_row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

fn document_row(row: &Row<'_>) -> rusqlite::Result<DocumentRow> {
    Ok(DocumentRow {
        id: row.get::<_, Blob<DocumentId>>(0)?.0,
        kind: row.get(1)?,
        parent: row.get::<_, Option<Blob<DocumentId>>>(2)?.map(|parent| parent.0),
        unit: row.get::<_, Blob<UnitId>>(3)?.0,
        user: row.get::<_, Blob<UserId>>(4)?.0,
        protection: row.get(5)?,
    })
}

/// A document and all that belongs to it, also through others.
///
/// # Errors
/// When the database refuses.
pub fn family(db: &Connection, id: DocumentId) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(
        "WITH RECURSIVE family (id) AS (
             SELECT ?1 UNION SELECT documents.id FROM documents JOIN family ON documents.parent = family.id)
         SELECT id FROM family",
    )?;
    let rows = select.query_map([Blob(id)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// The ids of all documents, in their order.
///
/// # Errors
/// When the database refuses.
pub fn document_ids(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached("SELECT id FROM documents ORDER BY id")?;
    let rows = select.query_map([], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Documents of which something became visible after a number of the feed.
///
/// # Errors
/// When the database refuses.
pub fn documents_after(db: &Connection, feed: u64) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db
        .prepare_cached("SELECT DISTINCT document FROM chunks WHERE feed > ?1 ORDER BY document")?;
    let rows = select.query_map([signed(feed)?], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// How many changes of a document wait for their trial, and how many for a person; what was refused does not.
///
/// # Errors
/// When the database refuses.
pub fn unseen(db: &Connection, document: DocumentId) -> Result<(usize, usize), StorageError> {
    let mut select = db.prepare_cached(
        "SELECT state FROM chunks WHERE document = ?1
         AND (state = 'pending' OR (state = 'held' AND reason IS NOT 'refused'))",
    )?;
    let rows = select.query_map([Blob(document)], |row| row.get::<_, String>(0))?;
    let (mut pending, mut held) = (0, 0);
    for state in rows {
        if state? == "held" { held += 1 } else { pending += 1 }
    }
    Ok((pending, held))
}

/// Adds a document; one that was protected more when it was here before is again.
///
/// # Errors
/// When the database refuses.
pub fn add_document(
    db: &Connection,
    header: &Header,
    received_ms: i64,
) -> Result<(), StorageError> {
    db.execute(
        "INSERT INTO documents (id, kind, parent, unit, protection, user, device, created_ms, received_ms, digest)
         VALUES (?1, ?2, ?3, ?4, max(?5, coalesce((SELECT level FROM raised WHERE document = ?1), 0)),
             ?6, ?7, ?8, ?9, ?10)",
        (
            Blob(header.document),
            &header.kind,
            header.parent.map(Blob),
            Blob(header.unit),
            header.protection,
            Blob(header.user),
            Blob(header.device),
            header.created_ms,
            received_ms,
            Digest::default().as_bytes().as_slice(),
        ),
    )?;
    Ok(())
}

/// Forgets a document of which there is no change.
///
/// # Errors
/// When the database refuses.
pub fn forget_empty(db: &Connection, id: DocumentId) -> Result<(), StorageError> {
    db.prepare_cached(
        "DELETE FROM documents WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM chunks WHERE document = ?1)
         AND NOT EXISTS (SELECT 1 FROM documents AS other WHERE other.parent = ?1)",
    )?
    .execute([Blob(id)])?;
    Ok(())
}

/// What arrives with a chunk.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// The document.
    pub document: DocumentId,
    /// The change.
    pub info: &'a ChunkInfo,
    /// Sealed bytes.
    pub sealed: &'a [u8],
    /// The author's envelope.
    pub envelope: &'a [u8],
    /// Arrival, Unix milliseconds.
    pub received_ms: i64,
    /// Held at once, for this reason.
    pub held: Option<&'a str>,
}

/// Adds a chunk.
///
/// # Errors
/// When the database refuses.
pub fn add_chunk(db: &Connection, arrival: &Arrival<'_>) -> Result<(), StorageError> {
    let info = arrival.info;
    let chain = arrivals(db)?.chain.next(&info.hash);
    db.prepare_cached(
        "INSERT INTO chunks (document, hash, sealed, envelope, user, device, received_ms, actor, seq, max_op, state, reason, arrival, weight)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute((
        Blob(arrival.document),
        Blob(info.hash),
        arrival.sealed,
        arrival.envelope,
        Blob(info.meta.user),
        Blob(info.meta.device),
        arrival.received_ms,
        Blob(info.actor),
        signed(info.seq)?,
        signed(info.max_op)?,
        if arrival.held.is_some() { "held" } else { "pending" },
        arrival.held,
        chain.as_bytes().as_slice(),
        signed(weights::of_change(info))?,
    ))?;
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO deps (document, dep, hash) VALUES (?1, ?2, ?3)")?;
    for dep in &info.deps {
        insert.execute((Blob(arrival.document), Blob(*dep), Blob(info.hash)))?;
    }
    Ok(())
}

/// Whether one of these changes is held.
///
/// # Errors
/// When the database refuses.
pub fn any_held(
    db: &Connection,
    document: DocumentId,
    hashes: &[ChangeHash],
) -> Result<bool, StorageError> {
    let mut select =
        db.prepare_cached("SELECT state = 'held' FROM chunks WHERE document = ?1 AND hash = ?2")?;
    for hash in hashes {
        let held = select.query_row((Blob(document), Blob(*hash)), |row| row.get(0)).optional()?;
        if held == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When a change arrived, Unix milliseconds.
///
/// # Errors
/// When the database refuses.
pub fn arrived(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Option<i64>, StorageError> {
    let at = db
        .prepare_cached("SELECT received_ms FROM chunks WHERE document = ?1 AND hash = ?2")?
        .query_row((Blob(document), Blob(hash)), |row| row.get(0))
        .optional()?;
    Ok(at)
}

/// Both name their index: left to itself, SQLite reads the whole log for the order.
pub(super) const PENDING: &str = "SELECT document FROM chunks INDEXED BY chunks_pending
    WHERE state = 'pending' GROUP BY document ORDER BY min(received)";
/// See [`PENDING`].
pub(super) const HELD: &str = "FROM chunks INDEXED BY chunks_held
    WHERE state = 'held' AND (?1 IS NULL OR user = ?1) ORDER BY received";
/// See [`PENDING`].
pub(super) const SET_ASIDE: &str = "FROM chunks INDEXED BY chunks_cleaned
    WHERE reason = 'cleaned' AND (?1 IS NULL OR user = ?1) ORDER BY received";

/// Documents with changes that wait for their trial, oldest arrival first.
///
/// # Errors
/// When the database refuses.
pub fn pending_documents(db: &Connection) -> Result<Vec<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(PENDING)?;
    let rows = select.query_map([], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Chunks of a document in a state, in order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn chunks_of(
    db: &Connection,
    document: DocumentId,
    state: &'static str,
) -> Result<Vec<ChunkRow>, StorageError> {
    // Written out: where indexes are of one state, SQLite compiles a statement anew each time a state is bound to it.
    let sql = format!(
        "SELECT {COLUMNS} FROM chunks WHERE document = ?1 AND state = '{state}' ORDER BY received"
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map([Blob(document)], chunk)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// The visible chunks of a document with a number of the feed after one, in its order.
///
/// # Errors
/// When the database refuses.
pub fn visible_after(
    db: &Connection,
    document: DocumentId,
    feed: u64,
) -> Result<Vec<ChunkRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM chunks
         WHERE document = ?1 AND feed > ?2 AND state = 'visible' ORDER BY feed"
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows =
        select.query_map((Blob(document), signed(feed)?), chunk)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// The chunks of a document that a change may be carried over onto: those that are visible, and those that
/// were carried over themselves, in order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn line_of(db: &Connection, document: DocumentId) -> Result<Vec<ChunkRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM chunks WHERE document = ?1
         AND (state = 'visible' OR (state = 'pending' AND was IS NOT NULL)) ORDER BY received"
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map([Blob(document)], chunk)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// One chunk of a document.
///
/// # Errors
/// When the database refuses.
pub fn chunk_of(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Option<ChunkRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM chunks WHERE document = ?1 AND hash = ?2");
    let mut select = db.prepare_cached(&sql)?;
    Ok(select.query_row((Blob(document), Blob(hash)), chunk).optional()?)
}

/// The number of a document's newest arrival; 0 without one.
///
/// # Errors
/// When the database refuses.
pub fn newest_of(db: &Connection, document: DocumentId) -> Result<i64, StorageError> {
    let mut select =
        db.prepare_cached("SELECT coalesce(max(received), 0) FROM chunks WHERE document = ?1")?;
    Ok(select.query_row([Blob(document)], |row| row.get(0))?)
}

/// Chunks that have a number of the feed after one, in its order, at most so many; those that have ended
/// are among them and are not to be shown.
///
/// # Errors
/// When the database refuses.
pub fn feed_after(db: &Connection, feed: u64, most: usize) -> Result<Vec<ChunkRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM chunks WHERE feed > ?1 ORDER BY feed LIMIT ?2");
    let mut select = db.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map((signed(feed)?, most), chunk)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// All chunks of all documents, in order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn all_chunks(db: &Connection) -> Result<Vec<ChunkRow>, StorageError> {
    let mut all = Vec::new();
    each_chunk(db, |chunk| {
        all.push(chunk);
        Ok(())
    })?;
    Ok(all)
}

/// Looks at every chunk in the order of arrival, one after the other.
///
/// # Errors
/// When the database refuses, and those of the look.
pub fn each_chunk(
    db: &Connection,
    mut look: impl FnMut(ChunkRow) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut select = db.prepare(&format!("SELECT {COLUMNS} FROM chunks ORDER BY received"))?;
    for row in select.query_map([], chunk)? {
        look(row?)?;
    }
    Ok(())
}

/// Held chunks of one author, or of all; also those of which only a part is, because its place was cleaned.
///
/// # Errors
/// When the database refuses.
pub fn held(db: &Connection, user: Option<UserId>) -> Result<Vec<ChunkRow>, StorageError> {
    let mut rows = Vec::new();
    for from in [HELD, SET_ASIDE] {
        let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} {from}"))?;
        for row in select.query_map([user.map(Blob)], chunk)? {
            rows.push(row?);
        }
    }
    Ok(rows)
}

/// Gives a pending chunk the next number of the feed.
///
/// # Errors
/// When the database refuses.
pub fn make_visible(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Position, StorageError> {
    let head = head(db)?;
    let next = Position::at(head.feed + 1, head.chain.next(&hash));
    db.prepare_cached(
        "UPDATE chunks SET state = 'visible', reason = NULL, feed = ?1, chain = ?2
         WHERE document = ?3 AND hash = ?4 AND state <> 'visible'",
    )?
    .execute((
        signed(next.feed)?,
        next.chain.as_bytes().as_slice(),
        Blob(document),
        Blob(hash),
    ))?;
    let mut digest = digest(db, document)?;
    digest.add(&hash);
    db.prepare_cached("UPDATE documents SET digest = ?1 WHERE id = ?2")?
        .execute((digest.as_bytes().as_slice(), Blob(document)))?;
    Ok(next)
}

/// Takes a visible chunk out of the log, as when a disk could not be read any more and the rest was saved.
///
/// # Errors
/// When the database refuses.
#[cfg(feature = "sim")]
pub fn lose(db: &Connection, document: DocumentId, hash: ChangeHash) -> Result<(), StorageError> {
    let key = (Blob(document), Blob(hash));
    db.execute("DELETE FROM chunks WHERE document = ?1 AND hash = ?2", key)?;
    let key = (Blob(document), Blob(hash));
    db.execute("DELETE FROM deps WHERE document = ?1 AND hash = ?2", key)?;
    let (mut digest, mut one) = (digest(db, document)?, Digest::default());
    one.add(&hash);
    digest.leave(&one);
    db.execute(
        "UPDATE documents SET digest = ?1 WHERE id = ?2",
        (digest.as_bytes().as_slice(), Blob(document)),
    )?;
    Ok(())
}

/// Holds a pending chunk, and with it everything pending that builds on it. What builds on one that is not pending any
/// more was held with it.
///
/// # Errors
/// When the database refuses.
pub fn hold(
    db: &Connection,
    document: DocumentId,
    hash: ChangeHash,
    reason: &str,
) -> Result<(), StorageError> {
    let mut waiting = vec![(hash, reason)];
    while let Some((hash, reason)) = waiting.pop() {
        let mut update = db.prepare_cached(
            "UPDATE chunks SET state = 'held', reason = ?1
             WHERE document = ?2 AND hash = ?3 AND state = 'pending'",
        )?;
        if update.execute((reason, Blob(document), Blob(hash)))? == 0 {
            continue;
        }
        let mut select =
            db.prepare_cached("SELECT hash FROM deps WHERE document = ?1 AND dep = ?2")?;
        let dependants = select
            .query_map((Blob(document), Blob(hash)), |row| row.get::<_, Blob<ChangeHash>>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        waiting.extend(dependants.into_iter().map(|dependant| (dependant.0, "depends")));
    }
    Ok(())
}

/// The sum of a document's visible changes.
///
/// # Errors
/// When the database refuses.
pub fn digest(db: &Connection, document: DocumentId) -> Result<Digest, StorageError> {
    let bytes: Vec<u8> = db
        .prepare_cached("SELECT digest FROM documents WHERE id = ?1")?
        .query_row([Blob(document)], |row| row.get(0))?;
    let bytes =
        bytes.try_into().map_err(|_| StorageError::Damaged("a digest has another length"))?;
    Ok(Digest::from_bytes(bytes))
}

/// The newest place in the feed.
///
/// # Errors
/// When the database refuses.
pub fn head(db: &Connection) -> Result<Position, StorageError> {
    let head = db
        .prepare_cached(
            "SELECT feed, chain FROM chunks WHERE feed IS NOT NULL ORDER BY feed DESC LIMIT 1",
        )?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let Some((feed, bytes)) = head else { return Ok(Position::default()) };
    Ok(Position::at(number(feed)?, chain(bytes)?))
}

/// The chain value at a number of the feed.
///
/// # Errors
/// When the database refuses.
pub fn chain_at(db: &Connection, feed: u64) -> Result<Option<Chain>, StorageError> {
    let Ok(feed) = i64::try_from(feed) else { return Ok(None) };
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("SELECT chain FROM chunks WHERE feed = ?1")?
        .query_row([feed], |row| row.get(0))
        .optional()?;
    bytes.map(chain).transpose()
}

/// The newest place in the order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn arrivals(db: &Connection) -> Result<Position, StorageError> {
    let newest = db
        .prepare_cached("SELECT received, arrival FROM chunks ORDER BY received DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)))
        .optional()?;
    let Some((received, bytes)) = newest else { return Ok(Position::default()) };
    Ok(Position::at(number(received)?, bytes.map_or(Ok(Chain::default()), chain)?))
}

/// The chain value at a number in the order of arrival.
///
/// # Errors
/// When the database refuses.
pub fn arrival_at(db: &Connection, received: u64) -> Result<Option<Chain>, StorageError> {
    let Ok(received) = i64::try_from(received) else { return Ok(None) };
    let bytes: Option<Option<Vec<u8>>> = db
        .prepare_cached("SELECT arrival FROM chunks WHERE received = ?1")?
        .query_row([received], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| bytes.map_or(Ok(Chain::default()), chain)).transpose()
}

pub(super) fn chain(bytes: Vec<u8>) -> Result<Chain, StorageError> {
    let bytes =
        bytes.try_into().map_err(|_| StorageError::Damaged("a chain value has another length"))?;
    Ok(Chain::from_bytes(bytes))
}

/// The life of the log; made at the first start.
///
/// # Errors
/// When the database refuses.
pub fn epoch(db: &Connection) -> Result<Option<Epoch>, StorageError> {
    let bytes: Option<Vec<u8>> = db
        .query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))
        .optional()?;
    bytes
        .map(|bytes| {
            Epoch::try_from(bytes.as_slice())
                .map_err(|_| StorageError::Damaged("the epoch has another length"))
        })
        .transpose()
}

/// Begins a new life of the log: nobody holds anything by the ledger any more.
///
/// # Errors
/// When the database refuses.
pub fn new_epoch(db: &Connection) -> Result<Epoch, StorageError> {
    let epoch = Epoch::from_bytes(random()?);
    db.execute(
        "INSERT INTO meta (key, value) VALUES ('epoch', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [Blob(epoch)],
    )?;
    db.execute("DELETE FROM holdings", [])?;
    wants::count_anew(db)?;
    // A backup of another life says nothing of what arrives in this one.
    db.execute("DELETE FROM meta WHERE key = 'backed_up'", [])?;
    Ok(epoch)
}

/// Documents a device holds by the ledger.
///
/// # Errors
/// When the database refuses.
pub fn holdings(db: &Connection, device: DeviceId) -> Result<BTreeSet<DocumentId>, StorageError> {
    ids(db, "SELECT document FROM holdings WHERE device = ?1", device)
}

/// Whether a device holds a document by the ledger.
///
/// # Errors
/// When the database refuses.
pub fn is_held_by(
    db: &Connection,
    device: DeviceId,
    document: DocumentId,
) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM holdings WHERE device = ?1 AND document = ?2)",
    )?;
    Ok(select.query_row((Blob(device), Blob(document)), |row| row.get(0))?)
}

/// Whether a device has written anything in a document, whatever became of it.
///
/// # Errors
/// When the database refuses.
pub fn has_written(
    db: &Connection,
    document: DocumentId,
    device: DeviceId,
) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM chunks WHERE document = ?1 AND device = ?2)",
    )?;
    Ok(select.query_row((Blob(document), Blob(device)), |row| row.get(0))?)
}

fn ids(db: &Connection, sql: &str, device: DeviceId) -> Result<BTreeSet<DocumentId>, StorageError> {
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map([Blob(device)], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Sets what a device holds.
///
/// # Errors
/// When the database refuses.
pub fn set_holdings(
    db: &Connection,
    device: DeviceId,
    added: &BTreeSet<DocumentId>,
    gone: &BTreeSet<DocumentId>,
) -> Result<(), StorageError> {
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO holdings (device, document) VALUES (?1, ?2)")?;
    for document in added {
        insert.execute((Blob(device), Blob(*document)))?;
    }
    let mut delete =
        db.prepare_cached("DELETE FROM holdings WHERE device = ?1 AND document = ?2")?;
    for document in gone {
        delete.execute((Blob(device), Blob(*document)))?;
    }
    Ok(())
}

/// Forgets what a device holds, so that everything is sent anew.
///
/// # Errors
/// When the database refuses.
pub fn clear_holdings(db: &Connection, device: DeviceId) -> Result<(), StorageError> {
    db.execute("DELETE FROM holdings WHERE device = ?1", [Blob(device)])?;
    Ok(())
}
