//! `cargo xtask turmoil`: the server's own listener on a network that fails, a storm for each seed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::run::{cargo, step, target};

/// Options of `turmoil`.
#[derive(Args)]
pub(crate) struct StormArgs {
    /// The first and the last seed.
    #[arg(long, default_value = "1..1000")]
    seed: String,
}

impl StormArgs {
    /// As many as every run of all checks has time for.
    pub(crate) fn kept() -> Self {
        Self { seed: "1..36".to_owned() }
    }
}

fn program() -> PathBuf {
    target().join("fast").join("turmoil")
}

/// Lives through storms, on all cores.
///
/// # Errors
/// When something was not as it must be; its seed is told.
pub(crate) fn run(args: &StormArgs) -> anyhow::Result<()> {
    step("storms", || {
        cargo(&["build", "--quiet", "--profile", "fast", "-p", "ankomst-sim", "--bin", "turmoil"])
    })?;
    let (first, last) = args.seed.split_once("..").unwrap_or((&args.seed, &args.seed));
    let (first, last): (u64, u64) = (first.parse()?, last.parse()?);
    let hands = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = (first..=last).take(hands);
    let started: Vec<_> = parts
        .map(|one| {
            let mut command = Command::new(program());
            command.args(["--seed", &format!("{one}..{last}"), "--step", &hands.to_string()]);
            command.stdout(Stdio::piped()).spawn().context("starting the storms")
        })
        .collect::<anyhow::Result<_>>()?;
    let (mut seeds, mut faults) = (0, 0);
    for child in started {
        let output = child.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        let told: Value =
            serde_json::from_str(told.lines().last().context("the storms broke off")?)?;
        let count = |key: &str| told.get(key).and_then(Value::as_u64).context("a count");
        seeds += count("seeds")?;
        faults += count("faults")?;
    }
    println!("{}", json!({ "seeds": seeds, "faults": faults }));
    ensure!(
        faults == 0,
        "not everything was as it must be; again: cargo xtask turmoil --seed N..N"
    );
    Ok(())
}
