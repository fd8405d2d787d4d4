//! A block of hostile changes, made and met in one process; what it ends, or what never ends, its parent sees.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::hostile::{Dice, bend, forge};
use ankomst_shared::trial::{Verdict, try_changes};
use anyhow::ensure;
use serde_json::{Value, json};

use crate::kinds::history;
use crate::stand::{Fate, Stand, stands};

/// Changes of the history of each kind.
const LENGTH: usize = 24;

/// What became of hostile changes.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn add(&mut self, what: &str, count: u64) {
        *self.counts.entry(what.to_owned()).or_default() += count;
    }

    pub(crate) fn get(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    pub(crate) fn told(&self) -> Value {
        json!(self.counts)
    }
}

/// Makes and meets the hostile changes of a block. Says of each one that does harm how it is made again.
///
/// # Errors
/// When honest histories cannot be made.
pub(crate) fn run(seed: u64, count: u64) -> anyhow::Result<Tally> {
    let catalog = Catalog::builtin();
    let mut places = Vec::new();
    for (kind, number) in catalog.package().kinds.iter().zip(1..) {
        let seed = seed.wrapping_mul(1_000).wrapping_add(number);
        places.extend(stands(&kind.id, &history(catalog, kind, (LENGTH, seed))?)?);
    }
    ensure!(!places.is_empty(), "there are kinds");
    // A panic is counted; what else ends the process, the parent counts.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut dice, mut tally) = (Dice::new(seed), Tally::default());
    for at in 0..count {
        let Some(stand) = places.get(dice.roll(places.len())) else { continue };
        let bytes = hostile(stand, &mut dice);
        if bytes == stand.honest {
            tally.add("unchanged", 1);
            continue;
        }
        let met = catch_unwind(AssertUnwindSafe(|| stand.meets(catalog, &bytes)));
        let what = match &met {
            Ok(Fate::Gate) => "gate".to_owned(),
            Ok(Fate::Rules) => "rules".to_owned(),
            Ok(Fate::Trial(fault)) => format!("trial {fault}"),
            Ok(Fate::Passed) => "passed".to_owned(),
            Ok(Fate::Diverged) => "diverged".to_owned(),
            Ok(Fate::Poisoned(_)) => "poisoned".to_owned(),
            Err(_) => "aborted".to_owned(),
        };
        if let Ok(Fate::Poisoned(_) | Fate::Diverged) | Err(_) = &met {
            eprintln!("{what}: {met:?}: block seed {seed}, change {at}, kind {}", stand.kind);
        }
        tally.add(&what, 1);
    }
    Ok(tally)
}

fn hostile(stand: &Stand, dice: &mut Dice) -> Vec<u8> {
    match dice.roll(4) {
        0 => forge(&stand.honest, &stand.known, dice),
        _ => bend(&stand.honest, dice),
    }
}

/// Sends honest changes of every kind through gate, rules and trial until there were so many; all must pass.
///
/// # Errors
/// When one does not.
pub(crate) fn honest(seed: u64, count: u64) -> anyhow::Result<u64> {
    let (catalog, mut done, mut round) = (Catalog::builtin(), 0, 0);
    while done < count {
        for (kind, number) in catalog.package().kinds.iter().zip(1_u64..) {
            let own = seed.wrapping_add(round).wrapping_mul(1_000).wrapping_add(number);
            let history = history(catalog, kind, (60, own))?;
            // The rules are asked here.
            stands(&kind.id, &history)?;
            let all: Vec<&[u8]> = history.iter().map(Vec::as_slice).collect();
            let mut document = None;
            for batch in all.chunks(20) {
                let verdicts = try_changes(catalog, &kind.id, &mut document, batch);
                ensure!(
                    verdicts.iter().all(|verdict| *verdict == Verdict::Passed),
                    "an honest change of kind {} does not pass: {verdicts:?}",
                    kind.id
                );
            }
            done += u64::try_from(history.len())?;
        }
        round += 1;
    }
    Ok(done)
}
