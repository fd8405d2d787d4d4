//! The real server as a process of its own, behind strace if its calls are to be seen or to fail.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Calls that matter for what is on the disk, and those by which answers go out.
const CALLS: &str = "trace=pwrite64,write,writev,sendto,sendmsg,ftruncate,fallocate,openat,rename,renameat,\
    renameat2,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,copy_file_range,sendfile,pwritev";

/// The files of a data folder whose calls may fail.
const FILES: [&str; 13] = [
    "log.db",
    "log.db-wal",
    "log.db-shm",
    "keys.db",
    "keys.db-wal",
    "keys.db-shm",
    "rows.db",
    "rows.db-wal",
    "access.db",
    "access.db-wal",
    "access.db.end",
    "cleaned.jsonl",
    "destroyed.jsonl",
];

/// How a server is looked at.
pub(crate) enum Watch<'a> {
    /// Not at all.
    Plain,
    /// Every call is written to this file.
    Into(&'a Path),
    /// Some calls fail: which, and how.
    Failing(&'a str),
}

/// A running server; data and backups lie in one folder.
pub(crate) struct Served {
    child: Child,
    pid: u32,
    pub(crate) port: u16,
}

/// Whether strace is there. In continuous integration it must be.
pub(crate) fn has_strace() -> bool {
    let found = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "strace must be installed in CI");
    if !found {
        eprintln!("skipped: strace is not installed");
    }
    found
}

pub(crate) fn data(root: &Path) -> PathBuf {
    root.join("data")
}

pub(crate) fn backups(root: &Path) -> PathBuf {
    root.join("backup")
}

/// Makes a data folder with the village in it.
pub(crate) fn village(root: &Path) {
    let mut seed = ankomst();
    seed.arg("seed").arg("--data").arg(data(root)).args(["--pack", "sp-1", "--seed", "1"]);
    assert!(seed.stdout(Stdio::null()).status().unwrap().success());
}

fn ankomst() -> Command {
    without_ours(Command::new(env!("CARGO_BIN_EXE_ankomst")))
}

/// Variables that steer tests are no settings of the server's.
fn without_ours(mut command: Command) -> Command {
    let ours = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    for name in ours.filter(|name| name.starts_with("ANKOMST_")) {
        command.env_remove(name);
    }
    command
}

impl Served {
    /// Starts it, with more variables; `None` when it ended before it listened, as it may where calls fail.
    pub(crate) fn start(root: &Path, watch: &Watch<'_>, more: &[(&str, &str)]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut strace = without_ours(Command::new("strace"));
        strace.args(["-f", "-qq", "--seccomp-bpf", "-yy", "-xx", "-s", "4000000"]);
        let mut command = match watch {
            Watch::Plain => ankomst(),
            Watch::Into(file) => {
                strace.args(["-e", CALLS, "-o"]).arg(file).arg(env!("CARGO_BIN_EXE_ankomst"));
                strace
            }
            Watch::Failing(inject) => {
                strace.args(["-o", "/dev/null", "-e", inject]);
                for file in FILES {
                    strace.arg("-P").arg(data(root).join(file));
                }
                strace.arg(env!("CARGO_BIN_EXE_ankomst"));
                strace
            }
        };
        command.arg("serve").arg("--data").arg(data(root)).arg("--backup").arg(backups(root));
        command.arg("--listen").arg(format!("127.0.0.1:{port}")).arg("--print-address");
        command.env("ANKOMST_BALLAST_MB", "0").env("ANKOMST_FILES_FREE_MB", "0");
        command.envs(more.iter().copied());
        // What it says of injected errors is no news.
        let log = if std::env::var_os("ANKOMST_LOUD").is_some() {
            Stdio::inherit()
        } else {
            Stdio::null()
        };
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        if !{ lines }.any(|line| line.starts_with("listening on")) {
            let status = child.wait().unwrap();
            assert!(!status.success(), "it ended well before it listened");
            return None;
        }
        let pid = if matches!(watch, Watch::Plain) { child.id() } else { child_of(child.id()) };
        Some(Self { child, pid, port })
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        signal(self.pid, "-TERM");
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.lives() {
            signal(self.pid, "-KILL");
            drop(self.child.wait());
        }
    }
}

fn child_of(id: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    children.split_whitespace().next().map_or(id, |child| child.parse().unwrap())
}

/// Sends a signal to one process that this test started.
fn signal(pid: u32, signal: &str) {
    drop(Command::new("kill").arg(signal).arg(pid.to_string()).stderr(Stdio::null()).status());
}
