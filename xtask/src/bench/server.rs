//! `cargo xtask bench server`: the released server with a municipality of size L.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use super::Figures;
use super::pages::pages;
use super::process::{Server, megabytes};
use crate::run::{cargo, step, target};

/// Starts are measured so often; the middle one counts.
const STARTS: usize = 9;
/// So long nobody asks before memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// Rows that are not made by then are not coming.
const ROWS_MAX: Duration = Duration::from_mins(30);

/// Options of `bench server`.
#[derive(Args)]
pub(crate) struct ServerArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Size of the municipality: S, M or L.
    #[arg(long, default_value = "L")]
    size: String,
    /// Years of journal.
    #[arg(long, default_value_t = 1)]
    years: u32,
    /// Seed of the made-up people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The data folder: seeded if it is not there, measured as it is if it is, and kept.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Builds, seeds, starts and measures.
///
/// # Errors
/// When a build or a program fails.
pub(crate) fn run(args: &ServerArgs) -> anyhow::Result<()> {
    step("server and tablet", || {
        let all =
            ["-p", "ankomst-server", "--bin", "ankomst", "-p", "ankomst-tests", "--bin", "tablet"];
        cargo(&[["build", "--quiet", "--release"].as_slice(), &all].concat())
    })?;
    let folder = target().join("bench").join(format!("server-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(args, &folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(args: &ServerArgs, folder: &Path) -> anyhow::Result<()> {
    let scenario = format!("{}-{}y", args.size, args.years);
    let figures = Figures { bench: "server", scenario, json: args.json };
    let program = target().join("release").join("ankomst");
    let data = args.data.clone().unwrap_or_else(|| folder.join("data"));
    if !data.join("log.db").exists() {
        let begun = Instant::now();
        seed(args, &program, &data)?;
        figures.say("seeding", begun.elapsed().as_secs_f64(), "s");
    }
    starts(&figures, &program, &data)?;
    rows(&figures, &program, &data)?;
    for file in ["log.db", "keys.db", "rows.db"] {
        figures.say(file, megabytes(std::fs::metadata(data.join(file))?.len()), "MB");
    }
    let (server, _) = Server::start(&program, &data)?;
    sleep(IDLE);
    let (resident, shared) = server.memory_mb()?;
    figures.say("idle memory, resident", resident, "MB");
    figures.say("idle memory, proportional", shared, "MB");
    pages(&figures, &server)?;
    first_sync(&figures, &server, folder)
}

/// From the start of the process to the first answer that it is ready.
fn starts(figures: &Figures, program: &Path, data: &Path) -> anyhow::Result<()> {
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let (server, took) = Server::start(program, data)?;
        cpus.push(server.threads_cpu_ms()?);
        walls.push(took.as_secs_f64() * 1_000.0);
    }
    for (name, mut all) in [("wall", walls), ("CPU", cpus)] {
        all.sort_by(f64::total_cmp);
        let middle = all.get(STARTS / 2).copied().unwrap_or_default();
        figures.say(&format!("start to ready, {name}"), middle, "ms");
        let slowest = all.last().copied().unwrap_or_default();
        figures.say(&format!("start to ready, {name}, slowest"), slowest, "ms");
    }
    Ok(())
}

/// Throws the rows away and lets a start make them anew.
fn rows(figures: &Figures, program: &Path, data: &Path) -> anyhow::Result<()> {
    for name in ["rows.db", "rows.db-wal", "rows.db-shm"] {
        let file = data.join(name);
        if file.exists() {
            std::fs::remove_file(file)?;
        }
    }
    let begun = Instant::now();
    let (server, took) = Server::start(program, data)?;
    figures.say("start without rows, wall", took.as_secs_f64() * 1_000.0, "ms");
    while !server.get("/readyz")?.contains("\"rows\":\"whole\"") {
        ensure!(begun.elapsed() < ROWS_MAX, "the rows are not made");
        sleep(Duration::from_millis(50));
    }
    figures.say("rows made beside the server", begun.elapsed().as_secs_f64(), "s");
    figures.say("rows made, CPU", server.cpu_ms()? / 1_000.0, "s");
    figures.say("memory after making rows", server.memory_mb()?.0, "MB");
    drop(server);
    let begun = Instant::now();
    let rebuilt = Command::new(program)
        .args(["rebuild", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .status()?;
    ensure!(rebuilt.success(), "`ankomst rebuild` ended with {rebuilt}");
    figures.say("ankomst rebuild", begun.elapsed().as_secs_f64(), "s");
    Ok(())
}

fn first_sync(figures: &Figures, server: &Server, folder: &Path) -> anyhow::Result<()> {
    let (before, begun) = (server.cpu_ms()?, Instant::now());
    let tablet = target().join("release").join("tablet");
    let synced = Command::new(&tablet)
        .arg("--store")
        .arg(folder.join("tablet"))
        .arg("--server")
        .arg(format!("http://localhost:{}", server.port))
        .args(["login", "elin", "elin-i-provby", "en lång fras för vallen"])
        .stdout(Stdio::null())
        .status()?;
    ensure!(synced.success(), "the tablet did not get everything: {synced}");
    figures.say("first sync, server CPU", server.cpu_ms()? - before, "ms");
    figures.say("first sync, whole", begun.elapsed().as_secs_f64(), "s");
    figures.say("memory after first sync", server.memory_mb()?.0, "MB");
    Ok(())
}

fn seed(args: &ServerArgs, program: &Path, data: &Path) -> anyhow::Result<()> {
    let seeded = Command::new(program)
        .args(["seed", "--size", &args.size, "--years", &args.years.to_string()])
        .args(["--seed", &args.seed.to_string(), "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .status()?;
    ensure!(seeded.success(), "seeding ended with {seeded}");
    Ok(())
}
