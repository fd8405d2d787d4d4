//! From TOML files to the packed catalog, reporting every fault at once with file and line.
//!
//! Used by `build.rs` and by tests; not part of the built library.
//! Reading order: [`node`] (a value with its place), [`read`] (files to model), [`verify`] (what must
//! hold between files).

mod node;
mod read;
mod verify;

#[cfg(test)]
mod tests;

use core::cell::RefCell;
use core::fmt;

use super::model::Package;

/// One TOML file.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    /// Path below the catalog's folder, e.g. `kinds/case.toml`.
    pub name: String,
    /// Contents.
    pub text: String,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Collects faults while reading goes on.
type Faults = RefCell<Vec<Fault>>;

/// Reads and checks all files of a catalog.
///
/// # Errors
/// All faults, sorted by file and line.
pub(super) fn package(files: &[SourceFile]) -> Result<Package, Vec<Fault>> {
    let faults = Faults::default();
    let (package, places) = read::package(files, &faults);
    verify::package(&package, &places, &faults);
    let mut faults = faults.into_inner();
    faults.sort();
    faults.dedup();
    if faults.is_empty() { Ok(package) } else { Err(faults) }
}
