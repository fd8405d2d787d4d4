//! `cargo xtask bench model`: what opening, editing, merging and reading a case costs.

use std::process::Command;

use clap::Args;

use crate::run::{cargo, run as start, step, target};

/// Options of `bench model`.
#[derive(Args)]
pub(crate) struct ModelArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Builds and measures.
///
/// # Errors
/// When a build or the program fails.
pub(crate) fn run(args: &ModelArgs) -> anyhow::Result<()> {
    step("model", || {
        cargo(&["build", "--quiet", "--release", "-p", "ankomst-tests", "--bin", "model"])
    })?;
    let mut program = Command::new(target().join("release/model"));
    start(if args.json { program.arg("--json") } else { &mut program })
}
