//! How many there are, for who watches the server.

use rusqlite::Connection;

use super::{held, log};
use crate::storage::StorageError;

/// How many there are of what waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Changes that wait for their trial.
    pub pending: u64,
    /// Changes that wait for a person.
    pub held: u64,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Newest number of the feed.
    pub feed: u64,
}

/// Counts.
///
/// # Errors
/// When the database refuses.
pub fn counts(db: &Connection, now_ms: i64) -> Result<Counts, StorageError> {
    let count = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| -> Result<u64, StorageError> {
        let count: i64 = db.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    };
    Ok(Counts {
        pending: count("SELECT count(*) FROM chunks WHERE state = 'pending'", &[])?,
        held: held::count(db)?,
        sessions: count(
            "SELECT count(*) FROM sessions WHERE ended = 0 AND ends_ms > ?1",
            &[&now_ms],
        )?,
        feed: log::head(db)?.feed,
    })
}
