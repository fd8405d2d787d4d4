//! Other sync servers beside ours: the same workload, the same proxy, the same counts. They are fetched when they are
//! measured (`xtask/src/bench/peers`); each is a script that serves, and is a device that obeys lines.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::cost::Process;
use super::proxy::Proxy;
use super::rows::{BACK, Say, say_wire};

/// Scripts of those that are measured.
pub const PEERS: [&str; 2] = ["automerge", "hocuspocus"];
/// What takes longer does not come to an end.
const MOST: Duration = Duration::from_mins(15);
/// A server rests when it did nothing for that long, twice.
const QUIET: Duration = Duration::from_secs(1);

/// A script that runs, and what it says.
struct Script {
    child: Child,
    /// Open for as long as it lives.
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Script {
    fn start(folder: &Path, peer: &str, args: [&str; 3]) -> anyhow::Result<Self> {
        let mut child = Command::new("node")
            .arg(folder.join(format!("{peer}.mjs")))
            .args(args)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting node")?;
        let orders = child.stdin.take().context("no input")?;
        let said = child.stdout.take().context("no output")?;
        Ok(Self { child, orders, said: BufReader::new(said).lines() })
    }

    fn process(&self) -> anyhow::Result<Process> {
        Ok(Process(self.child.id().context("it has ended")?))
    }

    /// Gives an order and waits until it is carried out; what was answered.
    async fn does(&mut self, order: &str) -> anyhow::Result<String> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        self.hears().await.with_context(|| order.to_owned())
    }

    async fn hears(&mut self) -> anyhow::Result<String> {
        let line = tokio::time::timeout(MOST, self.said.next_line()).await??;
        let line = line.context("it has ended")?;
        match line.strip_prefix("ok ").or_else(|| line.strip_prefix("ok")) {
            Some(answer) => Ok(answer.trim().to_owned()),
            None => bail!("{line}"),
        }
    }
}

async fn quiet(process: Process) -> anyhow::Result<()> {
    let (begun, mut rests) = (Instant::now(), 0);
    let mut before = process.cpu()?;
    while rests < 2 {
        tokio::time::sleep(QUIET).await;
        let now = process.cpu()?;
        let (own, _) = now.since(before);
        rests = if own < 15.0 { rests + 1 } else { 0 };
        ensure!(begun.elapsed() < MOST, "it never rests");
        before = now;
    }
    Ok(())
}

/// First sync and coming back, with one of [`PEERS`].
///
/// # Errors
/// When it is not there or does not do what is asked.
pub async fn measure(
    folder: &Path,
    peer: &str,
    records: usize,
    say: Say<'_>,
) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let place = data.path().to_string_lossy().into_owned();
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = Script::start(folder, peer, ["serve", &port.to_string(), &place])?;
    server.hears().await?;
    let process = server.process()?;
    let proxy = Proxy::start(port)?;
    let direct = format!("ws://127.0.0.1:{port}");
    let through = proxy.url().replacen("http://localhost", "ws://127.0.0.1", 1);
    let mut other = Script::start(folder, peer, ["device", &direct, &place])?;
    other.does(&format!("fill {records}")).await?;
    quiet(process).await?;
    drop(other);
    quiet(process).await?;
    let row = |name: &str| format!("{name} {peer}");

    let idle = process.memory_kb()?;
    process.forget_peak()?;
    let (cpu, wire) = (process.cpu()?, proxy.wire());
    let mut tablet = Script::start(folder, peer, ["device", &through, &place])?;
    let there = tablet.does(&format!("load {records}")).await?;
    ensure!(there == records.to_string(), "{peer}: {there} of {records} arrived");
    let own = tablet.process()?.cpu()?;
    let (server_ms, _) = process.cpu()?.since(cpu);
    let first = row("first");
    say(&first, "server CPU", server_ms, "ms");
    say(&first, "device CPU, start of its program included", own.since(<_>::default()).0, "ms");
    say_wire(say, &first, proxy.wire().since(wire), 1.0);
    let peak = process.peak_kb()?.saturating_sub(idle);
    say(&first, "server memory over idle, most", f64::from(u32::try_from(peak)?), "KiB");

    quiet(process).await?;
    back(&mut tablet, (folder, peer, &direct, &place), (process, &proxy), records, say).await
}

async fn back(
    tablet: &mut Script,
    (folder, peer, direct, place): (&Path, &str, &str, &str),
    (process, proxy): (Process, &Proxy),
    records: usize,
    say: Say<'_>,
) -> anyhow::Result<()> {
    let (mine, theirs, both) = BACK;
    let mut other = Script::start(folder, peer, ["device", direct, place])?;
    other.does(&format!("load {records}")).await?;
    quiet(process).await?;
    proxy.open(false);
    other.does(&format!("edit 0 {theirs} theirs")).await?;
    quiet(process).await?;
    tablet.does(&format!("edit {} {mine} mine", theirs - both)).await?;
    let (cpu, wire, own) = (process.cpu()?, proxy.wire(), tablet.process()?.cpu()?);
    proxy.open(true);
    let begun = Instant::now();
    loop {
        tokio::time::sleep(QUIET).await;
        quiet(process).await?;
        let [a, b] = ["mine", "theirs"].map(|tag| format!("count {tag}"));
        let (a, b) = (other.does(&a).await?, other.does(&b).await?);
        let seen = a.parse::<usize>()? + b.parse::<usize>()?;
        if seen == mine + theirs - both && a != "0" {
            break;
        }
        ensure!(begun.elapsed() < MOST, "{peer}: {seen} of the changed records arrived");
    }
    let name = format!("back {peer}");
    say(&name, "server CPU", process.cpu()?.since(cpu).0, "ms");
    say(&name, "device CPU", tablet.process()?.cpu()?.since(own).0, "ms");
    say_wire(say, &name, proxy.wire().since(wire), 1.0);
    Ok(())
}

/// Where the scripts are.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    std::env::var_os("ANKOMST_PEERS").map(PathBuf::from)
}
