//! What every view needs: the open vault, the language, names, and records read once.

use std::collections::BTreeMap;
use std::rc::Rc;

use ankomst_shared::app::{Language, Level, Refusal};
use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, UserId};
use ankomst_shared::merge::RecordState;
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::super::rows::{Draft, Stage};
use super::super::state::Open;

/// Makes views of one open vault in one language.
pub(super) struct Viewer<'a> {
    pub(super) open: &'a mut Open,
    pub(super) language: Language,
    pub(super) catalog: &'static Catalog,
    records: BTreeMap<DocumentId, Rc<RecordState>>,
}

impl<'a> Viewer<'a> {
    pub(super) fn new(open: &'a mut Open, language: Language) -> Self {
        Self { open, language, catalog: Catalog::builtin(), records: BTreeMap::new() }
    }

    pub(super) fn record(&mut self, id: DocumentId) -> Result<Rc<RecordState>, Refusal> {
        if let Some(record) = self.records.get(&id) {
            return Ok(Rc::clone(record));
        }
        let record = Rc::new(self.open.record(id).ok_or(Refusal::NotHere)?);
        self.records.insert(id, Rc::clone(&record));
        Ok(record)
    }

    pub(super) fn kind(&self, id: DocumentId) -> Result<&'static Kind, Refusal> {
        let kind = self.open.kind(id).ok_or(Refusal::NotHere)?;
        self.catalog.kind(kind).ok_or(Refusal::NotHere)
    }

    /// Documents of a kind, the newest first.
    pub(super) fn of_kind(&self, kind: &str) -> Vec<DocumentId> {
        let headers = self.open.headers.values().filter(|header| header.kind == kind);
        let mut ids: Vec<DocumentId> = headers.map(|header| header.document).collect();
        order::sort_by_key(&mut ids, |id| core::cmp::Reverse(*id));
        ids
    }

    pub(super) fn draft(&self, id: DocumentId, path: &FieldPath) -> Option<&Draft> {
        self.open.drafts.get(&(id, path.clone()))
    }

    /// The value of a key as the person sees it: the draft before what is written.
    pub(super) fn value(&mut self, id: DocumentId, key: &str) -> Option<Value> {
        let path = FieldPath::parse(key).ok()?;
        if let Some(draft) = self.draft(id, &path) {
            return Some(draft.value.clone()).filter(|value| !value.is_null());
        }
        self.record(id).ok()?.value(key).cloned()
    }

    pub(super) fn text(&mut self, id: DocumentId, key: &str) -> String {
        self.value(id, key).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The value of a key in words.
    pub(super) fn words(&mut self, id: DocumentId, key: &str) -> String {
        let (Ok(path), Some(value)) = (FieldPath::parse(key), self.value(id, key)) else {
            return String::new();
        };
        let kind = self.open.kind(id).unwrap_or_default().to_owned();
        let located = self.catalog.locate(&kind, &path);
        located.map_or_else(String::new, |at| self.catalog.words(at.field, &value, self.language))
    }

    pub(super) fn level(&self, document: DocumentId, change: &ChangeHash) -> (Level, Option<i64>) {
        let row = self.open.chunks.get(&document).and_then(|rows| rows.get(change));
        row.map_or((Level::Saved, None), |row| {
            let level = match row.stage {
                Stage::Unsent => Level::Saved,
                Stage::Received => Level::Received,
                Stage::Held | Stage::Refused => Level::Held,
                Stage::Shared => Level::Shared,
            };
            (level, row.received_ms)
        })
    }

    pub(super) fn person(&self, user: UserId) -> String {
        if self.open.identity.user.id == user {
            return self.open.identity.user.name.clone();
        }
        let known = self.open.standing.people.iter().find(|(id, _)| *id == user);
        known.map_or_else(|| "?".to_owned(), |(_, name)| name.clone())
    }

    pub(super) fn device(&self, device: DeviceId) -> String {
        if self.open.identity.device == device {
            return self.open.identity.device_name.clone();
        }
        let known = self.open.standing.devices.iter().find(|(id, _)| *id == device);
        known.map_or_else(|| "?".to_owned(), |(_, name)| name.clone())
    }
}

/// A length as a view's number.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
