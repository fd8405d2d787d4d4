//! Why something cannot be read.

use core::fmt;

/// Why a value could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It is a variant that this version does not know.
    UnknownVariant,
    /// Anything else.
    Unreadable,
}

impl Error {
    /// An error; what is wrong stands in the code only.
    #[must_use]
    pub const fn message(_: &'static str) -> Self {
        Self::Unreadable
    }

    /// A field that must be there is not.
    #[must_use]
    pub const fn missing_value(_: i64) -> Self {
        Self::Unreadable
    }

    /// A variant is not known.
    #[must_use]
    pub const fn unknown_variant(_: i64) -> Self {
        Self::UnknownVariant
    }

    /// The error; where it was met is not kept.
    #[must_use]
    pub const fn at(self, _: usize) -> Self {
        self
    }

    /// The error; what was met is not kept.
    #[must_use]
    pub const fn with_message(self, _: &'static str) -> Self {
        self
    }

    /// Whether a variant was not known.
    #[must_use]
    pub const fn is_unknown_variant(&self) -> bool {
        matches!(self, Self::UnknownVariant)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownVariant => "an unknown variant",
            Self::Unreadable => "not the CBOR that was expected",
        })
    }
}

impl core::error::Error for Error {}
