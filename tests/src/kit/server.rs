//! The real server as a process of its own: started, stopped, killed and started again in the same
//! folder and on the same port.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::dump::Dump;
use super::small_disk::on_small_disk;
use super::strace::{strace, without_ours};

/// How long a line of the log is waited for.
const HEAR_MAX: Duration = Duration::from_mins(1);

/// A server with its data folder; the process may be running or not.
pub struct Server {
    binary: PathBuf,
    app: PathBuf,
    data: TempDir,
    port: u16,
    child: Option<Child>,
    trace: Option<PathBuf>,
    failing: Option<(String, String)>,
    small_disk: Option<u32>,
    variables: Vec<(String, String)>,
    options: Vec<String>,
    scheme: &'static str,
    said: Option<Receiver<String>>,
    printed: Vec<String>,
    log: Option<PathBuf>,
}

impl Server {
    /// Makes a data folder with the synthetic village and starts the server, or gives `None` when
    /// the programs are not built.
    #[must_use]
    pub fn with_village() -> Option<Self> {
        let mut server = Self::empty()?;
        server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
        server.start();
        Some(server)
    }

    /// A server with the municipality of the demo: size S, one year of journals.
    #[must_use]
    pub fn with_town() -> Option<Self> {
        let mut server = Self::empty()?;
        let said = server.command(&["seed", "--size", "S", "--years", "1", "--seed", "1"]);
        assert!(said.contains("elin"), "{said}");
        server.start();
        Some(server)
    }

    /// Makes an empty data folder without starting anything.
    #[must_use]
    pub fn empty() -> Option<Self> {
        let binary = super::program("ANKOMST_BIN")?;
        let app = super::program("ANKOMST_APP")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = tempfile::tempdir().unwrap();
        Some(Self {
            binary,
            app,
            data,
            port,
            child: None,
            trace: None,
            failing: None,
            small_disk: None,
            variables: Vec::new(),
            options: Vec::new(),
            scheme: "http",
            said: None,
            printed: Vec::new(),
            log: None,
        })
    }

    /// Runs a command of the binary on the data folder and gives what it printed.
    #[expect(clippy::must_use_candidate, reason = "often run for its effect")]
    pub fn command(&self, args: &[&str]) -> String {
        let (fine, said) = self.try_command(args);
        assert!(fine, "ankomst {args:?}: {said}");
        said
    }

    /// Runs a command that reads a line of its standard input.
    pub fn command_reading(&self, args: &[&str], line: &str) {
        use std::io::Write;
        let mut command = self.prepared(args);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        assert!(child.wait().unwrap().success(), "ankomst {args:?}");
    }

    /// Runs a command of the binary on the data folder; tells whether it went well and what it said:
    /// what it printed, and its errors if it failed.
    #[must_use]
    pub fn try_command(&self, args: &[&str]) -> (bool, String) {
        said(&self.prepared(args).output().unwrap())
    }

    /// As [`Self::try_command`], on the data folder as the running process sees it.
    #[must_use]
    pub fn try_command_within(&self, args: &[&str]) -> (bool, String) {
        said(&self.prepared_on(&self.data_within(), args).output().unwrap())
    }

    fn prepared(&self, args: &[&str]) -> Command {
        self.prepared_on(self.data.path(), args)
    }

