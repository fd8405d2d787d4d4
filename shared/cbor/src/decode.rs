//! Reading.

use std::collections::BTreeSet;

use minicbor::data::Type;

pub use crate::fault::Error;

/// What can be read.
pub trait Decode<'b, C>: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// When it is not there.
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, Error>;

    /// The value that stands for one left out, if there is one.
    #[must_use]
    fn nil() -> Option<Self> {
        None
    }
}

/// Kinds of values, in the three highest bits of their first byte.
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

const NO: u8 = 0xf4;
const YES: u8 = 0xf5;
const NULL: u8 = 0xf6;
const BREAK: u8 = 0xff;

/// Bytes being read.
///
/// After a fault everything that is read is empty, and only [`Decoder::decode`] says so: so the readers
/// of types, which ask after each value whether to go on, are compiled without any way out.
#[derive(Debug, Clone)]
pub struct Decoder<'b> {
    length: usize,
    rest: &'b [u8],
    bad: bool,
    /// How many values may still come.
    left: usize,
}

impl<'b> Decoder<'b> {
    /// Begins to read.
    #[must_use]
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self::within(bytes, usize::MAX)
    }

    /// Begins to read what is of no more than so many values: a value of a byte can take a hundred in memory.
    #[must_use]
    pub const fn within(bytes: &'b [u8], values: usize) -> Self {
        Self { length: bytes.len(), rest: bytes, bad: false, left: values }
    }

    /// How many bytes were read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Reads a value.
    ///
    /// # Errors
    /// When it is not there.
    pub fn decode<T: Decode<'b, ()>>(&mut self) -> Result<T, Error> {
        let value = T::decode(self, &mut ())?;
        if self.bad { Err(Error::Unreadable) } else { Ok(value) }
    }

    /// Notes that what was read cannot be.
    pub(crate) const fn fault(&mut self) {
        self.bad = true;
        self.rest = &[];
    }

    #[inline(never)]
    fn take(&mut self, count: u64) -> &'b [u8] {
        let count = usize::try_from(count).ok();
        if let Some((first, rest)) = count.and_then(|count| self.rest.split_at_checked(count)) {
            self.rest = rest;
            return first;
        }
        self.fault();
        &[]
    }

    /// Reads the beginning of a value: its kind and its number, none where an end is marked.
    #[inline(never)]
    fn head(&mut self) -> (u8, Option<u64>) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.fault(),
        }
        let first = self.take(1).first().copied().unwrap_or_default();
        let small = first & 0x1f;
        let number = match small {
            0..24 => u64::from(small),
            24..28 => {
                let bytes = self.take(1 << (small - 24));
                bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
            31 => return (first >> 5, None),
            _ => {
                self.fault();
                0
            }
        };
        (first >> 5, Some(number))
    }

    /// Reads a value of that kind: its number, 0 where there is none.
    #[inline(never)]
    fn number(&mut self, kind: u8) -> u64 {
        let (found, number) = self.head();
        number.filter(|_| found == kind).unwrap_or_else(|| {
            self.fault();
            0
        })
    }

    /// Reads a number that fits the type.
    fn small<T: TryFrom<u64> + Default>(&mut self) -> T {
        T::try_from(self.number(0)).unwrap_or_else(|_| {
            self.fault();
            T::default()
        })
    }

    #[inline(never)]
    fn signed(&mut self) -> i64 {
        let is_negative = self.rest.first().is_some_and(|first| first >> 5 == 1);
        let number = i64::try_from(self.number(u8::from(is_negative))).unwrap_or_else(|_| {
            self.fault();
            0
        });
        if is_negative { !number } else { number }
    }

    #[inline(never)]
    fn text(&mut self) -> &'b str {
        let length = self.number(TEXT);
        core::str::from_utf8(self.take(length)).unwrap_or_else(|_| {
            self.fault();
            ""
        })
    }

    #[inline(never)]
    fn simple(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    /// Reads how many values of a list come, or pairs of a map.
    #[inline(never)]
    fn count(&mut self, kind: u8) -> u64 {
        let count = self.number(kind);
        // Each takes a byte, so that nobody goes on for long after a fault.
        if usize::try_from(count).is_ok_and(|count| count <= self.rest.len()) {
            return count;
        }
        self.fault();
        0
    }

    #[inline(never)]
    fn pass(&mut self) {
        // How many values come in each of the open ones, none where an end is marked.
        let mut open = vec![Some(1)];
        while let Some(left) = open.last_mut().filter(|_| !self.bad) {
            match left {
                Some(0) => {
                    open.pop();
                    continue;
                }
                Some(left) => *left -= 1,
                None if self.rest.first() == Some(&BREAK) => {
                    self.take(1);
                    open.pop();
                    continue;
                }
                None => {}
            }
            match self.head() {
                (BYTES | TEXT, Some(length)) => {
                    self.take(length);
                }
                (BYTES | TEXT | LIST, count) => open.push(count),
                (MAP, count) => open.push(count.map(|count| count.saturating_mul(2))),
                (TAG, Some(_)) => open.push(Some(1)),
                (_, Some(_)) => {}
                (_, None) => self.fault(),
            }
        }
    }
}

