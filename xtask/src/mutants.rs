//! `cargo xtask mutants`: small faults put into merge and forms one at a time, and how many the tests notice.
//!
//! The work is cargo-mutants', which is not needed for anything else and is installed by whoever asks for it.
//! The choice depends on the seed and the code alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::stderr;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::run::{cargo_program, step, target, top};

const PLACES: [&str; 2] = ["shared/src/merge/**", "shared/src/form/**"];

/// Parts of the names of the tests that speak of merge and forms.
const TESTS: [&str; 4] = ["merge::", "form::", "conflict::", "occupancy::"];
/// Of the stories.
const STORIES: [&str; 4] = ["order_of_syncs", "any_delivery", "wrong_clock", "syncs_between"];
/// Tests that take longer than all others together; the stories come to the same.
const LONG: [&str; 6] =
    ["--skip", "any_of_a_thousand_deliveries", "--skip", "engine_total", "--skip", "too_large"];

/// Fewer samples than elsewhere: laws are held against so many records, stories told to so many new devices.
const SAMPLES: [(&str, &str); 3] = [
    ("PROPTEST_CASES", "64"),
    ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1"),
    ("ANKOMST_DELIVERIES", "20"),
];

/// Of a hundred mutants so many may survive.
const SURVIVORS_MAX: usize = 5;

/// Options of `mutants`.
#[derive(Args)]
pub(crate) struct MutantsArgs {
    /// Which are chosen.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many that compile.
    #[arg(long, default_value_t = 200)]
    count: usize,
    /// Print the result as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What became of the mutants, by name.
#[derive(Default)]
struct Found {
    caught: Vec<String>,
    timeout: Vec<String>,
    missed: Vec<String>,
    unviable: Vec<String>,
}

impl Found {
    fn viable(&self) -> usize {
        self.caught.len() + self.timeout.len() + self.missed.len()
    }

    fn is_too_much(&self) -> bool {
        self.missed.len() * 100 > self.viable() * SURVIVORS_MAX
    }
}

/// Chooses, tests and prints.
///
/// # Errors
/// When cargo-mutants is missing or fails, and when too many survive.
pub(crate) fn run(args: &MutantsArgs) -> anyhow::Result<()> {
    let installed = cargo(&["--version"]).output();
    if !installed.is_ok_and(|told| told.status.success()) {
        bail!("cargo-mutants is missing: cargo install --locked cargo-mutants");
    }
    let mut left = chosen(all()?, args.seed).into_iter();
    let mut found = Found::default();
    // Those that do not compile say nothing of the tests: others take their places.
    while found.viable() < args.count {
        let next: Vec<String> = left.by_ref().take(args.count - found.viable()).collect();
        if next.is_empty() {
            eprintln!("    there are only {} mutants", found.viable());
            break;
        }
        step(&format!("{} mutants", next.len()), || test(&next, &mut found))?;
    }
    say(args, &found);
    if found.is_too_much() {
        bail!(
            "more than {SURVIVORS_MAX} of 100 mutants survived: say in a test what each would break"
        );
    }
    Ok(())
}

fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(cargo_program());
    command.current_dir(top()).arg("mutants").args(args);
    command
}

/// Names of all mutants: place, line, column and what is changed.
fn all() -> anyhow::Result<Vec<String>> {
    let files = PLACES.iter().flat_map(|place| ["--file", place]);
    let args: Vec<&str> = ["--list", "--json"].into_iter().chain(files).collect();
    let told = cargo(&args).stderr(Stdio::inherit()).output()?;
    if !told.status.success() {
        bail!("cargo-mutants could not list the mutants: {}", told.status);
    }
    let list: Vec<Value> = serde_json::from_slice(&told.stdout)?;
    let name = |one: &Value| one.get("name").and_then(Value::as_str).map(str::to_owned);
    list.iter().map(name).collect::<Option<_>>().context("a mutant has no name")
}

/// The order of the seed. Lines and columns do not count, so that code that moves changes no choice.
fn chosen(all: Vec<String>, seed: u64) -> Vec<String> {
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    let mut ordered: Vec<_> = all
        .into_iter()
        .map(|name| {
            let change = name.split_once(": ").map_or("", |(_, change)| change);
            let file = name.split(':').next().unwrap_or_default();
            let what = format!("{file} {change}");
            let number = met.entry(what.clone()).or_default();
            *number += 1;
            (Sha256::digest(format!("{seed} {what} {number}")), name)
        })
        .collect();
    ordered.sort();
    ordered.into_iter().map(|(_, name)| name).collect()
}

