//! Where in a document an answer stands.
//!
//! A document is one flat map from text keys to scalars: no nested object is ever made, replaced or
//! deleted, so the merge of two documents can lose nothing to a vanished parent (domain traps 1–5).
//! Keys have one to four segments:
//!
//! | key | means |
//! |---|---|
//! | `header` | the signed header, bytes |
//! | `phone` | a field of the record |
//! | `target_groups/CAT-KVO` | a member of a set field: `true` is in, a text is the reason it was removed |
//! | `persons/<entry>/given` | a field of an entry of a list |
//! | `persons/<entry>/languages/ara` | a member of a set field of an entry |
//! | `item/B-F01/status` | a field of a checklist item; entries of `item` are the template's items |

use core::fmt;

use minicbor::{Decode, Encode};

use crate::limits::PATH_BYTES_MAX;
use crate::packed::{Packed, Reader, write_text};

/// The key under which every document keeps its signed header.
pub const HEADER_KEY: &str = "header";

/// A well-formed key of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
#[cbor(transparent)]
pub struct FieldPath(#[n(0)] String);

impl<'b, C> Decode<'b, C> for FieldPath {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::parse(d.str()?).map_err(|_| minicbor::decode::Error::message("not a field path"))
    }
}

impl Packed for FieldPath {
    fn pack(&self, out: &mut Vec<u8>) {
        write_text(out, &self.0);
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        Self::parse(from.text()).unwrap_or_else(|_| {
            from.fault();
            Self(String::new())
        })
    }
}

/// Says why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a place in a record: one to four parts of a-z, A-Z, 0-9, _ - . parted by /")]
pub struct PathError(String);

/// The parts of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments<'a> {
    /// Field or list of the record.
    pub head: &'a str,
    /// Everything behind, up to three parts.
    pub rest: [Option<&'a str>; 3],
}

impl FieldPath {
    /// Reads a key.
    ///
    /// # Errors
    /// When it is empty, too long, has an empty or over-many parts, or other characters.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fine = text.len() <= PATH_BYTES_MAX
            && text.split('/').count() <= 4
            && text.split('/').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            });
        if fine {
            Ok(Self(text.to_owned()))
        } else {
            Err(PathError(text.chars().take(80).collect()))
        }
    }

    /// Gives the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the parts.
    #[must_use]
    pub fn segments(&self) -> Segments<'_> {
        let mut parts = self.0.split('/');
        let head = parts.next().unwrap_or_default();
        Segments { head, rest: [parts.next(), parts.next(), parts.next()] }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_into_their_parts() {
        let path = FieldPath::parse("item/B-F01/status").unwrap();
        assert_eq!(
            path.segments(),
            Segments { head: "item", rest: [Some("B-F01"), Some("status"), None] }
        );
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for text in ["", "/", "a//b", "a/b/c/d/e", "å", "a b", &"x".repeat(161)] {
            assert!(FieldPath::parse(text).is_err(), "{text}");
        }
    }
}
