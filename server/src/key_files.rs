//! Where the server's keys lie: files of 32 bytes in the data folder, or elsewhere, such as credentials
//! that systemd or a container hands in. Those elsewhere are only ever read.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::storage::{StorageError, random};

const KEY_BYTES: usize = 32;
/// The key of sessions before the present one.
const SESSION_BEFORE: &str = "session.old.key";

/// A key, and when another took its place, Unix milliseconds.
pub type Before = ([u8; KEY_BYTES], i64);

/// One of the server's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Wraps document keys.
    Master,
    /// Signs enrolments.
    Server,
    /// Opens deposits.
    Deposit,
    /// Signs session tokens.
    Session,
}

impl Key {
    /// All keys.
    pub const ALL: [Self; 4] = [Self::Master, Self::Server, Self::Deposit, Self::Session];

    /// The file's name in the data folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Master => "master.key",
            Self::Server => "server.key",
            Self::Deposit => "deposit.key",
            Self::Session => "session.key",
        }
    }
}

/// Files outside the data folder; `None` means the one inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFiles {
    /// Of the master key.
    pub master: Option<PathBuf>,
    /// Of the key of enrolments.
    pub server: Option<PathBuf>,
    /// Of the key of deposits.
    pub deposit: Option<PathBuf>,
    /// Of the key of sessions.
    pub session: Option<PathBuf>,
}

impl KeyFiles {
    /// The file outside the data folder, if one was given.
    #[must_use]
    pub fn elsewhere(&self, key: Key) -> Option<&Path> {
        let file = match key {
            Key::Master => &self.master,
            Key::Server => &self.server,
            Key::Deposit => &self.deposit,
            Key::Session => &self.session,
        };
        file.as_deref()
    }

    /// Where a key lies.
    #[must_use]
    pub fn place(&self, folder: &Path, key: Key) -> PathBuf {
        self.elsewhere(key).map_or_else(|| folder.join(key.name()), Path::to_path_buf)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn read(&self, folder: &Path, key: Key) -> Result<[u8; KEY_BYTES], StorageError> {
        match (read(&self.place(folder, key)), self.elsewhere(key)) {
            (Err(StorageError::KeyFile { error, .. }), None)
                if error.kind() == ErrorKind::NotFound =>
            {
                Err(StorageError::KeyGone(key.name()))
            }
            (read, _) => read,
        }
    }

    /// Reads a key of a new data folder; makes it if it is to lie there and does not.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub fn make(&self, folder: &Path, key: Key) -> Result<[u8; KEY_BYTES], StorageError> {
        if self.elsewhere(key).is_none() && !folder.join(key.name()).exists() {
            write(folder, key.name())?;
        }
        self.read(folder, key)
    }

    /// The key of sessions that the present one took the place of, and when, Unix milliseconds; `None`
    /// if there is none or the present one lies elsewhere.
    ///
    /// # Errors
    /// When a file that is there cannot be read.
    pub fn session_before(&self, folder: &Path) -> Result<Option<Before>, StorageError> {
        let before = folder.join(SESSION_BEFORE);
        if self.elsewhere(Key::Session).is_some() || !before.exists() {
            return Ok(None);
        }
        let changed = folder.join(Key::Session.name()).metadata()?.modified()?;
        let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Ok(Some((read(&before)?, i64::try_from(since).unwrap_or(i64::MAX))))
    }

    /// Puts a new key of sessions in the place of the one there is, which stays beside it. Whenever the
    /// power goes, there is a whole key.
    ///
    /// # Errors
    /// When the key lies elsewhere, is missing, or cannot be written.
    pub fn rotate_session(&self, folder: &Path) -> Result<(), StorageError> {
        if let Some(file) = self.elsewhere(Key::Session) {
            return Err(StorageError::KeyElsewhere(file.to_path_buf()));
        }
        self.read(folder, Key::Session)?;
        let (key, before) = (folder.join(Key::Session.name()), folder.join(SESSION_BEFORE));
        let (new, copy) = (folder.join("session.key.part"), folder.join("session.old.key.part"));
        // What a power cut has left of an earlier try.
        for left in [&new, &copy] {
            match std::fs::remove_file(left) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        write(folder, "session.key.part")?;
        std::fs::hard_link(&key, &copy)?;
        std::fs::rename(&copy, &before)?;
        std::fs::rename(&new, &key)?;
        Ok(std::fs::File::open(folder)?.sync_all()?)
    }
}

/// Reads a file that holds a key and nothing else.
///
/// # Errors
/// When it cannot be read or has another length.
pub fn read(file: &Path) -> Result<[u8; KEY_BYTES], StorageError> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(file)?.take(1_024).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes =
        read().map_err(|error| StorageError::KeyFile { file: file.to_path_buf(), error })?;
    bytes.try_into().map_err(|_| StorageError::KeyLength(file.to_path_buf()))
}

/// Writes a new key, readable by its owner only.
fn write(folder: &Path, name: &str) -> Result<(), StorageError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = folder.join(name);
    let mut out =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(&random::<KEY_BYTES>()?)?;
    out.sync_all()?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_in_the_folder_and_never_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path(), dir.path().join("given"));
        let given = KeyFiles { master: Some(file.clone()), ..KeyFiles::default() };
        assert!(given.make(folder, Key::Master).unwrap_err().to_string().contains("given"));
        assert!(!file.exists() && !folder.join("master.key").exists());
        std::fs::write(&file, [7; 32]).unwrap();
        assert_eq!(given.make(folder, Key::Master).unwrap(), [7; 32]);
        assert!(!folder.join("master.key").exists());

        let made = given.make(folder, Key::Server).unwrap();
        assert_eq!(given.make(folder, Key::Server).unwrap(), made);
        assert!(matches!(
            given.read(folder, Key::Session),
            Err(StorageError::KeyGone("session.key"))
        ));
        std::fs::write(&file, "too short").unwrap();
        assert!(matches!(given.read(folder, Key::Master), Err(StorageError::KeyLength(_))));
    }
    #[test]
    fn a_new_key_of_sessions_keeps_the_one_before_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, files) = (dir.path(), KeyFiles::default());
        assert!(files.rotate_session(folder).is_err(), "there is none");
        let first = files.make(folder, Key::Session).unwrap();
        assert_eq!(files.session_before(folder).unwrap(), None);
        // As if the power had gone in the midst of an earlier try.
        std::fs::write(folder.join("session.key.part"), "half").unwrap();
        std::fs::write(folder.join("session.old.key.part"), "half").unwrap();
        files.rotate_session(folder).unwrap();
        let second = files.read(folder, Key::Session).unwrap();
        assert_ne!(first, second);
        let (before, since_ms) = files.session_before(folder).unwrap().unwrap();
        assert_eq!(before, first);
        let now_ms = jiff::Timestamp::now().as_millisecond();
        assert!((now_ms - 60_000..=now_ms).contains(&since_ms), "{since_ms} of {now_ms}");
        files.rotate_session(folder).unwrap();
        assert_eq!(files.session_before(folder).unwrap().unwrap().0, second);
        let left: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");

        let given = KeyFiles { session: Some(folder.join("given")), ..KeyFiles::default() };
        assert!(matches!(given.rotate_session(folder), Err(StorageError::KeyElsewhere(_))));
        assert_eq!(given.session_before(folder).unwrap(), None);
    }
}
