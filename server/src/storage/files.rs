//! Bytes of pictures and other files: in folder `files` of the data folder and beside the backups, sealed piece behind
//! piece as tablets bring them. What they are stands in the log ([`super::sqlite::files`]), their keys lie with the
//! others ([`super::sqlite::file_keys`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DeviceId, DocumentId, FileId, FileName, UserId};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::sign::file::{FileCipher, Naming, SEAL_BYTES, piece_bytes, pieces};

use super::StorageError;
use super::refused::Refused;
use super::sqlite::backup::{make_folders, remove as remove_file, sync_folder};

/// The folder's name.
pub const FOLDER: &str = "files";
/// A piece with its seal, in bytes.
const SEALED_BYTES: usize = FILE_PIECE_BYTES + SEAL_BYTES;
/// So many showings are remembered, each for an hour.
const SHOWN_MAX: usize = 4_096;
const SHOWN_MS: i64 = 3_600_000;

/// What a running server remembers of files.
#[derive(Debug, Default)]
pub struct Files {
    under_way: Mutex<BTreeSet<FileId>>,
    shown: Mutex<BTreeMap<Shown, i64>>,
    free: AtomicU64,
    /// What was begun and refused.
    pub refused: Refused,
}

/// A file that a person is shown on a device.
pub type Shown = (UserId, DeviceId, DocumentId, FileName);

/// Something is done with a file for as long as this lives, and nothing else.
#[derive(Debug)]
pub struct Turn(Arc<Files>, FileId);

impl Files {
    /// Begins to do something with a file, if nothing is done with it and less than `most` are under way.
    #[must_use]
    pub fn begin(self: &Arc<Self>, id: FileId, most: usize) -> Option<Turn> {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        (all.len() < most && all.insert(id)).then(|| Turn(Arc::clone(self), id))
    }

    /// Leaves so many bytes of a disk to text; none if nothing is said.
    pub fn leave_free(&self, bytes: u64) {
        self.free.store(bytes, Ordering::Relaxed);
    }

