//! `cargo xtask cuts` and `cargo xtask faults`: the tests of `server/tests/power` with larger numbers.

use std::process::Command;

use clap::Args;

use crate::run::{cargo_program, run as start, top};

/// Options of `cuts`.
#[derive(Args)]
pub(crate) struct CutsArgs {
    /// How often the power goes.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// The first seed; each run of the server has the next one.
    #[arg(long, default_value_t = 1)]
    seed: usize,
}

/// Options of `faults`.
#[derive(Args)]
pub(crate) struct FaultsArgs {
    /// How many of the 500 are tried, evenly spread.
    #[arg(long, default_value_t = 500)]
    count: usize,
    /// Of those, only from this one on.
    #[arg(long, default_value_t = 1)]
    from: usize,
    /// Another parity takes the other of the two errors.
    #[arg(long, default_value_t = 1)]
    seed: usize,
}

/// Cuts the power.
///
/// # Errors
/// When something is lost; what that cut left is kept in `target/tmp`.
pub(crate) fn cuts(args: &CutsArgs) -> anyhow::Result<()> {
    test("cuts::nothing_the_server_has_said", &[("ANKOMST_CUTS", args.count)], args.seed)
}

/// Lets calls fail.
///
/// # Errors
/// When an answer was not true or the server does not start again.
pub(crate) fn faults(args: &FaultsArgs) -> anyhow::Result<()> {
    let numbers = [("ANKOMST_FAULTS", args.count), ("ANKOMST_FAULTS_FROM", args.from)];
    test("faults::", &numbers, args.seed)
}

/// The selection of packages is that of `cargo xtask test`, so that nothing is built anew.
fn test(name: &str, numbers: &[(&str, usize)], seed: usize) -> anyhow::Result<()> {
    let mut command = Command::new(cargo_program());
    command.current_dir(top()).args(["test", "--workspace", "--exclude", "ankomst-core-wasm"]);
    command.args(["--exclude", "ankomst-ui-wasm", "--exclude", "ankomst-sim"]);
    command.args(["--test", "power", name, "--", "--nocapture"]);
    // Without strace this is no test.
    command.env("CI", "1");
    command.envs(numbers.iter().map(|(variable, number)| (*variable, number.to_string())));
    command.env("ANKOMST_SEED", seed.to_string());
    start(&mut command)
}
