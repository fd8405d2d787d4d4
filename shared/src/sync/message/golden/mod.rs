//! The bytes of everything that travels, fixed: what is on the wire today is understood for ever.
//!
//! `bytes.txt` has a line for each message, alternative and code: its name, a word on what is special about it,
//! and its bytes. Lines stay as they are. A type that gets a field keeps its line as `<type> before <field>`, which
//! must still be read, and gets a new one.

mod bundles;
mod farewells;
mod files;
mod samples;
mod signed;

use core::fmt::Write;
use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::sync::message::newer::newer;

const GOLDEN: &str = include_str!("bytes.txt");

/// Files whose types travel, and those that have none of their own.
const FILES: [(&str, &str); 18] = [
    ("destroyed", include_str!("../destroyed.rs")),
    ("door", include_str!("../door.rs")),
    ("exchange", include_str!("../exchange.rs")),
    ("farewell", include_str!("../farewell.rs")),
    ("file", include_str!("../file.rs")),
    ("live", include_str!("../live.rs")),
    ("looks", include_str!("../looks.rs")),
    ("push", include_str!("../push.rs")),
    ("chain", include_str!("../../chain.rs")),
    ("digest", include_str!("../../digest.rs")),
    ("meta", include_str!("../../../document/meta.rs")),
    ("author", include_str!("../../../sign/author.rs")),
    ("carried", include_str!("../../../sign/carried.rs")),
    ("enrolment", include_str!("../../../sign/enrolment.rs")),
    ("file head", include_str!("../../../sign/file.rs")),
    ("header", include_str!("../../../sign/header.rs")),
    ("bundle", include_str!("../../bundle.rs")),
    ("manifest", include_str!("../../../sign/manifest.rs")),
];

/// Something that travels.
struct Sample {
    name: &'static str,
    bytes: Vec<u8>,
    /// Signed, sealed or no CBOR: nothing can be added to it.
    opaque: bool,
    /// Whether bytes are read, and as the very same.
    reads: Reads,
}

/// `None` when they are not read.
type Reads = Box<dyn Fn(&[u8]) -> Option<bool>>;

