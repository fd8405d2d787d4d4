//! Writing: into a vector, which does not fail, so that nothing is left of the ways out.

use core::convert::Infallible;
use core::marker::PhantomData;
use std::collections::BTreeSet;

/// An error that there is not.
#[derive(Debug)]
pub struct Error<E>(Infallible, PhantomData<E>);

impl<E> core::fmt::Display for Error<E> {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {}
    }
}

impl<E: core::fmt::Debug> core::error::Error for Error<E> {}

/// What is written to.
pub trait Write {
    /// What can go wrong.
    type Error;

    /// Puts bytes behind what is there.
    fn put(&mut self, bytes: &[u8]);
}

impl Write for Vec<u8> {
    type Error = Infallible;

    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// What can be written.
pub trait Encode<C> {
    /// Writes the value.
    ///
    /// # Errors
    /// Never.
    fn encode<W: Write>(&self, to: &mut Encoder<W>, context: &mut C)
    -> Result<(), Error<W::Error>>;

    /// Whether the value is left out of a map.
    fn is_nil(&self) -> bool {
        false
    }
}

/// Bytes being written.
#[derive(Debug)]
pub struct Encoder<W>(W);

const NEGATIVE: u8 = 0x20;
const BYTES: u8 = 0x40;
const TEXT: u8 = 0x60;
const LIST: u8 = 0x80;
const MAP: u8 = 0xa0;
const NO: u8 = 0xf4;
const YES: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// How a method of an encoder ends.
type Put<'a, W> = Result<&'a mut Encoder<W>, Error<<W as Write>::Error>>;

impl<W: Write> Encoder<W> {
    /// Begins to write.
    pub const fn new(to: W) -> Self {
        Self(to)
    }

    /// What was written to.
    pub fn into_writer(self) -> W {
        self.0
    }

    /// A kind of value with a number in as few bytes as may be.
    #[inline(never)]
    fn head(&mut self, kind: u8, number: u64) {
        let bytes = number.to_be_bytes();
        let (small, width) = match number {
            0..=0x17 => (bytes[7], 0),
            0x18..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.put(&[kind | small]);
        self.0.put(bytes.split_at(8 - width).1);
    }

    fn long(&mut self, kind: u8, bytes: &[u8]) {
        self.head(kind, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.0.put(bytes);
    }

    /// Begins a list of so many values.
    ///
    /// # Errors
    /// Never.
    pub fn array(&mut self, count: u64) -> Put<'_, W> {
        self.head(LIST, count);
        Ok(self)
    }

    /// Begins a map of so many pairs.
    ///
    /// # Errors
    /// Never.
    pub fn map(&mut self, count: u64) -> Put<'_, W> {
        self.head(MAP, count);
        Ok(self)
    }

    /// Writes a number.
    ///
    /// # Errors
    /// Never.
    pub fn u64(&mut self, number: u64) -> Put<'_, W> {
        self.head(0, number);
        Ok(self)
    }

    /// Writes a number.
    ///
    /// # Errors
    /// Never.
    #[inline(never)]
    pub fn i64(&mut self, number: i64) -> Put<'_, W> {
        let kind = if number < 0 { NEGATIVE } else { 0 };
        // Of a negative number what lies between it and -1.
        let bits = if number < 0 { !number } else { number };
        self.head(kind, bits.unsigned_abs());
        Ok(self)
    }

    /// Writes yes or no.
    ///
    /// # Errors
    /// Never.
    pub fn bool(&mut self, yes: bool) -> Put<'_, W> {
        self.0.put(&[if yes { YES } else { NO }]);
        Ok(self)
    }

    /// Writes nothing.
    ///
    /// # Errors
    /// Never.
    pub fn null(&mut self) -> Put<'_, W> {
        self.0.put(&[NULL]);
        Ok(self)
    }

    /// Writes a text.
    ///
    /// # Errors
    /// Never.
    pub fn str(&mut self, text: &str) -> Put<'_, W> {
        self.long(TEXT, text.as_bytes());
        Ok(self)
    }

    /// Writes a byte string.
    ///
    /// # Errors
    /// Never.
    pub fn bytes(&mut self, bytes: &[u8]) -> Put<'_, W> {
        self.long(BYTES, bytes);
        Ok(self)
    }
}

impl<C, T: Encode<C> + ?Sized> Encode<C> for &T {
    fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), Error<W::Error>> {
        (**self).encode(to, context)
    }

    fn is_nil(&self) -> bool {
        (**self).is_nil()
    }
}

impl<C> Encode<C> for bool {
    fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), Error<W::Error>> {
        to.bool(*self).map(|_| ())
    }
}

impl<C> Encode<C> for i64 {
    fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), Error<W::Error>> {
        to.i64(*self).map(|_| ())
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl<C> Encode<C> for $number {
            fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), Error<W::Error>> {
                to.u64(u64::from(*self)).map(|_| ())
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64);

impl<C> Encode<C> for str {
    fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), Error<W::Error>> {
        to.str(self).map(|_| ())
    }
}

impl<C> Encode<C> for String {
    fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), Error<W::Error>> {
        to.str(self).map(|_| ())
    }
}

impl<C, T: Encode<C>> Encode<C> for Option<T> {
    fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), Error<W::Error>> {
        match self {
            Some(value) => value.encode(to, context),
            None => to.null().map(|_| ()),
        }
    }

    fn is_nil(&self) -> bool {
        self.is_none()
    }
}

/// Writes a list.
fn list<'a, C, W: Write, T: Encode<C> + 'a>(
    values: impl ExactSizeIterator<Item = &'a T>,
    to: &mut Encoder<W>,
    context: &mut C,
) -> Result<(), Error<W::Error>> {
    to.array(u64::try_from(values.len()).unwrap_or(u64::MAX))?;
    for value in values {
        value.encode(to, context)?;
    }
    Ok(())
}

impl<C, T: Encode<C>> Encode<C> for [T] {
    fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), Error<W::Error>> {
        list(self.iter(), to, context)
    }
}

impl<C, T: Encode<C>> Encode<C> for Vec<T> {
    fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), Error<W::Error>> {
        list(self.iter(), to, context)
    }
}

impl<C, T: Encode<C>> Encode<C> for BTreeSet<T> {
    fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), Error<W::Error>> {
        list(self.iter(), to, context)
    }
}

macro_rules! tuple {
    ($count:literal $($name:ident $place:tt)*) => {
        impl<Ctx, $($name: Encode<Ctx>),*> Encode<Ctx> for ($($name,)*) {
            fn encode<Wr: Write>(
                &self,
                to: &mut Encoder<Wr>,
                context: &mut Ctx,
            ) -> Result<(), Error<Wr::Error>> {
                to.array($count)?;
                $(self.$place.encode(to, context)?;)*
                Ok(())
            }
        }
    };
}

tuple!(2 A 0 B 1);
tuple!(3 A 0 B 1 D 2);
