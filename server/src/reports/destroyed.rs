//! records that were destroyed, as a file.

use ankomst_shared::catalog::{civil, written_date};
use ankomst_shared::ids::UnitId;
use ankomst_shared::report::csv;

use crate::storage::StorageError;
use crate::storage::sqlite::destroyed::{self, DestroyedRow, Reached};
use crate::storage::sqlite::{Connection, accounts};

/// Columns of the file, as machines read it.
const COLUMNS: [&str; 10] = [
    "record",
    "kind",
    "case_no",
    "executed_on",
    "ground",
    "reference",
    "by",
    "devices_confirmed",
    "devices_outstanding",
    "late_attempts",
];

/// A destroyed record, who decided it and how far it has got.
pub(crate) type Listed = (DestroyedRow, String, Reached);

/// All of them, or those of a unit, the newest first.
///
/// # Errors
/// When the database refuses.
pub(crate) fn all(db: &Connection, unit: Option<UnitId>) -> Result<Vec<Listed>, StorageError> {
    let mut all = Vec::new();
    for row in destroyed::all(db, unit)? {
        let by = accounts::user(db, row.by)?.map(|user| user.name).unwrap_or_default();
        let reached = destroyed::reached(db, row.record)?;
        all.push((row, by, reached));
    }
    Ok(all)
}

/// The list as a file for a spreadsheet.
pub(crate) fn file(all: &[Listed]) -> String {
    let mut lines = vec![COLUMNS.map(str::to_owned).to_vec()];
    lines.extend(all.iter().map(|(row, by, reached)| {
        vec![
            row.record.to_string(),
            row.kind.clone(),
            row.number.clone(),
            day(row.at_ms),
            row.ground.clone(),
            row.reference.clone(),
            by.clone(),
            reached.gone.to_string(),
            reached.open.to_string(),
            reached.late.to_string(),
        ]
    }));
    csv::write(&lines)
}

/// A day; a stroke for none.
pub(crate) fn day(unix_ms: i64) -> String {
    let at = civil(unix_ms).filter(|_| unix_ms > 0);
    at.map_or_else(|| "-".to_owned(), |at| written_date(at.date()))
}
