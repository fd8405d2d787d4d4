//! The end of the log once more, in a small file beside it: a log whose end was cut off, or that was replaced by an
//! older one, is found by it.
//!
//! Two places are written by turns, after the commit and without waiting for the disk: after a power cut the file may
//! tell of an earlier end, never of one that is not there.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ankomst_shared::sign::PublicKey;

use super::chain::{As, Signed};
use crate::storage::StorageError;
use crate::storage::sqlite::backup::sync_folder;

const PLACE_BYTES: usize = 112;
/// Where the second place begins, and where it ends.
const SECOND: u64 = 112;
const END: u64 = 224;

/// The file beside a log.
#[must_use]
pub fn of(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".end");
    PathBuf::from(name)
}

/// Notes the end of a log.
///
/// # Errors
/// When the file cannot be written.
pub fn note(log: &Path, head: &Signed) -> Result<(), StorageError> {
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(of(log))?;
    let place = if head.seq % 2 == 0 { 0 } else { SECOND };
    Ok(file.write_all_at(&bytes_of(head), place)?)
}

/// Makes the file anew, on the disk when this returns.
///
/// # Errors
/// When it cannot be written.
pub fn make(log: &Path, head: &Signed) -> Result<(), StorageError> {
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(of(log))?;
    // Its room is there from now on, also on a full disk.
    file.write_all_at(&bytes_of(head), 0)?;
    file.write_all_at(&bytes_of(head), SECOND)?;
    file.sync_all()?;
    sync_folder(log)
}

fn bytes_of(head: &Signed) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PLACE_BYTES);
    bytes.extend_from_slice(&head.seq.to_be_bytes());
    bytes.extend_from_slice(&head.at.to_be_bytes());
    bytes.extend_from_slice(&head.chain);
    bytes.extend_from_slice(&head.signature);
    bytes
}

/// What the file beside a log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// There is none.
    Nothing,
    /// Nothing in it bears the server's signature.
    Unreadable,
    /// This end.
    End(Signed),
}

/// Reads the end of a log; the later one that is whole.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read(log: &Path, key: &PublicKey) -> Result<Told, StorageError> {
    let mut bytes = Vec::new();
    match File::open(of(log)) {
        Ok(file) => file.take(END).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Told::Nothing),
        Err(error) => return Err(error.into()),
    };
    let good = bytes.chunks(PLACE_BYTES).filter_map(place).filter(|end| end.is_good(key, As::Head));
    Ok(good.max_by_key(|end| end.seq).map_or(Told::Unreadable, Told::End))
}

fn place(bytes: &[u8]) -> Option<Signed> {
    let (seq, rest) = bytes.split_first_chunk::<8>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (chain, signature) = rest.split_first_chunk::<32>()?;
    Some(Signed {
        seq: i64::from_be_bytes(*seq),
        at: i64::from_be_bytes(*at),
        chain: *chain,
        signature: signature.to_vec(),
    })
}
