//! The packed columns of a change: run lengths, deltas, booleans. Rows are bounded by the caller.

use crate::chunk::parse::GateError;
#[cfg(any(test, feature = "hostile"))]
use crate::chunk::work;

/// Reads bytes front to back; every read is bounded by what is there.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start of some bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Takes so many bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, count: u64) -> Result<&'a [u8], GateError> {
        let count = usize::try_from(count).map_err(|_| GateError::Truncated)?;
        #[cfg(any(test, feature = "hostile"))]
        work::does(1, 0);
        let (taken, rest) = self.0.split_at_checked(count).ok_or(GateError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes an unsigned number in LEB128, in its shortest form.
    ///
    /// # Errors
    /// When it is cut off, longer than 64 bits or padded.
    pub fn unsigned(&mut self) -> Result<u64, GateError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(GateError::Truncated)?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(GateError::Number);
            }
            value |= low << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(GateError::Number) } else { Ok(value) };
            }
        }
        Err(GateError::Number)
    }

    /// Takes a signed number in LEB128, in its shortest form.
    ///
    /// # Errors
    /// When it is cut off, longer than 64 bits or padded.
    pub fn signed(&mut self) -> Result<i64, GateError> {
        let mut value = 0_i128;
        let mut last = 0;
        for shift in (0..70).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(GateError::Truncated)?;
            // A last byte that only repeats the sign.
            let is_padding = (byte == 0 && last & 0x40 == 0) || (byte == 0x7f && last & 0x40 != 0);
            if shift > 0 && is_padding {
                return Err(GateError::Number);
            }
            last = byte;
            value |= i128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 {
                    value -= 1_i128 << (shift + 7);
                }
                return i64::try_from(value).map_err(|_| GateError::Number);
            }
        }
        Err(GateError::Number)
    }

    /// Takes a text with its length before it.
    ///
    /// # Errors
    /// When it is cut off or not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, GateError> {
        let length = self.unsigned()?;
        core::str::from_utf8(self.take(length)?).map_err(|_| GateError::Text)
    }
}

/// Unpacks a run-length column of at most `most` rows.
///
/// # Errors
/// When there are more rows, or the packing is broken.
pub fn runs<'a, T: Clone>(
    bytes: &'a [u8],
    most: u64,
    read: impl Fn(&mut Reader<'a>) -> Result<T, GateError>,
) -> Result<Vec<Option<T>>, GateError> {
    let mut reader = Reader::new(bytes);
    let mut rows: Vec<Option<T>> = Vec::new();
    let mut left = most;
    while !reader.is_empty() {
        let count = reader.signed()?;
        let (length, kind) = match count {
            0 => (reader.unsigned()?, Run::Absent),
            1.. => (count.unsigned_abs(), Run::Same),
            _ => (count.unsigned_abs(), Run::Each),
        };
        left = left.checked_sub(length).ok_or(GateError::Rows)?;
        if length == 0 {
            return Err(GateError::Rows);
        }
        #[cfg(any(test, feature = "hostile"))]
        work::makes::<Option<T>>(length);
        match kind {
            Run::Absent => rows.extend((0..length).map(|_| None)),
            Run::Same => {
                let value = read(&mut reader)?;
                rows.extend((0..length).map(|_| Some(value.clone())));
            }
            Run::Each => {
                for _ in 0..length {
                    rows.push(Some(read(&mut reader)?));
                }
            }
        }
    }
    Ok(rows)
}

enum Run {
    Absent,
    Same,
    Each,
}

/// Unpacks a column of differences into their sums.
///
/// # Errors
/// When there are more rows than allowed, rows without a value, or a sum below zero.
pub fn deltas(bytes: &[u8], most: u64) -> Result<Vec<u64>, GateError> {
    let mut sum = 0_i64;
    runs(bytes, most, Reader::signed)?
        .into_iter()
        .map(|difference| {
            sum = sum.checked_add(difference.ok_or(GateError::Rows)?).ok_or(GateError::Number)?;
            u64::try_from(sum).map_err(|_| GateError::Number)
        })
        .collect()
}

/// Reads a boolean column that must be false in all of its rows; gives the number of rows.
///
/// # Errors
/// When one is true or the packing is broken.
pub fn all_false(bytes: &[u8]) -> Result<u64, GateError> {
    let mut reader = Reader::new(bytes);
    if reader.is_empty() {
        return Ok(0);
    }
    let rows = reader.unsigned()?;
    if reader.is_empty() { Ok(rows) } else { Err(GateError::Operation) }
}
