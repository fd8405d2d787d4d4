//! Projections in `rows.db`: one row for each document but reviews, which show in the row of what they
//! are about, and the keys it is found by. A file of another version is thrown away and made anew.
//!
//! A circle is a unit and one kind of secrecy (`residence`, `case`, `protected`): whoever may read one
//! of its documents may read all of the same protection. Every index begins with it, so that nothing outside it is
//! even looked at. Who is in which circle, and up to which level, `sync::rule` says.

use std::path::Path;

use ankomst_shared::ids::{DocumentId, Epoch, UnitId};
use ankomst_shared::order::swedish;
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use super::open::connect;
use crate::storage::StorageError;

/// Counts up with every change of the tables, of what is written in them, and of the catalog's `finds`.
pub(super) const VERSION: i64 = 11;
const FILES: [&str; 3] = ["rows.db", "rows.db-wal", "rows.db-shm"];

// Of equal keys the document decides: SQLite does not go on in an index from a key and a row number.
const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE circles (
    id INTEGER PRIMARY KEY, unit BLOB NOT NULL, home TEXT NOT NULL, UNIQUE (unit, home)
) STRICT;
CREATE TABLE rows (
    id INTEGER PRIMARY KEY,
    document BLOB NOT NULL UNIQUE,
    circle INTEGER NOT NULL REFERENCES circles (id),
    kind TEXT NOT NULL,
    parent BLOB,
    checklist TEXT NOT NULL,
    protection INTEGER NOT NULL,
    shielded INTEGER NOT NULL,
    child INTEGER NOT NULL,
    title TEXT NOT NULL,
    place TEXT NOT NULL,
    detail TEXT NOT NULL,
    number TEXT NOT NULL,
    state TEXT NOT NULL,
    due TEXT NOT NULL,
    arrival TEXT NOT NULL,
    updated_ms INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    open INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    held INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    within BLOB
) STRICT;
CREATE INDEX rows_place ON rows (circle, kind, place, document);
CREATE INDEX rows_updated ON rows (circle, kind, updated_ms, document);
CREATE INDEX rows_state ON rows (circle, kind, state, place, document);
CREATE INDEX rows_due ON rows (circle, kind, due, document) WHERE due <> '';
CREATE INDEX rows_arrival ON rows (circle, kind, arrival, document) WHERE arrival <> '';
CREATE INDEX rows_open ON rows (circle, kind, updated_ms, document) WHERE open > 0;
CREATE INDEX rows_held ON rows (circle, kind, updated_ms, document) WHERE held > 0;
CREATE INDEX rows_guarded ON rows (document, protection, shielded)
    WHERE protection >= 2 OR child = 1 OR shielded = 1;
