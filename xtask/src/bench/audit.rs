//! `cargo xtask bench audit`: what verifying a long access log costs.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use clap::Args;

use super::Figures;
use super::process::megabytes;
use crate::run::{cargo, run as start, step, target};

/// Clock ticks of `/proc` a second, the same on every Linux.
const TICKS: f64 = 100.0;

/// Options of `bench audit`.
#[derive(Args)]
pub(crate) struct AuditArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Entries of the log.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u32,
}

/// Builds, fills a log and measures.
///
/// # Errors
/// When a build or a program fails.
pub(crate) fn run(args: &AuditArgs) -> anyhow::Result<()> {
    step("server", || {
        cargo(&["build", "--quiet", "--release", "-p", "ankomst-server", "--bin", "ankomst"])
    })?;
    let folder = target().join("bench").join(format!("audit-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(args, &folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(args: &AuditArgs, folder: &Path) -> anyhow::Result<()> {
    let figures = Figures { bench: "audit", scenario: args.entries.to_string(), json: args.json };
    let program = target().join("release").join("ankomst");
    let data = folder.join("data");
    let entries = args.entries.to_string();
    let begun = children_s()?;
    let mut fill = Command::new(&program);
    start(fill.args(["audit", "rehearse", "--entries", &entries, "--data"]).arg(&data))?;
    let filled = children_s()?;
    figures.say("adding, processor", filled - begun, "s");
    start(Command::new(&program).args(["audit", "verify", "--data"]).arg(&data))?;
    figures.say("verifying, processor", children_s()? - filled, "s");
    let bytes = std::fs::metadata(data.join("access.db"))?.len();
    figures.say("access.db", megabytes(bytes), "MB");
    Ok(())
}

/// Time on the processor of programs that have ended.
fn children_s() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after) = stat.rsplit_once(')').context("no stat")?;
    // User and system time of children that were waited for are the 16th and 17th field.
    let ticks = after.split_whitespace().skip(13).take(2).map(str::parse::<u32>);
    let ticks: u32 = ticks.sum::<Result<u32, _>>()?;
    Ok(f64::from(ticks) / TICKS)
}
