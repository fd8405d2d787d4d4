//! Installs what building and testing need beyond git, rustup and a C compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::run::{run, target, top};

const WASM: &str = "wasm32-unknown-unknown";

/// Debian packages the tests need, each with a program that shows it is there.
const PACKAGES: [(&str, &str); 3] = [
    ("chromium", "/usr/bin/chromium"),
    ("chromium-driver", "/usr/bin/chromedriver"),
    ("strace", "/usr/bin/strace"),
];

/// Adds the wasm target to the toolchain this repository names.
///
/// # Errors
/// When rustup is missing or refuses.
pub(crate) fn wasm_target() -> anyhow::Result<()> {
    let installed = Command::new("rustup")
        .current_dir(top())
        .args(["target", "list", "--installed"])
        .output()
        .context("rustup is needed: https://rustup.rs")?;
    if String::from_utf8_lossy(&installed.stdout).lines().any(|line| line == WASM) {
        return Ok(());
    }
    run(Command::new("rustup").current_dir(top()).args(["target", "add", WASM]))
}

/// Installs the missing Debian packages.
///
/// # Errors
/// When apt-get fails, or packages are missing and this is not Debian or not run as root.
pub(crate) fn packages() -> anyhow::Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, program)| !Path::new(program).exists())
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("tests need {}: install them with this system's package manager", missing.join(", "));
    }
    let apt = |args: &[&str]| {
        run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(args))
            .with_context(|| format!("as root: apt-get install {}", missing.join(" ")))
    };
    apt(&["update", "-q"])?;
    let mut args = vec!["install", "-y", "-q", "--no-install-recommends"];
    args.extend(&missing);
    apt(&args)
}

/// Gives the script of the accessibility rules, fetched by npm at the version and with the hash that
/// `tests/axe/package-lock.json` names; `None`, with a word why, when there is no npm.
///
/// # Errors
/// When npm fails.
pub(crate) fn axe() -> anyhow::Result<Option<PathBuf>> {
    let (from, folder) = (top().join("tests").join("axe"), target().join("axe"));
    let script = folder.join("node_modules").join("axe-core").join("axe.min.js");
    let is_here = |name: &str| {
        let wanted = fs::read(from.join(name));
        wanted.is_ok_and(|wanted| fs::read(folder.join(name)).is_ok_and(|here| here == wanted))
    };
    if script.exists() && is_here("package-lock.json") {
        return Ok(Some(script));
    }
    if Command::new("npm").arg("--version").output().is_err() {
        eprintln!("    there is no npm: the pages are not held against the rules of axe");
        return Ok(None);
    }
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(from.join(name), folder.join(name))?;
    }
    let args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    run(Command::new("npm").current_dir(&folder).args(args)).context("fetching axe-core by npm")?;
    Ok(Some(script))
}

/// Gives the folder of the packages that the client in Python needs, fetched by pip at the versions and with the
/// hashes that `tests/python/requirements.txt` names; `None`, with a word why, when there is no Python with pip.
///
/// # Errors
/// When pip fails.
pub(crate) fn python() -> anyhow::Result<Option<PathBuf>> {
    const NAME: &str = "requirements.txt";
    let (from, folder) = (top().join("tests").join("python").join(NAME), target().join("python"));
    if fs::read(folder.join(NAME)).is_ok_and(|here| fs::read(&from).is_ok_and(|it| it == here)) {
        return Ok(Some(folder));
    }
    let pip = |args: &[&str]| {
        let mut command = Command::new("python3");
        command.current_dir(top()).args(["-m", "pip"]).args(args);
        command
    };
    if !pip(&["--version"]).output().is_ok_and(|said| said.status.success()) {
        eprintln!("    there is no Python with pip: no other client is held against the server");
        return Ok(None);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    // Wheels of plain Python, so that one hash is enough whatever the machine.
    let only = ["--only-binary", ":all:", "--no-deps", "--require-hashes"];
    let mut command = pip(&["install", "--quiet", "--no-compile", "--root-user-action", "ignore"]);
    command.args(only).arg("--target").arg(&folder).arg("-r").arg(&from);
    run(&mut command).context("fetching packages of Python by pip")?;
    fs::copy(&from, folder.join(NAME))?;
    Ok(Some(folder))
}
