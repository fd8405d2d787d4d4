//! The one scalar that answers are made of, as it stands in documents, drafts and messages.
//!
//! What a value means (a date, a code, a decimal) is decided by the catalog's field type; see
//! `crate::catalog`. Dates are `yyyy-mm-dd`, decimals canonical text with a point (`"13.2"`), points
//! in time Unix milliseconds. `Null` is an answer that was cleared; an answer never given is absent.

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// A scalar answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Cleared by a person.
    Null,
    /// Yes or no; also membership of a set.
    Bool(bool),
    /// A whole number, or a point in time in Unix milliseconds.
    Int(i64),
    /// Text, code, date or decimal.
    Str(String),
}

impl Value {
    /// Makes a text value.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// Gives the text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }

    /// Tells whether this is an answer a person has cleared.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl<C> Encode<C> for Value {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        match self {
            Self::Null => e.null()?,
            Self::Bool(yes) => e.bool(*yes)?,
            Self::Int(number) => e.i64(*number)?,
            Self::Str(text) => e.str(text)?,
        };
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Value {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        match d.datatype()? {
            Type::Null => d.null().map(|()| Self::Null),
            Type::Bool => d.bool().map(Self::Bool),
            Type::String => d.str().map(|text| Self::Str(text.to_owned())),
            _ => d.i64().map(Self::Int),
        }
    }
}

packed! {
    enum Value { Null, Bool(yes), Int(number), Str(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_value(bytes: &[u8]) -> Result<Value, decode::Error> {
        let mut decoder = Decoder::new(bytes);
        decoder.decode()
    }

    #[test]
    fn values_keep_their_kind_on_the_wire() {
        for value in [
            Value::Null,
            Value::Bool(true),
            Value::Int(-7),
            Value::Int(i64::MAX),
            Value::text("åäö محمد"),
        ] {
            let bytes = minicbor::to_vec(&value).unwrap();
            assert_eq!(decode_value(&bytes).unwrap(), value);
        }
        assert!(decode_value(&[0x80]).is_err());
    }
}
