//! What was cleaned, in a file outside the log and outside every backup: an older log that is put back is
//! cleaned again before anybody reads it. One JSON object a line; names of records and fields, never what stood
//! in them.
//!
//! A copy lies beside the scheduled backups, for the day on which the disk of the data is lost.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ankomst_shared::continued::Cut;
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId, base32, base32_bytes};
use ankomst_shared::path::FieldPath;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::storage::sqlite::backup::sync_folder;
use crate::storage::{StorageError, destroyed};

/// Its name in the data folder and in the folder of backups.
pub const LEDGER: &str = "cleaned.jsonl";

/// One cleaning of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The record.
    pub document: String,
    /// When, Unix milliseconds; with the record, what a cleaning is known by.
    pub at_ms: i64,
    /// The person's id.
    pub by: String,
    /// Why, as it was given.
    pub reason: String,
    /// Fields and entries.
    pub paths: Vec<String>,
    /// What of them stays: field and change.
    pub kept: Vec<(String, String)>,
    /// Changes of which something went.
    #[serde(default)]
    pub gone: Vec<String>,
}

impl Line {
    /// Puts a cleaning down.
    #[must_use]
    pub fn of(document: DocumentId, (by, at_ms): (UserId, i64), reason: &str, cut: &Cut) -> Self {
        let kept = |(path, hash): &(FieldPath, ChangeHash)| {
            (path.as_str().to_owned(), base32(hash.as_bytes()))
        };
        Self {
            document: document.to_string(),
            at_ms,
            by: by.to_string(),
            reason: reason.to_owned(),
            paths: cut.paths.iter().map(|path| path.as_str().to_owned()).collect(),
            kept: cut.kept.iter().map(kept).collect(),
            gone: cut.gone.iter().map(|hash| base32(hash.as_bytes())).collect(),
        }
    }

    /// Reads it back: record, person and what is to go.
    #[must_use]
    pub fn read(&self) -> Option<(DocumentId, UserId, Cut)> {
        let path = |text: &String| FieldPath::parse(text).ok();
        let name = |text: &String| {
            let hash: [u8; 32] = base32_bytes(text).ok()?.try_into().ok()?;
            Some(ChangeHash::from_bytes(hash))
        };
        let kept = |(at, hash): &(String, String)| Some((path(at)?, name(hash)?));
        let cut = Cut {
            paths: self.paths.iter().map(path).collect::<Option<_>>()?,
            kept: self.kept.iter().map(kept).collect::<Option<_>>()?,
            gone: self.gone.iter().map(name).collect::<Option<_>>()?,
        };
        Some((self.document.parse().ok()?, self.by.parse().ok()?, cut))
    }
}

/// What the ledger has and the log does not know yet.
#[derive(Debug, Default)]
pub struct Open(Mutex<Vec<Line>>);

impl Open {
    /// All of it.
    pub fn all(&self) -> Vec<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts this in its place.
    pub fn set(&self, lines: Vec<Line>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = lines;
    }
}

/// Reads the ledger of a folder; one that is not there is empty. A line that was cut off is left out: it is
/// written before anything is cleaned.
///
/// # Errors
/// When the file or a line of it cannot be read.
pub fn read(folder: &Path) -> Result<Vec<Line>, StorageError> {
    read_from(&folder.join(LEDGER))
}

/// Reads the lines of a file; see [`read`].
///
/// # Errors
/// When the file or a line of it cannot be read: what it says would come back unseen.
pub(super) fn read_from<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, StorageError> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut lines = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(read) => lines.push(read),
            // Cut off in a write, whatever stands after it.
            Err(error) if error.is_eof() || !line.ends_with(b"\n") => {}
            Err(_) => return Err(StorageError::Ledger(file.to_path_buf())),
        }
    }
    Ok(lines)
}

/// Adds a line, on the disk when this returns.
///
/// # Errors
/// When it cannot be written; then the file is as it was, but for a line that [`read`] leaves out.
pub fn add(folder: &Path, line: &Line) -> Result<(), StorageError> {
    add_to(&folder.join(LEDGER), line)
}

/// Adds a line to a file; see [`add`].
///
/// # Errors
/// When it cannot be written.
pub(super) fn add_to<T: Serialize>(path: &Path, line: &T) -> Result<(), StorageError> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let mut bytes = Vec::new();
    // After a cut the last line may have no end: it goes, or what of it can be read as nothing would seem damage.
    let there = std::fs::read(path)?;
    let whole = there.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if serde_json::from_slice::<serde::de::IgnoredAny>(there.get(whole..).unwrap_or_default())
        .is_ok()
    {
        bytes.push(b'\n');
    } else if whole < there.len() {
        file.set_len(u64::try_from(whole).unwrap_or_default())?;
    }
    serde_json::to_writer(&mut bytes, line).map_err(std::io::Error::from)?;
    bytes.push(b'\n');
    file.write_all(&bytes)?;
    file.sync_all()?;
    sync_folder(path)
}

/// Brings what the ledgers of one folder have and those of the other lack into those, also that of what was destroyed;
/// tells how many cleanings.
///
/// # Errors
/// When one cannot be read or the other not be written.
pub fn join(from: &Path, into: &Path) -> Result<usize, StorageError> {
    destroyed::join(from, into)?;
    let there = read(into)?;
    let is_new = |line: &&Line| {
        !there.iter().any(|known| known.document == line.document && known.at_ms == line.at_ms)
    };
    let mut count = 0;
    for line in read(from)?.iter().filter(is_new) {
        add(into, line)?;
        count += 1;
    }
    Ok(count)
}

/// The same from beside a backup: of what was cleaned or destroyed since it was made, only its folder may know.
///
/// # Errors
/// As of [`join`].
pub fn join_beside(backup: &Path, into: &Path) -> Result<usize, StorageError> {
    let beside = backup.parent().filter(|folder| !folder.as_os_str().is_empty());
    join(beside.unwrap_or(Path::new(".")), into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at_ms: i64) -> Line {
        let cut = Cut {
            paths: vec![FieldPath::parse("phone").unwrap()],
            kept: vec![(FieldPath::parse("phone").unwrap(), ChangeHash::from_bytes([3; 32]))],
            gone: vec![ChangeHash::from_bytes([4; 32])],
        };
        let by = UserId::from_bytes([2; 16]);
        Line::of(DocumentId::from_bytes([1; 16]), (by, at_ms), "Skyddad identitet", &cut)
    }

    #[test]
    fn what_was_cut_off_in_a_write_is_left_out_and_the_next_line_stands_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_empty());
        add(folder.path(), &line(1)).unwrap();
        let file = folder.path().join(LEDGER);
        let whole = std::fs::read(&file).unwrap();
        let torn = [whole.clone(), whole[..whole.len() / 2].to_vec()].concat();
        std::fs::write(&file, torn).unwrap();
        add(folder.path(), &line(2)).unwrap();
        let lines = read(folder.path()).unwrap();
        assert_eq!(lines, [line(1), line(2)]);
        let (document, by, cut) = lines[1].read().unwrap();
        assert_eq!(Line::of(document, (by, 2), "Skyddad identitet", &cut), lines[1]);
        let other = tempfile::tempdir().unwrap();
        assert_eq!(join(folder.path(), other.path()).unwrap(), 2);
        assert_eq!(join(folder.path(), other.path()).unwrap(), 0);
        assert_eq!(read(other.path()).unwrap(), lines);
    }
}
