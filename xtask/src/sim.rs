//! `cargo xtask sim`: whole histories of many tablets and the server, each decided by its seed.
//!
//! What went wrong once stands in `tests/sim/seeds.txt` and is lived through first. A history that goes wrong is told
//! with the command that lives it again, and noted in `target/sim/failed.txt`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::run::{cargo, cargo_program, step, target, top};
use crate::web;

/// What stands before the seed of a history that went wrong.
const FAILED: &str = "failed seed: ";

/// Options of `sim`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
pub(crate) struct SimArgs {
    /// Tablets of each history.
    #[arg(long, default_value_t = 5)]
    devices: usize,
    /// Days of each history.
    #[arg(long, default_value_t = 5)]
    days: u32,
    /// The first and the last seed.
    #[arg(long, default_value = "1..400")]
    seed: String,
    /// Tablets are also ordered to be wiped, and revoked.
    #[arg(long)]
    orders: bool,
    /// Only the last line, as one JSON object.
    #[arg(long)]
    json: bool,
    /// Plants each defect in turn and fails when one of them is not found in 200 histories.
    #[arg(long)]
    plants: bool,
    /// Plants one defect in the code of both sides and fails when histories or the stories at browsers do not find it.
    #[arg(long)]
    browser: bool,
}

impl SimArgs {
    /// As every run of all checks does it: kept seeds, and ten thousand days of tablets.
    pub(crate) fn kept() -> Self {
        Self::plain("1..400", false)
    }

    /// The histories with orders that every run of all checks has besides.
    pub(crate) fn ordered() -> Self {
        Self::plain("1..40", true)
    }

    fn plain(seed: &str, orders: bool) -> Self {
        let seed = seed.to_owned();
        Self { devices: 5, days: 5, seed, orders, json: false, plants: false, browser: false }
    }
}

/// Builds the program that lives histories.
fn built() -> anyhow::Result<()> {
    step("simulation", || {
        cargo(&["build", "--quiet", "--profile", "fast", "-p", "ankomst-sim", "--bin", "sim"])
    })
}

/// What came of histories.
#[derive(Default)]
struct Sum {
    device_days: u64,
    seeds: u64,
    lost: u64,
    diverged: u64,
}

impl Sum {
    fn add(&mut self, line: &str) -> anyhow::Result<()> {
        let told: Value = serde_json::from_str(line).context("the last line of a history")?;
        let count = |key: &str| told.get(key).and_then(Value::as_u64).context("a count");
        self.device_days += count("device_days")?;
        self.seeds += count("seeds")?;
        self.lost += count("lost")?;
        self.diverged += count("diverged")?;
        Ok(())
    }
}

/// Lives histories.
///
/// # Errors
/// When one goes wrong.
pub(crate) fn run(args: &SimArgs) -> anyhow::Result<()> {
    built()?;
    if args.browser {
        return everywhere();
    }
    if args.plants {
        return plants();
    }
    let mut sum = Sum::default();
    for line in fs::read_to_string(top().join("tests/sim/seeds.txt"))?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(history) = History::of(&words).filter(|one| one.orders == args.orders) {
            wait(vec![(history.start(1)?, history)], &mut sum)?;
        }
    }
    let (devices, days) = (args.devices.to_string(), args.days.to_string());
    let (first, last) = args.seed.split_once("..").unwrap_or((&args.seed, &args.seed));
    let (first, last): (u64, u64) = (first.parse()?, last.parse()?);
    let parts: Vec<String> =
        (first..=last).take(hands()).map(|one| format!("{one}..{last}")).collect();
    let mut all = Vec::new();
    for seed in &parts {
        let history = History { devices: &devices, days: &days, seed, orders: args.orders };
        all.push((history.start(parts.len())?, history));
    }
    let outcome = wait(all, &mut sum);
    let told = json!({
        "device_days": sum.device_days, "seeds": sum.seeds, "lost": sum.lost, "diverged": sum.diverged
    });
    if !args.json {
        eprintln!("    tests/sim/seeds.txt first, then seeds {first} to {last}");
    }
    println!("{told}");
    outcome
}

