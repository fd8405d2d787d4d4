//! Lists of whole pictures and files that restores did not find ([`super::files_beside`] writes them), held against what
//! there is: how many of them no tablet has brought back.

use std::path::Path;

use ankomst_shared::ids::{DocumentId, FileName};
use rusqlite::Connection;

use super::aside::ASIDE;
use super::files_beside::LOST;
use super::{destroyed, files, log};
use crate::storage::StorageError;

/// What one restore did not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The folder in the data folder that the list lies in.
    pub folder: String,
    /// How many were whole and not found.
    pub all: u64,
    /// How many of them are not back; `None` where the list cannot be read, so that nobody can say.
    pub missing: Option<u64>,
}

/// All such lists of a data folder, the oldest first.
///
/// # Errors
/// When the folder or the log there cannot be read.
pub fn all(folder: &Path, db: &Connection) -> Result<Vec<Listed>, StorageError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(ASIDE) && folder.join(&name).join(LOST).try_exists()? {
            names.push(name);
        }
    }
    names.sort();
    names.into_iter().map(|name| listed(db, &folder.join(&name).join(LOST), name)).collect()
}

fn listed(db: &Connection, list: &Path, folder: String) -> Result<Listed, StorageError> {
    let Some(gone) = std::fs::read_to_string(list).ok().and_then(|text| read(&text)) else {
        return Ok(Listed { folder, all: 0, missing: None });
    };
    let epoch = log::epoch(db)?.ok_or(StorageError::Damaged("the log has no epoch"))?;
    let (mut all, mut missing) = (0_u64, 0_u64);
    for (document, name) in gone {
        let is_back = files::whole(db, (document, name), epoch)?.is_some();
        // What was destroyed since nobody misses.
        let is_missed = !is_back && destroyed::record_of(db, document)?.is_none();
        all += 1;
        missing += u64::from(is_missed);
    }
    Ok(Listed { folder, all, missing: Some(missing) })
}

/// The records and names of a list; nothing where a line of it is none.
fn read(text: &str) -> Option<Vec<(DocumentId, FileName)>> {
    let one = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    text.lines().skip(1).map(one).collect()
}
