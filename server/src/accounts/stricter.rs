//! Decisions of a unit about who comes in, as they are noted beside the record of the organisation: after a restore of a log
//! that does not know one, it holds until a tablet brings the record back.

use ankomst_shared::ids::UnitId;

use crate::accounts::link::ONLY_LINKS;
use crate::accounts::passkeys::POLICY;
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::stricter;

/// Notes what a unit decides, if it is a decision about who comes in.
///
/// # Errors
/// When storage refuses.
pub async fn note(
    app: &App,
    unit: UnitId,
    (key, value): (&str, &str),
    from: String,
) -> Result<(), StorageError> {
    let key = match key {
        key if key == ONLY_LINKS.0 => ONLY_LINKS.0,
        _ if (key, value) == POLICY => POLICY.0,
        _ => return Ok(()),
    };
    app.writer.write(move |db| stricter::note(db, (unit, key), &from)).await
}

/// Decisions that are noted and that the record does not know: they bind from their day on without standing there.
///
/// # Errors
/// When storage refuses.
pub fn beside(
    app: &App,
    unit: UnitId,
    today: &str,
) -> Result<Vec<(&'static str, String)>, StorageError> {
    let mut found = Vec::new();
    for key in [ONLY_LINKS.0, POLICY.0] {
        let noted = app.readers.read(|db| stricter::days(db, (unit, key)))?;
        // Of those that have begun the newest counts.
        let begun = noted.iter().filter(|from| from.as_str() <= today).max().cloned();
        let coming = noted.iter().filter(|from| from.as_str() > today).cloned();
        for from in begun.into_iter().chain(coming) {
            let until = today.max(&from);
            if !app.policies.is_known_since((unit, key), (&from, until)) {
                found.push((key, from));
            }
        }
    }
    Ok(found)
}

/// Whether one is noted for a day that the record does not know, nor any that is newer.
///
/// # Errors
/// When storage refuses.
pub fn is_lost(app: &App, of: (UnitId, &str), today: &str) -> Result<bool, StorageError> {
    let noted = app.readers.read(|db| stricter::days(db, of))?;
    let newest = noted.iter().map(String::as_str).filter(|from| *from <= today).max();
    Ok(newest.is_some_and(|from| !app.policies.is_known_since(of, (from, today))))
}
