//! What goes with a record, and what stands against destroying it.

use std::collections::BTreeMap;

use ankomst_shared::app::Language;
use ankomst_shared::catalog::{Catalog, civil, is_over, read_date};
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::merge::RecordState;
use ankomst_shared::rules::{self, Worth};
use ankomst_shared::same::Same;
use ankomst_shared::value::Value;

use super::{DestroyError, Ground};
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::destroyed;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::{Connection, rows, units};
use crate::sync::{lines, stands};

/// Something that stands against destroying a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Against {
    /// It is not closed.
    #[error("it is not closed yet")]
    Open,
    /// Somebody has said that it must not be destroyed.
    #[error("there is a legal hold on it")]
    Hold,
    /// Changes of it are just coming in.
    #[error("changes of it are just coming in; try again in a moment")]
    Waits,
    /// Changes of it wait for a person.
    #[error("{0} changes of it are held and wait for a decision")]
    Held(usize),
    /// It is kept, by the rule.
    #[error("it is to be kept: {0}")]
    Kept(String),
    /// Its time is not over, by the rule.
    #[error("its time is not over: {0}")]
    NotYet(String),
    /// The rule cannot tell, or there is none.
    #[error("nobody can say when its time is over: {0}")]
    Unknown(String),
}

impl Against {
    /// Whether it bars a destruction on that ground. What a court or an authority has decided is done whatever the time,
    /// and what is to be kept goes once the archive has it; what is open, on hold or not decided about never goes.
    #[must_use]
    pub fn bars(&self, ground: Ground) -> bool {
        match self {
            Self::Open | Self::Hold | Self::Waits | Self::Held(_) => true,
            Self::Kept(_) => ground == Ground::Retention,
            Self::NotYet(_) | Self::Unknown(_) => ground != Ground::Decision,
        }
    }
}

/// A device that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// When it was in contact last, Unix milliseconds.
    pub seen_ms: i64,
}

/// What goes, and what stands against it.
#[derive(Debug)]
pub struct Found {
    /// The record.
    pub row: DocumentRow,
    /// Its number; empty if it has none.
    pub number: String,
    /// What the rule of keeping says, in Swedish and English.
    pub rule: [String; 2],
    /// The documents that go, with their newest arrivals.
    documents: BTreeMap<DocumentId, (String, i64)>,
    /// What stands against it.
    pub against: Vec<Against>,
    /// Devices that have something of it.
    pub devices: Vec<Holder>,
}

impl Found {
    /// The documents that go.
    #[must_use]
    pub fn ids(&self) -> Vec<DocumentId> {
        self.documents.keys().copied().collect()
    }

    /// How many documents of each kind go.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for (kind, _) in self.documents.values() {
            *kinds.entry(kind.as_str()).or_default() += 1;
        }
        kinds
    }

    /// What is to be typed to confirm it.
    #[must_use]
    pub fn name(&self) -> String {
        if self.number.is_empty() { self.row.id.to_string() } else { self.number.clone() }
    }

    pub(super) fn is_confirmed(&self, typed: &str) -> bool {
        [self.name(), self.row.id.to_string()].iter().any(|name| name == typed.trim())
    }

    /// Whether nothing has come since it was read.
    pub(super) fn is_as_read(&self, db: &Connection) -> Result<bool, StorageError> {
        let family = log::family(db, self.row.id)?;
        let mut is = family.len() == self.documents.len();
        for id in family {
            let known = self.documents.get(&id).map(|(_, newest)| *newest);
            is &= known == Some(log::newest_of(db, id)?);
        }
        Ok(is)
    }
}

