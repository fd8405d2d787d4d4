//! A place in a history: what comes next there is bent and forged, and whoever takes it must stay sound.

use std::collections::BTreeSet;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::{ChunkInfo, MemoryIndex, RuleOutcome, parse, rules};
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, UserId};
use ankomst_shared::merge::record_state;
use ankomst_shared::path::FieldPath;
use ankomst_shared::trial::{Verdict, try_changes};
use ankomst_shared::value::Value;
use anyhow::{Context, ensure};

use crate::kinds::HERE;

/// A place in a history.
pub(crate) struct Stand {
    /// The record's kind.
    pub(crate) kind: String,
    /// What came before.
    pub(crate) known: Vec<ChangeHash>,
    /// The honest change that comes next.
    pub(crate) honest: Vec<u8>,
    index: MemoryIndex,
    before: Document,
    /// What came later and does not build on the honest change.
    later: Vec<Vec<u8>>,
    /// The record with that.
    after: Document,
}

/// What became of a hostile change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The gate refused it.
    Gate,
    /// The rules refused it.
    Rules,
    /// The trial refused it, and why.
    Trial(String),
    /// It passed and did no harm.
    Passed,
    /// It passed, and two who have it differ.
    Diverged,
    /// It passed, and the record is not what it was for others.
    Poisoned(&'static str),
}

fn nobody() -> ActorId {
    ActorId::from_bytes([0; 16])
}

/// All places in a history.
///
/// # Errors
/// When it is not honest, which is a defect.
pub(crate) fn stands(kind: &str, history: &[Vec<u8>]) -> anyhow::Result<Vec<Stand>> {
    let infos: Vec<ChunkInfo> =
        history.iter().map(|bytes| parse(bytes)).collect::<Result<_, _>>()?;
    let mut index = MemoryIndex::default();
    let (mut all, mut known) = (Vec::new(), Vec::new());
    for (at, info) in infos.iter().enumerate() {
        ensure!(rules::check(&index, HERE, info) == Ok(RuleOutcome::Fine), "honest changes follow");
        if at > 0 {
            let (earlier, next) = history.split_at(at);
            let (honest, rest) = next.split_first().context("the next change")?;
            let mut above = BTreeSet::from([info.hash]);
            let mut later = Vec::new();
            for (bytes, info) in rest.iter().zip(infos.iter().skip(at + 1)) {
                if info.deps.iter().any(|dep| above.contains(dep)) {
                    above.insert(info.hash);
                } else {
                    later.push(bytes.clone());
                }
            }
            let before = Document::open(nobody(), earlier.iter().map(Vec::as_slice))?;
            let mut after = before.clone();
            after.apply(later.iter().map(Vec::as_slice))?;
            let (kind, known, honest) = (kind.to_owned(), known.clone(), honest.clone());
            all.push(Stand { kind, known, honest, index: index.clone(), before, later, after });
        }
        known.push(info.hash);
        index.add(HERE, info);
    }
    Ok(all)
}

impl Stand {
    /// Sends a change through gate, rules and trial, and gives what passes to others in two orders.
    pub(crate) fn meets(&self, catalog: &Catalog, bytes: &[u8]) -> Fate {
        let Ok(info) = parse(bytes) else { return Fate::Gate };
        if rules::check(&self.index, HERE, &info) != Ok(RuleOutcome::Fine) {
            return Fate::Rules;
        }
        let mut tried = Some(self.before.clone());
        let verdicts = try_changes(catalog, &self.kind, &mut tried, &[bytes]);
        match (verdicts.first(), tried) {
            (Some(Verdict::Failed(fault)), Some(left)) => {
                let same = left.heads() == self.before.heads();
                if same {
                    Fate::Trial(format!("{fault:?}"))
                } else {
                    Fate::Poisoned("it left something")
                }
            }
            (Some(Verdict::Passed), Some(taken)) => self.taken(catalog, &info, taken),
            _ => Fate::Poisoned("the trial did not say"),
        }
    }

    /// One hears of it before what others wrote, the other after it.
    fn taken(&self, catalog: &Catalog, info: &ChunkInfo, mut first: Document) -> Fate {
        let mut last = self.after.clone();
        let later = first.apply(self.later.iter().map(Vec::as_slice));
        let own = last.apply([info.bytes.as_slice()]);
        if !later.is_ok_and(|applied| applied.waiting.is_empty())
            || !own.is_ok_and(|applied| applied.new == [info.hash])
        {
            return Fate::Poisoned("it cannot be applied");
        }
        let content = first.canonical_json();
        if first.heads() != last.heads() || content != last.canonical_json() {
            return Fate::Diverged;
        }
        let Some(again) = first.saved_and_loaded() else {
            return Fate::Poisoned("it does not load");
        };
        if again.canonical_json() != content {
            return Fate::Diverged;
        }
        // People read the record, and write on.
        let read = record_state(catalog, (&self.kind, HERE), &first, None);
        let other = record_state(catalog, (&self.kind, HERE), &last, None);
        if format!("{read:?}") != format!("{other:?}") {
            return Fate::Diverged;
        }
        let by = Authoring {
            device: DeviceId::new(1, [9; 10]),
            user: UserId::new(1, [9; 10]),
            now_ms: 1_790_000_900_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let chunks = first.chunks();
        let all = chunks.iter().map(|chunk| chunk.bytes.as_slice());
        let Ok(mut person) = Document::open(ActorId::from_bytes([201; 16]), all) else {
            return Fate::Poisoned("it does not open");
        };
        let path = info.ops.iter().map(|op| &op.key).find(|key| key.as_str() != "header");
        let Some(path) = path.cloned().or_else(|| FieldPath::parse("remark").ok()) else {
            return Fate::Passed;
        };
        match person.commit(&[Edit { path, value: Value::Null }], &by) {
            Ok(Some(next)) => {
                let mut record = Some(last);
                let verdicts = try_changes(catalog, &self.kind, &mut record, &[&next.bytes]);
                if verdicts == [Verdict::Passed] {
                    Fate::Passed
                } else {
                    Fate::Poisoned("nobody can write on")
                }
            }
            Ok(None) => Fate::Passed,
            Err(_) => Fate::Poisoned("nobody can write on"),
        }
    }
}