fn sample<T>(name: &'static str, value: T) -> Sample
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + 'static,
{
    let bytes = minicbor::to_vec(&value).unwrap();
    let reads = move |bytes: &[u8]| minicbor::decode::<T>(bytes).ok().map(|read| read == value);
    Sample { name, bytes, opaque: false, reads: Box::new(reads) }
}

fn all() -> Vec<Sample> {
    [
        samples::doors(),
        samples::exchanges(),
        samples::pieces(),
        farewells::farewells(),
        files::files(),
        signed::all(),
        signed::sealed_files(),
        bundles::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn golden() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = GOLDEN.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let lines = lines.map(|line| line.split_once(": ").unwrap());
    lines.map(|(name, bytes)| (name, unhex(bytes))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn everything_that_travels_has_these_bytes() {
    let (golden, all) = (golden(), all());
    let mut other = String::new();
    for sample in &all {
        if golden.get(sample.name) != Some(&sample.bytes) {
            writeln!(other, "{}: {}", sample.name, hex(&sample.bytes)).unwrap();
        }
    }
    assert_eq!(other, "", "other bytes than in bytes.txt, or no line there");
    let names: BTreeSet<&str> = all.iter().map(|sample| sample.name).collect();
    let gone = golden.keys().filter(|name| !name.contains(" before ") && !names.contains(*name));
    assert_eq!(gone.count(), 0, "lines of bytes.txt that nothing stands for");
    assert_eq!(names.len(), all.len(), "a name twice");
}

#[test]
fn everything_that_travels_is_read_back_and_so_is_what_newer_programs_add() {
    for sample in all() {
        assert_eq!((sample.reads)(&sample.bytes), Some(true), "{}", sample.name);
        if !sample.opaque {
            let more = newer(&sample.bytes).unwrap();
            assert_eq!((sample.reads)(&more), Some(true), "{} of a newer program", sample.name);
        }
    }
}

#[test]
fn what_was_written_before_is_still_read() {
    let all = all();
    for (name, bytes) in golden() {
        let Some((of, _)) = name.split_once(" before ") else { continue };
        let kind = all.iter().find(|sample| sample.name == of).expect(name);
        assert!((kind.reads)(&bytes).is_some(), "{name} is not read any more");
    }
}

#[test]
fn no_type_that_travels_is_without_its_bytes() {
    let modules =
        include_str!("../mod.rs").lines().filter_map(|line| line.strip_prefix("pub mod "));
    for module in modules.map(|line| line.trim_end_matches(';')).filter(|name| *name != "newer") {
        assert!(FILES.iter().any(|(name, _)| *name == module), "{module}.rs is not looked at");
    }
    let all = all();
    let lacking: Vec<String> = FILES
        .iter()
        .flat_map(|(_, text)| travelling(text))
        .filter(|name| !all.iter().any(|one| one.name == name || is_of(one.name, name)))
        .collect();
    assert_eq!(lacking, Vec::<String>::new(), "add samples of these to golden/samples.rs");
}

/// Whether a sample is one of a type or alternative, with a word on what is special about it.
fn is_of(sample: &str, name: &str) -> bool {
    sample.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '))
}

/// The types of a file that are written as CBOR; of alternatives and codes each by itself.
fn travelling(text: &str) -> Vec<String> {
    let (mut found, mut is_written, mut inside) = (Vec::new(), false, None::<String>);
    for line in text.lines() {
        if let Some(derived) = line.strip_prefix("#[derive(") {
            is_written = derived.contains("Encode");
        } else if let Some(name) = declared(line, "pub struct ").filter(|_| is_written) {
            found.push(name);
            is_written = false;
        } else if let Some(name) = declared(line, "pub enum ").filter(|_| is_written) {
            inside = Some(name);
            is_written = false;
        } else if line == "}" {
            inside = None;
        } else if let Some(name) = &inside
            && let Some(variant) = declared(line, "    ")
            && variant.starts_with(|first: char| first.is_ascii_uppercase())
        {
            found.push(format!("{name}::{variant}"));
        }
    }
    found
}

fn declared(line: &str, begin: &str) -> Option<String> {
    let rest = line.strip_prefix(begin)?;
    let end = rest.find(|one: char| !one.is_ascii_alphanumeric()).unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[test]
fn the_examples_of_the_document_have_these_bytes() {
    let document = include_str!("../../../../../docs/protocol.md");
    let blocks = document.split("```\n").skip(1).step_by(2);
    let examples: Vec<&str> = blocks.flat_map(str::lines).collect();
    assert!(examples.len() >= 4, "{examples:?}");
    let lines: BTreeSet<&str> = GOLDEN.lines().collect();
    for example in examples {
        assert!(lines.contains(example), "docs/protocol.md: {example}");
    }
}

#[test]
fn a_new_type_or_alternative_is_noticed() {
    let text = "#[derive(Debug, Encode)]\n#[cbor(map)]\npub struct New {\n    pub a: u8,\n}\n\
                #[derive(Debug)]\npub struct Local;\n#[derive(Encode)]\npub enum Said {\n    \
                /// One.\n    #[n(0)]\n    One {\n        b: u8,\n    },\n    #[n(1)]\n    Two(u8),\n    Three,\n}\n";
    assert_eq!(travelling(text), ["New", "Said::One", "Said::Two", "Said::Three"]);
}

#[test]
fn a_packed_body_is_read_in_both_forms() {
    use crate::sync::message::{ClientFrame, Push, PushPart};
    use crate::sync::wire;
    let part = |number: u8| PushPart {
        document: crate::ids::DocumentId::from_bytes([number; 16]),
        envelope: vec![6; 300].into(),
        chunks: vec![vec![7; 300].into()],
        enrolment: None,
    };
    let frame = ClientFrame::Push(Push { parts: vec![part(1)] });
    let golden = golden();
    for form in ["body plain", "body deflated"] {
        assert_eq!(wire::unpack(&golden[form]), Ok(frame.clone()), "{form}");
    }
    // What deflating makes of it may change; what is read may not.
    assert_eq!(golden["body plain"][1..], minicbor::to_vec(&frame).unwrap());
    let packed = wire::pack(&frame);
    assert_eq!(packed.first(), Some(&1), "{}", hex(&packed));
}

#[test]
fn what_is_sealed_in_a_deposit_is_read_across_versions() {
    use crate::sync::message::{PushPart, SealedPart};
    let golden = golden();
    let (old, draft) = (&golden["PushPart"], &golden["SealedPart"]);
    let read: SealedPart = minicbor::decode(old).unwrap();
    assert_eq!(read.draft, None);
    let whole: PushPart = minicbor::decode(old).unwrap();
    assert_eq!(minicbor::decode::<PushPart>(draft).unwrap(), whole);
}

/// How alternatives that got a field are read by programs from before, and the other way round.
#[test]
fn acknowledgements_on_the_socket_are_read_across_versions() {
    use crate::sync::chain::{Chain, Position};
    use crate::sync::message::{Ack, ServerFrame};
    #[derive(Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
    enum Before {
        #[n(0)]
        Acks(#[n(0)] Vec<Ack>),
    }
    let received = Position::at(12, Chain::from_bytes([9; 8]));
    let told = minicbor::to_vec(ServerFrame::Acks(Vec::new(), received)).unwrap();
    assert_eq!(minicbor::decode::<Before>(&told).unwrap(), Before::Acks(Vec::new()));
    let told = minicbor::to_vec(Before::Acks(Vec::new())).unwrap();
    let read = minicbor::decode::<ServerFrame>(&told).unwrap();
    assert_eq!(read, ServerFrame::Acks(Vec::new(), Position::default()));
}
