//! A record as it stands before and after it goes on ([`super::lines`]).

use ankomst_shared::catalog::Catalog;
use ankomst_shared::continued::{Carried, Of};
use ankomst_shared::document::Document;
use ankomst_shared::ids::ActorId;
use ankomst_shared::merge::{RecordState, record_state};

use crate::storage::StorageError;
use crate::sync::lines::Family;

/// The record there is.
pub(super) fn before(
    catalog: &Catalog,
    family: &Family,
) -> Result<(Document, RecordState), StorageError> {
    let sides = family.infos.each_ref();
    let sides = sides.map(|infos| infos.iter().map(|info| info.bytes.as_slice()).collect());
    state(catalog, family, sides)
}

/// The record that the new changes make.
pub(super) fn after(
    catalog: &Catalog,
    family: &Family,
    carried: &[Carried],
) -> Result<(Document, RecordState), StorageError> {
    let sides = [Of::Record, Of::Review].map(|of| {
        let new = carried.iter().filter(|one| one.of == of);
        new.filter_map(|one| one.chunk.as_ref().map(|chunk| chunk.bytes.as_slice())).collect()
    });
    state(catalog, family, sides)
}

fn state(
    catalog: &Catalog,
    family: &Family,
    [record, review]: [Vec<&[u8]>; 2],
) -> Result<(Document, RecordState), StorageError> {
    let open = |chunks: Vec<&[u8]>| {
        Document::open(ActorId::from_bytes([0; 16]), chunks)
            .map_err(|_| StorageError::Damaged("a document cannot be opened"))
    };
    let review = if review.is_empty() { None } else { Some(open(review)?) };
    let record = open(record)?;
    let subject = (family.row.kind.as_str(), family.row.id);
    let state = record_state(catalog, subject, &record, review.as_ref());
    Ok((record, state))
}
