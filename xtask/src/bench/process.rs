//! A server as a process of its own, and what the system says of it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// A server that is not ready by then is not coming.
const READY_MAX: Duration = Duration::from_mins(5);
/// Clock ticks of `/proc` a second, the same on every Linux.
const TICKS: f64 = 100.0;

/// A running server.
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) port: u16,
}

impl Server {
    /// Starts and says how long it took until the first answer that it is ready.
    pub(super) fn start(program: &Path, data: &Path) -> anyhow::Result<(Self, Duration)> {
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
        while !server.get("/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            if let Some(ended) = server.child.try_wait()? {
                bail!("the server ended with {ended}");
            }
            ensure!(begun.elapsed() < READY_MAX, "the server is not ready");
            sleep(Duration::from_millis(1));
        }
        Ok((server, begun.elapsed()))
    }

    /// A request without a body; the whole answer as text.
    pub(super) fn get(&self, path: &str) -> anyhow::Result<String> {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Ok(String::from_utf8_lossy(&self.send(request.as_bytes())?).into_owned())
    }

    /// Sends bytes and reads until the server closes.
    pub(super) fn send(&self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))
    }

    /// Resident memory, and its part where pages shared with other processes count in parts.
    pub(super) fn memory_mb(&self) -> anyhow::Result<(f64, f64)> {
        let rollup = self.proc("smaps_rollup")?;
        let read = |name: &str| -> anyhow::Result<f64> {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().next());
            let kilobytes: u64 = kilobytes.with_context(|| format!("no {name}"))?.parse()?;
            Ok(megabytes(kilobytes * 1_024))
        };
        Ok((read("Rss:")?, read("Pss:")?))
    }

    /// Time on the processor so far, of the server itself, without its trials.
    pub(super) fn cpu_ms(&self) -> anyhow::Result<f64> {
        let stat = self.proc("stat")?;
        let (_, after) = stat.rsplit_once(')').context("no stat")?;
        // User and system time are the 14th and 15th field; the name is the second.
        let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        let ticks: u32 = ticks.sum::<Result<u32, _>>()?;
        Ok(f64::from(ticks) * 1_000.0 / TICKS)
    }

    /// The same finer than in ticks, of the threads that are there.
    pub(super) fn threads_cpu_ms(&self) -> anyhow::Result<f64> {
        let mut micros: u64 = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let schedstat = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let nanos: u64 =
                schedstat.split_whitespace().next().context("no schedstat")?.parse()?;
            micros += nanos / 1_000;
        }
        Ok(f64::from(u32::try_from(micros)?) / 1_000.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ending is not measured; a benchmark's data is thrown away.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Bytes as megabytes, to a tenth.
pub(super) fn megabytes(bytes: u64) -> f64 {
    let tenths = u32::try_from(bytes / 100_000).unwrap_or(u32::MAX);
    f64::from(tenths) / 10.0
}
