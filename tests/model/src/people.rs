//! Ten thousand made-up persons, and what is looked for among them.

use ankomst_shared::find::{Somebody, Text, Wanted};
use ankomst_shared::sound::Name;

use crate::watch::Watch;

/// How many persons.
pub const PERSONS: usize = 10_000;
/// What is looked for: as it is written, in other letters, a beginning, two words, a number, nobody.
pub const LOOKED: [&str; 8] =
    ["Mohammed", "محمد", "Мухаммед", "Moham", "Tesfai Kidan", "ተስፋይ", "19900526", "Qvxzqyk"];

/// Names of the list of pairs: many people in many scripts.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let list = include_str!("../../../shared/tests/names/pairs.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(" | ").take(2)).collect()
}

/// The names of the person of a number.
#[must_use]
pub fn named<'a>(names: &[&'a str], at: usize) -> [&'a str; 3] {
    let name = |step: usize| {
        let place = (at.wrapping_mul(step).wrapping_add(at / 7)) % names.len().max(1);
        names.get(place).copied().unwrap_or_default()
    };
    [name(31), name(113), name(271)]
}

/// The person of a number, as a register reads it.
#[must_use]
pub fn somebody(names: &[&str], at: usize) -> Somebody {
    let [given, family, native] = named(names, at);
    let born = format!("19{:02}{:02}{:02}", at % 90, at % 12 + 1, at % 28 + 1);
    let text =
        format!("{given} {family} {native} {born}-0000 99-{at:06} +4670174{:04}", at % 9_999);
    Somebody { text: Text::of(&text), names: [given, family, native].map(Name::of).to_vec() }
}

/// How many of them are found.
#[must_use]
pub fn search(all: &[Somebody], wanted: &str) -> usize {
    let looked = Wanted::all(wanted);
    let around = vec![false; looked.len()];
    all.iter().filter(|one| one.fits(&looked, &around).is_some()).count()
}

/// What the dearest search costs, in microseconds.
#[must_use]
pub fn dearest(watch: Watch<'_>) -> f64 {
    let names = names();
    let all: Vec<Somebody> = (0..PERSONS).map(|at| somebody(&names, at)).collect();
    LOOKED.iter().map(|wanted| watch.time(|| search(&all, wanted))).fold(0.0, f64::max)
}
