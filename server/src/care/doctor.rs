//! What `ankomst doctor` looks at, and what is to be done about it.

use std::path::Path;

use super::{FRESH_MS, age_ms};
use crate::app::App;
use crate::key_files::Key;
use crate::storage::accesses::verify;
use crate::storage::sqlite::aside::{self, Aside};
use crate::storage::sqlite::files_lost::{self, Listed};
use crate::storage::sqlite::{backed, files, held, log};
use crate::storage::{StorageError, ballast};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it is as it should be.
    pub fine: bool,
    /// What was found.
    pub what: String,
    /// What to do; empty when nothing.
    pub how: String,
}

fn finding(fine: bool, what: impl Into<String>, how: &str) -> Finding {
    Finding { fine, what: what.into(), how: if fine { String::new() } else { how.to_owned() } }
}

/// Whether nobody but the owner has any right to a file or folder that is there.
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map(|data| data.permissions().mode());
    mode.is_ok_and(|mode| mode.trailing_zeros() >= 6)
}

/// Less room than this is worth a word, in bytes.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// What there is of the disk, and whether the ballast was given up.
fn disk(folder: &Path) -> Result<Finding, StorageError> {
    let free = ballast::room(folder)?.free;
    let given_up = ballast::length(folder) == Some(0);
    let what = if given_up {
        "the disk is full: the ballast was given up, pushes are answered 507, tablets keep them"
            .to_owned()
    } else {
        format!("the disk has {} MiB left", free >> 20)
    };
    let how = "make room on the disk of the data folder; a running server notices by itself";
    Ok(finding(!given_up && free >= FREE_BYTES_MIN, what, how))
}

/// Looks at a data folder, which may be in use.
///
/// # Errors
/// When the log cannot be read at all.
pub fn examine(app: &App) -> Result<Vec<Finding>, StorageError> {
    let mut found = Vec::new();
    let private = is_private(&app.folder);
    let what = if private {
        "only its owner may look into the folder"
    } else {
        "others may look into the folder"
    };
    found.push(finding(private, what, "chmod 700"));
    for key in Key::ALL {
        let fine = is_private(&app.key_files.place(&app.folder, key));
        let what = format!(
            "{}: {}",
            app.key_files.elsewhere(key).map_or(key.name().into(), Path::to_string_lossy),
            if fine { "only its owner may read it" } else { "others may read it, or it is gone" }
        );
        found.push(finding(fine, what, "chmod 600; keep a copy apart from the backups"));
    }
    found.push(disk(&app.folder)?);
    let (pending, held, newest) = app.readers.read(|db| {
        let pending = log::pending_documents(db)?.len();
        Ok((pending, held::count(db)?, log::head(db)?.feed))
    })?;
    found.push(finding(true, format!("the feed has {newest} changes"), ""));
    found.push(finding(
        pending == 0,
        format!("{pending} records have changes that wait for their trial"),
        "a running server tries them within seconds; if they stay, see its log",
    ));
    found.push(finding(
        held == 0,
        format!("{held} changes are held for a person"),
        "ankomst held list",
    ));
    found.push(access_log(app));
    for aside in app.readers.read(|db| aside::all(&app.folder, db))? {
        found.push(put_aside(&aside));
    }
    for lost in app.readers.read(|db| files_lost::all(&app.folder, db))? {
        found.push(not_found(&lost));
    }
    found.extend(files_of(app)?);
    found.extend(examine_backup(app)?);
    Ok(found)
}

/// Whether the access log can be read and is as the server has written it.
fn access_log(app: &App) -> Finding {
    let how = "ankomst audit verify; a file that is broken is moved away and kept (see the manual), copies lie beside \
               the backups";
    match verify::file(&app.audit.file(), &app.audit.public()) {
        Ok(found) => match found.fault {
            None => finding(true, format!("the access log has {} entries", found.entries), ""),
            Some((entry, fault)) => {
                finding(false, format!("the access log, entry {entry}: {fault}"), how)
            }
        },
        Err(error) => finding(false, format!("the access log cannot be read: {error}"), how),
    }
}

/// Whether what a restore has put aside is back.
fn put_aside(aside: &Aside) -> Finding {
    let (fine, what) = match &aside.missing {
        Some(missing) => {
            (missing.is_empty(), format!("{} changes of it are not back", missing.len()))
        }
        None => (false, "it cannot be read, so nobody can say what of it is missing".to_owned()),
    };
    let how = "ankomst missing; once nothing more can come, move that folder away";
    finding(fine, format!("{}: {what}", aside.folder), how)
}

/// Whether the pictures and files that a restore did not find are back.
fn not_found(lost: &Listed) -> Finding {
    let Listed { folder, all, missing } = lost;
    let what = match missing {
        Some(missing) => {
            format!(
                "{folder}: {missing} of {all} pictures and files that it did not find are not back"
            )
        }
        None => format!("{folder}: its list of lost pictures and files cannot be read"),
    };
    let how = "tablets that still have one bring it by themselves; files-lost.txt there names each (see the manual)";
    finding(*missing == Some(0), what, how)
}

/// How many pictures and other files there are, whether backups have them, and of how many the text has not come.
fn files_of(app: &App) -> Result<[Finding; 2], StorageError> {
    let (sums, (textless, textless_bytes, since_ms)) =
        app.readers.read(|db| Ok((files::sums(db)?, files::textless(db)?)))?;
    let files::Sums { count, bytes, unbacked, unbacked_ms } = sums;
    let what = format!("{count} pictures and files, {} MiB; {unbacked} in no backup", bytes >> 20);
    let fine = age_ms(unbacked_ms, app.now_ms()).is_none_or(|age| age <= FRESH_MS);
    let how = "make room in the folder of backups; if they stay, ankomst verify says whether they are whole here";
    let mut text = format!("{textless} of them are of records that are not here");
    if let Some(age) = age_ms(since_ms, app.now_ms()) {
        let (mib, days) = (textless_bytes >> 20, age / 86_400_000);
        text = format!("{text}, {mib} MiB, since {days} days at most");
    }
    Ok([finding(fine, what, how), finding(true, text, "")])
}

fn examine_backup(app: &App) -> Result<[Finding; 2], StorageError> {
    let (made_ms, up_to, received) = app
        .readers
        .read(|db| Ok((backed::made_ms(db)?, backed::up_to(db)?, log::arrivals(db)?.feed)))?;
    let age_ms = age_ms(made_ms, app.now_ms());
    let age = age_ms.map_or_else(
        || "there is no backup".to_owned(),
        |age| format!("the newest backup is {} hours old", age / 3_600_000),
    );
    let missing = received.saturating_sub(up_to.unwrap_or_default());
    Ok([
        finding(
            age_ms.is_some_and(|age| age <= FRESH_MS),
            age,
            "set `backup` to a folder on another disk, or run ankomst backup",
        ),
        finding(
            true,
            format!("{missing} changes came after it; tablets keep what they sent until the next"),
            "",
        ),
    ])
}
