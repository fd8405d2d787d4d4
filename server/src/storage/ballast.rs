//! Room set aside on the disk of the data folder, and given up once when the disk is full: what must
//! go on being written then (sessions, revocations, acknowledgements, the feed) has a place, while
//! pushes are refused until there is room again.
//!
//! The file `ballast` has its whole length while the room is set aside and none after it was given up,
//! so that a restart and `ankomst doctor` know.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{StorageError, random};

/// Name of the file in the data folder.
pub const FILE: &str = "ballast";
/// The ballast is at most this part of the whole disk.
const PART_OF_DISK: u64 = 10;
/// Bytes written at a time where the file system cannot allocate by itself.
const BLOCK_BYTES: usize = 64 * 1024;

/// The room set aside.
#[derive(Debug)]
pub struct Ballast {
    folder: PathBuf,
    /// Bytes to set aside; 0 when nothing is to be.
    size: Mutex<u64>,
    is_low: AtomicBool,
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The whole disk.
    pub total: u64,
    /// What this process may still use.
    pub free: u64,
}

impl Ballast {
    /// Prepares for a data folder; nothing is set aside yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let (size, is_low) = (Mutex::new(0), AtomicBool::new(false));
        Self { folder: folder.to_path_buf(), size, is_low }
    }

    /// Sets aside so many bytes, at most a tenth of the disk, or as soon as there is room. With 0
    /// nothing is set aside and a ballast of earlier is removed.
    ///
    /// # Errors
    /// When the disk cannot be looked at or an old ballast cannot be removed.
    pub fn set_aside(&self, bytes: u64) -> Result<(), StorageError> {
        let room = room(&self.folder)?;
        let size = bytes.min(room.total / PART_OF_DISK);
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
        let length = length(&self.folder);
        if size == 0 {
            if length.is_some() {
                std::fs::remove_file(self.file())?;
            }
            return Ok(());
        }
        if length == Some(size) {
            self.look();
            return Ok(());
        }
        // What was given up before the start needs as much room to come back as without one.
        let needed = if length == Some(0) { 3 * size } else { 2 * size };
        if room.free.saturating_add(length.unwrap_or_default()) >= needed {
            self.make(size);
        } else {
            self.lower();
        }
        Ok(())
    }

    /// Looks at the disk: gives the ballast up when less than its size is free beside it, and makes it
    /// again when that leaves twice its size free.
    pub fn look(&self) {
        let size = *self.size.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(room) = room(&self.folder) else { return };
        match (size, self.is_low()) {
            (0, _) => {}
            (size, false) if room.free < size => self.lower(),
            (size, true) if room.free >= 3 * size => self.make(size),
            _ => {}
        }
    }

    /// Hears of an error of storage: a full disk is what the ballast is for.
    pub fn hears(&self, error: &StorageError) {
        if matches!(error, StorageError::Full)
            && *self.size.lock().unwrap_or_else(PoisonError::into_inner) > 0
            && !self.is_low()
        {
            self.lower();
        }
    }

    /// Whether the ballast has been given up: nothing large may be written.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.is_low.load(Ordering::Acquire)
    }

    /// Room on the disk of the data folder.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn room(&self) -> Result<Room, StorageError> {
        room(&self.folder)
    }

    /// Whether a folder lies on the disk of the data folder.
    #[must_use]
    pub fn shares_disk_with(&self, folder: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let disk = |folder: &Path| std::fs::metadata(folder).map(|data| data.dev()).ok();
        disk(&self.folder) == disk(folder)
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn lower(&self) {
        self.is_low.store(true, Ordering::Release);
        let emptied = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.file())
            .and_then(|file| file.sync_all());
        match emptied {
            Ok(()) => tracing::error!(
                "The disk is full. Nothing is lost: pushes are answered 507 and tablets keep them, everything else goes on. Make room."
            ),
            Err(error) => {
                tracing::error!(%error, "The disk is full and the ballast could not be given up. Make room.");
            }
        }
    }

    fn make(&self, size: u64) {
        let was_low = self.is_low();
        match allocate(&self.file(), size) {
            Ok(()) => {
                self.is_low.store(false, Ordering::Release);
                if was_low {
                    tracing::info!("There is room on the disk again: pushes are taken.");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "The ballast could not be made.");
                if !was_low {
                    self.lower();
                }
            }
        }
    }
}

/// Length of the ballast of a data folder; `None` when there is no such file.
#[must_use]
pub fn length(folder: &Path) -> Option<u64> {
    std::fs::metadata(folder.join(FILE)).map(|data| data.len()).ok()
}

/// Room on the disk of a folder.
///
/// # Errors
/// When the system does not tell.
pub fn room(folder: &Path) -> Result<Room, StorageError> {
    let disk = rustix::fs::statvfs(folder).map_err(std::io::Error::from)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok(Room { total: bytes(disk.f_blocks), free: bytes(disk.f_bavail) })
}

/// Makes a file whose every block is on the disk.
fn allocate(path: &Path, size: u64) -> Result<(), StorageError> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    if !allocate_at_once(&file, size) {
        // Random, so that no file system packs it into nothing.
        let block = random::<BLOCK_BYTES>()?;
        let mut left = size;
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
            let bytes = block.get(..part).unwrap_or_default();
            file.write_all(bytes)?;
            left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(left));
        }
    }
    file.sync_all()?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn allocate_at_once(file: &File, size: u64) -> bool {
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, size).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn allocate_at_once(_: &File, _: u64) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    const SIZE: u64 = 256 * 1024;

    #[test]
    fn every_block_of_it_is_on_the_disk_and_comes_back_when_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(folder.path());
        ballast.set_aside(SIZE).unwrap();
        let data = std::fs::metadata(folder.path().join(FILE)).unwrap();
        assert!(data.len() == SIZE && data.blocks() * 512 >= SIZE, "{} blocks", data.blocks());
        assert!(!ballast.is_low());
        ballast.hears(&StorageError::Stopped);
        assert!(!ballast.is_low(), "only a full disk is what it is for");
        ballast.hears(&StorageError::Full);
        assert!(ballast.is_low());
        assert_eq!(length(folder.path()), Some(0));
        ballast.look();
        assert!(!ballast.is_low(), "there was room all the time");
        assert_eq!(length(folder.path()), Some(SIZE));
    }

    #[test]
    fn it_is_at_most_a_tenth_of_the_disk_and_none_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(folder.path());
        ballast.set_aside(0).unwrap();
        ballast.hears(&StorageError::Full);
        ballast.look();
        assert_eq!((length(folder.path()), ballast.is_low()), (None, false));
        ballast.set_aside(SIZE).unwrap();
        ballast.set_aside(0).unwrap();
        assert_eq!(length(folder.path()), None);
    }

    #[test]
    fn a_file_without_help_of_the_file_system_is_as_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain");
        let mut file = File::create(&path).unwrap();
        file.write_all(b"old").unwrap();
        allocate(&path, 100_001).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 100_001);
    }
}
