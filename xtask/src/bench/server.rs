//! `cargo xtask bench server`: the released server with a municipality of size L.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::Figures;
use crate::run::{cargo, step, target};

/// Starts are measured so often; the middle one counts.
const STARTS: usize = 5;
/// A server that is not ready by then is not coming.
const READY_MAX: Duration = Duration::from_mins(5);
/// So long nobody asks before memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// Clock ticks of `/proc` a second, the same on every Linux.
const TICKS: f64 = 100.0;

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
    /// Measure a data folder that is there already, as it is.
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
    let data = if let Some(data) = &args.data {
        data.clone()
    } else {
        let data = folder.join("data");
        let begun = Instant::now();
        seed(args, &program, &data)?;
        figures.say("seeding", begun.elapsed().as_secs_f64(), "s");
        data
    };
    for file in ["log.db", "keys.db", "rows.db"] {
        figures.say(file, megabytes(std::fs::metadata(data.join(file))?.len()), "MB");
    }
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (server, took) = Server::start(&program, &data)?;
        starts.push(took.as_secs_f64() * 1_000.0);
        drop(server);
    }
    starts.sort_by(f64::total_cmp);
    figures.say("start to ready", starts.get(STARTS / 2).copied().unwrap_or_default(), "ms");
    let (server, _) = Server::start(&program, &data)?;
    sleep(IDLE);
    figures.say("idle memory", server.memory_mb()?, "MB");
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
    figures.say("memory after first sync", server.memory_mb()?, "MB");
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

/// A running server.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts and says how long it took until the first answer that it is ready.
    fn start(program: &Path, data: &Path) -> anyhow::Result<(Self, Duration)> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let begun = Instant::now();
        let child = Command::new(program)
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .env("ANKOMST_LOG", "error")
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let mut server = Self { child, port };
        while !server.is_ready() {
            if let Some(ended) = server.child.try_wait()? {
                bail!("the server ended with {ended}");
            }
            ensure!(begun.elapsed() < READY_MAX, "the server is not ready");
            sleep(Duration::from_millis(1));
        }
        Ok((server, begun.elapsed()))
    }

    fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.write_all(
                b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))
    }

    /// Resident memory.
    fn memory_mb(&self) -> anyhow::Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = kilobytes.context("no VmRSS")?.parse()?;
        Ok(megabytes(kilobytes * 1_024))
    }

    /// Time on the processor so far, of the server itself, without its trials.
    fn cpu_ms(&self) -> anyhow::Result<f64> {
        let stat = self.proc("stat")?;
        let (_, after) = stat.rsplit_once(')').context("no stat")?;
        // User and system time are the 14th and 15th field; the name is the second.
        let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        let ticks: u32 = ticks.sum::<Result<u32, _>>()?;
        Ok(f64::from(ticks) * 1_000.0 / TICKS)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ending is not measured; a benchmark's data is thrown away.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn megabytes(bytes: u64) -> f64 {
    let tenths = u32::try_from(bytes / 100_000).unwrap_or(u32::MAX);
    f64::from(tenths) / 10.0
}
