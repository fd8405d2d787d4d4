//! `sync-bench [--json] [--records N] [--idle N] [ROW…]`, and `peers` or `growth` alone instead of rows: what it costs to exchange the workload W with a real server.
//!
//! `ANKOMST_BIN` is the server's program and `ANKOMST_APP` the folder of the app.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints figures")]

use std::path::PathBuf;
use std::time::Duration;

use ankomst_tests::bench::rows::Say;
use ankomst_tests::bench::town::Town;
use ankomst_tests::bench::{growth, many, peers, plot, rows};
use ankomst_tests::tablet::device::local;
use anyhow::{Context, ensure};
use clap::Parser;

const ROWS: [&str; 8] = ["first", "warm", "back", "nothing", "live", "idle", "append", "rush"];

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
    /// Records to which `growth` grows, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "500,5000")]
    grown: Vec<usize>,
    /// Tablets that come back at once in `growth`.
    #[arg(long, value_delimiter = ',', default_value = "1,50,500")]
    tablets: Vec<usize>,
    /// Where `growth` is drawn.
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Rows of the table; all of them if none is named: first, warm, back, nothing, live, idle, append, rush,
    /// killed.
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
            println!("{scenario:<6} {row:<22} {metric:<46} {value:>14.2} {unit}");
        }
    };
    match args.rows.as_slice() {
        [only] if only == "peers" => return beside(&args, &say).await,
        [only] if only == "growth" => return grow(&args, &say).await,
        _ => {}
    }
    let known = |row: &String| ROWS.contains(&row.as_str()) || row == "killed";
    ensure!(args.rows.iter().all(known), "rows are {ROWS:?}, killed, and peers or growth alone");
    let wanted = |row: &str| args.rows.is_empty() || args.rows.iter().any(|one| one == row);
    if wanted("rush") {
        many::rush(many::RUSH, "rush", &say).await?;
    }
    if args.rows.iter().all(|row| row == "rush") && !args.rows.is_empty() {
        return Ok(());
    }
    rest(&args, &wanted, &say).await
}

/// The rows that need the whole workload.
async fn rest(args: &Args, wanted: &dyn Fn(&str) -> bool, say: Say<'_>) -> anyhow::Result<()> {
    ensure!(args.records >= 110, "rows need 110 records");
    let mut town = Town::new(args.records).await?;
    if ["first", "warm", "back", "nothing"].iter().any(|row| wanted(row)) {
        let mut tablet = rows::first(&town, "first", say).await?;
        if wanted("warm") {
            tablet = rows::warm(&town, tablet, say).await?;
        }
        if wanted("back") {
            rows::back(&mut town, &tablet, ("back", 0, Duration::ZERO), say).await?;
            let slow = Duration::from_millis(20);
            rows::back(&mut town, &tablet, ("back40", 50, slow), say).await?;
        }
        if wanted("nothing") {
            rows::nothing(&town, &tablet, "nothing", say).await?;
        }
    }
    if wanted("live") {
        rows::live(&town, say).await?;
    }
    if wanted("idle") {
        many::idle(&town, args.idle, say).await?;
    }
    if wanted("append") {
        many::append(&town, say).await?;
    }
    if wanted("killed") {
        rows::killed(&mut town, say).await?;
    }
    Ok(())
}

/// Other servers beside ours.
async fn beside(args: &Args, say: Say<'_>) -> anyhow::Result<()> {
    let folder = peers::folder().context("ANKOMST_PEERS is not set")?;
    for peer in peers::PEERS {
        let size = (args.records, args.idle);
        // One that fails takes nothing from the others.
        if let Err(fault) = peers::measure(&folder, peer, size, say).await {
            eprintln!("{peer}: {fault:#}");
        }
    }
    Ok(())
}

async fn grow(args: &Args, say: Say<'_>) -> anyhow::Result<()> {
    let mut points = growth::tablets(&args.tablets, say).await?;
    points.extend(growth::records(&args.grown, false, say).await?);
    points.extend(growth::records(&args.grown, true, say).await?);
    if let Some(file) = &args.plot {
        std::fs::write(file, plot::svg(&points))?;
    }
    Ok(())
}
