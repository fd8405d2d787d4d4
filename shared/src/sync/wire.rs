//! Packing of bodies: one byte of form, then the CBOR itself (0) or deflated (1).

use minicbor::{Decode, Encode};

use crate::deflate::{InflateError, deflate, inflate};
use crate::limits::SYNC_BODY_BYTES_MAX;

const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// Below this a body is sent as it is.
const DEFLATE_BYTES_MIN: usize = 256;

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
    if plain.len() >= DEFLATE_BYTES_MIN {
        let packed = deflate(&plain);
        if packed.len() < plain.len() {
            return [&[DEFLATED], packed.as_slice()].concat();
        }
    }
    [&[PLAIN], plain.as_slice()].concat()
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
