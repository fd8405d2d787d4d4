//! What goes with a record, and what stands against destroying it.

use std::collections::BTreeMap;

use ankomst_shared::app::Language;
use ankomst_shared::catalog::{Catalog, civil, is_over, read_date};
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::merge::RecordState;
use ankomst_shared::rules::{self, Worth};
use ankomst_shared::same::Same;
use ankomst_shared::value::Value;

use super::{Asked, DestroyError, Ground};
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::destroyed::Destruction;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::destroyed;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::{Connection, rows, units};
use crate::sync::{lines, stands};

/// Something that stands against destroying a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Against {
    /// It, or something of it, is not closed, or nothing of it says so.
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

    /// As a line of the ledger; which devices have it is looked for when that is written.
    pub(super) fn put_down(&self, app: &App, asked: &Asked) -> Destruction {
        Destruction {
            record: asked.record.to_string(),
            documents: self.ids().iter().map(ToString::to_string).collect(),
            kind: self.row.kind.clone(),
            number: self.number.clone(),
            unit: self.row.unit.to_string(),
            at_ms: app.now_ms(),
            by: asked.by.to_string(),
            ground: asked.ground.code().to_owned(),
            reference: asked.reference.trim().to_owned(),
            devices: Vec::new(),
        }
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

/// Looks at a record with all that belongs to it. Nothing that is a part of another is destroyed by itself.
///
/// # Errors
/// When there is no such record, or it is a part of another, or storage refuses.
pub fn found(app: &App, id: DocumentId) -> Result<Found, DestroyError> {
    let read = app.readers.read(|db| {
        let row = log::document(db, id)?;
        let row = row.filter(|row| row.parent.is_none() && !destroyed::is_nothing(row.id));
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
    let mut parts = Vec::new();
    for (id, (kind, _)) in &documents {
        if let Some(record) = record_of(app, *id)? {
            parts.push((*id, kind.as_str(), record));
        }
    }
    let is_open = |(_, kind, record): &(DocumentId, &str, RecordState)| !is_ended(kind, record);
    // Where nothing of it is visible, nobody knows.
    if parts.iter().all(|(part, ..)| *part != id) || parts.iter().any(is_open) {
        against.push(Against::Open);
    }
    against.extend(parts.iter().any(|(_, _, record)| is_on_hold(record)).then_some(Against::Hold));
    let rule = keeping(app, &row, &parts, &mut against)?;
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

/// Whether nothing more comes in a document of a kind, as far as it has a state.
fn is_ended(kind: &str, record: &RecordState) -> bool {
    let field = Catalog::builtin().kind(kind).and_then(|kind| kind.anchored("state"));
    let Some(state) = field.map(|field| record.text(&field.id)) else { return true };
    let is_own = match kind {
        "run" => matches!(state, "signed" | "signed_with_late_changes"),
        "contract" => state == "rejected",
        "assignment" => matches!(state, "fulfilled" | "declined" | "returned"),
        "digest" => state == "sent",
        _ => false,
    };
    is_own || is_over(state)
}

/// Where people differ, or somebody is not sure, it is on hold.
fn is_on_hold(record: &RecordState) -> bool {
    record.fields.iter().any(|(path, field)| {
        let is = path.as_str() == "legal_hold" || path.as_str().ends_with("/legal_hold");
        is && (field.value == Value::Bool(true)
            || field.statements.iter().any(|said| said.value == Value::Bool(true)))
    })
}

/// What the rule of keeping says of a record and of each part that it says something of: all of them bar.
fn keeping(
    app: &App,
    row: &DocumentRow,
    parts: &[(DocumentId, &str, RecordState)],
    against: &mut Vec<Against>,
) -> Result<[String; 2], StorageError> {
    let mut beside = Vec::new();
    for id in app.readers.read(|db| units::documents(db, row.unit, "org"))? {
        beside.extend(record_of(app, id)?);
    }
    let journal = parts.iter().filter(|(_, kind, _)| *kind == "journal");
    let mut around: Vec<_> = journal.map(|(_, kind, record)| (*kind, record)).collect();
    around.extend(beside.iter().map(|record| ("org", record)));
    let now_ms = app.now_ms();
    let now = civil(now_ms).ok_or(StorageError::Damaged("the clock"))?;
    let today = now.date();
    let mut rules = [Vec::new(), Vec::new()];
    // A journal is kept as its case is.
    for (id, kind, record) in parts.iter().filter(|(_, kind, _)| *kind != "journal") {
        let same = Same::default();
        let ask = rules::Ask {
            catalog: Catalog::builtin(),
            kind,
            record,
            entry: "",
            beside: &around,
            same: &same,
            today,
            now_ms,
        };
        match said(&ask) {
            Some((words, bar)) => {
                if *id == row.id || bar.is_some() {
                    rules.iter_mut().zip(words).for_each(|(rule, word)| rule.push(word));
                }
                against.extend(bar);
            }
            None if *id == row.id => against.push(Against::Unknown("no rule".to_owned())),
            None => {}
        }
    }
    Ok(rules.map(|rule| rule.join(" ")))
}

/// What the rule says, in Swedish and English, and whether that stands against it.
fn said(ask: &rules::Ask<'_>) -> Option<([String; 2], Option<Against>)> {
    let answer = rules::answer("retention", ask)?;
    let words =
        [Language::Sv, Language::En].map(|language| answer.value_text(ask.catalog, language));
    let first = answer.said.first();
    let from = first.and_then(|said| said.put("from")).and_then(read_date);
    let text = words[1].clone();
    let bar = match (&answer.value, from) {
        (Worth::Text(_), _) => Some(Against::Kept(text)),
        (Worth::Number(_), Some(from)) if from <= ask.today => None,
        (Worth::Number(_), Some(_)) => Some(Against::NotYet(text)),
        _ => Some(Against::Unknown(text)),
    };
    Some((words, bar))
}
