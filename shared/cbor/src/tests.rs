//! The same bytes and the same verdicts as the library whose rules these are.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::bytes::ByteVec;

/// The same types twice: with the derives calling this crate, and calling the library.
macro_rules! twice {
    ($($thing:item)*) => {
        mod ours {
            use super::*;
            use crate as minicbor;
            use crate::{Decode, Encode};
            $($thing)*
        }
        mod theirs {
            use super::*;
            use minicbor::{Decode, Encode};
            $($thing)*
        }
    };
}

twice! {
    #[derive(Debug, Clone, PartialEq, Encode, Decode)]
    #[cbor(map)]
    pub(super) struct Record {
        #[n(0)]
        pub(super) yes: bool,
        #[n(1)]
        pub(super) signed: i64,
        #[n(2)]
        pub(super) numbers: (u16, u32, u64),
        #[n(3)]
        pub(super) text: Option<String>,
        #[cbor(n(4), with = "minicbor::bytes")]
        pub(super) plain: [u8; 4],
        #[n(5)]
        #[cbor(default)]
        pub(super) list: Vec<(i64, Option<ByteVec>)>,
        #[n(6)]
        #[cbor(default)]
        pub(super) set: BTreeSet<u64>,
        #[n(7)]
        pub(super) state: Option<State>,
        #[n(40)]
        pub(super) row: Row,
    }

    #[derive(Debug, Clone, PartialEq, Encode, Decode)]
    pub(super) enum State {
        #[n(0)]
        Empty,
        #[n(1)]
        Of(#[n(0)] Vec<String>, #[n(2)] Option<u32>),
    }

    /// As a list.
    #[derive(Debug, Clone, PartialEq, Encode, Decode)]
    pub(super) struct Row(#[n(0)] pub(super) Option<u64>, #[n(1)] pub(super) Kind);

    #[derive(Debug, Clone, Copy, PartialEq, Encode, Decode)]
    #[cbor(index_only)]
    pub(super) enum Kind {
        #[n(0)]
        One,
        #[n(300)]
        Other,
    }
}

prop_compose! {
    fn record()(
        yes: bool, signed: i64, small in -300_i64..300, numbers: (u16, u32, u64), text: Option<String>,
        plain: [u8; 4], list: Vec<(i64, Option<Vec<u8>>)>, set: BTreeSet<u64>,
        state: Option<Option<(Vec<String>, Option<u32>)>>, at: Option<u64>, other: bool,
    ) -> ours::Record {
        use ours::{Kind, Record, Row, State};
        Record {
            yes,
            signed: if other { signed } else { small },
            numbers,
            text,
            plain,
            list: list.into_iter().map(|(at, bytes)| (at, bytes.map(ByteVec::from))).collect(),
            set,
            state: state.map(|of| of.map_or(State::Empty, |(texts, of)| State::Of(texts, of))),
            row: Row(at, if other { Kind::Other } else { Kind::One }),
        }
    }
}

/// Reads with both and compares: what is the same is told by its words. Ends that are marked are read
/// by the library only.
fn same(bytes: &[u8]) -> Result<(), TestCaseError> {
    let ours = crate::decode::<ours::Record>(bytes).map(|it| format!("{it:?}")).ok();
    let theirs = minicbor::decode::<theirs::Record>(bytes).map(|it| format!("{it:?}")).ok();
    if !bytes.iter().any(|byte| matches!(byte, 0x9f | 0xbf)) {
        prop_assert_eq!(ours, theirs);
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_written_is_what_the_library_writes_and_is_read_again(record in record()) {
        let bytes = crate::to_vec(&record).unwrap();
        let theirs: theirs::Record = minicbor::decode(&bytes).unwrap();
        prop_assert_eq!(&minicbor::to_vec(&theirs).unwrap(), &bytes);
        prop_assert_eq!(format!("{record:?}"), format!("{theirs:?}"));
        prop_assert_eq!(crate::decode::<ours::Record>(&bytes).unwrap(), record);
    }

    #[test]
    fn damaged_bytes_are_read_or_refused_as_by_the_library(
        record in record(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
    ) {
        let mut bytes = crate::to_vec(&record).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        same(&bytes)?;
        bytes.truncate(cut.index(bytes.len()));
        same(&bytes)?;
    }
}

#[test]
fn unknown_numbers_and_variants_are_passed_over() {
    let whole: &[&[u8]] = &[
        b"\xaa\x00\xf5\x01\x20\x02\x83\x01\x02\x03\x04\x44abcd\x05\x81\x82\x00\xf6\x06\x82\x05\x05",
        b"\x07\x82\x09\x80\x18\x28\x82\xf6\x19\x01\x2c\x18\x63\xa1\x01\x80\x18\x64\x9f\x80\xff",
    ];
    let whole = whole.concat();
    let record = crate::decode::<ours::Record>(&whole).unwrap();
    assert_eq!((record.signed, record.list.len(), record.set.len()), (-1, 1, 1));
    assert_eq!((record.state, record.row), (None, ours::Row(None, ours::Kind::Other)));
    same(&whole).unwrap();
    for broken in [&b"\xa0"[..], b"\x82\x02\x80", b""] {
        same(broken).unwrap();
        assert!(crate::decode::<ours::Record>(broken).is_err(), "{broken:?}");
    }
    // What can be passed over: all kinds of values, with ends marked or not.
    for value in [
        &b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\x3a\x00\x01\x00\x00",
        b"\x5f\x41\x00\x42\x00\x01\xff",
        b"\xfb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xc1\x19\x01\x00",
        b"\xbf\x61a\x9f\x9f\xff\x80\xff\x61b\xa1\xf7\xf8\x20\xff",
    ] {
        let row = [&b"\x83\x01\x00"[..], value].concat();
        assert_eq!(crate::decode(&row), Ok(ours::Row(Some(1), ours::Kind::One)), "{value:x?}");
        same(&row).unwrap();
        assert!(crate::decode::<ours::Row>(&row[..row.len() - 1]).is_err(), "{value:x?}");
    }
    for value in [&b"\xff"[..], b"\x1f", b"\xdf\x00", b"\x1c", b"\x9f", b"\x82\x00", b"\x42\x00"] {
        let row = [&b"\x83\x01\x00"[..], value].concat();
        assert!(crate::decode::<ours::Row>(&row).is_err(), "{value:x?}");
    }
    let unknown = crate::decode::<ours::Kind>(b"\x05").unwrap_err();
    assert!(unknown.is_unknown_variant());
}

#[test]
fn ends_that_are_marked_are_refused_unless_passed_over() {
    assert!(crate::decode::<Vec<u64>>(b"\x9f\x01\xff").is_err());
    assert!(crate::decode::<ours::Row>(b"\x9f\x01\x00\xff").is_err());
    assert_eq!(
        crate::decode::<ours::Row>(b"\x83\x01\x00\x9f\x01\xff"),
        Ok(ours::Row(Some(1), ours::Kind::One))
    );
    // A length beyond the bytes, for which nothing is set aside.
    assert!(crate::decode::<Vec<u64>>(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
}

/// How many bytes stand behind each of what is read.
struct Heavy;

std::thread_local! {
    static READ: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

impl<C> crate::Decode<'_, C> for Heavy {
    fn decode(from: &mut crate::Decoder<'_>, _: &mut C) -> Result<Self, crate::decode::Error> {
        READ.set(READ.get() + 1);
        from.u8()?;
        Ok(Self)
    }
}

#[test]
fn a_long_list_with_a_fault_ends_there() {
    let mut bytes = vec![0x9a, 0, 0x10, 0, 0, 1, 2, 0xff];
    bytes.resize(0x10_0000 + 5, 0);
    assert!(crate::decode::<Vec<Heavy>>(&bytes).is_err());
    assert_eq!(READ.get(), 3);
}