#[derive(Clone, Copy)]
struct History<'a> {
    devices: &'a str,
    days: &'a str,
    seed: &'a str,
    orders: bool,
}

/// Programs that run at a time.
fn hands() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn program() -> PathBuf {
    target().join("fast").join("sim")
}

impl<'a> History<'a> {
    /// From a line of those that were kept.
    fn of(words: &[&'a str]) -> Option<Self> {
        match *words {
            [devices, days, seed] => Some(Self { devices, days, seed, orders: false }),
            [devices, days, seed, "orders"] => Some(Self { devices, days, seed, orders: true }),
            _ => None,
        }
    }

    fn start(&self, step: usize) -> anyhow::Result<Child> {
        let mut command = Command::new(program());
        command.args([
            "--devices",
            self.devices,
            "--days",
            self.days,
            "--seed",
            self.seed,
            "--step",
        ]);
        command.arg(step.to_string());
        if self.orders {
            command.arg("--orders");
        }
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        child.spawn().context("starting the simulation")
    }
}

/// Waits for histories, adds what came of them, and notes those that went wrong.
fn wait(all: Vec<(Child, History<'_>)>, sum: &mut Sum) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for (child, History { devices, days, orders, .. }) in all {
        let orders = if orders { " orders" } else { "" };
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        if let Some(line) = told.lines().last() {
            sum.add(line)?;
        }
        let seeds = said.lines().filter_map(|line| line.strip_prefix(FAILED));
        failed.extend(seeds.map(|seed| format!("{devices} {days} {seed}{orders}")));
        if !output.status.success() {
            eprint!("{said}");
            ensure!(!failed.is_empty(), "the simulation broke off");
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let folder = target().join("sim");
    fs::create_dir_all(&folder)?;
    let file = fs::File::options().append(true).create(true).open(folder.join("failed.txt"));
    let mut file = file?;
    for one in &failed {
        writeln!(file, "{one}")?;
        let words: Vec<&str> = one.split(' ').collect();
        if let Some(History { devices, days, seed, orders }) = History::of(&words) {
            let orders = if orders { " --orders" } else { "" };
            eprintln!(
                "again: cargo xtask sim --devices {devices} --days {days} --seed {seed}..{seed}{orders}"
            );
        }
    }
    bail!(
        "{} histories went wrong; a line for tests/sim/seeds.txt of each is in failed.txt",
        failed.len()
    )
}

/// Plants each defect in turn, as many at a time as there are cores.
fn plants() -> anyhow::Result<()> {
    all_found(
        &names()?.iter().enumerate().map(|(at, name)| (at, name.as_str())).collect::<Vec<_>>(),
    )
}

/// Each of these must be found in one of the first histories.
fn all_found(all: &[(usize, &str)]) -> anyhow::Result<()> {
    let anywhere: Vec<_> = all.iter().map(|(at, name)| (*at, *name, "1..200")).collect();
    let missed: Vec<&str> = sought(&anywhere)?.into_iter().map(|(_, name)| name).collect();
    ensure!(missed.is_empty(), "a planted defect was not found: {}", missed.join(", "));
    Ok(())
}

/// Plants each defect in the one history that `tests/sim/plants.txt` says finds it, and where that has changed its
/// course in others.
///
/// # Errors
/// When one is not found, or has no line there.
pub(crate) fn planted() -> anyhow::Result<()> {
    built()?;
    let kept = fs::read_to_string(top().join("tests/sim/plants.txt"))?;
    let kept: Vec<(&str, &str)> = kept.lines().filter_map(|line| line.split_once(' ')).collect();
    let names = names()?;
    let of = |name: &String| kept.iter().find(|(of, _)| of == name).map_or("", |(_, seed)| *seed);
    let all: Vec<_> =
        names.iter().enumerate().map(|(at, name)| (at, name.as_str(), of(name))).collect();
    let is_noted = all.iter().all(|(_, _, seed)| !seed.is_empty());
    ensure!(is_noted, "tests/sim/plants.txt: one line for each planted defect");
    all_found(&sought(&all)?)
}

/// The defects that can be planted, in their order.
fn names() -> anyhow::Result<Vec<String>> {
    let output = Command::new(program()).arg("--names").output()?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// Seeks defects, by number and name, each in the histories of its seeds; gives those that are not found.
fn sought<'a>(all: &[(usize, &'a str, &str)]) -> anyhow::Result<Vec<(usize, &'a str)>> {
    let mut missed = Vec::new();
    for some in all.chunks(hands()) {
        let mut children = Vec::new();
        for (at, name, seeds) in some {
            let mut command = Command::new(program());
            command.args(["--seed", seeds, "--plant", &at.to_string()]);
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
            children.push((child, (*at, *name)));
        }
        for (child, one) in children {
            let output = child.wait_with_output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            if let Some((seed, fault)) = finding(output.status.code(), &said) {
                println!("{}: seed {seed}, {fault}", one.1);
            } else {
                println!("{}: not found", one.1);
                eprint!("{said}");
                missed.push(one);
            }
        }
    }
    Ok(missed)
}

/// The seed of the history that found a defect and the first fault that was told of it. A program that broke off has
/// found nothing.
fn finding(status: Option<i32>, said: &str) -> Option<(&str, &str)> {
    let mut lines = said.lines().skip_while(|line| !line.starts_with(FAILED));
    let seed = lines.next()?.strip_prefix(FAILED)?;
    let fault = lines.next()?.strip_prefix("  ")?;
    (status == Some(1)).then_some((seed, fault))
}

/// The place of the defect, from 1, that of values that contradict each other only one stands.
const LAST_WINS: usize = 5;

/// Plants that defect, which is in the code of both sides: histories must find it, and so must the stories at browsers,
/// which find nothing wrong with an app that does not have it.
fn everywhere() -> anyhow::Result<()> {
    step("histories with a defect", || {
        let at = (LAST_WINS - 1).to_string();
        let output = Command::new(program()).args(["--seed", "1..200", "--plant", &at]).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(finding(output.status.code(), &said).is_some(), "no history notices the defect");
        eprint!("{said}");
        Ok(())
    })?;
    let sound = step("app", || web::run(&web::WebArgs::default()))?;
    let planted =
        step("app with a defect", || web::run(&web::WebArgs::planted(&LAST_WINS.to_string())))?;
    step("programs", || {
        cargo(&["build", "--quiet", "-p", "ankomst-server", "-p", "ankomst-tests", "--bins"])
    })?;
    step("stories at browsers", || {
        ensure!(stories(&sound)?, "the stories fail without a defect, so that they say nothing");
        Ok(())
    })?;
    step("stories at browsers with a defect", || {
        ensure!(!stories(&planted)?, "the stories at browsers do not notice the defect");
        Ok(())
    })?;
    println!("LastWins: histories and the stories at browsers notice it");
    Ok(())
}

/// Whether the stories at browsers hold with an app. The selection of packages is that of `cargo xtask test`, so that
/// nothing is built anew.
fn stories(app: &Path) -> anyhow::Result<bool> {
    let mut command = Command::new(cargo_program());
    command.current_dir(top()).args(["test", "--workspace", "--exclude", "ankomst-core-wasm"]);
    command.args(["--exclude", "ankomst-ui-wasm", "--exclude", "ankomst-sim", "--test", "stories"]);
    command.env("ANKOMST_BIN", target().join("debug").join("ankomst"));
    // Without a browser this is no test.
    command.env("ANKOMST_APP", app).env("ANKOMST_BROWSER", "1").env("CI", "1");
    Ok(command.status()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fault_that_was_told_is_a_finding() {
        let told = "failed seed: 7\n  rows are not those of the log\n  more\n";
        assert_eq!(finding(Some(1), told), Some(("7", "rows are not those of the log")));
        for (status, said) in [
            (Some(0), ""),
            (Some(101), "thread 'main' panicked at hub.rs:1:\n  called `Option::unwrap()`"),
            (Some(101), told),
            (None, told),
            (Some(1), "failed seed: 7\n"),
        ] {
            assert_eq!(finding(status, said), None, "{status:?} {said}");
        }
    }
}
