//! Packs values that one build writes and the same build reads: views between worker and page, the
//! built-in catalog.
//!
//! Fields stand in the order listed, variants by their place, numbers as bytes of seven bits, texts
//! and lists behind their length. There are no numbers or names that a later build could rely on:
//! what is kept or leaves the device is CBOR with numbered fields instead (`sync::message`, the rows
//! of the core).
//!
//! Reading never stops half-way: after a fault every further value is empty, and [`from_bytes`]
//! gives nothing. That keeps a reader to one call a field, a third of the code of one that may stop
//! at each.

/// What can be packed.
pub trait Packed: Sized {
    /// Writes the value behind what is there.
    fn pack(&self, out: &mut Vec<u8>);

    /// Reads the value; an empty one after a fault.
    fn unpack(from: &mut Reader<'_>) -> Self;
}

/// Packs a value.
#[must_use]
pub fn to_bytes<T: Packed>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    value.pack(&mut out);
    out
}

/// Reads a value that takes up all the bytes; `None` when they hold anything else.
#[must_use]
pub fn from_bytes<T: Packed>(bytes: &[u8]) -> Option<T> {
    let mut reader = Reader::new(bytes);
    let value = T::unpack(&mut reader);
    reader.is_done().then_some(value)
}

/// Bytes being read.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    bad: bool,
}

impl<'a> Reader<'a> {
    /// Begins to read.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, bad: false }
    }

    /// Whether all was read and nothing was wrong.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        !self.bad && self.rest.is_empty()
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub const fn is_fine(&self) -> bool {
        !self.bad
    }

    /// Notes that what was read cannot be.
    pub const fn fault(&mut self) {
        self.bad = true;
        self.rest = &[];
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        if let Some((first, rest)) = self.rest.split_at_checked(count) {
            self.rest = rest;
            first
        } else {
            self.fault();
            &[]
        }
    }

    /// Reads a number.
    pub fn number(&mut self) -> u64 {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1).first().copied().unwrap_or_default();
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return number;
            }
        }
        self.fault();
        0
    }

    /// Reads a number that fits the type.
    fn small<T: TryFrom<u64> + Default>(&mut self) -> T {
        T::try_from(self.number()).unwrap_or_else(|_| {
            self.fault();
            T::default()
        })
    }

    /// Reads the number of things to come, each of at least one byte.
    fn count(&mut self) -> usize {
        let count = self.small();
        if count > self.rest.len() {
            self.fault();
            return 0;
        }
        count
    }

    /// Reads a text.
    pub fn text(&mut self) -> &'a str {
        let count = self.count();
        core::str::from_utf8(self.bytes(count)).unwrap_or_else(|_| {
            self.fault();
            ""
        })
    }

    /// Reads exactly so many bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().unwrap_or([0; N])
    }
}

/// Writes a number, seven bits a byte, the lowest first.
pub fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Writes a text behind its length.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    write_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn write_count(out: &mut Vec<u8>, count: usize) {
    write_number(out, u64::try_from(count).unwrap_or(u64::MAX));
}

macro_rules! whole_numbers {
    ($($number:ty),*) => { $(
        impl Packed for $number {
            fn pack(&self, out: &mut Vec<u8>) {
                write_number(out, u64::from(*self));
            }

            fn unpack(from: &mut Reader<'_>) -> Self {
                from.small()
            }
        }
    )* };
}

whole_numbers!(u8, u32, u64);

impl Packed for i64 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        Self::from_le_bytes(from.array())
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        let byte: u8 = from.small();
        if byte > 1 {
            from.fault();
        }
        byte == 1
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Vec<u8>) {
        write_text(out, self);
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        from.text().to_owned()
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        bool::unpack(from).then(|| T::unpack(from))
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        write_count(out, self.len());
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        let count = from.count();
        let mut values = Self::new();
        for _ in 0..count {
            if from.bad {
                break;
            }
            values.push(T::unpack(from));
        }
        values
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(from: &mut Reader<'_>) -> Self {
        (A::unpack(from), B::unpack(from))
    }
}

