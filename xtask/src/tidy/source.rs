//! The files of the repository, and what is wrong in one of them.

use std::fmt;
use std::process::Command;

use anyhow::{Context, bail};

use crate::run::top;

/// A file with its path from the top folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The path, with `/`.
    pub(super) path: String,
    /// The contents, empty when they are not text.
    pub(super) text: String,
}

impl Source {
    /// Makes a file.
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the path ends so.
    pub(super) fn is(&self, end: &str) -> bool {
        self.path.ends_with(end)
    }
}

/// Something that does not hold, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    path: String,
    line: usize,
    what: String,
}

impl Fault {
    /// Makes a fault; lines count from 1.
    pub(super) fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Reads all files git knows or would take in.
///
/// # Errors
/// When git cannot be asked.
pub(super) fn read() -> anyhow::Result<Vec<Source>> {
    let listed = Command::new("git")
        .current_dir(top())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("git is needed to list the files")?;
    if !listed.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    }
    let listed = String::from_utf8_lossy(&listed.stdout);
    let mut sources = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        // A file may be deleted and still listed.
        if let Ok(bytes) = std::fs::read(top().join(path)) {
            sources.push(Source::new(path, &String::from_utf8(bytes).unwrap_or_default()));
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}