CREATE INDEX rows_within ON rows (within, document) WHERE within IS NOT NULL;
CREATE TABLE keys (
    circle INTEGER NOT NULL, key TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (circle, key, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of ON keys (row, key);
";

/// What is kept of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedRow {
    /// The document.
    pub document: DocumentId,
    /// Its unit.
    pub unit: UnitId,
    /// The kind whose secrecy it shares.
    pub home: String,
    /// Kind.
    pub kind: String,
    /// What it belongs to.
    pub parent: Option<DocumentId>,
    /// For a run: its checklist and version, `id/version`.
    pub checklist: String,
    /// How protected it is, with all it belongs to; a row that is written again is never less.
    pub protection: u8,
    /// Somebody in it has protected personal data.
    pub shielded: bool,
    /// It is the case of an unaccompanied child, or somebody says so.
    pub child: bool,
    /// Title from the field the catalog anchors.
    pub title: String,
    /// Second line: names, or lines of `field`, tab, value.
    pub detail: String,
    /// Its own number.
    pub number: String,
    /// Code of its state.
    pub state: String,
    /// The nearest day of what is not over; empty for none.
    pub due: String,
    /// Date of arrival; empty for none.
    pub arrival: String,
    /// When the newest visible change arrived, Unix milliseconds.
    pub updated_ms: i64,
    /// Fields answered.
    pub answered: usize,
    /// Contradictions nobody has decided.
    pub open: usize,
    /// Changes that wait for their trial.
    pub pending: usize,
    /// Changes that are held.
    pub held: usize,
    /// Newest number of the feed that is in it.
    pub feed: u64,
    /// The case it is, or belongs to.
    pub case: Option<DocumentId>,
    /// What it is found by, folded; see `ankomst_shared::find`.
    pub keys: Vec<String>,
}

/// The key by which a record is found that has sent open tasks to a department. No word that is searched for begins so.
#[must_use]
pub fn sent_key(department: &str) -> String {
    format!("\u{1}{department}")
}

/// Opens the rows of a data folder; rows of another version are thrown away.
///
/// # Errors
/// When the file cannot be opened or made.
pub fn open(folder: &Path) -> Result<Connection, StorageError> {
    let file = folder.join("rows.db");
    let known = connect(&file).and_then(|db| Ok((version(&db)?, db)));
    match known {
        Ok((VERSION, db)) => return ready(db),
        Ok((_, db)) => drop(db),
        // Rows are made from the log: a file that cannot be read is no loss.
        Err(error) => tracing::warn!(%error, "The rows cannot be read and are made anew."),
    }
    for name in FILES {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let db = ready(connect(&file)?)?;
    let together = db.unchecked_transaction()?;
    together.execute_batch(TABLES)?;
    together.pragma_update(None, "user_version", VERSION)?;
    together.commit()?;
    Ok(db)
}

fn version(db: &Connection) -> Result<i64, StorageError> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn ready(db: Connection) -> Result<Connection, StorageError> {
    db.pragma_update(None, "secure_delete", true)?;
    // What a power cut takes of the rows is made good from the log, see `made_to`.
    db.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(db)
}

/// Up to which number of the feed of that log the rows are whole; `None` while they are being made.
///
/// # Errors
/// When the database refuses.
pub fn made_to(db: &Connection, epoch: Epoch) -> Result<Option<u64>, StorageError> {
    let value: Option<Vec<u8>> = db
        .prepare_cached("SELECT value FROM meta WHERE key = 'made_to'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let feed = value.as_deref().and_then(|bytes| bytes.strip_prefix(epoch.as_bytes().as_slice()));
    Ok(feed.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes))
}

/// Notes up to which number of the feed the rows are whole, or that they no longer are.
///
/// # Errors
/// When the database refuses.
pub fn set_made_to(db: &Connection, epoch: Epoch, feed: Option<u64>) -> Result<(), StorageError> {
    let value = feed.map(|feed| [epoch.as_bytes().as_slice(), &feed.to_be_bytes()].concat());
    db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES ('made_to', ?1)")?
        .execute([value.unwrap_or_default()])?;
    Ok(())
}

/// Writes a row, unless a newer one is there.
///
/// # Errors
/// When the database refuses.
pub fn put(db: &Connection, row: &ProjectedRow) -> Result<(), StorageError> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let circle = circle(db, row.unit, &row.home)?;
    let id: Option<i64> = db
        .prepare_cached(
            "INSERT INTO rows (document, circle, kind, parent, checklist, protection, shielded, title, place,
                 detail, number, state, due, arrival, updated_ms, answered, open, pending, held, feed, within,
                 child)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                 ?22)
             ON CONFLICT (document) DO UPDATE SET
                 protection = max(rows.protection, excluded.protection),
                 shielded = excluded.shielded, child = excluded.child, title = excluded.title, place = excluded.place,
                 detail = excluded.detail, number = excluded.number, state = excluded.state,
                 due = excluded.due, arrival = excluded.arrival, updated_ms = excluded.updated_ms,
                 answered = excluded.answered, open = excluded.open, pending = excluded.pending,
                 held = excluded.held, feed = excluded.feed
             WHERE excluded.feed >= rows.feed
             RETURNING id",
        )?
        .query_row(
            rusqlite::params![
                Blob(row.document),
                circle,
                row.kind,
                row.parent.map(Blob),
                row.checklist,
                row.protection,
                row.shielded,
                row.title,
                swedish(&row.title),
                row.detail,
                row.number,
                row.state,
                row.due,
                row.arrival,
                row.updated_ms,
                count(row.answered),
                count(row.open),
                count(row.pending),
                count(row.held),
                i64::try_from(row.feed).unwrap_or(i64::MAX),
                row.case.map(Blob),
                row.child,
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(()) };
    db.prepare_cached(
        "DELETE FROM keys WHERE (circle, key, row) IN (SELECT ?1, key, row FROM keys WHERE row = ?2)",
    )?
    .execute((circle, id))?;
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO keys (circle, key, row) VALUES (?1, ?2, ?3)")?;
    for key in &row.keys {
        insert.execute((circle, key, id))?;
    }
    Ok(())
}

/// The number of a circle, which is made if it is new.
fn circle(db: &Connection, unit: UnitId, home: &str) -> Result<i64, StorageError> {
    if let Some(known) = known_circle(db, unit, home)? {
        return Ok(known);
    }
    db.execute("INSERT INTO circles (unit, home) VALUES (?1, ?2)", (Blob(unit), home))?;
    Ok(db.last_insert_rowid())
}