/// Makes types [`Packed`], given their fields and variants. A field left out does not compile.
///
/// `struct Name { field, … }` for structs, `enum Name { Unit, Tuple(a, b), Struct { field, … } }`
/// for enums; names of tuple fields are free.
macro_rules! packed {
    () => {};
    (struct $name:ident { $($field:ident),* $(,)? } $($rest:tt)*) => {
        impl crate::packed::Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $(crate::packed::Packed::pack($field, out);)*
            }

            fn unpack(from: &mut crate::packed::Reader<'_>) -> Self {
                Self { $($field: crate::packed::Packed::unpack(from)),* }
            }
        }
        packed! { $($rest)* }
    };
    (enum $name:ident {
        $first:ident $(($($first_part:ident),*))? $({ $($first_field:ident),* $(,)? })?
        $(, $variant:ident $(($($part:ident),*))? $({ $($field:ident),* $(,)? })?)* $(,)?
    } $($rest:tt)*) => {
        impl crate::packed::Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) {
                if let Self::$first $(($($first_part),*))? $({ $($first_field),* })? = self {
                    out.push(0);
                    $($(crate::packed::Packed::pack($first_part, out);)*)?
                    $($(crate::packed::Packed::pack($first_field, out);)*)?
                    return;
                }
                let mut place = 0;
                $(
                    place += 1;
                    if let Self::$variant $(($($part),*))? $({ $($field),* })? = self {
                        out.push(place);
                        $($(crate::packed::Packed::pack($part, out);)*)?
                        $($(crate::packed::Packed::pack($field, out);)*)?
                        return;
                    }
                )*
            }

            fn unpack(from: &mut crate::packed::Reader<'_>) -> Self {
                let found = <u8 as crate::packed::Packed>::unpack(from);
                let mut place = 0;
                $(
                    place += 1;
                    if found == place {
                        $($(let $part = crate::packed::Packed::unpack(from);)*)?
                        $($(let $field = crate::packed::Packed::unpack(from);)*)?
                        return Self::$variant $(($($part),*))? $({ $($field),* })?;
                    }
                )*
                if found != 0 {
                    from.fault();
                }
                $($(let $first_part = crate::packed::Packed::unpack(from);)*)?
                $($(let $first_field = crate::packed::Packed::unpack(from);)*)?
                Self::$first $(($($first_part),*))? $({ $($first_field),* })?
            }
        }
        packed! { $($rest)* }
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    enum Shape {
        Nothing,
        Pair(u32, Option<String>),
        Named { list: Vec<(bool, i64)>, deep: Vec<Shape> },
    }

    packed! {
        enum Shape { Nothing, Pair(a, b), Named { list, deep } }
    }

    fn shape() -> impl Strategy<Value = Shape> {
        let leaf = prop_oneof![
            Just(Shape::Nothing),
            (any::<u32>(), any::<Option<String>>()).prop_map(|(a, b)| Shape::Pair(a, b)),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            (any::<Vec<(bool, i64)>>(), prop::collection::vec(inner, 0..3))
                .prop_map(|(list, deep)| Shape::Named { list, deep })
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_read_again(value in shape()) {
            prop_assert_eq!(from_bytes::<Shape>(&to_bytes(&value)), Some(value));
        }

        #[test]
        fn a_cut_or_lengthened_message_gives_nothing(value in shape(), cut in any::<prop::sample::Index>()) {
            let mut bytes = to_bytes(&value);
            let at = cut.index(bytes.len());
            prop_assert_eq!(from_bytes::<Shape>(&bytes[..at]), None);
            bytes.push(0);
            prop_assert_eq!(from_bytes::<Shape>(&bytes), None);
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in any::<Vec<u8>>()) {
            if let Some(value) = from_bytes::<Shape>(&bytes) {
                prop_assert_eq!(from_bytes::<Shape>(&to_bytes(&value)), Some(value));
            }
        }
    }

    #[test]
    fn a_length_beyond_the_bytes_takes_no_memory() {
        let mut bytes = vec![2];
        write_number(&mut bytes, u64::MAX);
        assert_eq!(from_bytes::<Shape>(&bytes), None);
        assert_eq!(from_bytes::<u64>(&[0xff; 11]), None);
        assert_eq!(from_bytes::<u8>(&[0x80, 0x02]), None);
        assert_eq!(from_bytes::<bool>(&[2]), None);
    }
}
