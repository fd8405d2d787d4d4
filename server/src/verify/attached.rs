//! Whether every whole picture and other file is what it was: as long, opened from the first piece to the last, of its name.

use std::path::Path;

use super::Look;
use super::found::{Fault, Kind, Report};
use crate::storage::StorageError;
use crate::storage::files::{is_whole, path};
use crate::storage::sqlite::destroyed;
use crate::storage::sqlite::files::{self, FileRow};

/// Looks at each of them. One that a server removes meanwhile is no fault.
pub(super) fn look(folder: &Path, look: &Look, report: &mut Report) -> Result<(), StorageError> {
    for row in files::all(&look.log)?.into_iter().filter(|row| row.whole_ms.is_some()) {
        report.attached += 1;
        let Some(what) = fault(folder, look, &row)? else { continue };
        let is_there = files::one(&look.log, row.id)?.is_some();
        if is_there && destroyed::record_of(&look.log, row.document)?.is_none() {
            let what = format!("file {}: {what}", row.id);
            report.add(Fault { record: Some(row.document), ..Fault::of(Kind::Attached, what) });
        }
    }
    Ok(())
}

fn fault(folder: &Path, look: &Look, row: &FileRow) -> Result<Option<String>, StorageError> {
    let key = match look.keys.file_key(row.id) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok(Some("it has no key".to_owned())),
        Err(error) if error.is_unsound() => return Ok(Some("its key cannot be read".to_owned())),
        Err(error) => return Err(error),
    };
    Ok(match is_whole(&path(folder, row.id), (row.bytes, row.name), &key) {
        Ok(true) => None,
        Ok(false) => Some("it is gone, cut off, or not what it was".to_owned()),
        Err(error) => Some(format!("it cannot be read: {error}")),
    })
}
