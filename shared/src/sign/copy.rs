//! The safety copy: a file with all work of a tablet that the server does not have, as it lies there,
//! sealed to the server one piece at a time. Whoever finds the file learns how many pieces there are and
//! how long each is, not whose they are nor what they are about.
//!
//! [`MARK`], the number of pieces in four bytes, each piece behind its length in four bytes (the lowest
//! byte first), and the SHA-256 of everything before.

use crate::chunk::sha256;

/// What every safety copy begins with.
const MARK: &[u8] = b"ankomst safety copy 1\n";

/// Why a file is not read as a safety copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// Something else.
    #[error("this is no safety copy of Ankomst")]
    Foreign,
    /// Its end is missing.
    #[error("the safety copy is cut off: copy the file once more, or make a new one on the tablet")]
    CutOff,
    /// Some of its bytes are other ones.
    #[error(
        "the safety copy was damaged: copy the file once more, or make a new one on the tablet"
    )]
    Damaged,
}

/// Makes the file of sealed pieces.
#[must_use]
pub fn write(pieces: &[Vec<u8>]) -> Vec<u8> {
    write_as(MARK, pieces)
}

/// Makes a file of that form with another mark.
pub(super) fn write_as(mark: &[u8], pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut file = mark.to_vec();
    put_length(&mut file, pieces.len());
    for piece in pieces {
        put_length(&mut file, piece.len());
        file.extend_from_slice(piece);
    }
    let sum = sha256(&[&file]);
    file.extend_from_slice(&sum);
    file
}

fn put_length(file: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    file.extend_from_slice(&length.to_le_bytes());
}

/// Reads the sealed pieces of a file.
///
/// # Errors
/// See [`CopyError`].
pub fn read(file: &[u8]) -> Result<Vec<Vec<u8>>, CopyError> {
    read_as(MARK, file)
}

/// Reads the pieces of a file of that form with another mark.
pub(super) fn read_as(mark: &[u8], file: &[u8]) -> Result<Vec<Vec<u8>>, CopyError> {
    let Some(mut rest) = file.strip_prefix(mark) else {
        let is_begun = !file.is_empty() && mark.starts_with(file);
        return Err(if is_begun { CopyError::CutOff } else { CopyError::Foreign });
    };
    let count = length(&mut rest)?;
    let mut pieces = Vec::new();
    for _ in 0..count {
        let length = length(&mut rest)?;
        let (piece, behind) = rest.split_at_checked(length).ok_or(CopyError::CutOff)?;
        pieces.push(piece.to_vec());
        rest = behind;
    }
    let (told, behind) = rest.split_first_chunk::<32>().ok_or(CopyError::CutOff)?;
    let before = file.len().saturating_sub(rest.len());
    let summed = file.get(..before).map(|before| sha256(&[before]));
    if summed.as_ref() == Some(told) && behind.is_empty() {
        Ok(pieces)
    } else {
        Err(CopyError::Damaged)
    }
}

fn length(rest: &mut &[u8]) -> Result<usize, CopyError> {
    let (length, behind) = rest.split_first_chunk::<4>().ok_or(CopyError::CutOff)?;
    *rest = behind;
    usize::try_from(u32::from_le_bytes(*length)).map_err(|_| CopyError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_read_whole_or_not_at_all() {
        let pieces = vec![vec![1, 2, 3], Vec::new(), vec![9; 300]];
        let file = write(&pieces);
        assert_eq!(read(&file), Ok(pieces));
        assert_eq!(read(&write(&[])), Ok(Vec::new()));
        for end in 1..file.len() {
            assert_eq!(read(&file[..end]), Err(CopyError::CutOff), "cut off at {end}");
        }
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 0x40;
            assert!(read(&changed).is_err(), "byte {at}");
        }
        assert_eq!(read(b"PK\x03\x04 something else"), Err(CopyError::Foreign));
        assert_eq!(read(b""), Err(CopyError::Foreign));
    }
}
