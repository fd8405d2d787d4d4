//! Other sync servers beside ours: the same workload, the same proxy, the same counts. They are fetched when they are
//! measured (`xtask/src/bench/peers`); each is a script that serves, and is a device that obeys lines.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::cost::{Cpu, Process};
use super::proxy::{Proxy, Wire};
use super::rows::{BACK, Say, float, say_wire};

/// Scripts of those that are measured.
pub const PEERS: [&str; 3] = ["automerge", "hocuspocus", "pouchdb"];
/// Devices that see each live edit, and edits.
const LIVE: (usize, u32) = (10, 20);
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
            .arg("--no-warnings")
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

/// A server that has the workload, and the way to it that is measured.
struct Peer<'a> {
    name: &'a str,
    folder: &'a Path,
    data: TempDir,
    /// Open for as long as it serves.
    _server: Script,
    process: Process,
    proxy: Proxy,
    port: u16,
    records: usize,
}

/// What had been spent when something began.
struct Spent {
    server: Cpu,
    device: Cpu,
    wire: Wire,
}

impl<'a> Peer<'a> {
    async fn start(folder: &'a Path, name: &'a str, records: usize) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let place = data.path().to_string_lossy().into_owned();
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Script::start(folder, name, ["serve", &port.to_string(), &place])?;
        server.hears().await?;
        let (process, proxy) = (server.process()?, Proxy::start(port)?);
        let peer = Self { name, folder, data, _server: server, process, proxy, port, records };
        let mut writer = peer.device(false)?;
        writer.does(&format!("fill {records}")).await?;
        quiet(process).await?;
        drop(writer);
        quiet(process).await?;
        Ok(peer)
    }

    /// A device that has nothing yet; whether its way to the server is the one that is measured.
    fn device(&self, is_measured: bool) -> anyhow::Result<Script> {
        let measured = self.proxy.url().replacen("http://localhost", "ws://127.0.0.1", 1);
        let direct = format!("ws://127.0.0.1:{}", self.port);
        let url = if is_measured { &measured } else { &direct };
        Script::start(self.folder, self.name, ["device", url, &self.data.path().to_string_lossy()])
    }

    /// A device that holds everything.
    async fn whole(&self, is_measured: bool) -> anyhow::Result<Script> {
        let mut device = self.device(is_measured)?;
        let there = device.does(&format!("load {}", self.records)).await?;
        ensure!(there == self.records.to_string(), "{}: {there} arrived", self.name);
        Ok(device)
    }

    fn spent(&self, device: Option<&Script>) -> anyhow::Result<Spent> {
        let device = device.map_or(Ok(Cpu::default()), |device| device.process()?.cpu())?;
        Ok(Spent { server: self.process.cpu()?, device, wire: self.proxy.wire() })
    }

    fn say(&self, row: &str, device: &Script, before: &Spent, say: Say<'_>) -> anyhow::Result<()> {
        let after = self.spent(Some(device))?;
        let row = format!("{row} {}", self.name);
        say(&row, "server CPU until it rests", after.server.since(before.server).0, "ms");
        say(&row, "device CPU", after.device.since(before.device).0, "ms");
        say_wire(say, &row, after.wire.since(before.wire), 1.0);
        Ok(())
    }

    fn says_memory(&self, row: &str, idle: u64, say: Say<'_>) -> anyhow::Result<()> {
        let (row, peak) = (format!("{row} {}", self.name), self.process.peak_kb()?);
        say(&row, "server memory over idle, most", float(peak.saturating_sub(idle)), "KiB");
        say(&row, "server memory, most", float(peak), "KiB");
        Ok(())
    }
}

/// The rows of the table with one of [`PEERS`].
///
/// # Errors
/// When it is not there or does not do what is asked.
pub async fn measure(
    folder: &Path,
    name: &str,
    (records, sockets): (usize, usize),
    say: Say<'_>,
) -> anyhow::Result<()> {
    let peer = Peer::start(folder, name, records).await?;
    let idle = peer.process.memory_kb()?;
    peer.process.forget_peak()?;
    let before = peer.spent(None)?;
    let mut tablet = peer.whole(true).await?;
    quiet(peer.process).await?;
    peer.say("first", &tablet, &before, say)?;
    peer.says_memory("first", idle, say)?;
    back(&peer, &mut tablet, say).await?;
    nothing(&peer, &tablet, say).await?;
    drop(tablet);
    quiet(peer.process).await?;
    live(&peer, say).await?;
    drop(peer);
    // Memory that was in use before would hide what a connection takes.
    resting(&Peer::start(folder, name, 1).await?, sockets, say).await
}

