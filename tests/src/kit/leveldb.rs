//! What lies in a folder of a browser, as somebody who has it would read it: the tables of `LevelDB` (in which Chromium
//! keeps what pages store) with their blocks unpacked, everything else as it is.

use std::path::{Path, PathBuf};

/// What every table ends with (the table format of `LevelDB`), little endian.
const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
const FOOTER: usize = 48;

/// All bytes of a folder with the file they stand in: each file, and of each table its blocks unpacked.
#[must_use]
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut all, mut waiting) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let kind = entry.file_type().ok();
            if kind.is_some_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            } else if let Ok(bytes) = std::fs::read(entry.path()) {
                let mut blocks = blocks(&bytes).unwrap_or_default();
                blocks.extend(
                    entry
                        .path()
                        .extension()
                        .is_some_and(|end| end == "log")
                        .then(|| records(&bytes)),
                );
                // The path itself may say something, too.
                let path = entry.path().to_string_lossy().into_owned().into_bytes();
                all.extend(
                    blocks.into_iter().chain([path, bytes]).map(|bytes| (entry.path(), bytes)),
                );
            }
        }
    }
    all
}

/// The blocks of a table, unpacked; nothing for a file that is none.
#[must_use]
pub fn blocks(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let footer = file.get(file.len().checked_sub(FOOTER)?..)?;
    if u64::from_le_bytes(footer.last_chunk().copied()?) != MAGIC {
        return None;
    }
    let mut handles = footer;
    let _meta = (number(&mut handles)?, number(&mut handles)?);
    let index = block(file, number(&mut handles)?, number(&mut handles)?)?;
    let mut found = Vec::new();
    let mut rest = entries(&index)?;
    while !rest.is_empty() {
        let _shared = number(&mut rest)?;
        let (fresh, length) = (number(&mut rest)?, number(&mut rest)?);
        rest = rest.get(fresh..)?;
        let mut handle = rest.get(..length)?;
        rest = rest.get(length..)?;
        found.push(block(file, number(&mut handle)?, number(&mut handle)?)?);
    }
    Some(found)
}

/// A log of `LevelDB` without the heads that it puts before each piece: what it holds may go on from one block of
/// 32 KiB into the next.
#[must_use]
pub fn records(file: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(file.len());
    for block in file.chunks(32 * 1024) {
        let mut rest = block;
        while let Some((head, behind)) = rest.split_first_chunk::<7>() {
            let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
            let Some((piece, behind)) = behind.split_at_checked(length) else { break };
            all.extend(piece);
            rest = behind;
        }
    }
    all
}

/// A block without its list of restarts.
fn entries(block: &[u8]) -> Option<&[u8]> {
    let restarts = usize::try_from(u32::from_le_bytes(*block.last_chunk()?)).ok()?;
    let tail = restarts.checked_add(1)?.checked_mul(4)?;
    block.get(..block.len().checked_sub(tail)?)
}

/// A block: bytes, and behind them how they are packed: not at all, or by Snappy.
fn block(file: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
    let end = at.checked_add(length)?;
    let bytes = file.get(at..end)?;
    match file.get(end)? {
        0 => Some(bytes.to_vec()),
        1 => snap::raw::Decoder::new().decompress_vec(bytes).ok(),
        _ => None,
    }
}

fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0_u64;
    for place in 0..10 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f).checked_shl(place * 7)?;
        if first & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}
