//! Packs values that one build writes and the same build reads: views between worker and page, the
//! built-in catalog.
//!
//! Fields travel in the order listed, variants by their place, without numbers that a later build
//! could rely on; the reader is a few instructions a field. What is kept or leaves the device has
//! numbered fields instead (`sync::message`, the rows of the core).

use minicbor::decode::Error;
use minicbor::{Decoder, encode};

/// Reads the beginning of a struct of so many fields.
///
/// # Errors
/// When the bytes hold something else.
pub(crate) fn begin(d: &mut Decoder<'_>, fields: u64) -> Result<(), Error> {
    if d.array()? == Some(fields) {
        Ok(())
    } else {
        Err(Error::message("another number of fields"))
    }
}

/// Reads the beginning of an enum's value: the place of its variant.
///
/// # Errors
/// When the bytes hold something else.
pub(crate) fn variant(d: &mut Decoder<'_>) -> Result<u8, Error> {
    d.array()?;
    d.u8()
}

/// The error of a variant that no reader knows.
pub(crate) fn unknown() -> Error {
    Error::message("an unknown variant")
}

/// Writes the beginning of a struct, or of an enum's value with its place.
///
/// # Errors
/// When the writer fails.
pub(crate) fn open<W: encode::Write>(
    e: &mut minicbor::Encoder<W>,
    fields: u64,
    place: Option<u8>,
) -> Result<(), encode::Error<W::Error>> {
    e.array(fields + u64::from(place.is_some()))?;
    if let Some(place) = place {
        e.u8(place)?;
    }
    Ok(())
}

/// Makes types `Encode` and `Decode`, given their fields and variants. A field left out does not
/// compile.
///
/// `struct Name { field, … }` for structs, `enum Name { Unit, Tuple(a, b), Struct { field, … } }`
/// for enums; names of tuple fields are free.
macro_rules! packed {
    () => {};
    (struct $name:ident { $($field:ident),* $(,)? } $($rest:tt)*) => {
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                c: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                let Self { $($field),* } = self;
                crate::packed::open(e, packed!(@count $($field)*), None)?;
                $(minicbor::Encode::encode($field, e, c)?;)*
                Ok(())
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                c: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                crate::packed::begin(d, packed!(@count $($field)*))?;
                Ok(Self { $($field: minicbor::Decode::decode(d, c)?),* })
            }
        }
        packed! { $($rest)* }
    };
    (enum $name:ident {
        $($variant:ident $(($($part:ident),*))? $({ $($field:ident),* $(,)? })?),* $(,)?
    } $($rest:tt)*) => {
        impl<C> minicbor::Encode<C> for $name {
            #[allow(unused_assignments, unused_variables, reason = "unit variants, the last place")]
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                c: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                let mut place = 0;
                $(
                    if let Self::$variant $(($($part),*))? $({ $($field),* })? = self {
                        crate::packed::open(
                            e,
                            packed!(@count $($($part)*)? $($($field)*)?),
                            Some(place),
                        )?;
                        $($(minicbor::Encode::encode($part, e, c)?;)*)?
                        $($(minicbor::Encode::encode($field, e, c)?;)*)?
                        return Ok(());
                    }
                    place += 1;
                )*
                Ok(())
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            #[allow(unused_assignments, unused_variables, reason = "unit variants, the last place")]
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                c: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let found = crate::packed::variant(d)?;
                let mut place = 0;
                $(
                    if found == place {
                        $($(let $part = minicbor::Decode::decode(d, c)?;)*)?
                        $($(let $field = minicbor::Decode::decode(d, c)?;)*)?
                        return Ok(Self::$variant $(($($part),*))? $({ $($field),* })?);
                    }
                    place += 1;
                )*
                Err(crate::packed::unknown())
            }
        }
        packed! { $($rest)* }
    };
    (@count $($field:ident)*) => { 0 $(+ packed!(@one $field))* };
    (@one $field:ident) => { 1 };
}
