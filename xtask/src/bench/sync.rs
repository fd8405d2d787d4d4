//! `cargo xtask bench sync`: what it costs to exchange the workload W, beside other sync servers.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::run::{cargo, run as start, step, target, top};

/// What the other servers need in turn is taken as it was on this day.
const BEFORE: &str = "2026-11-20";

/// Options of `bench sync`.
#[derive(Args)]
pub(crate) struct SyncArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Records of the workload; seven documents each.
    #[arg(long, default_value_t = 500)]
    records: usize,
    /// Sockets that say nothing.
    #[arg(long, default_value_t = 200)]
    idle: usize,
    /// Also other sync servers, fetched from the npm registry.
    #[arg(long)]
    peers: bool,
    /// Documents of a record with the other servers: 7 as with us, or 1.
    #[arg(long, default_value = "7", value_parser = ["1", "7"])]
    parts: String,
    /// Instead of rows: the same with more and more records and tablets, drawn in the target folder.
    #[arg(long)]
    growth: bool,
    /// Records to which `--growth` grows, one after the other.
    #[arg(long, default_value = "500,5000")]
    grown: String,
    /// Tablets that come back at once in `--growth`.
    #[arg(long, default_value = "1,50,500")]
    tablets: String,
    /// Rows of the table, all of them if none is named: first, warm, back, nothing, live, idle, append, rush, killed.
    rows: Vec<String>,
}

/// Builds and measures.
///
/// # Errors
/// When a build or a program fails.
pub(crate) fn run(args: &SyncArgs) -> anyhow::Result<()> {
    step("server and devices", || {
        let all = [
            "-p",
            "ankomst-server",
            "--bin",
            "ankomst",
            "-p",
            "ankomst-tests",
            "--bin",
            "sync-bench",
        ];
        cargo(&[["build", "--quiet", "--release"].as_slice(), &all].concat())
    })?;
    // Nobody opens a page here, and a server does not start without one.
    let app = target().join("bench/no-app");
    std::fs::create_dir_all(&app)?;
    std::fs::write(app.join("index.html"), "<!doctype html>\n")?;
    if args.growth {
        let plot = target().join("bench/growth.svg");
        return start(program(args, &app).arg("--plot").arg(plot).arg("growth"));
    }
    start(program(args, &app).args(&args.rows))?;
    if args.peers {
        let peers = target().join("peers");
        step("other servers", || fetch(&peers))?;
        let mut program = program(args, &app);
        program.env("ANKOMST_PEERS", peers).env("PEERS_PARTS", &args.parts);
        start(program.arg("peers"))?;
    }
    Ok(())
}

fn program(args: &SyncArgs, app: &Path) -> Command {
    let release = target().join("release");
    let mut program = Command::new(release.join("sync-bench"));
    program.env("ANKOMST_BIN", release.join("ankomst")).env("ANKOMST_APP", app);
    program.args(["--records", &args.records.to_string(), "--idle", &args.idle.to_string()]);
    program.args(["--grown", &args.grown, "--tablets", &args.tablets]);
    if args.json {
        program.arg("--json");
    }
    program
}

fn fetch(peers: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(peers)?;
    for file in std::fs::read_dir(top().join("xtask/src/bench/peers"))? {
        let file = file?.path();
        if let Some(name) = file.file_name() {
            std::fs::copy(&file, peers.join(name))?;
        }
    }
    let args = ["install", "--no-audit", "--no-fund", "--before", BEFORE];
    start(Command::new("npm").current_dir(peers).args(args))
}
