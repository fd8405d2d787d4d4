//! Which records are read without contact for a shorter time, as their rows say.

use ankomst_shared::ids::DocumentId;
use rusqlite::Connection;

use super::Blob;
use crate::storage::StorageError;

/// A record whose reading without contact is bounded more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The record.
    pub document: DocumentId,
    /// It is the case of an unaccompanied child.
    pub child: bool,
    /// It is of protection 2 and up, or it is, or belongs to, a case in which somebody has protected personal data.
    pub protected: bool,
}

/// Records whose reading without contact is bounded more.
///
/// # Errors
/// When the database refuses.
pub fn guarded(db: &Connection) -> Result<Vec<Guard>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT document, child, protection >= 2 OR shielded FROM rows INDEXED BY rows_guarded
         WHERE protection >= 2 OR child = 1 OR shielded = 1
         UNION ALL SELECT r.document, 0, 1
         FROM rows s INDEXED BY rows_guarded JOIN rows r INDEXED BY rows_within ON r.within = s.document
         WHERE (s.protection >= 2 OR s.child = 1 OR s.shielded = 1) AND s.shielded = 1",
    )?;
    let guard = |row: &rusqlite::Row<'_>| {
        let document = row.get::<_, Blob<DocumentId>>(0)?.0;
        Ok(Guard { document, child: row.get(1)?, protected: row.get(2)? })
    };
    Ok(select.query_map([], guard)?.collect::<Result<_, _>>()?)
}
