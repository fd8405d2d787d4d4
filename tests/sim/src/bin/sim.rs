//! Lives histories: `sim --devices 5 --days 5 --seed 1..400`. The last line tells what came of them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to a person"
)]

use std::process::ExitCode;

use ankomst_shared::plant::{self, Plant};
use ankomst_sim::history::live;
use ankomst_sim::world::Size;
use clap::Parser;

#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
struct Args {
    /// Tablets of each history.
    #[arg(long, default_value_t = 5)]
    devices: usize,
    /// Days of each history.
    #[arg(long, default_value_t = 5)]
    days: u32,
    /// The seed, or the first and the last: `7` or `1..400`.
    #[arg(long, default_value = "1..400")]
    seed: String,
    /// Tablets are ordered to be wiped, and revoked.
    #[arg(long)]
    orders: bool,
    /// Of those seeds, one in so many.
    #[arg(long, default_value_t = 1)]
    step: usize,
    /// A defect is planted; ends with the first history that finds it.
    #[arg(long)]
    plant: Option<usize>,
    /// Names the defects that can be planted.
    #[arg(long)]
    names: bool,
    /// Goes on after a history that went wrong.
    #[arg(long)]
    all: bool,
    /// Tells of each history.
    #[arg(long)]
    verbose: bool,
}

fn seeds(text: &str) -> anyhow::Result<std::ops::RangeInclusive<u64>> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    Ok(first.parse()?..=last.parse()?)
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if args.names {
        for plant in Plant::ALL {
            println!("{plant:?}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    plant::choose(args.plant.and_then(|at| Plant::ALL.get(at).copied()));
    let size = Size { devices: args.devices, days: args.days, orders: args.orders };
    let (mut device_days, mut done, mut lost, mut diverged) = (0, 0_u64, 0, 0);
    for seed in seeds(&args.seed)?.step_by(args.step) {
        let outcome = live(seed, size);
        device_days += outcome.device_days;
        done += 1;
        lost += outcome.lost.len();
        diverged += outcome.diverged.len();
        if args.verbose {
            eprintln!("{seed}: {:016x} {:?}", outcome.trace, outcome.counts);
        }
        if !outcome.is_good() {
            eprintln!("failed seed: {seed}");
            for fault in outcome.lost.iter().chain(&outcome.diverged) {
                eprintln!("  {fault}");
            }
            if args.verbose {
                outcome.told.iter().for_each(|told| eprintln!("    {told}"));
            }
            if !args.all {
                break;
            }
        }
    }
    let told = serde_json::json!({
        "device_days": device_days, "seeds": done, "lost": lost, "diverged": diverged
    });
    println!("{told}");
    Ok(if lost + diverged == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
