//! Whose secrecy a document shares.

use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::ids::DocumentId;

use super::log::DocumentRow;
use crate::storage::StorageError;

/// The kind whose secrecy a document shares: that of what it belongs to, or its own, as the catalog says.
/// `None` when what it belongs to is not known.
///
/// # Errors
/// Those of the search.
pub fn home(
    document: &DocumentRow,
    find: impl Fn(DocumentId) -> Result<Option<DocumentRow>, StorageError>,
) -> Result<Option<String>, StorageError> {
    let mut at = document.clone();
    while Catalog::builtin().kind(&at.kind).is_some_and(Kind::shares_secrecy) {
        let Some(parent) = at.parent else { return Ok(None) };
        let Some(parent) = find(parent)? else { return Ok(None) };
        at = parent;
    }
    Ok(Some(at.kind))
}
