//! The municipality's own checklists on the server: read from the records `org` of its units.

use ankomst_shared::catalog::{Catalog, Checklist};
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, DocumentId, UnitId};
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::own::Own;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::policies::Policy;
use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, Keys, log, units};

/// The kind of record that holds them.
pub const KIND: &str = "org";

/// A record `org`.
#[derive(Debug)]
pub struct Org {
    /// The record.
    pub id: DocumentId,
    /// Its document.
    pub document: Document,
    /// What stands in it.
    pub record: RecordState,
}

/// The records `org` of a unit, the oldest first: as far as they are visible, or with what waits for its
/// trial. Usually it is one; a restore of an old backup can bring another.
///
/// # Errors
/// When storage refuses.
pub fn records(app: &App, unit: UnitId, waiting: bool) -> Result<Vec<Org>, StorageError> {
    let states: &[&'static str] = if waiting { &["visible", "pending"] } else { &["visible"] };
    app.readers.read(|db| read(db, &app.keys, (unit, states)))
}

fn read(
    db: &Connection,
    keys: &Keys,
    (unit, states): (UnitId, &[&'static str]),
) -> Result<Vec<Org>, StorageError> {
    let mut found = Vec::new();
    for id in units::documents(db, unit, KIND)? {
        let mut chunks: Vec<ByteVec> = Vec::new();
        for state in states {
            for chunk in log::chunks_of(db, id, state)? {
                chunks.push(keys.open_chunk(id, &chunk.hash, &chunk.sealed)?.into());
            }
        }
        let nobody = ActorId::from_bytes([0; 16]);
        let opened = Document::open(nobody, chunks.iter().map(|chunk| chunk.as_slice()));
        let Ok(document) = opened else { continue };
        let record = record_state(Catalog::builtin(), (KIND, id), &document, None);
        found.push(Org { id, document, record });
    }
    Ok(found)
}

/// The catalog with the checklists that a log has visible, for whoever only looks at it; the one that is known, where
/// it has no others.
///
/// # Errors
/// When the log cannot be read.
pub fn catalog(
    (db, keys): (&Connection, &Keys),
    known: &'static Catalog,
) -> Result<&'static Catalog, StorageError> {
    let mut all = Vec::new();
    for unit in units::all(db)? {
        all.extend(read(db, keys, (unit, &["visible"]))?);
    }
    let own = own(&all);
    if known.stamp() == own.stamp {
        return Ok(known);
    }
    Ok(Catalog::builtin().with_own(own.lists, own.stamp))
}

/// The checklists of some records.
#[must_use]
pub fn own<'a>(records: impl IntoIterator<Item = &'a Org>) -> Own {
    let mut own = Own::default();
    for org in records {
        own.add(&org.record);
    }
    own
}

fn policies_of(unit: UnitId, record: &RecordState) -> Vec<Policy> {
    let entries = record.entries(Catalog::builtin(), KIND, "policies");
    let policy = |entry: String| {
        let said = |field: &str| record.text(&format!("policies/{entry}/{field}")).to_owned();
        let (key, value) = (said("key"), said("value"));
        Policy { unit, key, value, from: said("valid_from"), to: said("valid_to") }
    };
    entries.into_iter().map(policy).collect()
}

/// Takes into the server's catalog and its policies what is visible; gives the checklists and versions that are new in it, as
/// `id/version`.
///
/// # Errors
/// When storage refuses.
pub fn refresh(app: &App) -> Result<Vec<String>, StorageError> {
    let mut all = Vec::new();
    let mut policies = Vec::new();
    for unit in app.readers.read(units::all)? {
        let of_unit = records(app, unit, false)?;
        policies.extend(of_unit.iter().flat_map(|org| policies_of(unit, &org.record)));
        all.extend(of_unit);
    }
    app.policies.set(policies);
    let own = own(&all);
    if own.unread > 0 {
        tracing::warn!(
            count = own.unread,
            "Checklists of the municipality's own are in a form of a newer version; they are kept and not shown."
        );
    }
    let before = app.catalog();
    if before.stamp() == own.stamp {
        return Ok(Vec::new());
    }
    let is_known = |list: &&Checklist| before.own().iter().any(|known| **known == **list);
    let fresh = own.lists.iter().filter(|list| !is_known(list));
    let fresh = fresh.map(|list| format!("{}/{}", list.id, list.version)).collect();
    app.set_catalog(before.with_own(own.lists, own.stamp));
    Ok(fresh)
}
