//! What a document belongs to, whose secrecy it shares and how protected it is.

use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::ids::DocumentId;

use super::grants::LEVEL_MAX;
use super::log::DocumentRow;
use crate::storage::StorageError;

/// Longest way from a document to what it belongs to in the end: a review of a part of something.
const WAY_MAX: usize = 8;

/// What decides about a document by where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The kind whose secrecy it shares: that of what it belongs to, or its own, as the catalog says.
    pub home: String,
    /// The highest level of protection of itself and of all it belongs to.
    pub level: u8,
    /// Itself, and all it belongs to.
    pub line: Vec<DocumentId>,
    /// The case among them.
    pub case: Option<DocumentId>,
    /// A [ledger](Kind::ledger) is among them.
    pub ledger: bool,
}

/// Whether a kind, outside of a case, tells of a house what only those who look after houses need.
#[must_use]
pub fn is_ledger(kind: &str) -> bool {
    Catalog::builtin().kind(kind).is_some_and(|kind| kind.ledger)
}

/// How protected a document is by itself: as its kind is, its header says or it was raised to.
#[must_use]
pub fn own_level(document: &DocumentRow) -> u8 {
    let kind = Catalog::builtin().kind(&document.kind).map_or(0, |kind| kind.protection);
    document.protection.max(kind).min(LEVEL_MAX)
}

/// Where a document stands. `None` when something it belongs to is not known.
///
/// # Errors
/// Those of the search.
pub fn standing(
    document: &DocumentRow,
    find: impl Fn(DocumentId) -> Result<Option<DocumentRow>, StorageError>,
) -> Result<Option<Standing>, StorageError> {
    let shares = |kind: &str| Catalog::builtin().kind(kind).is_some_and(Kind::shares_secrecy);
    let mut standing = Standing {
        home: String::new(),
        level: own_level(document),
        line: vec![document.id],
        case: None,
        ledger: false,
    };
    let is_case = |kind: &str| kind == "case";
    let (mut kind, mut parent) = (document.kind.clone(), document.parent);
    loop {
        if standing.home.is_empty() && !shares(&kind) {
            standing.home.clone_from(&kind);
        }
        standing.ledger |= is_ledger(&kind);
        if is_case(&kind) {
            standing.case = standing.line.last().copied();
        }
        let Some(id) = parent else { break };
        let found = if standing.line.len() < WAY_MAX { find(id)? } else { None };
        let Some(above) = found else { return Ok(None) };
        standing.level = standing.level.max(own_level(&above));
        standing.line.push(id);
        (kind, parent) = (above.kind, above.parent);
    }
    Ok((!standing.home.is_empty()).then_some(standing))
}