/// Behind a result that the compiler sees to be good.
macro_rules! read {
    ($($(#[$doc:meta])* $name:ident($from:ident) -> $what:ty $does:block)*) => {
        impl<'b> Decoder<'b> { $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Never: what is not there is empty.
            #[inline]
            pub fn $name(&mut self) -> Result<$what, Error> {
                let $from = self;
                Ok($does)
            }
        )* }
    };
}

read! {
    /// Looks at what comes: nothing, yes or no, a text, or something else.
    datatype(from) -> Type {
        match from.rest.first() {
            Some(&NULL) => Type::Null,
            Some(&(NO | YES)) => Type::Bool,
            Some(0x60..0x7c) => Type::String,
            Some(other) => Type::Unknown(*other),
            None => {
                from.fault();
                Type::Null
            }
        }
    }

    /// Passes over a value, whatever it is.
    skip(from) -> () { from.pass() }

    /// Begins a list and gives its length, which is always said: ends that are marked are not ours.
    array(from) -> Option<u64> { Some(from.count(LIST)) }

    /// Begins a map and tells how many pairs it has.
    map(from) -> Option<u64> { Some(from.count(MAP)) }

    /// Reads nothing.
    null(from) -> () {
        if from.simple() != NULL {
            from.fault();
        }
    }

    /// Reads yes or no.
    bool(from) -> bool {
        let byte = from.simple();
        if !matches!(byte, NO | YES) {
            from.fault();
        }
        byte == YES
    }

    /// Reads a number.
    u8(from) -> u8 { from.small() }

    /// Reads a number.
    u16(from) -> u16 { from.small() }

    /// Reads a number.
    u32(from) -> u32 { from.small() }

    /// Reads a number.
    u64(from) -> u64 { from.number(0) }

    /// Reads a number.
    i64(from) -> i64 { from.signed() }

    /// Reads a text.
    str(from) -> &'b str { from.text() }

    /// Reads a byte string.
    bytes(from) -> &'b [u8] {
        let length = from.number(BYTES);
        from.take(length)
    }
}

macro_rules! plain {
    ($($name:ident: $what:ty),*) => { $(
        impl<'b, C> Decode<'b, C> for $what {
            fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
                from.$name()
            }
        }
    )* };
}

plain!(bool: bool, u8: u8, u16: u16, u32: u32, u64: u64, i64: i64);

impl<'b, C> Decode<'b, C> for String {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
        Ok(from.str()?.to_owned())
    }
}

impl<'b, C, T: Decode<'b, C>> Decode<'b, C> for Option<T> {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, Error> {
        if from.datatype()? == Type::Null {
            from.skip()?;
            return Ok(None);
        }
        T::decode(from, context).map(Some)
    }

    fn nil() -> Option<Self> {
        Some(None)
    }
}

impl<'b, C, T: Decode<'b, C>> Decode<'b, C> for Vec<T> {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, Error> {
        let mut all = Self::new();
        for _ in 0..from.count(LIST) {
            all.push(T::decode(from, context)?);
            // What does not come after a fault is not made up: it would weigh more than what was sent.
            if from.bad {
                break;
            }
        }
        Ok(all)
    }
}

impl<'b, C, T: Decode<'b, C> + Ord> Decode<'b, C> for BTreeSet<T> {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, Error> {
        Ok(Vec::decode(from, context)?.into_iter().collect())
    }
}

macro_rules! tuple {
    ($count:literal $($name:ident)*) => {
        impl<'b, Ctx, $($name: Decode<'b, Ctx>),*> Decode<'b, Ctx> for ($($name,)*) {
            fn decode(from: &mut Decoder<'b>, context: &mut Ctx) -> Result<Self, Error> {
                if from.count(LIST) != $count {
                    from.fault();
                }
                Ok(($($name::decode(from, context)?,)*))
            }
        }
    };
}

tuple!(2 A B);
tuple!(3 A B D);
