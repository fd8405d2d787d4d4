//! Honest changes pass, every other byte string is refused without harm. What is bent with a right
//! checksum is tried in [`super::hostile`].

use super::hostile::Dice;
use super::*;
use crate::document::{Authoring, Document, Edit};
use crate::ids::{ActorId, DeviceId, DocumentId, UserId};
use crate::path::FieldPath;
use crate::value::Value;

fn authoring(now_ms: i64) -> Authoring {
    Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn edit(path: &str, value: Value) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value }
}

fn honest(count: usize) -> Vec<Vec<u8>> {
    let mut dice = Dice::new(42);
    let edits = [edit("household_label", Value::text("Familjen Haddad"))];
    let (mut document, first) =
        Document::create(ActorId::from_bytes([9; 16]), vec![1, 2, 3], &edits, &authoring(1))
            .unwrap();
    let mut chunks = vec![first.bytes];
    while chunks.len() < count {
        let at = i64::try_from(chunks.len()).unwrap();
        let edits: Vec<Edit> = (0..=dice.roll(5))
            .map(|_| match dice.roll(4) {
                0 => edit("arriving_from", Value::text("å".repeat(dice.roll(400)))),
                1 => edit("phone", Value::text(format!("+46701740{:03}", dice.roll(1000)))),
                2 => edit("legal_basis/SETTLEMENT", Value::Bool(dice.roll(2) == 0)),
                _ => edit("case_kind", Value::Null),
            })
            .collect();
        if let Some(chunk) = document.commit(&edits, &authoring(at)).unwrap() {
            chunks.push(chunk.bytes);
        }
    }
    chunks
}

#[test]
fn honest_changes_pass_gate_and_rules_and_are_read_right() {
    let document = DocumentId::new(1, [0; 10]);
    let mut index = MemoryIndex::default();
    for bytes in honest(2_000) {
        let info = parse(&bytes).unwrap();
        assert_eq!(info.bytes, bytes);
        assert_eq!(rules::check(&index, document, &info).unwrap(), RuleOutcome::Fine);
        index.add(document, &info);
        assert_eq!(rules::check(&index, document, &info).unwrap(), RuleOutcome::Duplicate);
    }
}

#[test]
fn a_fork_a_gap_and_a_missing_dependency_are_told_apart() {
    let chunks = honest(4);
    let infos: Vec<ChunkInfo> = chunks.iter().map(|bytes| parse(bytes).unwrap()).collect();
    let document = DocumentId::new(1, [0; 10]);
    let mut index = MemoryIndex::default();
    let missing = RuleOutcome::Missing(infos[1].deps.clone());
    assert_eq!(rules::check(&index, document, &infos[1]).unwrap(), missing);
    index.add(document, &infos[0]);
    index.add(document, &infos[1]);
    let mut fork = infos[1].clone();
    fork.hash = infos[3].hash;
    assert_eq!(rules::check(&index, document, &fork).unwrap(), RuleOutcome::Fork);
    let mut gap = infos[2].clone();
    gap.start_op += 1;
    assert_eq!(rules::check(&index, document, &gap).unwrap(), RuleOutcome::Numbers);
}

#[test]
fn every_cut_and_every_flipped_bit_without_a_right_checksum_is_refused() {
    let bytes = honest(3).pop().unwrap();
    for end in 0..bytes.len() {
        assert!(parse(&bytes[..end]).is_err());
    }
    for at in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[at / 8] ^= 1 << (at % 8);
        assert!(parse(&changed).is_err(), "bit {at}");
    }
    assert!(parse(&[bytes.clone(), vec![0]].concat()).is_err());
}

#[test]
fn a_bomb_is_refused_before_it_unfolds() {
    // A deflated change that claims far more than is allowed.
    let body = miniz_oxide::deflate::compress_to_vec(&vec![0_u8; 64 * 1024 * 1024], 9);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2];
    let mut length = body.len();
    while length >= 128 {
        bytes.push(u8::try_from(length % 128).unwrap() | 128);
        length /= 128;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(body);
    assert_eq!(parse(&bytes), Err(GateError::Size));
    // A run length of two to the sixtieth.
    let rows =
        column::runs(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 1], 4096, |reader| {
            reader.unsigned()
        });
    assert_eq!(rows, Err(GateError::Rows));
}

#[test]
fn a_first_change_has_the_header_and_no_later_one_may_touch_it() {
    let chunks = honest(2);
    let split = |bytes: &[u8]| (parse(bytes).unwrap(), hostile::Parts::split(bytes).unwrap());
    let (mut info, mut parts) = split(&chunks[0]);
    let header = info.ops.remove(0);
    hostile::ops::write_ops(&mut parts, &info, true);
    assert_eq!(parse(&parts.join()), Err(GateError::Header));
    let (mut info, mut parts) = split(&chunks[1]);
    info.ops.push(header);
    hostile::ops::write_ops(&mut parts, &info, true);
    assert_eq!(parse(&parts.join()), Err(GateError::Header));
}

#[test]
fn the_claimed_time_stands_the_same_in_both_places() {
    let mut parts = hostile::Parts::split(&honest(1)[0]).unwrap();
    parts.time += 1;
    assert_eq!(parse(&parts.join()), Err(GateError::Time));
}

#[test]
fn a_deflated_change_is_the_same_change() {
    let bytes = honest(3).pop().unwrap();
    let info = parse(&bytes).unwrap();
    let body = &bytes[bytes.len() - body_length(&bytes)..];
    let deflated = miniz_oxide::deflate::compress_to_vec(body, 6);
    let mut sent = hostile::parts::wrap(2, &deflated);
    sent[4..8].copy_from_slice(&bytes[4..8]);
    assert_eq!(parse(&sent), Ok(info));
    sent[4] ^= 1;
    assert_eq!(parse(&sent), Err(GateError::Checksum));
}

fn body_length(bytes: &[u8]) -> usize {
    let mut reader = column::Reader::new(&bytes[9..]);
    usize::try_from(reader.unsigned().unwrap()).unwrap()
}
