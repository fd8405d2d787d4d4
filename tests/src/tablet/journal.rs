//! An append-only file of frames, fsynced at every append.
//!
//! A frame is: length (4 bytes, big-endian), the first 8 bytes of SHA-256 over the payload, the
//! payload. A frame that is cut off or does not check at the very end of the file is what a crash
//! leaves, and is cut away; one that has sound frames behind it is damage, and is refused.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

const HEAD_BYTES: usize = 12;
const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a journal did not open or take a frame.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be read or written.
    #[error("the journal could not be read or written")]
    File(#[from] std::io::Error),
    /// A frame in the middle does not check.
    #[error("the journal is damaged at byte {at}; sound frames follow, so this is not a torn end")]
    Damaged {
        /// Where the frame begins.
        at: usize,
    },
    /// A frame is larger than any frame may be.
    #[error("{0} bytes are too many for one frame")]
    TooLarge(usize),
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

impl Journal {
    /// Opens or makes a journal and gives the payloads of its frames.
    ///
    /// # Errors
    /// When the file cannot be read, or is damaged elsewhere than at its end.
    pub fn open(path: &Path) -> Result<(Self, Vec<Vec<u8>>), JournalError> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (frames, sound) = read_frames(&bytes)?;
        if sound < bytes.len() {
            file.set_len(u64::try_from(sound).unwrap_or_default())?;
            file.sync_all()?;
        }
        file.seek(SeekFrom::End(0))?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok((Self { file }, frames))
    }

    /// Appends a frame; it is on the disk when this returns.
    ///
    /// # Errors
    /// When it could not be written; the file then ends as before.
    pub fn append(&mut self, payload: &[u8]) -> Result<(), JournalError> {
        let before = self.file.stream_position()?;
        let outcome = self.file.write_all(&frame(payload)?).and_then(|()| self.file.sync_data());
        if let Err(error) = outcome {
            self.file.set_len(before)?;
            self.file.seek(SeekFrom::Start(before))?;
            return Err(error.into());
        }
        Ok(())
    }
}

fn frame(payload: &[u8]) -> Result<Vec<u8>, JournalError> {
    let fits = payload.len() <= PAYLOAD_BYTES_MAX;
    let length = u32::try_from(payload.len()).ok().filter(|_| fits);
    let length = length.ok_or(JournalError::TooLarge(payload.len()))?;
    Ok([length.to_be_bytes().as_slice(), &check(payload), payload].concat())
}

fn check(payload: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(payload).into();
    digest.first_chunk::<8>().copied().unwrap_or_default()
}

/// Reads frames up to the first that does not check; gives them and where the sound part ends.
fn read_frames(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, usize), JournalError> {
    let (mut frames, mut at) = (Vec::new(), 0);
    while let Some((payload, next)) = frame_at(bytes, at) {
        frames.push(payload.to_vec());
        at = next;
    }
    // A torn append can only be the last thing in the file: nothing sound may stand behind it.
    let later = (at.saturating_add(1)..bytes.len()).any(|from| frame_at(bytes, from).is_some());
    if later { Err(JournalError::Damaged { at }) } else { Ok((frames, at)) }
}

fn frame_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (head, rest) = bytes.get(at..)?.split_first_chunk::<HEAD_BYTES>()?;
    let (length, expected) = head.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if length > PAYLOAD_BYTES_MAX {
        return None;
    }
    let payload = rest.get(..length)?;
    (check(payload) == expected).then_some((payload, at + HEAD_BYTES + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal_of(payloads: &[&[u8]]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        for payload in payloads {
            journal.append(payload).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn what_was_appended_is_read_back() {
        let (_folder, path) = journal_of(&[b"ett", b"", b"tre"]);
        let (_, frames) = Journal::open(&path).unwrap();
        assert_eq!(frames, [b"ett".to_vec(), vec![], b"tre".to_vec()]);
    }

    #[test]
    fn a_torn_tail_is_cut_at_every_length_and_appending_goes_on() {
        let (_folder, path) = journal_of(&[b"first", b"second"]);
        let whole = std::fs::read(&path).unwrap();
        let first = frame(b"first").unwrap().len();
        for length in first..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, frames) = Journal::open(&path).unwrap();
            assert_eq!(frames, [b"first".to_vec()], "cut at {length}");
            journal.append(b"third").unwrap();
            let (_, frames) = Journal::open(&path).unwrap();
            assert_eq!(frames, [b"first".to_vec(), b"third".to_vec()]);
        }
    }

    #[test]
    fn damage_in_the_middle_is_refused_and_the_file_left_alone() {
        let (_folder, path) = journal_of(&[b"first", b"second"]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[HEAD_BYTES] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::Damaged { at: 0 })));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}
