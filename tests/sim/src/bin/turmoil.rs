//! Lives through storms: `turmoil --seed 1..1000`. The last line tells what came of them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to a person"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;

use ankomst_shared::plant::{self, Plant};
use ankomst_sim::storm::live;
use clap::Parser;

#[derive(Parser)]
struct Args {
    /// The seed, or the first and the last: `7` or `1..1000`.
    #[arg(long, default_value = "1..1000")]
    seed: String,
    /// Of those seeds, one in so many.
    #[arg(long, default_value_t = 1)]
    step: usize,
    /// A defect is planted, by its place in the list from 0.
    #[arg(long)]
    plant: Option<usize>,
    /// Tells of each storm.
    #[arg(long)]
    verbose: bool,
    /// Says what the server says; `RUST_LOG` chooses of it.
    #[arg(long)]
    loud: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if args.loud {
        let chosen = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(chosen).with_writer(std::io::stderr).init();
    }
    plant::choose(args.plant.and_then(|at| Plant::ALL.get(at).copied()));
    let (first, last) = args.seed.split_once("..").unwrap_or((&args.seed, &args.seed));
    let (mut seeds, mut faults) = (0_u64, 0);
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in (first.parse()?..=last.parse::<u64>()?).step_by(args.step) {
        let outcome = live(seed);
        seeds += 1;
        faults += outcome.faults.len();
        for (what, count) in &outcome.counts {
            *all.entry(what).or_default() += count;
        }
        if args.verbose {
            eprintln!("{seed}: {:016x} {:?}", outcome.trace, outcome.counts);
        }
        if !outcome.faults.is_empty() {
            eprintln!("failed seed: {seed}");
            outcome.faults.iter().for_each(|fault| eprintln!("  {fault}"));
        }
    }
    println!("{}", serde_json::json!({ "seeds": seeds, "faults": faults, "counts": all }));
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
