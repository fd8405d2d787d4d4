//! A million hostile changes: honest ones of every kind, bent and forged, with right lengths and checksums, through
//! gate, rules and trial. What passes goes to two who hear of it in different orders.
//!
//! Blocks of them run in processes of their own: one that ends or that does not end in time is counted, and told
//! with its seed. The last line is one JSON object. `cargo xtask hostile` starts it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to a person"
)]

mod block;
mod kinds;
mod stand;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread::{available_parallelism, spawn};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use serde_json::{Value, json};

use crate::block::Tally;

/// Changes of a block.
const BLOCK: u64 = 25_000;
/// A block that has not ended after this hangs; it takes some seconds.
const HANGS: Duration = Duration::from_mins(10);

#[derive(Parser)]
#[command(name = "hostile", about = "Hostile changes through gate, rules and trial")]
struct Args {
    /// How many.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// The first seed; each block has the next one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Honest changes that must all pass.
    #[arg(long, default_value_t = 10_000)]
    honest: u64,
    /// Only the last line, as one JSON object.
    #[arg(long)]
    json: bool,
    /// Only one block, in this process.
    #[arg(long)]
    block: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.block {
        println!("{}", block::run(args.seed, args.count)?.told());
        return Ok(());
    }
    let honest = block::honest(args.seed, args.honest)?;
    let mut tally = Tally::default();
    let blocks = args.count.div_ceil(BLOCK);
    let hands = u64::try_from(available_parallelism().map_or(1, usize::from))?;
    let mut next = 0;
    while next < blocks {
        let some: Vec<u64> = (next..blocks.min(next + hands)).collect();
        next += hands;
        let mut running = Vec::new();
        for number in some {
            let count = BLOCK.min(args.count - number * BLOCK);
            running.push((number, Running::start(args.seed + number, count)?));
        }
        for (number, one) in running {
            one.ends(&mut tally)?;
            if !args.json {
                eprintln!("block {} of {blocks}", number + 1);
            }
        }
    }
    let bad: u64 =
        ["aborted", "hung", "poisoned", "diverged"].iter().map(|what| tally.get(what)).sum();
    let told = json!({
        "count": args.count, "seed": args.seed, "honest": honest, "hung": tally.get("hung"),
        "aborted": tally.get("aborted"), "poisoned": tally.get("poisoned"), "diverged": tally.get("diverged"),
        "outcomes": tally.told()
    });
    println!("{told}");
    ensure!(bad == 0, "{bad} hostile changes did harm");
    ensure!(tally.get("passed") > 0 || args.count < 1_000, "none passed, so nothing was shown");
    Ok(())
}

/// A block in a process of its own.
struct Running {
    child: Child,
    begun: Instant,
    seed: u64,
}

impl Running {
    fn start(seed: u64, count: u64) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--block", "--seed", &seed.to_string(), "--count", &count.to_string()]);
        let child = command.stdout(Stdio::piped()).spawn().context("starting a block")?;
        Ok(Self { child, begun: Instant::now(), seed })
    }

    /// Waits for the end, and counts what it says.
    fn ends(mut self, tally: &mut Tally) -> anyhow::Result<()> {
        let mut pipe = self.child.stdout.take().context("what a block says")?;
        let (tells, told) = channel();
        let reads = spawn(move || {
            let mut said = String::new();
            let read = pipe.read_to_string(&mut said).map(|_| said);
            // Nobody waits any more for one that hung.
            drop(tells.send(read));
        });
        let Ok(said) = told.recv_timeout(HANGS.saturating_sub(self.begun.elapsed())) else {
            self.child.kill()?;
            self.child.wait()?;
            eprintln!("hung: block seed {}", self.seed);
            tally.add("hung", 1);
            return Ok(());
        };
        drop(reads.join());
        let (said, status) = (said?, self.child.wait()?);
        if !status.success() {
            eprintln!("aborted: block seed {}: {status}", self.seed);
            tally.add("aborted", 1);
            return Ok(());
        }
        let told: Value = serde_json::from_str(said.lines().last().unwrap_or("{}"))?;
        for (what, count) in told.as_object().into_iter().flatten() {
            tally.add(what, count.as_u64().unwrap_or(0));
        }
        Ok(())
    }
}
