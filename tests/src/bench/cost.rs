//! What the system says of a process: time on the processor, memory.

use std::path::PathBuf;

use anyhow::Context;

/// Nanoseconds of a clock tick of `/proc`, the same on every Linux.
const TICK_NS: u64 = 10_000_000;

/// A process and the processes it has started.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

/// Time on the processor so far, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    /// Of the process itself.
    pub own_ns: u64,
    /// Of the processes it has started and that still run: trials.
    pub children_ns: u64,
}

impl Cpu {
    /// What came since, in milliseconds: of the process, and of those it started.
    #[must_use]
    pub fn since(self, before: Self) -> (f64, f64) {
        let ms = |ns: u64| f64::from(u32::try_from(ns / 1_000).unwrap_or(u32::MAX)) / 1_000.0;
        let own = self.own_ns.saturating_sub(before.own_ns);
        (ms(own), ms(self.children_ns.saturating_sub(before.children_ns)))
    }
}

impl Process {
    fn read(self, file: &str) -> anyhow::Result<String> {
        let path = PathBuf::from(format!("/proc/{}/{file}", self.0));
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }

    /// Time on the processor so far.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu(self) -> anyhow::Result<Cpu> {
        let children = self.children()?;
        let children = children.iter().map(|child| child.own_ns()).sum::<anyhow::Result<u64>>()?;
        Ok(Cpu { own_ns: self.own_ns()?, children_ns: children })
    }

    /// By threads, in nanoseconds; by ticks where threads have ended meanwhile and took theirs along.
    fn own_ns(self) -> anyhow::Result<u64> {
        let mut fine = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0))? {
            let said = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            fine += said.split_whitespace().next().map_or(Ok(0), str::parse::<u64>)?;
        }
        let stat = self.read("stat")?;
        let (_, after) = stat.rsplit_once(')').context("no stat")?;
        // User and system time are the 14th and 15th field; the name is the second.
        let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let coarse = ticks.sum::<Result<u64, _>>()? * TICK_NS;
        // Ticks are counted by samples, so a little more or less says nothing.
        Ok(if coarse > fine + fine / 4 + 5 * TICK_NS { coarse } else { fine })
    }

    fn children(self) -> anyhow::Result<Vec<Self>> {
        let mut all = Vec::new();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0))? {
            let said = std::fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            let pids = said.split_whitespace().map(str::parse::<u32>);
            all.extend(pids.collect::<Result<Vec<_>, _>>()?.into_iter().map(Self));
        }
        Ok(all)
    }

    fn status_kb(self, name: &str) -> anyhow::Result<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kb = line.and_then(|line| line.split_whitespace().next()).context("no memory")?;
        Ok(kb.parse()?)
    }

    /// Resident memory in KiB.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn memory_kb(self) -> anyhow::Result<u64> {
        self.status_kb("VmRSS:")
    }

    /// The most resident memory since the last [`Self::forget_peak`], in KiB.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn peak_kb(self) -> anyhow::Result<u64> {
        self.status_kb("VmHWM:")
    }

    /// Begins to count the most anew.
    ///
    /// # Errors
    /// When the process is gone or is not ours.
    pub fn forget_peak(self) -> anyhow::Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.0), "5")?)
    }
}

/// Time this thread has had on the processor, in milliseconds.
///
/// # Errors
/// When the system does not say.
pub fn own_thread_ms() -> anyhow::Result<f64> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: u64 = said.split_whitespace().next().context("no schedstat")?.parse()?;
    Ok(f64::from(u32::try_from(ns / 10_000)?) / 100.0)
}

/// Time that threads whose name begins so have had on the processor, of a process and all that it has started, in
/// milliseconds. What has ended is not counted.
///
/// # Errors
/// When the process is gone.
pub fn threads_ms(pid: u32, name: &str) -> anyhow::Result<f64> {
    let (mut all, mut looked, mut ns) = (vec![Process(pid)], 0, 0);
    while let Some(one) = all.get(looked).copied() {
        looked += 1;
        // It may end while it is looked at.
        all.extend(one.children().unwrap_or_default());
        for task in std::fs::read_dir(format!("/proc/{}/task", one.0)).into_iter().flatten() {
            let task = task?.path();
            let called = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
            if called.starts_with(name) {
                let said = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
                ns += said.split_whitespace().next().map_or(Ok(0), str::parse::<u64>)?;
            }
        }
    }
    Ok(f64::from(u32::try_from(ns / 1_000).unwrap_or(u32::MAX)) / 1_000.0)
}
