//! The record of a year as plain figures.

use crate::catalog::Catalog;
use crate::document::Statement;
use crate::ids::{DeviceId, DocumentId};
use crate::merge::RecordState;
use crate::value::Value;

use super::number::{Version, put_in_order};

/// A year with its agreements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// The record.
    pub id: DocumentId,
    /// The year.
    pub year: i64,
    /// What locked it: its figures stand as they were then.
    pub lock: Option<Statement>,
    /// Who locked it.
    pub locked_by: String,
    /// When, `yyyy-mm-dd`.
    pub locked_on: String,
    /// Numbers and agreements.
    pub agreements: Vec<Agreement>,
}

/// A number or an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    /// The entry.
    pub entry: String,
    /// What it is called.
    pub title: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of the people it is about.
    pub category: String,
    /// Code of the obligation.
    pub obligation: String,
    /// Id of the party on the other side.
    pub counterpart: String,
    /// People contradict each other on one of these.
    pub contested: bool,
    /// Versions of its number, in order.
    pub versions: Vec<Version>,
    /// What was counted.
    pub counts: Vec<Count>,
    /// What came after the year was locked.
    pub late: Vec<Late>,
}

/// What was counted in a year, or in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Code of what is counted.
    pub what: String,
    /// The year, or the first of several.
    pub year: i64,
    /// The last one.
    pub to: i64,
    /// How many.
    pub figure: Figure,
}

/// A figure as it was stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The figure.
    pub value: i64,
    /// Code of how exact it is; empty for exact.
    pub exact: String,
    /// Where it stands.
    pub source: String,
}

/// What came to a locked year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// On which device it was written.
    pub device: DeviceId,
    /// Code of what is counted; empty for a version of the number.
    pub what: String,
    /// The number, or the least of a range.
    pub number: i64,
    /// The most of a range.
    pub most: Option<i64>,
}

/// An agreement by which no people are received: a rule of the owner for flats.
const RULE: &str = "owner_directive";

/// Code of people who were received.
pub const RECEIVED: &str = "received";

/// What locked a year.
fn lock(record: &RecordState) -> Option<Statement> {
    let mut fields = record.fields.iter();
    let (_, state) = fields.find(|(path, _)| path.as_str() == "locked")?;
    let mut said = state.statements.iter();
    said.find(|said| said.value == Value::Bool(true) && state.value == said.value).cloned()
}

impl Year {
    /// Reads a record; nothing for one that does not say of which year it is.
    #[must_use]
    pub fn read(catalog: &Catalog, id: DocumentId, record: &RecordState) -> Option<Self> {
        let Some(Value::Int(year)) = record.value("year") else { return None };
        let mut agreements = Vec::new();
        for entry in record.entries(catalog, "year", "agreements") {
            let key = |field: &str| ["agreements/", &entry, "/", field].concat();
            let text = |field: &str| record.text(&key(field)).to_owned();
            if text("kind") == RULE {
                continue;
            }
            let own = key("");
            let mut fields = record.fields.iter();
            agreements.push(Agreement {
                title: text("title"),
                kind: text("kind"),
                category: text("category"),
                obligation: text("obligation"),
                counterpart: text("counterpart"),
                contested: fields
                    .any(|(path, state)| path.as_str().starts_with(&own) && state.is_open()),
                versions: Vec::new(),
                counts: Vec::new(),
                late: Vec::new(),
                entry,
            });
        }
        let mut read = Self {
            id,
            year: *year,
            lock: lock(record),
            locked_by: record.text("locked_by").to_owned(),
            locked_on: record.text("locked_on").to_owned(),
            agreements,
        };
        read.figures(catalog, record);
        Some(read)
    }

    fn figures(&mut self, catalog: &Catalog, record: &RecordState) {
        let whole = record.whole();
        for list in ["versions", "baselines"] {
            let stand = record.entries(catalog, "year", list);
            for entry in whole.entries(catalog, "year", list) {
                let is_late = !stand.contains(&entry);
                self.figure(&whole, (list, entry), is_late);
            }
        }
        for one in &mut self.agreements {
            put_in_order(&mut one.versions);
        }
    }

    /// Takes in one entry of a list.
    fn figure(&mut self, record: &RecordState, (list, entry): (&str, String), is_late: bool) {
        let key = |field: &str| [list, "/", &entry, "/", field].concat();
        let text = |field: &str| record.text(&key(field)).to_owned();
        let number = |field: &str| match record.value(&key(field)) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        let agreement = text("agreement");
        let Some(to) = self.agreements.iter_mut().find(|one| one.entry == agreement) else {
            return;
        };
        let is_version = list == "versions";
        let least = number("number").or_else(|| number("least"));
        let (least, most) = if is_version {
            (least, number("number").or_else(|| number("most")))
        } else {
            (number("count"), None)
        };
        let what = text("what");
        let what = if is_version || !what.is_empty() { what } else { RECEIVED.to_owned() };
        if is_late {
            let mut said =
                record.fields.iter().filter(|(path, _)| path.as_str().starts_with(&key("")));
            let device = said.find_map(|(_, state)| Some(state.statements.first()?.meta.device));
            if let (Some(device), Some(number)) = (device, least.or(most)) {
                to.late.push(Late { device, what, number, most });
            }
        } else if is_version {
            to.versions.push(Version {
                least,
                most,
                from: text("effective_from"),
                decided_by: text("decided_by"),
                reference: text("ref"),
                entry,
            });
        } else if let (Some(value), Some(year)) = (least, number("year")) {
            to.counts.push(Count {
                what,
                year,
                to: number("year_to").unwrap_or(year).max(year),
                figure: Figure { value, exact: text("exact"), source: text("source") },
            });
        }
    }
}
