//! `cargo xtask fixtures`: a data folder, a tablet with unsent work and what goes over the wire in the formats of
//! this version, for the tests of every later one. Made once a release, from its commit, and never again.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::run::{cargo, run as start, step, target, top};

/// Whose tablet it is; `tests/src/tablet/device.rs` makes passphrases the same way.
const LOGIN: &str = "elin";
const PASSWORD: &str = "elin-i-provby";
const PASSPHRASE: &str = "en lång ordföljd av elin";

/// What went over the wire.
const WIRE: &str = "wire";

/// Files of a data folder that are made anew from others, or say nothing.
const LEFT_OUT: [&str; 3] = ["ballast", "rows.db", "serve.lock"];

/// Makes the fixture of this version.
///
/// # Errors
/// When there is one already, or a program fails.
pub(crate) fn run() -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let version = version.rsplit_once('.').map_or(version, |(line, _)| line);
    let fixtures = top().join("tests").join("fixtures");
    let out = fixtures.join(version);
    let said = out.join(WIRE);
    ensure!(!said.exists(), "{} is there: fixtures stay as they were made", said.display());
    step("programs", || {
        cargo(&["build", "--quiet", "-p", "ankomst-server", "-p", "ankomst-tests", "--bins"])
    })?;
    let work = target().join("fixture");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    let server = target().join("debug").join("ankomst");
    if !out.exists() {
        files((&fixtures, &work), &server, &out)?;
    }
    wire(&server, &work.join("again"), &out)
}

/// Says to a server on the data folder of the fixture what tablets say, and keeps both sides.
fn wire(server: &Path, data: &Path, out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(data)?;
    for entry in fs::read_dir(out.join("server"))? {
        let (mut bytes, path) = (Vec::new(), entry?.path());
        GzDecoder::new(fs::File::open(&path)?).read_to_end(&mut bytes)?;
        fs::write(data.join(path.file_stem().context("a file has a name")?), bytes)?;
    }
    let running = Running::start(server, data)?;
    let mut program = Command::new(target().join("debug").join("wire"));
    let said = program.args(["--server", &running.address]).output()?;
    running.stop()?;
    ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    fs::create_dir_all(out.join(WIRE))?;
    keep(&said.stdout, &out.join(WIRE).join("said.jsonl.gz"))
}

/// Makes a data folder, and a tablet that has typed without contact.
fn files((fixtures, work): (&Path, &Path), server: &Path, out: &Path) -> anyhow::Result<()> {
    let (data, store) = (work.join("server"), work.join("tablet"));
    let seed = ["seed", "--pack", "sp-1", "--seed", "1", "--data"];
    start(Command::new(server).args(seed).arg(&data).stdout(Stdio::null()))?;
    let running = Running::start(server, &data)?;
    let tablet = |address: &str| {
        let mut command = Command::new(target().join("debug").join("tablet"));
        command.arg("--store").arg(&store).args(["--server", address]);
        command.args(["--login", LOGIN, "--passphrase", PASSPHRASE]);
        command
    };
    start(tablet(&running.address).args(["login", LOGIN, PASSWORD, PASSPHRASE]))?;
    running.stop()?;
    // Nobody answers there: what is typed stays on the tablet.
    let mut edit = tablet("http://localhost:9");
    edit.arg("--ledger").arg(work.join("ledger.jsonl"));
    start(edit.arg("edit").arg(fixtures.join("unsent.toml")))?;
    let dump = Command::new(server).arg("dump").arg("--data").arg(&data).output()?;
    fs::write(work.join("dump.jsonl"), dump.stdout)?;
    pack(work, out)
}

struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(server: &Path, data: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(server)
            .args(["serve", "--listen", "127.0.0.1:0", "--print-address", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().context("the server says nothing")?;
        let address = BufReader::new(said)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        Ok(Self { child, address: address.context("the server does not listen")? })
    }

    fn stop(mut self) -> anyhow::Result<()> {
        start(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        ensure!(self.child.wait()?.success(), "the server did not end in good order");
        Ok(())
    }
}

/// Puts every file below `from` to `to`, each compressed.
fn pack(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let mut entries: Vec<PathBuf> =
        fs::read_dir(from)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        if path.is_dir() {
            pack(&path, &to.join(name))?;
        } else if !LEFT_OUT.contains(&name.as_str()) {
            keep(&fs::read(&path)?, &to.join(format!("{name}.gz")))?;
        }
    }
    Ok(())
}

fn keep(bytes: &[u8], file: &Path) -> anyhow::Result<()> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(fs::write(file, gzip.finish()?)?)
}
