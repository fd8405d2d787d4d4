//! Deflated bytes: read with the library that Automerge reads with, so that both see the same; never
//! more memory than asked for.

use flate2::{Decompress, FlushDecompress, Status};

/// Says why deflated bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InflateError {
    /// More comes out than allowed.
    #[error("the contents are too large")]
    TooLarge,
    /// It is not a whole deflated stream.
    #[error("the contents are damaged or cut off")]
    Damaged,
}

/// How hard it is tried: of a first sync the next levels save 2 % of its bytes for half as much processor time again.
const LEVEL: u8 = 4;

/// Packs bytes.
pub(crate) fn deflate(plain: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(plain, LEVEL)
}

/// Reads deflated bytes of which at most `most` may come out; what follows the stream is ignored.
///
/// # Errors
/// See [`InflateError`].
pub(crate) fn inflate(packed: &[u8], most: usize) -> Result<Vec<u8>, InflateError> {
    let mut stream = Decompress::new(false);
    let mut out = Vec::with_capacity(packed.len().saturating_mul(3).clamp(64, most.max(64)));
    let mut rest = packed;
    loop {
        let (read, written) = (stream.total_in(), out.len());
        let status = stream
            .decompress_vec(rest, &mut out, FlushDecompress::None)
            .map_err(|_| InflateError::Damaged)?;
        if out.len() > most {
            return Err(InflateError::TooLarge);
        }
        if status == Status::StreamEnd {
            return Ok(out);
        }
        let step = usize::try_from(stream.total_in() - read).map_err(|_| InflateError::Damaged)?;
        rest = rest.get(step..).ok_or(InflateError::Damaged)?;
        if out.len() == out.capacity() {
            // One more than allowed, so that a bomb is told from contents of just that size.
            let room = most.saturating_add(1).saturating_sub(out.len());
            out.reserve_exact(out.len().clamp(1, room.max(1)));
        } else if step == 0 && out.len() == written {
            return Err(InflateError::Damaged);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_read_again(plain in any::<Vec<u8>>(), times in 1_usize..40) {
            let plain = plain.repeat(times);
            prop_assert_eq!(inflate(&deflate(&plain), plain.len()), Ok(plain.clone()));
            if let Some(less) = plain.len().checked_sub(1) {
                prop_assert_eq!(inflate(&deflate(&plain), less), Err(InflateError::TooLarge));
            }
        }

        #[test]
        fn a_cut_stream_is_damaged(plain in any::<Vec<u8>>(), cut in any::<prop::sample::Index>()) {
            let packed = deflate(&plain);
            let at = cut.index(packed.len());
            prop_assert_eq!(inflate(&packed[..at], 1 << 20), Err(InflateError::Damaged));
        }

        #[test]
        fn any_bytes_end_within_the_bound(bytes in any::<Vec<u8>>(), most in 0_usize..5_000) {
            if let Ok(out) = inflate(&bytes, most) {
                prop_assert!(out.len() <= most);
            }
        }
    }

    #[test]
    fn a_bomb_takes_no_more_than_allowed() {
        let bomb = deflate(&vec![0_u8; 8 << 20]);
        assert_eq!(inflate(&bomb, 100_000), Err(InflateError::TooLarge));
        assert_eq!(inflate(&[], 100), Err(InflateError::Damaged));
    }
}