    fn prepared_on(&self, data: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        without_ours(&mut command);
        command.args(args).arg("--data").arg(data);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Empties the data folder but for the keys of the server, which are kept apart.
    pub fn lose_disk(&self) {
        assert!(self.child.is_none(), "the server is running");
        for entry in std::fs::read_dir(self.data.path()).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|end| end != "key") {
                if path.is_dir() {
                    std::fs::remove_dir_all(path).unwrap();
                } else {
                    std::fs::remove_file(path).unwrap();
                }
            }
        }
    }

    /// Everything in the log of the data folder, of which all must be as it is to be.
    #[must_use]
    pub fn dump(&self) -> Dump {
        self.command(&["verify"]);
        Dump::read(self.command(&["dump"]))
    }

    /// Begins to run a command of the binary on another data folder; other futures go on before the
    /// outcome is awaited. Gives what it printed.
    pub fn begin_on(&self, data: &Path, args: &[&str]) -> impl Future<Output = String> + use<> {
        let mut command = self.prepared_on(data, args);
        let shown = format!("ankomst {args:?}");
        let output = tokio::task::spawn_blocking(move || command.output());
        async move {
            let (fine, said) = said(&output.await.unwrap().unwrap());
            assert!(fine, "{shown}: {said}");
            said
        }
    }

    /// The folder of the app it serves.
    #[must_use]
    pub fn app(&self) -> &Path {
        &self.app
    }

    /// Serves another release of the app from the next start on.
    pub fn release(&mut self, app: &Path) {
        self.app = app.to_path_buf();
    }

    /// From the next start on the data folder lies on a disk of its own of so many bytes, which is
    /// gone when the process ends; what the folder holds is copied there first.
    pub fn on_small_disk(&mut self, bytes: u32) {
        self.small_disk = Some(bytes);
    }

    /// The data folder as the running process sees it.
    #[must_use]
    pub fn data_within(&self) -> PathBuf {
        let folder = self.data.path().strip_prefix("/").unwrap();
        Path::new("/proc").join(self.pid().to_string()).join("root").join(folder)
    }

    /// Writes every system call of the next runs that matters for durability into a file.
    pub fn trace_into(&mut self, file: &Path) {
        self.trace = Some(file.to_path_buf());
    }

    /// In the next runs the system says of a file of the data folder that it could not bring it to the disk, those
    /// times of each thread that `when` tells (as strace does, `5..6`). What it did is written into a file.
    pub fn fails_to_sync(&mut self, name: &str, when: &str, trace: &Path) {
        self.failing = Some((name.to_owned(), when.to_owned()));
        self.trace_into(trace);
    }

    /// Writes the log from the next start on into a file.
    pub fn log_into(&mut self, file: &Path) {
        self.log = Some(file.to_path_buf());
    }

    /// Sets an environment variable of the next runs and commands.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Forgets all variables that were set.
    pub fn without_variables(&mut self) {
        self.variables.clear();
    }

    /// Gives `serve` more options at the next starts.
    pub fn option(&mut self, name: &str, value: &str) {
        self.options.extend([name.to_owned(), value.to_owned()]);
    }

    /// Serves by TLS from the next start on, with the certificate and key in these files.
    pub fn with_tls(&mut self, (certificate, key): &(PathBuf, PathBuf)) {
        self.option("--tls-cert", &certificate.to_string_lossy());
        self.option("--tls-key", &key.to_string_lossy());
        self.scheme = "https";
    }

    /// Waits until the server says something in its log.
    pub fn hear(&self, text: &str) {
        let end = Instant::now() + HEAR_MAX;
        let said = self.said.as_ref().unwrap();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = said.recv_timeout(left);
            if line.unwrap_or_else(|_| panic!("the server did not say {text:?}")).contains(text) {
                return;
            }
        }
    }

    /// The link to the first account that it printed at its last start.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.printed.iter().map(String::as_str).find(|line| line.starts_with("http"))
    }

    /// What it has said in its log and was not heard yet.
    #[must_use]
    pub fn log(&self) -> String {
        self.said.iter().flat_map(Receiver::try_iter).collect::<Vec<_>>().join("\n")
    }

    /// Sends the running server a signal.
    pub fn signal(&self, signal: &str) {
        signal_pid(self.pid(), signal);
    }

    /// Starts the process and waits until it says that it listens; gives how long that took.
    pub fn start(&mut self) -> Duration {
        assert!(self.child.is_none(), "the server is running already");
        let begun = Instant::now();
        let mut command = if let Some(bytes) = self.small_disk {
            on_small_disk(self.data.path(), bytes, &self.binary)
        } else if let Some(file) = &self.trace {
            strace(self.data.path(), file, self.failing.as_ref(), &self.binary)
        } else {
            Command::new(&self.binary)
        };
        without_ours(&mut command);
        let mut child = command
            .arg("serve")
            .arg("--data")
            .arg(self.data.path())
            .arg("--app")
            .arg(&self.app)
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", self.port))
            .arg("--print-address")
            .args(&self.options)
            // Tests copy data folders; a small ballast is quickly copied.
            .env("ANKOMST_BALLAST_MB", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.said = Some(heard(child.stderr.take().unwrap(), self.log.as_deref()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let before = lines.by_ref().map_while(Result::ok);
        let mut ready = false;
        self.printed = before
            .take_while(|line| {
                ready = line.starts_with("listening on");
                !ready
            })
            .collect();
        assert!(ready, "the server ended before it listened: {:?}", child.wait());
        self.child = Some(child);
        begun.elapsed()
    }

    /// Ends the process in good order.
    pub fn stop(&mut self) {
        self.end("-TERM");
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(&mut self) {
        self.end("-KILL");
    }

    /// Ends the process in good order and tells how it ended.
    pub fn stop_in_order(&mut self) -> ExitStatus {
        signal_pid(self.pid(), "-TERM");
        self.child.take().unwrap().wait().unwrap()
    }

    /// How the process ended, once it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().unwrap()?;
        self.child = None;
        Some(status)
    }

    fn end(&mut self, signal: &str) {
        let Some(mut child) = self.child.take() else { return };
        let pid = self.server_pid_of(child.id());
        signal_pid(pid, signal);
        child.wait().unwrap();
    }

    /// The server's own process id, behind strace if that is used.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server_pid_of(self.child.as_ref().unwrap().id())
    }

    fn server_pid_of(&self, id: u32) -> u32 {
        if self.trace.is_none() {
            return id;
        }
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.split_whitespace().next().map_or(id, |child| child.parse().unwrap())
    }

    /// The address the app is at.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The binary.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Every line of a log, which is still shown, or written to a file.
fn heard(log: ChildStderr, file: Option<&Path>) -> Receiver<String> {
    let (tell, said) = channel();
    let append = |file| std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    let mut file = file.map(append);
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            match &mut file {
                Some(file) => writeln!(file, "{line}").unwrap(),
                None => eprintln!("{line}"),
            }
            // The test may no longer listen.
            drop(tell.send(line));
        }
    });
    said
}

/// Sends a signal to one process this test started.
pub fn signal_pid(pid: u32, signal: &str) {
    let sent = Command::new("kill").arg(signal).arg(pid.to_string()).status().unwrap();
    assert!(sent.success() || signal == "-KILL", "kill {signal} {pid}");
}

fn said(output: &std::process::Output) -> (bool, String) {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    (output.status.success(), text)
}
