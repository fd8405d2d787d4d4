//! What a server does to stay whole without anybody asking: backups at their time, also of pictures and other files
//! ([`files`]), and ([`doctor`]) what `ankomst doctor` finds.

pub mod doctor;
pub mod files;

use core::time::Duration;
use std::fs::{DirBuilder, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::app::{App, make_folder};
use crate::given;
use crate::storage::accesses::copy;
use crate::storage::sqlite::backed;
use crate::storage::sqlite::backup::{self, Contents};
use crate::storage::{StorageError, ledger};

/// A backup older than this is told as none.
pub const FRESH_MS: i64 = 3 * 24 * 3_600_000;
/// A backup that failed is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_mins(15);
/// Whether one is due is looked at this often: the log may begin a new life meanwhile.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// When and where a server makes its backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Folder they are put in; better on another disk.
    pub folder: PathBuf,
    /// Hours between two.
    pub every_hours: u32,
    /// How many are kept; older ones go.
    pub keep: usize,
}

/// The file that is locked.
pub const LOCK: &str = "serve.lock";

/// Held by the one server of a data folder, and by commands that no server may run beside.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held open; the lock goes with it")] File);

impl Lock {
    /// Takes the lock of a data folder.
    ///
    /// # Errors
    /// When another process has it, or the file cannot be opened.
    pub fn take(folder: &Path) -> Result<Self, StorageError> {
        make_folder(folder)?;
        let file = File::create(folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// Looks at the disk again after this.
const DISK_EVERY: Duration = Duration::from_secs(2);

/// Looks after the ballast for ever; ends when the app stops.
pub async fn watch_disk(app: Arc<App>) {
    loop {
        let looked = Arc::clone(&app);
        drop(given::beside(move || looked.ballast.look()).await);
        tokio::select! {
            () = tokio::time::sleep(DISK_EVERY) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Looks for a new key of sessions after this.
const KEY_EVERY: Duration = Duration::from_secs(10);

/// Takes a new key of sessions when there is one; ends when the app stops.
pub async fn watch_session_key(app: Arc<App>) {
    let mut can = true;
    loop {
        tokio::select! {
            () = tokio::time::sleep(KEY_EVERY) => {}
            () = app.stopping.cancelled() => return,
        }
        let looked = app.look_at_session_key();
        if let (true, Err(error)) = (can, &looked) {
            tracing::warn!(%error, "The key of sessions cannot be read; the one there was stays.");
        }
        can = looked.is_ok();
    }
}

/// Makes backups for ever, the first at once if the newest is older than the schedule wants or there is
/// none of this life of the log; ends when the app stops.
pub async fn run(app: Arc<App>, schedule: Schedule) {
    drop(app.backups.set(schedule.folder.clone()));
    // What is written never waits for files: those of the newest backup are copied apart.
    let (newest, made) = watch::channel(PathBuf::new());
    tokio::spawn(files::keep_newest(Arc::clone(&app), made));
    loop {
        keep_ledgers(&app);
        let due_ms = i64::from(schedule.every_hours) * 3_600_000;
        let made = app
            .readers
            .read(|db| Ok(if backed::up_to(db)?.is_some() { backed::made_ms(db)? } else { None }));
        let age_ms = age_ms(made.ok().flatten(), app.now_ms());
        let left_ms = age_ms.map_or(0, |age| due_ms.saturating_sub(age));
        let wait = match u64::try_from(left_ms) {
            Ok(left) if left > 0 => Duration::from_millis(left).min(LOOK_EVERY),
            _ => match one(&app, &schedule).await {
                Ok((contents, file)) => {
                    newest.send_replace(file);
                    tracing::info!(contents.chunks, contents.head, "A backup was made and read.");
                    Duration::from_hours(u64::from(schedule.every_hours)).min(LOOK_EVERY)
                }
                Err(error) => {
                    tracing::error!(%error, "A backup could not be made; nothing is lost, but make room or mend it.");
                    AGAIN_AFTER
                }
            },
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Puts what the ledgers have beside the backups, if the server makes any: what was cleaned or destroyed while it was
/// stopped, and what tablets have said of it since.
pub fn keep_ledgers(app: &App) {
    if let Some(folder) = app.backups.get()
        && folder.exists()
        && let Err(error) = ledger::join(&app.folder, folder)
    {
        tracing::error!(%error, "The ledgers could not be copied to the folder of backups; the next backup tries again.");
    }
}

/// Makes one backup of what is written in the schedule's folder, notes it, and removes the oldest beyond those kept;
/// gives its file, too.
///
/// # Errors
/// When it cannot be made or is not whole.
pub async fn one(app: &Arc<App>, schedule: &Schedule) -> Result<(Contents, PathBuf), StorageError> {
    let now_ms = app.now_ms();
    let file = schedule.folder.join(name(now_ms));
    let (folder, made) = (schedule.folder.clone(), file.clone());
    let made_by = Arc::clone(app);
    let contents = given::beside(move || {
        backup::make_folders(&folder, DirBuilder::new().recursive(true))?;
        sweep(&folder)?;
        // On the same disk it would take the room that was made for sessions and the feed.
        if made_by.ballast.is_low() && made_by.ballast.shares_disk_with(&folder) {
            return Err(StorageError::Low);
        }
        ledger::join(&made_by.folder, &folder)?;
        backup::make(&made_by.folder, &made, made_by.secrets.master)
    })
    .await
    .map_err(|_| StorageError::Stopped)??;
    // First, so that a log that cannot be written does not fill the folder with backups.
    if let Err(error) = remove_oldest(&schedule.folder, schedule.keep) {
        tracing::warn!(%error, "Old backups could not be removed.");
    }
    if !app.writer.write(move |db| backed::note(db, &contents, now_ms)).await? {
        tracing::warn!("The log began a new life while its backup was made; another one follows.");
    }
    Ok((contents, file))
}

/// Removes what a backup that was cut off has left. Keys that stand alone stay: their log may have been
/// taken to another place, where it can be read only with them.
fn sweep(folder: &Path) -> Result<(), StorageError> {
    for path in ours(folder, backup::PART)? {
        backup::remove(&path)?;
    }
    Ok(())
}

/// Files of scheduled backups whose name ends so, the oldest first.
fn ours(folder: &Path, end: &str) -> Result<Vec<PathBuf>, StorageError> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("ankomst-") && name.ends_with(end)
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Name of a backup made at a time: `ankomst-20261122T140500123Z.db`.
fn name(now_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    format!("ankomst-{}.db", time.strftime("%Y%m%dT%H%M%S%3fZ"))
}

/// Removes all but the newest, each with its keys if they are there.
fn remove_oldest(folder: &Path, keep: usize) -> Result<(), StorageError> {
    let made = ours(folder, "Z.db")?;
    let too_many = made.len().saturating_sub(keep.max(1));
    for old in made.into_iter().take(too_many) {
        backup::remove(&old)?;
        backup::remove(&backup::keys_of(&old))?;
        backup::remove(&copy::of(&old))?;
    }
    Ok(())
}

/// Age of the newest backup, milliseconds; a time that has not come yet is none.
#[must_use]
pub fn age_ms(made_ms: Option<i64>, now_ms: i64) -> Option<i64> {
    made_ms.map(|made| now_ms.saturating_sub(made)).filter(|age| *age >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_oldest_backups_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> =
            (0..5).map(|day| name(1_790_000_000_000 + day * 86_400_000)).collect();
        assert!(names.is_sorted());
        for name in names.iter().map(String::as_str).chain(["ankomst-notes.db", "other"]) {
            std::fs::write(folder.path().join(name), "x").unwrap();
            std::fs::write(backup::keys_of(&folder.path().join(name)), "x").unwrap();
        }
        remove_oldest(folder.path(), 2).unwrap();
        let left = |name: &String| folder.path().join(name).exists();
        assert_eq!(
            names.iter().filter(|name| left(name)).collect::<Vec<_>>(),
            names[3..].iter().collect::<Vec<_>>()
        );
        assert!(left(&"ankomst-notes.db".to_owned()) && left(&"other".to_owned()));
        std::fs::remove_file(backup::keys_of(&folder.path().join(&names[3]))).unwrap();
        remove_oldest(folder.path(), 0).unwrap();
        assert!(left(&names[4]), "the newest stays whatever is asked");
        assert!(!left(&names[3]), "keys kept elsewhere hinder nothing");
    }

    #[test]
    fn what_a_cut_backup_left_is_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join(name(1_790_000_000_000));
        let half = folder.path().join(name(1_790_000_100_000));
        let part = folder.path().join(format!("{}.part", name(1_790_000_200_000)));
        for file in [&whole, &backup::keys_of(&whole), &backup::keys_of(&half), &part] {
            std::fs::write(file, "x").unwrap();
        }
        sweep(folder.path()).unwrap();
        assert!(whole.exists() && backup::keys_of(&whole).exists());
        assert!(!part.exists());
        assert!(backup::keys_of(&half).exists(), "its log may be kept elsewhere");
    }

    #[test]
    fn a_backup_of_tomorrow_is_none() {
        assert_eq!(age_ms(Some(5), 4), None);
        assert_eq!(age_ms(Some(4), 5), Some(1));
    }

    #[test]
    fn a_folder_has_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(StorageError::InUse)));
        drop(lock);
        Lock::take(folder.path()).unwrap();
    }
}