/// The number of a circle, if it has rows.
pub(super) fn known_circle(
    db: &Connection,
    unit: UnitId,
    home: &str,
) -> Result<Option<i64>, StorageError> {
    let id = db
        .prepare_cached("SELECT id FROM circles WHERE unit = ?1 AND home = ?2")?
        .query_row((Blob(unit), home), |row| row.get(0))
        .optional()?;
    Ok(id)
}

/// Writes rows in one commit, and how far they are whole if that is known.
///
/// # Errors
/// When the database refuses.
pub fn put_all(
    db: &Connection,
    rows: &[ProjectedRow],
    made_to: Option<(Epoch, u64)>,
) -> Result<(), StorageError> {
    let together = db.unchecked_transaction()?;
    rows.iter().try_for_each(|row| put(db, row))?;
    if let Some((epoch, feed)) = made_to {
        set_made_to(db, epoch, Some(feed))?;
    }
    together.commit()?;
    Ok(())
}

/// Notes how many changes of a document wait and are held.
///
/// # Errors
/// When the database refuses.
pub fn mark(
    db: &Connection,
    document: DocumentId,
    (pending, held): (usize, usize),
) -> Result<(), StorageError> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    db.prepare_cached("UPDATE rows SET pending = ?1, held = ?2 WHERE document = ?3")?.execute((
        count(pending),
        count(held),
        Blob(document),
    ))?;
    Ok(())
}

/// The runs of a checklist in one version, `id/version`.
///
/// # Errors
/// When the database refuses.
pub fn pinned(db: &Connection, checklist: &str) -> Result<Vec<DocumentId>, StorageError> {
    let mut select =
        db.prepare("SELECT document FROM rows WHERE kind = 'run' AND checklist = ?1")?;
    let rows = select.query_map([checklist], |row| row.get::<_, Blob<DocumentId>>(0))?;
    rows.map(|row| Ok(row?.0)).collect()
}

/// Title and state of a record, if it has a row. One that is protected, or of a case that is, is called by its number.
///
/// # Errors
/// When the database refuses.
pub fn told(
    db: &Connection,
    document: DocumentId,
) -> Result<Option<(String, String)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT CASE WHEN r.protection > 0 OR r.shielded = 1 OR s.shielded = 1 THEN r.number ELSE r.title END, r.state
         FROM rows r LEFT JOIN rows s ON s.document = r.within WHERE r.document = ?1",
    )?;
    let told = select.query_row([Blob(document)], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(told.optional()?)
}

/// The number of a record; empty if it has none.
///
/// # Errors
/// When the database refuses.
pub fn number_of(db: &Connection, document: DocumentId) -> Result<String, StorageError> {
    let mut select = db.prepare_cached("SELECT number FROM rows WHERE document = ?1")?;
    Ok(select.query_row([Blob(document)], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// The record of a unit that has a number of its own.
///
/// # Errors
/// When the database refuses.
pub fn numbered(
    db: &Connection,
    unit: UnitId,
    number: &str,
) -> Result<Option<DocumentId>, StorageError> {
    let mut select = db.prepare(
        "SELECT r.document FROM rows r JOIN circles c ON c.id = r.circle
         WHERE c.unit = ?1 AND r.number = ?2 AND r.number <> ''",
    )?;
    let found = select.query_row((Blob(unit), number), |row| row.get::<_, Blob<DocumentId>>(0));
    Ok(found.optional()?.map(|id| id.0))
}

/// Throws the rows of some documents away.
///
/// # Errors
/// When the database refuses.
pub fn forget(db: &Connection, documents: &[DocumentId]) -> Result<(), StorageError> {
    let together = db.unchecked_transaction()?;
    let keys = "DELETE FROM keys WHERE row IN (SELECT id FROM rows WHERE document = ?1)";
    for document in documents {
        db.prepare_cached(keys)?.execute([Blob(*document)])?;
        db.prepare_cached("DELETE FROM rows WHERE document = ?1")?.execute([Blob(*document)])?;
    }
    together.commit()?;
    Ok(())
}

/// Throws all rows away.
///
/// # Errors
/// When the database refuses.
pub fn clear(db: &Connection) -> Result<(), StorageError> {
    let together = db.unchecked_transaction()?;
    for table in ["keys", "rows", "circles", "meta"] {
        db.execute(&format!("DELETE FROM {table}"), [])?;
    }
    together.commit()?;
    Ok(())
}
