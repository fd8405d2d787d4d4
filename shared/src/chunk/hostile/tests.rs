//! What gate, rules and trial let through makes a sound document; what they refuse does no harm.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::catalog::Catalog;
use crate::chunk::{ChunkInfo, MemoryIndex, RuleOutcome, parse, rules};
use crate::document::{Authoring, Document, Edit};
use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UserId};
use crate::path::FieldPath;
use crate::trial::{TrialFault, Verdict, try_changes};
use crate::value::Value;

const HERE: DocumentId = DocumentId::from_bytes([0; 16]);

/// A case written by three devices that meet now and then, in causal order.
pub(super) fn history(count: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut dice = Dice::new(seed);
    let by = |at: usize| Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms: i64::try_from(at).unwrap() * 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let edit = |path: &str, value| Edit { path: FieldPath::parse(path).unwrap(), value };
    let label = [edit("household_label", Value::text("Familjen Haddad"))];
    let actor = |at: u8| ActorId::from_bytes([at; 16]);
    let (_, first) = Document::create(actor(9), vec![1, 2, 3], &label, &by(1)).unwrap();
    let mut all = vec![first.bytes];
    let mut replicas: Vec<(Document, usize)> =
        (3..6).map(|at| (Document::open(actor(at * 3), [all[0].as_slice()]).unwrap(), 1)).collect();
    while all.len() < count {
        let at = dice.roll(replicas.len());
        if dice.roll(3) == 0 {
            let known = replicas[at].1;
            replicas[at].0.apply(all[known..].iter().map(Vec::as_slice)).unwrap();
            replicas[at].1 = all.len();
        }
        let edits: Vec<Edit> = (0..=dice.roll(6))
            .map(|_| match dice.roll(5) {
                0 => edit("arriving_from", Value::text("å".repeat(dice.roll(300)))),
                1 => edit("phone", Value::text(format!("+46701740{:03}", dice.roll(1000)))),
                2 => edit("legal_basis/SETTLEMENT", Value::Bool(dice.roll(2) == 0)),
                3 => edit("household_label", Value::text(format!("Familjen {}", dice.roll(9)))),
                _ => edit("case_kind", Value::Null),
            })
            .collect();
        let made = replicas[at].0.commit(&edits, &by(all.len())).unwrap();
        all.extend(made.map(|chunk| chunk.bytes));
    }
    all
}

struct Stand {
    known: Vec<ChangeHash>,
    before: Document,
    index: MemoryIndex,
    honest: Vec<u8>,
}

fn stands(history: &[Vec<u8>]) -> Vec<Stand> {
    let mut index = MemoryIndex::default();
    let mut out = Vec::new();
    let mut hashes = Vec::new();
    for (at, bytes) in history.iter().enumerate() {
        if at > 0 {
            let known = history[..at].iter().map(Vec::as_slice);
            let before = Document::open(ActorId::from_bytes([0; 16]), known).unwrap();
            let known = hashes.clone();
            out.push(Stand { known, before, index: index.clone(), honest: bytes.clone() });
        }
        let info = parse(bytes).unwrap();
        assert_eq!(rules::check(&index, HERE, &info), Ok(RuleOutcome::Fine));
        hashes.push(info.hash);
        index.add(HERE, &info);
    }
    out
}

#[derive(Default, Debug)]
struct Tally {
    gate: usize,
    rules: usize,
    failed: BTreeMap<String, usize>,
    aborted: usize,
    passed: usize,
}

