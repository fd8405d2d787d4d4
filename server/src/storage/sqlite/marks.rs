//! What lets a server remember what devices are given: whether anything has changed that decides it, and what a device
//! holds with the sums of it, in one statement.

use std::collections::BTreeMap;

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, UnitId};
use ankomst_shared::sync::Digest;
use rusqlite::{Connection, OptionalExtension};

use super::Blob;
use super::log::{number, signed};
use crate::storage::StorageError;

/// A number that grows with every document of a unit that comes or goes, and whenever its kind, what it belongs to, its
/// protection or its first author changes; not with what is written in it. Two reads that give the same number lie
/// around no such change.
///
/// # Errors
/// When the database refuses.
pub fn mark(db: &Connection, unit: UnitId) -> Result<u64, StorageError> {
    let mut select = db.prepare_cached("SELECT mark FROM marks WHERE unit = ?1")?;
    number(select.query_row([Blob(unit)], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// A number that grows whenever what a device holds by the ledger changes.
///
/// # Errors
/// When the database refuses.
pub fn held_mark(db: &Connection, device: DeviceId) -> Result<u64, StorageError> {
    let mut select = db.prepare_cached("SELECT mark FROM held_marks WHERE device = ?1")?;
    number(select.query_row([Blob(device)], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Visible changes after a number of the feed, with their documents; no more than so many.
///
/// # Errors
/// When the database refuses.
pub fn visible_after(
    db: &Connection,
    feed: u64,
    most: usize,
) -> Result<Vec<(DocumentId, ChangeHash)>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT document, hash FROM chunks WHERE feed > ?1 AND state = 'visible' ORDER BY feed LIMIT ?2",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map((signed(feed)?, most), |row| {
        Ok((row.get::<_, Blob<DocumentId>>(0)?.0, row.get::<_, Blob<ChangeHash>>(1)?.0))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a device holds by the ledger, each with the sum of its visible changes; of nothing where the log does not know it.
///
/// # Errors
/// When the database refuses.
pub fn held(
    db: &Connection,
    device: DeviceId,
) -> Result<BTreeMap<DocumentId, Digest>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT holdings.document, documents.digest FROM holdings
         LEFT JOIN documents ON documents.id = holdings.document WHERE holdings.device = ?1",
    )?;
    let mut rows = select.query([Blob(device)])?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let digest: Option<[u8; 32]> = row.get(1)?;
        let digest = digest.map(Digest::from_bytes).unwrap_or_default();
        all.insert(row.get::<_, Blob<DocumentId>>(0)?.0, digest);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sqlite::{Schema, open_log};

    #[test]
    fn a_mark_grows_with_what_decides_who_has_a_document_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let db = open_log(folder.path(), Schema::Bring).unwrap();
        let (one, two) = (UnitId::from_bytes([1; 16]), UnitId::from_bytes([2; 16]));
        let marks = || (mark(&db, one).unwrap(), mark(&db, two).unwrap());
        let does = |sql: &str| {
            db.execute(sql, [Blob(one)]).unwrap();
            marks()
        };
        assert_eq!(marks(), (0, 0));
        let added = does(
            "INSERT INTO documents (id, kind, unit, protection, user, device, created_ms, received_ms, digest)
             VALUES (x'07', 'case', ?1, 0, x'01', x'01', 0, 0, zeroblob(32))",
        );
        assert_eq!(added, (1, 0));
        assert_eq!(does("UPDATE documents SET digest = randomblob(32) WHERE unit = ?1"), added);
        let raised = does("UPDATE documents SET protection = 2 WHERE unit = ?1");
        assert_eq!(raised, (3, 0), "once for what it was, once for what it is");
        let other = "UPDATE documents SET unit = CAST(x'02020202020202020202020202020202' AS BLOB) WHERE unit = ?1";
        assert_eq!(does(other), (4, 1));
        assert_eq!(does("DELETE FROM documents WHERE id = x'07' AND unit <> ?1"), (4, 2));
    }
}