async fn back(peer: &Peer<'_>, tablet: &mut Script, say: Say<'_>) -> anyhow::Result<()> {
    let (mine, theirs, both) = BACK;
    let mut other = peer.whole(false).await?;
    quiet(peer.process).await?;
    peer.proxy.open(false);
    other.does(&format!("edit 0 {theirs} theirs")).await?;
    quiet(peer.process).await?;
    tablet.does(&format!("edit {} {mine} mine", theirs - both)).await?;
    let before = peer.spent(Some(tablet))?;
    peer.proxy.open(true);
    let begun = Instant::now();
    loop {
        quiet(peer.process).await?;
        let mut seen = 0;
        for device in [&mut other, &mut *tablet] {
            for tag in ["mine", "theirs"] {
                seen += device.does(&format!("count {tag}")).await?.parse::<usize>()?;
            }
        }
        if seen == 2 * (mine + theirs - both) && other.does("count mine").await? != "0" {
            break;
        }
        ensure!(begun.elapsed() < MOST, "{}: {seen} of the changed records arrived", peer.name);
    }
    peer.say("back", tablet, &before, say)
}

/// A device comes back, and neither it nor anybody else has changed anything.
async fn nothing(peer: &Peer<'_>, tablet: &Script, say: Say<'_>) -> anyhow::Result<()> {
    peer.proxy.open(false);
    tokio::time::sleep(QUIET).await;
    quiet(peer.process).await?;
    let before = peer.spent(Some(tablet))?;
    peer.proxy.open(true);
    let begun = Instant::now();
    while peer.proxy.wire().since(before.wire).down == 0 {
        ensure!(begun.elapsed() < MOST, "{} does not come back", peer.name);
        tokio::time::sleep(QUIET).await;
    }
    quiet(peer.process).await?;
    peer.say("nothing", tablet, &before, say)
}

/// One writes, others see it; they have opened that record only, where a device need not have all.
async fn live(peer: &Peer<'_>, say: Say<'_>) -> anyhow::Result<()> {
    let (others, edits) = LIVE;
    let mut devices = Vec::new();
    for _ in 0..=others {
        let mut device = peer.device(true)?;
        device.does("load 1").await?;
        devices.push(device);
    }
    quiet(peer.process).await?;
    let (writer, readers) = devices.split_first_mut().context("nobody")?;
    let before = peer.spent(None)?;
    let mut took = Vec::new();
    for edit in 0..edits {
        let begun = Instant::now();
        writer.does(&format!("touch nu-{edit}")).await?;
        for reader in &mut *readers {
            reader.does(&format!("see nu-{edit}")).await?;
        }
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let after = peer.spent(None)?;
    took.sort_by(f64::total_cmp);
    let row = format!("live {}", peer.name);
    let middle = took.get(took.len() / 2).copied().unwrap_or_default();
    say(&row, "until the last of 10 has it, middle", middle, "ms");
    let own = after.server.since(before.server).0;
    say(&row, "server CPU for each edit", own / f64::from(edits), "ms");
    let bytes = after.wire.since(before.wire).bytes();
    say(&row, "bytes for each edit", float(bytes) / f64::from(edits), "B");
    Ok(())
}

/// Connections that say nothing.
async fn resting(peer: &Peer<'_>, sockets: usize, say: Say<'_>) -> anyhow::Result<()> {
    let mut device = peer.device(false)?;
    device.does("idle 1").await?;
    quiet(peer.process).await?;
    let before = peer.process.memory_kb()?;
    device.does(&format!("idle {sockets}")).await?;
    quiet(peer.process).await?;
    let each = float(peer.process.memory_kb()?.saturating_sub(before));
    let row = format!("idle {}", peer.name);
    say(&row, "server memory for each", each / float(u64::try_from(sockets)?), "KiB");
    Ok(())
}

/// Where the scripts are.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    std::env::var_os("ANKOMST_PEERS").map(PathBuf::from)
}
