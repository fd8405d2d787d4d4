//! Packing of bodies: one byte of form, then the CBOR itself (0) or deflated (1).

use minicbor::{Decode, Encode};

use crate::deflate::{InflateError, deflate, inflate};
use crate::limits::SYNC_BODY_BYTES_MAX;

const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// Below this a body is sent as it is.
const DEFLATE_BYTES_MIN: usize = 256;
/// So much from the middle of a piece of a file tells whether the piece shrinks.
const SAMPLE_BYTES: usize = 4 * 1024;

/// Says why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Larger than allowed, packed or unpacked.
    #[error("the message is larger than allowed")]
    Size,
    /// Not a message of ours.
    #[error("the message cannot be read")]
    Unreadable,
}

/// Packs a message.
#[must_use]
pub fn pack<T: Encode<()>>(message: &T) -> Vec<u8> {
    // Writing to a vector cannot fail; an empty body is refused by every reader.
    let plain = minicbor::to_vec(message).unwrap_or_default();
    let packed = (plain.len() >= DEFLATE_BYTES_MIN).then(|| deflate(&plain));
    match packed.filter(|packed| packed.len() < plain.len()) {
        Some(packed) => [&[DEFLATED], packed.as_slice()].concat(),
        None => as_it_is(&plain),
    }
}

/// Packs a message most of which is a piece of a file. What is sealed does not shrink, nor do most pictures: so much work
/// is done only for a piece of which a part does.
#[must_use]
pub fn pack_piece<T: Encode<()>>(message: &T) -> Vec<u8> {
    let plain = minicbor::to_vec(message).unwrap_or_default();
    if shrinks(&plain) { pack(message) } else { as_it_is(&plain) }
}

fn as_it_is(plain: &[u8]) -> Vec<u8> {
    [&[PLAIN], plain].concat()
}

/// Whether a part of a long body shrinks by a sixteenth at least; of a short one that is not asked.
fn shrinks(plain: &[u8]) -> bool {
    let middle = plain.len() / 2;
    let sample = plain.get(middle..middle.saturating_add(SAMPLE_BYTES));
    sample.is_none_or(|sample| deflate(sample).len() < SAMPLE_BYTES - SAMPLE_BYTES / 16)
}

/// Reads a packed message.
///
/// # Errors
/// When it is too large or not such a message.
pub fn unpack<T: for<'b> Decode<'b, ()>>(body: &[u8]) -> Result<T, WireError> {
    unpack_within(body, usize::MAX)
}

/// Reads a packed message that is made of no more than so many values, so that a small body does not become
/// large in memory.
///
/// # Errors
/// When it is too large or not such a message.
pub fn unpack_within<T: for<'b> Decode<'b, ()>>(
    body: &[u8],
    values: usize,
) -> Result<T, WireError> {
    let read = |plain: &[u8]| minicbor::decode_within(plain, values);
    if body.len() > SYNC_BODY_BYTES_MAX {
        return Err(WireError::Size);
    }
    let (form, rest) = body.split_first().ok_or(WireError::Unreadable)?;
    match *form {
        PLAIN => read(rest).map_err(|_| WireError::Unreadable),
        DEFLATED => {
            let most = SYNC_BODY_BYTES_MAX.saturating_mul(4);
            let plain = inflate(rest, most).map_err(|fault| match fault {
                InflateError::TooLarge => WireError::Size,
                InflateError::Damaged => WireError::Unreadable,
            })?;
            read(&plain).map_err(|_| WireError::Unreadable)
        }
        _ => Err(WireError::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::message::{ClientFrame, Exchange, ServerFrame};
    use proptest::prelude::*;

    #[test]
    fn a_long_message_is_packed_and_read_back() {
        let message = vec!["Brandvarnare".to_owned(); 200];
        let body = pack(&message);
        assert!(body.len() < 200);
        assert_eq!(unpack::<Vec<String>>(&body), Ok(message));
    }

    #[test]
    fn a_piece_that_does_not_shrink_goes_as_it_is_and_one_that_does_is_packed() {
        let mut random = 1_u64;
        let mut noise = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random.to_be_bytes()[0]
        };
        let sealed: minicbor::bytes::ByteVec =
            (0..100_000).map(|_| noise()).collect::<Vec<_>>().into();
        let text: minicbor::bytes::ByteVec = b"Brandvarnare ".repeat(9_000).into();
        let (large, small) = (pack_piece(&sealed), pack_piece(&text));
        assert_eq!((large.len(), large.first()), (sealed.len() + 6, Some(&PLAIN)));
        assert!(!shrinks(&sealed) && shrinks(&text));
        assert!(small.len() < text.len() / 20);
        for (body, was) in [(large, sealed), (small, text)] {
            assert_eq!(unpack::<minicbor::bytes::ByteVec>(&body), Ok(was));
        }
        // A short one is packed as any message.
        assert_eq!(pack_piece(&vec!["Brandvarnare"; 200]), pack(&vec!["Brandvarnare"; 200]));
    }

    #[test]
    fn a_bomb_is_refused() {
        let zeros = vec![0_u8; SYNC_BODY_BYTES_MAX * 5];
        let body = [&[1], miniz_oxide::deflate::compress_to_vec(&zeros, 9).as_slice()].concat();
        assert_eq!(unpack::<Vec<u8>>(&body), Err(WireError::Size));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(unpack::<Exchange>(&body));
            drop(unpack::<ClientFrame>(&body));
            drop(unpack::<ServerFrame>(&body));
        }
    }
}
