//! From TOML files to the packed catalog, reporting every fault at once with file and line.
//!
//! Used by `build.rs`, by tests, and with feature `source` by the server for checklists that a
//! municipality has written; never by the app.
//! Reading order: [`node`] (a value with its place), [`read`] (files to model) with [`items`]
//! (checklists) and [`rules`], [`formula`] (conditions, constraints, calculations), [`verify`] and [`verify_items`]
//! (what must hold between files), [`own`] (one checklist of a municipality).

mod formula;
mod items;
mod node;
pub mod own;
mod read;
mod rule_needs;
mod rules;
mod verify;
mod verify_items;

#[cfg(test)]
mod kind_tests;
#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod tests;

use core::cell::RefCell;
use core::fmt;

use super::model::{Field, Package};

/// One TOML file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path below the catalog's folder, e.g. `kinds/case.toml`.
    pub name: String,
    /// Contents.
    pub text: String,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
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
    let (mut package, places, written) = read::package(files, &faults);
    formula::compile(&mut package, &written, &faults);
    verify::package(&package, &places, &faults);
    let mut faults = faults.into_inner();
    faults.sort();
    faults.dedup();
    if faults.is_empty() { Ok(package) } else { Err(faults) }
}

/// Lists that code asks for by name.
const ASKED_BY_CODE: [&str; 3] = ["anchor", "department", "source"];

/// Leaves out the lists nobody asks for yet: a first visit does not wait for them.
pub(super) fn without_unasked_lists(mut package: Package) -> Package {
    let asked = |fields: &[Field], id: &str| {
        fields.iter().filter_map(|field| field.typ.list()).any(|list| list == id)
    };
    let Package { kinds, lists, .. } = &mut package;
    lists.retain(|list| {
        ASKED_BY_CODE.contains(&list.id.as_str())
            || kinds.iter().any(|kind| {
                asked(&kind.fields, &list.id)
                    || kind.entry_lists.iter().any(|entries| asked(&entries.fields, &list.id))
            })
    });
    package
}