    /// So many bytes of a disk are left to text.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.free.load(Ordering::Relaxed)
    }

    /// Whether the access log has it that a person is shown a file on a device.
    #[must_use]
    pub fn is_noted(&self, shown: &Shown, now_ms: i64) -> bool {
        let all = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(shown).is_some_and(|at_ms| (0..SHOWN_MS).contains(&now_ms.saturating_sub(*at_ms)))
    }

    /// The access log has it.
    pub fn note(&self, shown: Shown, now_ms: i64) {
        let mut all = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= SHOWN_MAX {
            // What is forgotten is noted once more.
            all.clear();
        }
        all.insert(shown, now_ms);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Under which id a file lies here that a device has drawn an id for: no device draws that of another.
#[must_use]
pub fn place_of(device: DeviceId, file: FileId) -> FileId {
    let place = sha256(&[b"ankomst/file-place/1", device.as_bytes(), file.as_bytes()]);
    let mut id = [0; 16];
    for (slot, byte) in id.iter_mut().zip(place) {
        *slot = byte;
    }
    FileId::from_bytes(id)
}

/// Where the bytes of a file lie in a folder of data or of backups.
#[must_use]
pub fn path(folder: &Path, id: FileId) -> PathBuf {
    let name = id.to_string();
    folder.join(FOLDER).join(name.get(..2).unwrap_or_default()).join(name)
}

/// How long the first pieces of a file of that length are on the disk, in bytes.
#[must_use]
pub fn sealed_bytes(bytes: u64, have: u32) -> u64 {
    let seal = u64::try_from(SEAL_BYTES).unwrap_or_default();
    if Some(have) == pieces(bytes) { bytes + u64::from(have) * seal } else { offset(have) }
}

fn offset(piece: u32) -> u64 {
    u64::from(piece).saturating_mul(u64::try_from(SEALED_BYTES).unwrap_or(u64::MAX))
}

/// How long the file there is, in bytes; nought where none is.
///
/// # Errors
/// When the system does not tell.
pub fn length(path: &Path) -> Result<u64, StorageError> {
    match std::fs::metadata(path) {
        Ok(data) => Ok(data.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Writes a sealed piece at its place and nothing behind it; it is on the disk when this returns.
///
/// # Errors
/// When it cannot be written; [`StorageError::Full`] where there is no room.
pub fn write(path: &Path, piece: u32, sealed: &[u8]) -> Result<(), StorageError> {
    let at = offset(piece);
    let end = at.saturating_add(u64::try_from(sealed.len()).unwrap_or(u64::MAX));
    let write = || {
        make_folder(path)?;
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        file.write_all_at(sealed, at)?;
        file.set_len(end)?;
        file.sync_all()
    };
    write().map_err(full)?;
    if piece == 0 { sync_names(path) } else { Ok(()) }
}

/// Makes the name of a file durable, and those of its folders: who made them may have been cut off.
fn sync_names(path: &Path) -> Result<(), StorageError> {
    path.ancestors().take(3).try_for_each(sync_folder)
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folders(folder, DirBuilder::new().recursive(true).mode(0o700))
}

fn full(error: std::io::Error) -> StorageError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageError::Full,
        _ => error.into(),
    }
}

/// Opens one piece of a file of that length.
///
/// # Errors
/// When it cannot be read or is not what it was.
pub fn open(path: &Path, piece: u32, bytes: u64, key: &[u8; 32]) -> Result<Vec<u8>, StorageError> {
    let length = piece_bytes(bytes, piece).ok_or(StorageError::Damaged("a piece of a file"))?;
    let mut sealed = vec![0; length + SEAL_BYTES];
    File::open(path)?.read_exact_at(&mut sealed, offset(piece))?;
    FileCipher::new(key, bytes).open(piece, &sealed).map_err(|_| StorageError::Sealed)
}

/// What lies in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// All of it.
    Whole,
    /// Nothing, not all of it, or something that its key does not open.
    Damaged,
    /// All of a file that has another name.
    Another,
}

/// Whether the file there is as long as it must be, opens with its key from the first piece to the last, and has its name.
///
/// # Errors
/// When it cannot be read; where there is none, it is not.
pub fn is_whole(path: &Path, what: (u64, FileName), key: &[u8; 32]) -> Result<bool, StorageError> {
    Ok(lies(path, what, key)? == Lies::Whole)
}

/// Reads what lies in the place of a file, from the first piece to the last.
///
/// # Errors
/// When it cannot be read.
pub fn lies(
    path: &Path,
    (bytes, name): (u64, FileName),
    key: &[u8; 32],
) -> Result<Lies, StorageError> {
    let Some(count) = pieces(bytes) else { return Ok(Lies::Damaged) };
    if length(path)? != sealed_bytes(bytes, count) {
        return Ok(Lies::Damaged);
    }
    let (mut file, cipher, mut naming) =
        (File::open(path)?, FileCipher::new(key, bytes), Naming::default());
    for piece in 0..count {
        let mut sealed = vec![0; piece_bytes(bytes, piece).unwrap_or_default() + SEAL_BYTES];
        file.read_exact(&mut sealed)?;
        let Ok(plain) = cipher.open(piece, &sealed) else { return Ok(Lies::Damaged) };
        naming.add(&plain);
    }
    Ok(if naming.done() == name { Lies::Whole } else { Lies::Another })
}

/// Copies a file to its place, which it gets only once it was read there and is whole; tells whether it is.
///
/// # Errors
/// When it cannot be read or written; [`StorageError::Full`] where there is no room.
pub fn copy(
    from: &Path,
    to: &Path,
    what: (u64, FileName),
    key: &[u8; 32],
) -> Result<bool, StorageError> {
    make_folder(to).map_err(full)?;
    let part = to.with_extension(format!("{}.part", std::process::id()));
    let write = || {
        let mut out =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        std::io::copy(&mut File::open(from)?, &mut out)?;
        out.sync_all()
    };
    let is_good = write().map_err(full).and_then(|()| is_whole(&part, what, key));
    if matches!(is_good, Ok(true)) {
        std::fs::rename(&part, to)?;
        sync_names(to)?;
    } else {
        remove_file(&part)?;
    }
    is_good
}

/// Removes the bytes of a file; where there are none, nothing is done.
///
/// # Errors
/// When they cannot be removed.
pub fn remove(folder: &Path, id: FileId) -> Result<(), StorageError> {
    Ok(remove_file(&path(folder, id))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [3; 32];

    fn id(number: u8) -> FileId {
        FileId::from_bytes([number; 16])
    }

    /// A file of some length as it is sealed, with its name.
    fn sealed(length: usize) -> (Vec<Vec<u8>>, u64, FileName) {
        let (plain, bytes) = (vec![7; length], u64::try_from(length).unwrap());
        let (cipher, mut naming) = (FileCipher::new(&KEY, bytes), Naming::default());
        naming.add(&plain);
        let numbered = plain.chunks(FILE_PIECE_BYTES).zip(0..);
        let all = numbered.map(|(piece, number)| cipher.seal(number, piece).unwrap()).collect();
        (all, bytes, naming.done())
    }

    #[test]
    fn pieces_lie_one_behind_the_other_and_open_as_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        for (number, length) in (1..).zip([
            1,
            FILE_PIECE_BYTES - 1,
            FILE_PIECE_BYTES,
            FILE_PIECE_BYTES + 1,
            2 * FILE_PIECE_BYTES,
        ]) {
            let (all, bytes, name) = sealed(length);
            let path = path(folder.path(), id(number));
            for (piece, at) in all.iter().zip(0..) {
                assert!(!is_whole(&path, (bytes, name), &KEY).unwrap(), "{length}: not all of it");
                write(&path, at, piece).unwrap();
                assert_eq!(super::length(&path).unwrap(), sealed_bytes(bytes, at + 1));
                assert_eq!(open(&path, at, bytes, &KEY).unwrap().len() + SEAL_BYTES, piece.len());
            }
            assert!(is_whole(&path, (bytes, name), &KEY).unwrap());
            assert!(!is_whole(&path, (bytes, FileName::from_bytes([0; 32])), &KEY).unwrap());
            assert!(!is_whole(&path, (bytes, name), &[4; 32]).unwrap());
            assert!(!is_whole(&path, (bytes + 1, name), &KEY).unwrap());
            assert!(!is_whole(&path, (u64::MAX, name), &KEY).unwrap());
            // What an earlier attempt has left behind a piece goes with it.
            write(&path, 0, &all[0]).unwrap();
            assert_eq!(super::length(&path).unwrap(), u64::try_from(all[0].len()).unwrap());
            remove(folder.path(), id(number)).unwrap();
            remove(folder.path(), id(number)).unwrap();
            assert!(!is_whole(&path, (bytes, name), &KEY).unwrap());
        }
    }

    #[test]
    fn only_what_was_read_at_its_place_is_copied_there() {
        let folder = tempfile::tempdir().unwrap();
        let (all, bytes, name) = sealed(FILE_PIECE_BYTES + 5);
        let [from, to] = ["data", "backup"].map(|name| path(&folder.path().join(name), id(1)));
        assert!(copy(&from, &to, (bytes, name), &KEY).is_err(), "there is none");
        write(&from, 0, &all[0]).unwrap();
        assert!(!copy(&from, &to, (bytes, name), &KEY).unwrap());
        let left = std::fs::read_dir(to.parent().unwrap()).unwrap().count();
        assert_eq!(left, 0, "nothing half is left");
        write(&from, 1, &all[1]).unwrap();
        assert!(copy(&from, &to, (bytes, name), &KEY).unwrap());
        assert_eq!(std::fs::read(&to).unwrap(), all.concat());
    }

    #[test]
    fn only_its_owner_reads_it_and_a_device_has_ids_of_its_own() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = path(folder.path(), id(1));
        write(&path, 0, b"sealed").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let devices = [1, 2].map(|number| DeviceId::from_bytes([number; 16]));
        let [one, other] = devices.map(|device| place_of(device, id(1)));
        assert!(one != other && one == place_of(devices[0], id(1)) && one != id(1));
    }

    #[test]
    fn one_thing_is_done_with_a_file_at_a_time_and_so_many_at_once() {
        let files = Arc::<Files>::default();
        let one = files.begin(id(1), 2).unwrap();
        assert!(files.begin(id(1), 2).is_none());
        let two = files.begin(id(2), 2).unwrap();
        assert!(files.begin(id(3), 2).is_none());
        drop(one);
        assert!(files.begin(id(1), 2).is_some() && files.begin(id(3), 2).is_some());
        drop(two);
    }

    #[test]
    fn what_was_shown_is_noted_again_after_an_hour_and_where_it_was_forgotten() {
        let files = Files::default();
        let shown = |number: usize| {
            let mut name = [0; 32];
            name[..8].copy_from_slice(&number.to_le_bytes());
            let document = DocumentId::from_bytes([2; 16]);
            let (user, device) = (UserId::from_bytes([3; 16]), DeviceId::from_bytes([1; 16]));
            (user, device, document, FileName::from_bytes(name))
        };
        files.note(shown(0), 1_000);
        assert!(files.is_noted(&shown(0), 1_000) && files.is_noted(&shown(0), SHOWN_MS + 999));
        assert!(!files.is_noted(&shown(0), SHOWN_MS + 1_000) && !files.is_noted(&shown(1), 1_000));
        assert!(!files.is_noted(&shown(0), 999), "a clock that was put back");
        let (_, device, document, name) = shown(0);
        let other = (UserId::from_bytes([4; 16]), device, document, name);
        assert!(!files.is_noted(&other, 1_000), "somebody else");
        (0..=SHOWN_MAX).for_each(|number| files.note(shown(number), 1_000));
        assert!(!files.is_noted(&shown(0), 1_000) && files.is_noted(&shown(SHOWN_MAX), 1_000));
    }
}