/// Looks at a record.
///
/// # Errors
/// When there is no such record, or storage refuses.
pub fn found(app: &App, id: DocumentId) -> Result<Found, DestroyError> {
    let read = app.readers.read(|db| {
        let row = log::document(db, id)?.filter(|row| row.kind != "review");
        let Some(row) = row else { return Ok(None) };
        let mut against = Vec::new();
        let (mut documents, mut devices) = (BTreeMap::new(), BTreeMap::new());
        let (mut waits, mut held) = (0, 0);
        for id in log::family(db, id)? {
            let Some(part) = log::document(db, id)? else { continue };
            documents.insert(id, (part.kind, log::newest_of(db, id)?));
            let (pending, kept) = log::unseen(db, id)?;
            (waits, held) = (waits + pending, held + kept);
            for device in destroyed::holders(db, id)? {
                let known = accounts::device(db, device)?;
                let name = known.map_or_else(|| device.to_string(), |known| known.name);
                devices.insert(device, Holder { device, name, seen_ms: 0 });
            }
        }
        for (device, _, seen_ms) in accounts::devices_seen(db, row.unit)? {
            if let Some(holder) = devices.get_mut(&device) {
                holder.seen_ms = seen_ms;
            }
        }
        against.extend((waits > 0).then_some(Against::Waits));
        against.extend((held > 0).then_some(Against::Held(held)));
        Ok(Some((row, documents, against, devices.into_values().collect())))
    })?;
    let (row, documents, mut against, devices) = read.ok_or(DestroyError::Unknown)?;
    let mut rule = [String::new(), String::new()];
    if let Some(record) = record_of(app, id)? {
        closed(app, &row, &record, &mut against);
        for part in documents.keys() {
            if let Some(record) = record_of(app, *part)?
                && is_on_hold(&record)
                && !against.contains(&Against::Hold)
            {
                against.push(Against::Hold);
            }
        }
        rule = keeping(app, (&row, &record), &documents, &mut against)?;
    }
    let number = app.row_readers.read(|db| rows::number_of(db, id))?;
    Ok(Found { row, number, rule, documents, against, devices })
}

/// What stands in a record, as far as it is visible.
fn record_of(app: &App, id: DocumentId) -> Result<Option<RecordState>, StorageError> {
    let family = app.readers.read(|db| lines::read(app, db, id))?;
    let family = family.filter(|family| !family.infos[0].is_empty());
    let state = family.map(|family| stands::before(Catalog::builtin(), &family));
    Ok(state.transpose()?.map(|(_, state)| state))
}

fn closed(app: &App, row: &DocumentRow, record: &RecordState, against: &mut Vec<Against>) {
    let kind = app.catalog().kind(&row.kind);
    let field = kind.and_then(|kind| kind.anchored("state"));
    if field.is_some_and(|field| !is_over(record.text(&field.id))) {
        against.push(Against::Open);
    }
}

/// Where people differ, or somebody is not sure, it is on hold.
fn is_on_hold(record: &RecordState) -> bool {
    record.fields.iter().any(|(path, field)| {
        let is = path.as_str() == "legal_hold" || path.as_str().ends_with("/legal_hold");
        is && (field.value == Value::Bool(true)
            || field.statements.iter().any(|said| said.value == Value::Bool(true)))
    })
}

/// What the rule of keeping says of a record.
fn keeping(
    app: &App,
    (row, record): (&DocumentRow, &RecordState),
    documents: &BTreeMap<DocumentId, (String, i64)>,
    against: &mut Vec<Against>,
) -> Result<[String; 2], StorageError> {
    let catalog = Catalog::builtin();
    let mut beside = Vec::new();
    for (id, _) in documents.iter().filter(|(_, (kind, _))| kind == "journal") {
        beside.extend(record_of(app, *id)?.map(|record| ("journal", record)));
    }
    for id in app.readers.read(|db| units::documents(db, row.unit, "org"))? {
        beside.extend(record_of(app, id)?.map(|record| ("org", record)));
    }
    let beside: Vec<_> = beside.iter().map(|(kind, record)| (*kind, record)).collect();
    let now_ms = app.now_ms();
    let Some(today) = civil(now_ms).map(|at| at.date()) else {
        return Err(StorageError::Damaged("the clock"));
    };
    let same = Same::default();
    let ask = rules::Ask {
        catalog,
        kind: &row.kind,
        record,
        entry: "",
        beside: &beside,
        same: &same,
        today,
        now_ms,
    };
    let Some(answer) = rules::answer("retention", &ask) else {
        against.push(Against::Unknown("no rule".to_owned()));
        return Ok([String::new(), String::new()]);
    };
    let words = [Language::Sv, Language::En].map(|language| answer.value_text(catalog, language));
    let said = answer.said.first();
    let from = said.and_then(|said| said.put("from")).and_then(read_date);
    let text = || words[1].clone();
    match (&answer.value, from) {
        (Worth::Text(_), _) => against.push(Against::Kept(text())),
        (Worth::Number(_), Some(from)) if from <= today => {}
        (Worth::Number(_), Some(_)) => against.push(Against::NotYet(text())),
        _ => against.push(Against::Unknown(text())),
    }
    Ok(words)
}
