//! `sync-bench [--json] [--records N] [--idle N] [ROW…]`: what it costs to exchange the workload W with a real server.
//!
//! `ANKOMST_BIN` is the server's program and `ANKOMST_APP` the folder of the app.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::time::Duration;

use ankomst_tests::bench::town::Town;
use ankomst_tests::bench::{peers, rows};
use ankomst_tests::tablet::device::local;
use anyhow::{Context, ensure};
use clap::Parser;

const ROWS: [&str; 7] = ["first", "warm", "back", "nothing", "live", "idle", "append"];

#[derive(Parser)]
struct Args {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Records of the workload; seven documents each.
    #[arg(long, default_value_t = 500)]
    records: usize,
    /// Sockets that say nothing.
    #[arg(long, default_value_t = 200)]
    idle: usize,
    /// Rows of the table; all of them if none is named: first, warm, back, nothing, live, idle, append, killed.
    rows: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    local(run(args))
}

async fn run(args: Args) -> anyhow::Result<()> {
    let scenario = format!("W{}", args.records);
    let say = |row: &str, metric: &str, value: f64, unit: &str| {
        if args.json {
            let scenario = format!("{scenario} {row}");
            println!(
                "{}",
                serde_json::json!({
                    "bench": "sync", "scenario": scenario, "metric": metric, "value": value, "unit": unit
                })
            );
        } else {
            println!("{scenario:<6} {row:<8} {metric:<44} {value:>14.2} {unit}");
        }
    };
    let known = |row: &String| ROWS.contains(&row.as_str()) || row == "killed";
    if let [only] = args.rows.as_slice()
        && only == "peers"
    {
        let folder = peers::folder().context("ANKOMST_PEERS is not set")?;
        for peer in peers::PEERS {
            peers::measure(&folder, peer, args.records, &say).await?;
        }
        return Ok(());
    }
    ensure!(args.rows.iter().all(known), "rows are {ROWS:?}, killed, and peers alone");
    let wanted = |row: &str| args.rows.is_empty() || args.rows.iter().any(|one| one == row);
    ensure!(args.records >= 110, "rows need 110 records");
    let mut town = Town::new(args.records).await?;
    if ["first", "warm", "back", "nothing"].iter().any(|row| wanted(row)) {
        let mut tablet = rows::first(&town, &say).await?;
        if wanted("warm") {
            tablet = rows::warm(&town, tablet, &say).await?;
        }
        if wanted("back") {
            rows::back(&mut town, &tablet, ("back", 0, Duration::ZERO), &say).await?;
            let slow = Duration::from_millis(20);
            rows::back(&mut town, &tablet, ("back40", 50, slow), &say).await?;
        }
        if wanted("nothing") {
            rows::nothing(&town, &tablet, &say).await?;
        }
    }
    if wanted("live") {
        rows::live(&town, &say).await?;
    }
    if wanted("idle") {
        rows::idle(&town, args.idle, &say).await?;
    }
    if wanted("append") {
        rows::append(&town, &say).await?;
    }
    if wanted("killed") {
        rows::killed(&mut town, &say).await?;
    }
    Ok(())
}
