//! Tables and exceptions of the checks: `xtask/layers.toml` and `xtask/tidy.toml`.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;

use super::source::Source;

/// Path of the table of layers.
pub(super) const LAYERS: &str = "xtask/layers.toml";
/// Path of the exceptions.
pub(super) const TIDY: &str = "xtask/tidy.toml";

/// All settings.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// What may lean on what.
    pub(super) layers: Layers,
    /// Exceptions.
    pub(super) tidy: Tidy,
}

/// What may lean on what.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Layers {
    /// Members and the members they may depend on.
    pub(super) members: BTreeMap<String, Vec<String>>,
    /// Members and the features `member/feature` they must leave off.
    pub(super) without: BTreeMap<String, Vec<String>>,
    /// Folders without clock, randomness, input and output.
    pub(super) pure: Pure,
    /// Outside crates and where they may be named.
    pub(super) doors: BTreeMap<String, Door>,
    /// Source folders with their rooms and the rooms each may name.
    pub(super) rooms: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// Folders and the names their code must not hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pure {
    /// The folders.
    pub(super) folders: Vec<String>,
    /// Paths of Rust items or modules.
    pub(super) names: Vec<String>,
}

/// Where an outside crate may be named.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Door {
    /// Members whose manifest may name it.
    pub(super) members: Vec<String>,
    /// Folders whose code may name it.
    pub(super) folders: Vec<String>,
    /// Files beyond the folders that still name it.
    pub(super) files: Vec<String>,
}

/// Exceptions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tidy {
    /// Strings no file may hold.
    pub(super) words: Words,
    /// Files that may be long.
    pub(super) long: Vec<Long>,
    /// Tests that may wait.
    pub(super) sleep: Vec<Sleep>,
}

/// Strings no file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Words {
    /// Beginnings of paths of somebody's machine.
    pub(super) machine_paths: Vec<String>,
    /// Hosts and settings of package registries.
    pub(super) registry_hosts: Vec<String>,
    /// Marks of unfinished work.
    pub(super) unfinished: Vec<String>,
}

/// A file that may be long.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Long {
    /// Its path.
    pub(super) path: String,
    /// Why.
    pub(super) reason: String,
}

/// A test file that may wait.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sleep {
    /// Its path.
    pub(super) path: String,
    /// Number of calls of `sleep`.
    pub(super) count: usize,
    /// Why.
    pub(super) reason: String,
}

impl Settings {
    /// Reads both files among the sources.
    ///
    /// # Errors
    /// When one is missing or has a wrong form.
    pub(super) fn of(sources: &[Source]) -> anyhow::Result<Self> {
        let text = |path: &str| {
            let found = sources.iter().find(|source| source.path == path);
            found.map(|source| source.text.as_str()).with_context(|| format!("{path} is missing"))
        };
        Ok(Self {
            layers: toml::from_str(text(LAYERS)?).context(LAYERS)?,
            tidy: toml::from_str(text(TIDY)?).context(TIDY)?,
        })
    }
}

/// Gives the line of the first occurrence of a text, or 1.
pub(super) fn line_of(text: &str, wanted: &str) -> usize {
    text.lines().position(|line| line.contains(wanted)).map_or(1, |index| index + 1)
}
