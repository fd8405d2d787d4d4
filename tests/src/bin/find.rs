//! `find [--json]`: what looking for a name costs on this machine, over 10,000 made-up persons.
//!
//! Each figure is the least of many runs, so that other work on the machine counts as little as possible.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::hint::black_box;
use std::time::Instant;

use ankomst_model::people::{LOOKED, PERSONS, named, names, search, somebody};
use ankomst_shared::sound::twins::{Person, Written, likeness};

const RUNS: u32 = 30;

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
    let read = || (0..PERSONS).map(|at| somebody(&names, at)).collect::<Vec<_>>();
    let all = read();
    say("reading all persons once", least(|| read().len()), "ms");
    let mut worst = 0.0_f64;
    for wanted in LOOKED {
        let cost = least(|| search(&all, wanted));
        worst = worst.max(cost);
        say(&format!("search {wanted} ({} found)", search(&all, wanted)), cost, "ms");
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
