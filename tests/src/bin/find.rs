//! `find [--json]`: what looking for a name costs on this machine, over 10,000 made-up persons.
//!
//! Each figure is the least of many runs, so that other work on the machine counts as little as possible.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::hint::black_box;
use std::time::Instant;

use ankomst_shared::find::{Somebody, Text, Wanted};
use ankomst_shared::sound::Name;
use ankomst_shared::sound::twins::{Person, Written, likeness};

const PERSONS: usize = 10_000;
const RUNS: u32 = 30;
/// What is looked for: as it is written, in other letters, a beginning, two words, a number, nobody.
const LOOKED: [&str; 8] =
    ["Mohammed", "محمد", "Мухаммед", "Moham", "Tesfai Kidan", "ተስፋይ", "19900526", "Qvxzqyk"];

/// Names of the list of pairs: many people in many scripts.
fn names() -> Vec<&'static str> {
    let list = include_str!("../../../shared/tests/names/pairs.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(" | ").take(2)).collect()
}

/// The names of a person of that number.
fn named<'a>(names: &[&'a str], at: usize) -> [&'a str; 3] {
    let name = |step: usize| {
        let place = (at.wrapping_mul(step).wrapping_add(at / 7)) % names.len().max(1);
        names.get(place).copied().unwrap_or_default()
    };
    [name(31), name(113), name(271)]
}

fn least<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        black_box(work());
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1_000.0
}

fn main() {
    let json = std::env::args().any(|arg| arg == "--json");
    let say = |metric: &str, value: f64, unit: &str| {
        if json {
            let line = serde_json::json!({
                "bench": "find", "scenario": "10000", "metric": metric, "value": value, "unit": unit
            });
            println!("{line}");
        } else {
            println!("find 10000     {metric:<40} {value:>12.2} {unit}");
        }
    };
    let names = names();
    let somebody = |at: usize| {
        let [given, family, native] = named(&names, at);
        let born = format!("19{:02}{:02}{:02}", at % 90, at % 12 + 1, at % 28 + 1);
        let text =
            format!("{given} {family} {native} {born}-0000 99-{at:06} +4670174{:04}", at % 9_999);
        Somebody { text: Text::of(&text), names: [given, family, native].map(Name::of).to_vec() }
    };
    let all: Vec<Somebody> = (0..PERSONS).map(somebody).collect();
    say("reading all persons once", least(|| (0..PERSONS).map(somebody).count()), "ms");
    let mut worst = 0.0_f64;
    for wanted in LOOKED {
        let looked = Wanted::all(wanted);
        let around = vec![false; looked.len()];
        let look = || all.iter().filter(|one| one.fits(&looked, &around).is_some()).count();
        let cost = least(look);
        worst = worst.max(cost);
        say(&format!("search {wanted} ({} found)", look()), cost, "ms");
    }
    say("search, the dearest", worst, "ms");
    let person = |at: usize| {
        let [given, family, native] = named(&names, at);
        Person {
            given: vec![Written::of(given)],
            family: Written::of(family),
            whole: vec![Written::of(native)],
            born: format!("19{:02}-{:02}-{:02}", at % 90, at % 12 + 1, at % 28 + 1),
            is_born_exact: true,
            file: format!("99{at:06}"),
            ..Person::default()
        }
    };
    let people: Vec<Person> = (0..PERSONS).map(person).collect();
    let Some(one) = people.get(PERSONS / 2) else { return };
    let like = || people.iter().filter(|other| likeness(one, other).is_some()).count();
    say("who may be one person", least(like), "ms");
}
