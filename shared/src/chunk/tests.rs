//! Honest changes pass, every other byte string is refused without harm, and what passes gate and
//! trial makes a document that is written and read back the same.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::catalog::Catalog;
use crate::document::{Authoring, Document, Edit};
use crate::ids::{ActorId, DeviceId, DocumentId, UserId};
use crate::path::FieldPath;
use crate::trial::{Verdict, try_changes};
use crate::value::Value;

/// A small generator of repeatable numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

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
    let mut dice = Dice(42);
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

fn repair(bytes: &mut [u8]) {
    let Some((head, body)) = bytes.split_at_mut_checked(8) else { return };
    let hash = sha256(&[body]);
    head[4..8].copy_from_slice(&hash[..4]);
}

fn mutate(chunk: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = chunk.to_vec();
    for _ in 0..=dice.roll(3) {
        let at = 9 + dice.roll(bytes.len() - 9);
        match dice.roll(5) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            2 => bytes.insert(at, u8::try_from(dice.roll(256)).unwrap()),
            3 => drop(bytes.remove(at)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    repair(&mut bytes);
    bytes
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
fn mutated_changes_with_repaired_checksums_never_make_an_unreadable_document() {
    let chunks = honest(12);
    let catalog = Catalog::builtin();
    let mut dice = Dice(7);
    let (mut refused, mut failed, mut passed) = (0, 0, 0);
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut aborted = 0;
    for _ in 0..20_000 {
        let at = dice.roll(chunks.len());
        let bytes = mutate(&chunks[at], &mut dice);
        if parse(&bytes).is_err() {
            refused += 1;
            continue;
        }
        let before: Vec<&[u8]> = chunks[..at].iter().map(Vec::as_slice).collect();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut document = Document::open(ActorId::from_bytes([0; 16]), before).ok();
            let verdict = try_changes(catalog, "case", &mut document, &[&bytes]).remove(0);
            (verdict, document)
        }));
        match outcome {
            Err(_) => aborted += 1,
            Ok((Verdict::Failed(_), _)) => failed += 1,
            Ok((Verdict::Passed, document)) => {
                passed += 1;
                let document = document.unwrap();
                assert_eq!(document.saved_and_loaded().unwrap().heads(), document.heads());
            }
        }
    }
    std::panic::set_hook(quiet);
    println!("refused {refused}, failed {failed}, passed {passed}, would have aborted {aborted}");
    assert!(refused > 10_000 && failed + passed + aborted > 0);
}