/// Tests exactly these and adds what became of them: first the quick tests, then, for those that they did not
/// notice, the long ones and the stories.
fn test(names: &[String], found: &mut Found) -> anyhow::Result<()> {
    let quick = pass(names, &[&["--cargo-arg=--lib", "--", "--"], &TESTS[..], &LONG[..]].concat())?;
    let stories = ["--cargo-arg=--lib", "--cargo-arg=--test=stories", "--", "--"];
    let whole = if quick.missed.is_empty() {
        Found::default()
    } else {
        pass(&quick.missed, &[&stories[..], &TESTS[..], &STORIES[..]].concat())?
    };
    for more in [Found { missed: Vec::new(), ..quick }, whole] {
        found.caught.extend(more.caught);
        found.timeout.extend(more.timeout);
        found.missed.extend(more.missed);
        found.unviable.extend(more.unviable);
    }
    Ok(())
}

fn pass(names: &[String], tests: &[&str]) -> anyhow::Result<Found> {
    let out = target().join("mutants");
    fs::create_dir_all(&out)?;
    let settings = out.join("chosen.toml");
    let only: Vec<String> = names.iter().map(|name| format!("^{}$", regex::escape(name))).collect();
    let only = toml::Table::from_iter([("examine_re".to_owned(), toml::Value::try_from(only)?)]);
    fs::write(&settings, toml::to_string(&only)?)?;
    let mut command = cargo(&[
        "--minimum-test-timeout",
        "60",
        "--colors",
        "never",
        "--cap-lints",
        "true",
        "--jobs",
        "1",
    ]);
    command.args(PLACES.iter().flat_map(|place| ["--file", place]));
    command.arg("--config").arg(&settings).arg("--output").arg(&out).args(tests);
    command.env("CARGO_TARGET_DIR", out.join("target")).envs(SAMPLES).stdout(stderr());
    command.env("CARGO_INCREMENTAL", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_PROFILE_TEST_DEBUG", "0");
    let status = command.status()?;
    // Fields left out of a struct are tested whatever is asked for; they count when they were chosen.
    let told = |list: &str| -> anyhow::Result<Vec<String>> {
        let told = fs::read_to_string(out.join("mutants.out").join(list).with_extension("txt"))?;
        let asked = told.lines().filter(|line| names.iter().any(|name| name == line));
        Ok(asked.map(str::to_owned).collect())
    };
    let found = Found {
        caught: told("caught")?,
        timeout: told("timeout")?,
        missed: told("missed")?,
        unviable: told("unviable")?,
    };
    // Its own status also says that some survived.
    if found.viable() + found.unviable.len() != names.len() {
        bail!("not every mutant was tested ({status}); the logs are in {}", out.display());
    }
    Ok(found)
}

fn say(args: &MutantsArgs, found: &Found) {
    let counts = [&found.caught, &found.timeout, &found.missed, &found.unviable].map(Vec::len);
    let [caught, timeout, survived, unviable] = counts;
    if args.json {
        println!(
            "{}",
            json!({
                "seed": args.seed, "mutants": found.viable(), "caught": caught, "timed_out": timeout,
                "survived": survived, "unviable": unviable, "survivors": found.missed,
            })
        );
        return;
    }
    println!(
        "seed {}: {} mutants, {caught} caught, {timeout} timed out, {survived} survived; {unviable} more \
         do not compile",
        args.seed,
        found.viable()
    );
    for name in &found.missed {
        println!("  survived: {name}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_depends_on_the_seed_and_not_on_lines() {
        let names = |lines: [u32; 3]| -> Vec<String> {
            let name =
                |(line, what)| format!("shared/src/form/mod.rs:{line}:5: replace {what} in f");
            lines.into_iter().zip(["+ with -", "+ with -", "== with !="]).map(name).collect()
        };
        let places = |seed, lines| {
            let all = names(lines);
            let place = |one: &String| all.iter().position(|name| name == one);
            chosen(all.clone(), seed).iter().map(place).collect::<Vec<_>>()
        };
        assert!((0..20).all(|seed| places(seed, [1, 2, 3]) == places(seed, [10, 200, 999])));
        assert!((0..20).any(|seed| places(seed, [1, 2, 3]) != places(20, [1, 2, 3])));
    }

    #[test]
    fn five_of_a_hundred_may_survive() {
        let of = |caught: usize, missed: usize| Found {
            caught: vec![String::new(); caught],
            missed: vec![String::new(); missed],
            ..Found::default()
        };
        assert!(!of(190, 10).is_too_much());
        assert!(of(189, 11).is_too_much());
        assert!(!of(0, 0).is_too_much());
    }
}
