//! Runs other programs and says which one failed.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Runs a program with its output passed through.
///
/// # Errors
/// When it cannot be started or does not end with success.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| format!("could not start {shown}"))?;
    if status.success() { Ok(()) } else { bail!("{shown} ended with {status}") }
}

/// Runs cargo from the top folder.
///
/// # Errors
/// As [`run`].
pub(crate) fn cargo(args: &[&str]) -> anyhow::Result<()> {
    run(Command::new(cargo_program()).current_dir(top()).args(args))
}

/// Prints a step's name, runs it and prints how long it took.
///
/// # Errors
/// Those of the step, with its name.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("==> {name}");
    let start = Instant::now();
    let out = work().with_context(|| format!("step failed: {name}"))?;
    eprintln!("    {name}: {:.0} s", start.elapsed().as_secs_f32());
    Ok(out)
}

/// The cargo that runs this program.
pub(crate) fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The top folder of the repository.
pub(crate) fn top() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top().join("target"), PathBuf::from)
}
