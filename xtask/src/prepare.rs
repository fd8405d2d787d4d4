//! Installs what building and testing need beyond git, rustup and a C compiler.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::run::{run, top};

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
