//! `cargo xtask tidy`: what a machine can check of how this repository is written, in seconds.
//!
//! Each check is a pure function from files and settings to faults. Settings and exceptions lie in
//! `xtask/layers.toml` and `xtask/tidy.toml`, apart from the code.
//!
//! Reading order: [`source`] (files and faults), [`settings`], [`code`] (Rust without comments, tests
//! told apart), then the checks: [`members`], [`doors`], [`rooms`], [`files`], [`places`], [`words`],
//! [`sleeps`], [`fragments`], [`decisions`], [`proofs`], [`texts`].

mod code;
mod decisions;
mod doors;
mod files;
mod fragments;
mod members;
mod places;
mod proofs;
mod rooms;
mod settings;
mod sleeps;
mod source;
mod texts;
mod words;

use anyhow::bail;

use code::{RustFile, rust_files};
use settings::Settings;
use source::{Fault, Source};

/// What every check is given.
struct Repository<'a> {
    /// All files; those that are not text have an empty one.
    sources: &'a [Source],
    /// The Rust files among them.
    rust: &'a [RustFile<'a>],
    /// Tables and exceptions.
    settings: &'a Settings,
}

/// A check: gives what does not hold.
type Check = fn(&Repository<'_>) -> anyhow::Result<Vec<Fault>>;

const CHECKS: [Check; 11] = [
    members::check,
    doors::check,
    rooms::check,
    files::check,
    places::check,
    words::check,
    sleeps::check,
    fragments::check,
    decisions::check,
    proofs::check,
    texts::check,
];

/// Runs all checks on this repository and prints every fault.
///
/// # Errors
/// When something does not hold, or files or settings cannot be read.
pub(crate) fn run() -> anyhow::Result<()> {
    let sources = source::read()?;
    let settings = Settings::of(&sources)?;
    let faults = faults(&sources, &settings)?;
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { Ok(()) } else { bail!("{} to mend", faults.len()) }
}

fn faults(sources: &[Source], settings: &Settings) -> anyhow::Result<Vec<Fault>> {
    let rust = rust_files(sources)?;
    let repository = Repository { sources, rust: &rust, settings };
    let mut faults = Vec::new();
    for check in CHECKS {
        faults.extend(check(&repository)?);
    }
    faults.sort();
    faults.dedup();
    Ok(faults)
}

#[cfg(test)]
mod kit {
    use super::code::rust_files;
    use super::settings::Settings;
    use super::source::Source;
    use super::{Check, Repository};

    /// Runs one check on made-up files and gives its faults as `path:line: what`.
    pub(super) fn found(check: Check, settings: &Settings, files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let rust = rust_files(&sources).unwrap();
        let repository = Repository { sources: &sources, rust: &rust, settings };
        check(&repository).unwrap().iter().map(ToString::to_string).collect()
    }
}
