//! `cargo xtask hostile`: hostile changes, made at run time from their seed, through gate, rules and trial
//! (`tests/hostile`).

use std::process::Command;

use clap::Args;

use crate::run::{cargo, run as start, step, target};

/// Options of `hostile`.
#[derive(Args)]
pub(crate) struct HostileArgs {
    /// How many hostile changes.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the last line, as one JSON object.
    #[arg(long)]
    json: bool,
}

impl HostileArgs {
    /// As every run of all checks does it.
    pub(crate) const fn kept() -> Self {
        Self { count: 250_000, seed: 1, json: false }
    }
}

/// Makes and meets hostile changes.
///
/// # Errors
/// When one ends or hangs its process, poisons a record or makes two who have it differ, or an honest one does not
/// pass.
pub(crate) fn run(args: &HostileArgs) -> anyhow::Result<()> {
    step("program of hostile changes", || {
        cargo(&[
            "build",
            "--quiet",
            "--profile",
            "fast",
            "-p",
            "ankomst-hostile",
            "--bin",
            "hostile",
        ])
    })?;
    let mut command = Command::new(target().join("fast").join("hostile"));
    command.args(["--count", &args.count.to_string(), "--seed", &args.seed.to_string()]);
    if args.json {
        command.arg("--json");
    }
    start(&mut command)
}
