//! What was lawfully destroyed, in a file outside the log and outside every backup, as the ledger of cleanings is
//! ([`super::ledger`]): an older log that is put back loses it again before anybody reads it. One JSON object a line;
//! ids, numbers of records and the decision, never what stood in them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};
use serde::{Deserialize, Serialize};

use super::ledger::{add_to, read_from};
use crate::storage::StorageError;

/// Its name in the data folder and in the folder of backups.
pub const LEDGER: &str = "destroyed.jsonl";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Line {
    /// A record was destroyed.
    Destroyed(Destruction),
    /// A device came with something written in it; once for each device.
    Late(Met),
    /// A device said that it has nothing of it any more.
    Gone(Met),
    /// A device that had said so has something of it again.
    Back(Met),
}

/// A record that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destruction {
    /// The record.
    pub record: String,
    /// The documents it was made of.
    pub documents: Vec<String>,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Its unit.
    pub unit: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The person who decided it.
    pub by: String,
    /// Code of the ground.
    pub ground: String,
    /// The decision.
    pub reference: String,
    /// Devices that had it.
    pub devices: Vec<String>,
}

/// A device and a record that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The record.
    pub record: String,
    /// The device.
    pub device: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

impl Met {
    /// Puts it down.
    #[must_use]
    pub fn of(record: DocumentId, device: DeviceId, at_ms: i64) -> Self {
        Self { record: record.to_string(), device: device.to_string(), at_ms }
    }

    /// Reads it back.
    #[must_use]
    pub fn read(&self) -> Option<(DocumentId, DeviceId)> {
        Some((self.record.parse().ok()?, self.device.parse().ok()?))
    }
}

/// What is read of a destruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The record.
    pub record: DocumentId,
    /// The documents it was made of.
    pub documents: Vec<DocumentId>,
    /// Its unit.
    pub unit: UnitId,
    /// Who decided it.
    pub by: UserId,
    /// Devices that had it.
    pub devices: Vec<DeviceId>,
}

impl Destruction {
    /// Reads its ids back.
    #[must_use]
    pub fn read(&self) -> Option<Read> {
        Some(Read {
            record: self.record.parse().ok()?,
            documents: self.documents.iter().map(|id| id.parse().ok()).collect::<Option<_>>()?,
            unit: self.unit.parse().ok()?,
            by: self.by.parse().ok()?,
            devices: self.devices.iter().map(|id| id.parse().ok()).collect::<Option<_>>()?,
        })
    }
}

/// Documents that the ledger has as destroyed and the log still has.
#[derive(Debug, Default)]
pub struct Begun(Mutex<BTreeSet<DocumentId>>);

impl Begun {
    /// Whether this is one of them.
    pub fn has(&self, document: DocumentId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&document)
    }

    /// Puts these to them.
    pub fn add(&self, documents: Vec<DocumentId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(documents);
    }

    /// There are none any more.
    pub fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Reads the ledger of a folder; one that is not there is empty, and a line that was cut off is left out: it is written
/// before anything is destroyed.
///
/// # Errors
/// When the file cannot be read.
pub fn read(folder: &Path) -> Result<Vec<Line>, StorageError> {
    read_from(&folder.join(LEDGER))
}

/// Adds a line, on the disk when this returns.
///
/// # Errors
/// When it cannot be written; then the file is as it was, but for a line that [`read`] leaves out.
pub fn add(folder: &Path, line: &Line) -> Result<(), StorageError> {
    add_to(&folder.join(LEDGER), line)
}

/// Brings what the ledger of one folder has and that of the other lacks into that.
///
/// # Errors
/// When one cannot be read or the other not be written.
pub fn join(from: &Path, into: &Path) -> Result<(), StorageError> {
    let there = read(into)?;
    read(from)?.iter().filter(|line| !there.contains(line)).try_for_each(|line| add(into, line))
}
