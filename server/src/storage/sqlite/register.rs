//! Lists and searches over the rows: by an index and page by page, only in circles that the asker is
//! in (see [`super::rows`]).

use std::collections::BTreeSet;

use ankomst_shared::find::Heard;
use ankomst_shared::ids::{DocumentId, UnitId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use super::rows::{ProjectedRow, known_circle, sent_key};
use super::within::Within;
use crate::storage::StorageError;

/// Keys of one beginning that are looked at; more words find the rest.
pub const CANDIDATES_MAX: usize = 1_000;

/// In which order, and which rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order<'a> {
    /// All by name.
    Name,
    /// All, the newest change first.
    Updated,
    /// Those with a date of arrival, the last to arrive first.
    Arrival,
    /// Those with a day, the nearest first.
    Due,
    /// Those with open contradictions, the newest change first.
    Open,
    /// Those with held changes, the newest change first.
    Held,
    /// Those in a state, by name.
    State(&'a str),
}

/// Where a page of a list is.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What of the unit may be looked at.
    pub within: &'a Within,
    /// The kind of secrecy.
    pub home: &'a str,
    /// The kind of record.
    pub kind: &'a str,
    /// The order.
    pub order: Order<'a>,
    /// The last document of the page before.
    pub after: Option<DocumentId>,
}

const COLUMNS: &str = "r.document, c.unit, c.home, r.kind, r.parent, r.checklist, r.protection, r.shielded,
    r.title, r.detail, r.number, r.state, r.due, r.arrival, r.updated_ms, r.answered, r.open, r.pending,
    r.held, r.feed, r.within, r.child";

fn row(row: &Row<'_>) -> rusqlite::Result<ProjectedRow> {
    let count = |at: usize| -> rusqlite::Result<usize> {
        Ok(usize::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
    };
    Ok(ProjectedRow {
        document: row.get::<_, Blob<DocumentId>>(0)?.0,
        unit: row.get::<_, Blob<UnitId>>(1)?.0,
        home: row.get(2)?,
        kind: row.get(3)?,
        parent: row.get::<_, Option<Blob<DocumentId>>>(4)?.map(|parent| parent.0),
        checklist: row.get(5)?,
        protection: row.get(6)?,
        shielded: row.get(7)?,
        title: row.get(8)?,
        detail: row.get(9)?,
        number: row.get(10)?,
        state: row.get(11)?,
        due: row.get(12)?,
        arrival: row.get(13)?,
        updated_ms: row.get(14)?,
        answered: count(15)?,
        open: count(16)?,
        pending: count(17)?,
        held: count(18)?,
        feed: u64::try_from(row.get::<_, i64>(19)?).unwrap_or(0),
        case: row.get::<_, Option<Blob<DocumentId>>>(20)?.map(|case| case.0),
        child: row.get(21)?,
        keys: Vec::new(),
    })
}

/// Index, column, whether it runs down, and which rows.
const fn shape(order: Order<'_>) -> (&'static str, &'static str, bool, &'static str) {
    match order {
        Order::Name => ("rows_place", "place", false, ""),
        Order::Updated => ("rows_updated", "updated_ms", true, ""),
        Order::Arrival => ("rows_arrival", "arrival", true, "AND r.arrival <> ''"),
        Order::Due => ("rows_due", "due", false, "AND r.due <> ''"),
        Order::Open => ("rows_open", "updated_ms", true, "AND r.open > 0"),
        Order::Held => ("rows_held", "updated_ms", true, "AND r.held > 0"),
        Order::State(_) => ("rows_state", "place", false, "AND r.state = ?6"),
    }
}

/// The statement behind a list of what may be looked at; `from` when it goes on from a row.
pub(super) fn list_sql(order: Order<'_>, from: bool, within: &str) -> String {
    let (index, column, down, which) = shape(order);
    let (way, beyond) = if down { ("DESC", "<") } else { ("ASC", ">") };
    let after = if from {
        format!("AND (r.{column}, r.document) {beyond} (?4, ?5)")
    } else {
        String::new()
    };
    format!(
        "SELECT {COLUMNS} FROM rows r INDEXED BY {index} JOIN circles c ON c.id = r.circle
         WHERE r.circle = ?1 AND r.kind = ?2 AND {within} {which} {after}
         ORDER BY r.{column} {way}, r.document {way} LIMIT ?3"
    )
}

/// A page of a list.
///
/// # Errors
/// When the database refuses.
pub fn list(
    db: &Connection,
    place: &Place<'_>,
    most: usize,
) -> Result<Vec<ProjectedRow>, StorageError> {
    let Some(circle) = known_circle(db, place.within.unit, place.home)? else {
        return Ok(Vec::new());
    };
    let within = place.within.sql(place.home);
    let from: Option<(Value, DocumentId)> = match place.after {
        Some(after) => {
            let (_, column, ..) = shape(place.order);
            let sql = format!(
                "SELECT {column} FROM rows r
                 WHERE document = ?1 AND circle = ?2 AND kind = ?3 AND {within}"
            );
            db.prepare_cached(&sql)?
                .query_row((Blob(after), circle, place.kind), |row| Ok((row.get(0)?, after)))
                .optional()?
        }
        None => None,
    };
    let mut select = db.prepare_cached(&list_sql(place.order, from.is_some(), &within))?;
    select.raw_bind_parameter(1, circle)?;
    select.raw_bind_parameter(2, place.kind)?;
    select.raw_bind_parameter(3, i64::try_from(most).unwrap_or(i64::MAX))?;
    if let Some((value, after)) = from {
        select.raw_bind_parameter(4, value)?;
        select.raw_bind_parameter(5, Blob(after))?;
    }
    if let Order::State(state) = place.order {
        select.raw_bind_parameter(6, state)?;
    }
    let rows = select.raw_query().mapped(row).collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Counting ends at a bound, so that it costs the same however large the register is.
pub(super) fn count_sql(within: &str) -> String {
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM rows r INDEXED BY rows_updated
         WHERE circle = ?1 AND kind = ?2 AND {within} LIMIT ?3)"
    )
}

