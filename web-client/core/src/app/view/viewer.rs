//! What every view needs: the open vault, the language, names, and records read once.

use std::rc::Rc;

use ankomst_shared::app::{Language, Level, Refusal, Status};
use ankomst_shared::catalog::{Catalog, FieldType, Kind, written_time};
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, UserId};
use ankomst_shared::merge::RecordState;
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::text::{Word, fill, w};
use ankomst_shared::value::Value;

use super::super::rows::{Draft, Stage};
use super::super::state::{Now, Open};
use crate::platform::StorageFacts;

/// Makes views of one open vault in one language.
pub(super) struct Viewer<'a> {
    pub(super) open: &'a mut Open,
    pub(super) language: Language,
    pub(super) catalog: &'static Catalog,
    pub(super) now: Now,
    /// The state of the device.
    pub(super) status: Status,
    /// What the platform says of its storage, when it says something.
    pub(super) storage: Option<StorageFacts>,
}

impl<'a> Viewer<'a> {
    pub(super) fn new(open: &'a mut Open, around: (Status, Now, Option<StorageFacts>)) -> Self {
        let (status, now, storage) = around;
        let (language, catalog) = (status.language, open.catalog);
        Self { open, language, catalog, now, status, storage }
    }

    pub(super) fn record(&mut self, id: DocumentId) -> Result<Rc<RecordState>, Refusal> {
        let lacks = if self.open.is_aside(id) { Refusal::Aside } else { Refusal::NotHere };
        self.open.record(id).ok_or(lacks)
    }

    /// A word in the language.
    pub(super) const fn w(&self, word: Word) -> &'static str {
        w(self.language, word)
    }

    /// A word with its gaps filled.
    pub(super) fn f(&self, word: Word, parts: &[&str]) -> String {
        fill(self.w(word), parts)
    }

    /// The document that holds a list: the house or case itself, or what belongs to it.
    pub(super) fn home(
        &self,
        parent: DocumentId,
        list: &str,
    ) -> Option<(DocumentId, &'static Kind)> {
        home(self.catalog, self.open.kind(parent)?, parent, list)
    }

    /// The entries of a list, wherever it is kept.
    pub(super) fn listed(&mut self, parent: DocumentId, list: &str) -> (DocumentId, Vec<String>) {
        let Some((home, kind)) = self.home(parent, list) else { return (parent, Vec::new()) };
        let record = self.record(home);
        let entries = record.map(|record| record.entries(self.catalog, &kind.id, list));
        (home, entries.unwrap_or_default())
    }

    /// A whole number.
    pub(super) fn number(&mut self, id: DocumentId, key: &str) -> Option<i64> {
        if let Some(Value::Int(number)) = self.value(id, key) { Some(number) } else { None }
    }

    /// `2026-11-22 14:05` where the device is.
    pub(super) fn moment(&self, ms: i64) -> String {
        self.now.local(ms).map(written_time).unwrap_or_default()
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
        let Some(located) = self.catalog.locate(&kind, &path) else { return String::new() };
        if let FieldType::Reference(to) = &located.field.typ {
            let code = value.as_str().unwrap_or_default();
            if to == "person" {
                return self.named_person(id, &path, code).1;
            }
            let mut known = self.references(id, to).into_iter();
            return known
                .find(|choice| choice.code == code)
                .map_or_else(String::new, |it| it.label);
        }
        self.catalog.words(located.field, &value, self.language)
    }

    pub(super) fn level(&self, document: DocumentId, change: &ChangeHash) -> (Level, Option<i64>) {
        let row = self.open.chunks.get(&document).and_then(|rows| rows.get(change));
        row.map_or((Level::Saved, None), |row| {
            let backed_up = self.open.standing.backed_up;
            let level = match row.stage {
                Stage::Shared if row.own.is_some_and(|at| (1..=backed_up).contains(&at)) => {
                    Level::BackedUp
                }
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

/// The document that holds a list of a record, itself or one it has at most one of, and its kind.
pub(in crate::app) fn home(
    catalog: &'static Catalog,
    kind: &str,
    parent: DocumentId,
    list: &str,
) -> Option<(DocumentId, &'static Kind)> {
    let own = catalog.kind(kind)?;
    if own.entry_list(list).is_some() {
        return Some((parent, own));
    }
    let kinds = &catalog.package().kinds;
    let belongs = kinds.iter().find(|one| {
        one.single && one.belongs_to.contains(&own.id) && one.entry_list(list).is_some()
    })?;
    Some((companion(parent, &belongs.id), belongs))
}

/// A length as a view's number.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
