//! Where a document begins: its header, and all that must fit it.

use crate::storage::sqlite::Connection;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::ChunkInfo;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sign::{Header, PublicKey};

use crate::storage::StorageError;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::sync::carry::known_as;
use crate::sync::ingest::Checked;

/// The document of a change, begun by it if it is not there; nothing where its beginning does not fit.
pub(super) fn document_of(
    db: &Connection,
    part: &Checked,
    info: &ChunkInfo,
    now_ms: i64,
) -> Result<Option<DocumentRow>, StorageError> {
    let document = part.document;
    match log::document(db, document)? {
        Some(row) if info.deps.is_empty() && !stands_for_known(db, part, info)? => {
            // Only a companion may have two beginnings: its id follows from what it belongs to.
            let again = Catalog::builtin().kind(&row.kind).is_some_and(|kind| kind.single)
                && begin(db, part, info)?.is_some_and(|header| header.kind == row.kind);
            Ok(again.then_some(row))
        }
        Some(row) => Ok(Some(row)),
        None => {
            let Some(header) = begin(db, part, info)? else { return Ok(None) };
            log::add_document(db, &header, now_ms)?;
            log::document(db, document)
        }
    }
}

/// Whether this server made a change, in another life of its log, of one that is here under another name.
fn stands_for_known(
    db: &Connection,
    part: &Checked,
    info: &ChunkInfo,
) -> Result<bool, StorageError> {
    Ok(known_as(db, part.document, info.hash, part.was.map(|(was, _)| was))?.is_some())
}

/// The header of a document that begins with this change, if everything in it fits.
fn begin(
    db: &Connection,
    part: &Checked,
    info: &ChunkInfo,
) -> Result<Option<Header>, StorageError> {
    let document = part.document;
    let bytes = info.ops.iter().find_map(|op| op.header.as_deref());
    let (Some(bytes), true) = (bytes, info.deps.is_empty()) else { return Ok(None) };
    let Ok(claimed) = Header::peek(bytes) else { return Ok(None) };
    let key = match part.office {
        Some(office) => Some(office.key),
        None => accounts::device(db, claimed.device)?.map(|row| PublicKey::from_bytes(row.key)),
    };
    let Some(header) = key.and_then(|key| Header::open(bytes, &key).ok()) else { return Ok(None) };
    let parent = match header.parent {
        Some(parent) => match log::document(db, parent)? {
            Some(parent) => Some(parent),
            None => return Ok(None),
        },
        None => None,
    };
    let catalog = Catalog::builtin();
    // What only the server writes no device begins, and the server begins nothing else.
    let kind = catalog.kind(&header.kind).filter(|kind| kind.server == part.office.is_some());
    let Some(kind) = kind else { return Ok(None) };
    let family = match &parent {
        Some(parent) => catalog.kind(&parent.kind).is_some_and(|to| kind.may_belong_to(Some(to))),
        None => kind.may_belong_to(None),
    };
    let own =
        !kind.single || header.parent.map(|parent| companion(parent, &kind.id)) == Some(document);
    let fits = header.document == document
        && header.user == info.meta.user
        && header.device == info.meta.device
        && parent.is_none_or(|parent| parent.unit == header.unit)
        && family
        && own;
    Ok(fits.then_some(header))
}