/// How many rows a list has of what may be looked at, at most so many.
///
/// # Errors
/// When the database refuses.
pub fn count(
    db: &Connection,
    within: &Within,
    (home, kind): (&str, &str),
    most: usize,
) -> Result<usize, StorageError> {
    let Some(circle) = known_circle(db, within.unit, home)? else { return Ok(0) };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let sql = count_sql(&within.sql(home));
    let count: i64 = db.prepare_cached(&sql)?.query_row((circle, kind, most), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

pub(super) const CANDIDATES: &str =
    "SELECT row FROM keys WHERE circle = ?1 AND key >= ?2 AND key < ?3 LIMIT ?4";
pub(super) const KEYS_OF: &str = "SELECT key FROM keys INDEXED BY keys_of WHERE row = ?1";

/// Rows that may be looked at and are found by all words, each of which begins in one of several
/// ways (`ankomst_shared::find::beginnings`); says whether there may be more.
///
/// # Errors
/// When the database refuses.
pub fn find(
    db: &Connection,
    within: &Within,
    words: &[Vec<String>],
    most: usize,
) -> Result<(Vec<ProjectedRow>, bool), StorageError> {
    let mut found = Vec::new();
    // The longest word has the fewest keys.
    let Some(rarest) = words.iter().max_by_key(|word| word.first().map(String::len)) else {
        return Ok((found, false));
    };
    let mut seen = BTreeSet::new();
    let mut more = false;
    for home in within.circles() {
        let Some(circle) = known_circle(db, within.unit, home)? else { continue };
        for beginning in rarest {
            let candidates = candidates(db, circle, beginning)?;
            more |= candidates.len() == CANDIDATES_MAX;
            for id in candidates {
                if !seen.insert(id) || !has_all(db, id, words)? {
                    continue;
                }
                let Some(row) = by_id(db, id)?.filter(|row| within.has(row)) else { continue };
                if found.len() == most {
                    return Ok((found, true));
                }
                found.push(row);
            }
        }
    }
    Ok((found, more))
}

/// Cases of a unit that have sent open tasks to a department, and that nothing protects; those first whose nearest day
/// comes first.
///
/// # Errors
/// When the database refuses.
pub fn sent_to(
    db: &Connection,
    unit: UnitId,
    department: &str,
    most: usize,
) -> Result<Vec<DocumentId>, StorageError> {
    let Some(circle) = known_circle(db, unit, "case")? else { return Ok(Vec::new()) };
    let mut select = db.prepare_cached(
        "SELECT r.document FROM keys k JOIN rows r ON r.id = k.row
         WHERE k.circle = ?1 AND k.key = ?2 AND r.protection = 0 AND r.shielded = 0
         ORDER BY r.due = '', r.due, r.document LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = select
        .query_map((circle, sent_key(department), most), |row| row.get::<_, Blob<DocumentId>>(0))?;
    found.map(|id| Ok(id?.0)).collect()
}

/// Rows that may be looked at and whose names sound like what is looked for and are not written so; says
/// whether there may be more.
///
/// # Errors
/// When the database refuses.
pub fn find_alike(
    db: &Connection,
    within: &Within,
    words: &[Heard],
    most: usize,
) -> Result<(Vec<ProjectedRow>, bool), StorageError> {
    let (mut found, mut seen, mut more) = (Vec::new(), BTreeSet::new(), false);
    // The word with the most bones has the fewest keys.
    let boned = words.iter().filter(|word| !word.bones.is_empty());
    let Some(rarest) = boned.max_by_key(|word| word.bones.first().map(String::len)) else {
        return Ok((found, false));
    };
    for home in within.circles() {
        let Some(circle) = known_circle(db, within.unit, home)? else { continue };
        for bones in &rarest.bones {
            let candidates = candidates(db, circle, bones)?;
            more |= candidates.len() == CANDIDATES_MAX;
            for id in candidates {
                if !seen.insert(id) || !has_alike(db, id, words)? {
                    continue;
                }
                let Some(row) = by_id(db, id)?.filter(|row| within.has(row)) else { continue };
                if found.len() == most {
                    return Ok((found, true));
                }
                found.push(row);
            }
        }
    }
    Ok((found, more))
}

/// Whether all words are heard or written in the keys of a row, and not all of them written.
fn has_alike(db: &Connection, id: i64, words: &[Heard]) -> Result<bool, StorageError> {
    let keys = keys_of(db, id)?;
    let is_written = |word: &Heard| keys.iter().any(|key| word.is_written(key));
    let is_heard = |word: &Heard| keys.iter().any(|key| word.is_heard(key));
    Ok(!words.iter().all(is_written) && words.iter().all(|word| is_written(word) || is_heard(word)))
}

fn keys_of(db: &Connection, id: i64) -> Result<Vec<String>, StorageError> {
    let mut select = db.prepare_cached(KEYS_OF)?;
    Ok(select.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn candidates(db: &Connection, circle: i64, beginning: &str) -> Result<Vec<i64>, StorageError> {
    // No key that begins so comes after its beginning with the last of all letters.
    let end = format!("{beginning}{}", char::MAX);
    let most = i64::try_from(CANDIDATES_MAX).unwrap_or(i64::MAX);
    let mut select = db.prepare_cached(CANDIDATES)?;
    let rows = select.query_map((circle, beginning, end, most), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn has_all(db: &Connection, id: i64, words: &[Vec<String>]) -> Result<bool, StorageError> {
    if words.len() == 1 {
        return Ok(true);
    }
    let keys = keys_of(db, id)?;
    let is_there = |word: &Vec<String>| {
        word.iter().any(|start| keys.iter().any(|key| key.starts_with(start.as_str())))
    };
    Ok(words.iter().all(is_there))
}

fn by_id(db: &Connection, id: i64) -> Result<Option<ProjectedRow>, StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM rows r JOIN circles c ON c.id = r.circle WHERE r.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], row).optional()?)
}

/// One row, if it may be looked at.
///
/// # Errors
/// When the database refuses.
pub fn one(
    db: &Connection,
    within: &Within,
    document: DocumentId,
) -> Result<Option<ProjectedRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rows r JOIN circles c ON c.id = r.circle WHERE r.document = ?1"
    );
    let found = db.prepare_cached(&sql)?.query_row([Blob(document)], row).optional()?;
    Ok(found.filter(|row| within.has(row)))
}

/// All rows with their keys, by document. For comparisons.
///
/// # Errors
/// When the database refuses.
pub fn all(db: &Connection) -> Result<Vec<ProjectedRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS}, r.id FROM rows r JOIN circles c ON c.id = r.circle ORDER BY r.document"
    );
    let mut select = db.prepare(&sql)?;
    let found = select.query_map([], |line| Ok((row(line)?, line.get::<_, i64>("id")?)))?;
    let mut rows = Vec::new();
    for one in found {
        let (mut row, id) = one?;
        row.keys = keys_of(db, id)?;
        rows.push(row);
    }
    Ok(rows)
}