fn try_all(rounds: usize, seed: u64, make: fn(&Stand, &mut Dice) -> Vec<u8>) -> Tally {
    let stands = stands(&history(24, 5));
    let mut dice = Dice::new(seed);
    let mut tally = Tally::default();
    for _ in 0..rounds {
        let stand = &stands[dice.roll(stands.len())];
        let bytes = make(stand, &mut dice);
        if bytes == stand.honest {
            continue;
        }
        let Ok(info) = parse(&bytes) else {
            tally.gate += 1;
            continue;
        };
        if rules::check(&stand.index, HERE, &info) != Ok(RuleOutcome::Fine) {
            tally.rules += 1;
            continue;
        }
        let tried = catch_unwind(AssertUnwindSafe(|| {
            let mut document = Some(stand.before.clone());
            let verdicts = try_changes(Catalog::builtin(), "case", &mut document, &[&bytes]);
            (verdicts[0], document.unwrap())
        }));
        match tried {
            Err(_) => tally.aborted += 1,
            Ok((Verdict::Failed(fault), document)) => {
                *tally.failed.entry(format!("{fault:?}")).or_default() += 1;
                assert_eq!(document.heads(), stand.before.heads());
            }
            Ok((Verdict::Passed, document)) => {
                tally.passed += 1;
                let again = document.saved_and_loaded().unwrap();
                assert_eq!(again.heads(), document.heads());
                assert_eq!(again.canonical_json(), document.canonical_json());
            }
        }
    }
    tally
}

#[test]
fn nothing_bent_gets_through_to_harm() {
    let tally = try_all(180_000, 1, |stand, dice| bend(&stand.honest, dice));
    assert_eq!(tally.aborted, 0, "{tally:?}");
    assert!(tally.gate > 100_000 && tally.passed > 0, "{tally:?}");
}

#[test]
fn nothing_forged_gets_through_to_harm() {
    let tally = try_all(20_000, 2, |stand, dice| forge(&stand.honest, &stand.known, dice));
    assert_eq!(tally.aborted, 0, "{tally:?}");
    assert!(tally.failed.values().sum::<usize>() > 1_000 && tally.passed > 0, "{tally:?}");
}

#[test]
fn without_its_rules_the_trial_aborts_and_with_them_it_does_not() {
    let history = history(12, 5);
    let (honest, before) = history.split_last().unwrap();
    let before: Vec<&[u8]> = before.iter().map(Vec::as_slice).collect();
    let bytes = find_aborting(&before, honest, 1).unwrap();
    let mut document = Document::open(ActorId::from_bytes([0; 16]), before).ok();
    let verdicts = try_changes(Catalog::builtin(), "case", &mut document, &[&bytes]);
    assert_eq!(verdicts, [Verdict::Failed(TrialFault::Replaces)]);
}

#[test]
fn honest_changes_of_many_hands_pass_in_any_causal_order() {
    let history = history(400, 7);
    let all: Vec<&[u8]> = history.iter().map(Vec::as_slice).collect();
    let mut document = None;
    for batch in all.chunks(40) {
        let verdicts = try_changes(Catalog::builtin(), "case", &mut document, batch);
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Passed));
    }
    // The other order: each actor's own changes as soon as their dependencies are there.
    let mut waiting: Vec<(ChunkInfo, &[u8])> =
        all.iter().map(|bytes| (parse(bytes).unwrap(), *bytes)).collect();
    waiting.sort_by_key(|(info, _)| info.hash);
    let mut other: Option<Document> = None;
    while !waiting.is_empty() {
        let knows = |hash| other.as_ref().is_some_and(|document| document.knows(hash));
        let at = waiting.iter().position(|(info, _)| info.deps.iter().all(knows)).unwrap();
        let (_, bytes) = waiting.remove(at);
        let verdicts = try_changes(Catalog::builtin(), "case", &mut other, &[bytes]);
        assert_eq!(verdicts, [Verdict::Passed]);
    }
    assert_eq!(other.unwrap().canonical_json(), document.unwrap().canonical_json());
}

#[test]
fn an_honest_change_taken_apart_and_put_together_is_the_same() {
    for bytes in history(200, 3) {
        let info = parse(&bytes).unwrap();
        let mut parts = Parts::split(&bytes).unwrap();
        assert_eq!(parts.join(), bytes);
        ops::write_ops(&mut parts, &info, true);
        let again = parts.join();
        assert_eq!(parse(&again).unwrap().ops, info.ops);
        assert_eq!(again, bytes);
    }
}
