//! `cargo xtask bench find`: what looking for a person among 10,000 costs.

use std::process::Command;

use clap::Args;

use crate::run::{cargo, run as start, step, target};

/// Options of `bench find`.
#[derive(Args)]
pub(crate) struct FindArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Builds and measures.
///
/// # Errors
/// When a build or the program fails.
pub(crate) fn run(args: &FindArgs) -> anyhow::Result<()> {
    step("find", || {
        cargo(&["build", "--quiet", "--release", "-p", "ankomst-tests", "--bin", "find"])
    })?;
    let mut program = Command::new(target().join("release/find"));
    start(if args.json { program.arg("--json") } else { &mut program })
}
