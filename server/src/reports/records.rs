//! What a report is made of: the merged records of some kinds of a unit, as far as they are visible.

use std::collections::BTreeSet;

use ankomst_shared::catalog::{Catalog, read_date};
use ankomst_shared::find::short_number;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::RecordState;
use ankomst_shared::value::Value;
use ankomst_shared::{order, outward};
use jiff::civil::Date;

use super::Whose;
use crate::app::App;
use crate::export;
use crate::storage::StorageError;
use crate::storage::sqlite::grants::LEVEL_MAX;
use crate::storage::sqlite::homes::standing;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::units;
use crate::sync::access;
use crate::sync::rule::May;

/// A record.
#[derive(Debug)]
pub(super) struct One {
    /// The record.
    pub(super) id: DocumentId,
    /// Its kind.
    pub(super) kind: &'static str,
    /// What it belongs to.
    pub(super) parent: Option<DocumentId>,
    /// What stands in it.
    pub(super) state: RecordState,
    /// It is protected, or of a case that is: no report names it.
    pub(super) hidden: bool,
}

/// Records of some kinds.
#[derive(Debug)]
pub(super) struct Records {
    /// The catalog with the municipality's own checklists.
    pub(super) catalog: &'static Catalog,
    all: Vec<One>,
}

impl Records {
    /// Reads all records of some kinds that somebody may read.
    ///
    /// # Errors
    /// When storage refuses.
    pub(super) fn read(
        app: &App,
        whose: Whose<'_>,
        kinds: &[&'static str],
    ) -> Result<Self, StorageError> {
        let mut all = Vec::new();
        for kind in kinds.iter().copied() {
            let rows = app.readers.read(|db| {
                let rights =
                    whose.reader.map(|reader| access::rights_now(db, reader)).transpose()?;
                let mut rows: Vec<(DocumentRow, u8)> = Vec::new();
                for id in units::documents(db, whose.unit, kind)? {
                    let Some(row) = log::document(db, id)? else { continue };
                    let may_read =
                        |rights| Ok::<_, StorageError>(access::may(db, rights, &row)? >= May::Read);
                    if rights.as_ref().map_or(Ok(true), may_read)? {
                        let standing = standing(&row, |id| log::document(db, id))?;
                        rows.push((row, standing.map_or(LEVEL_MAX, |standing| standing.level)));
                    }
                }
                Ok(rows)
            })?;
            for (row, level) in rows {
                let Some(state) = export::record(app, (kind, row.id))? else { continue };
                let hidden = level > 0 || outward::is_shielded(Catalog::builtin(), kind, &state);
                all.push(One { id: row.id, kind, parent: row.parent, state, hidden });
            }
        }
        let shielded: BTreeSet<DocumentId> =
            order::set(all.iter().filter(|one: &&One| one.hidden).map(|one| one.id));
        for one in &mut all {
            one.hidden |= one.parent.is_some_and(|parent| shielded.contains(&parent));
        }
        Ok(Self { catalog: app.catalog(), all })
    }

    /// Some records.
    #[cfg(test)]
    pub(super) fn of_some(all: Vec<One>) -> Self {
        Self { catalog: Catalog::builtin(), all }
    }

    /// Those of a kind.
    pub(super) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a One> {
        self.all.iter().filter(move |one| one.kind == kind)
    }

    /// What a record is called: one that is protected by its number.
    pub(super) fn title(&self, one: &One) -> String {
        let kind = self.catalog.kind(one.kind);
        let said = |anchor: &str| {
            let field = kind.and_then(|kind| kind.anchored(anchor));
            field.map_or("", |field| one.state.text(&field.id)).to_owned()
        };
        if !one.hidden {
            return said("title");
        }
        Some(said("number"))
            .filter(|number| !number.is_empty())
            .unwrap_or_else(|| short_number(one.id))
    }

    /// The entries of a list of all records of a kind.
    pub(super) fn entries<'a>(
        &'a self,
        kind: &'a str,
        list: &'a str,
    ) -> impl Iterator<Item = Entry<'a>> {
        self.of(kind).flat_map(move |one| self.listed(one, list))
    }

    /// The entries of a list of a record.
    pub(super) fn listed<'a>(
        &self,
        one: &'a One,
        list: &'a str,
    ) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let ids = one.state.entries(self.catalog, one.kind, list);
        ids.into_iter().map(move |id| Entry { one, list, id })
    }
}

/// An entry of a list.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The record it stands in.
    pub(super) one: &'a One,
    list: &'a str,
    /// Its id.
    pub(super) id: String,
}

impl<'a> Entry<'a> {
    /// A text of it; empty when there is none.
    pub(super) fn text(&self, field: &str) -> &'a str {
        self.one.state.text(&[self.list, "/", &self.id, "/", field].concat())
    }

    /// A day of it.
    pub(super) fn day(&self, field: &str) -> Option<Date> {
        read_date(self.text(field))
    }

    /// A whole number of it.
    pub(super) fn whole(&self, field: &str) -> Option<i64> {
        let path = [self.list, "/", &self.id, "/", field].concat();
        self.one.state.value(&path).and_then(int)
    }

    /// The members of a set of it.
    pub(super) fn members(&self, field: &str) -> Vec<&'a str> {
        self.one.state.members(&[self.list, "/", &self.id, "/", field].concat())
    }
}

/// A whole number.
pub(super) const fn int(value: &Value) -> Option<i64> {
    if let Value::Int(number) = value { Some(*number) } else { None }
}
