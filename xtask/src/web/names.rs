//! Gives files hashed names and puts those into the files that refer to them.
//!
//! A text file refers to another as `{{file:NAME}}`; `{{build}}` is the build's id. `sw.js` and
//! `index.html` keep their names; `__PRECACHE__` in `sw.js` becomes the list of all other files.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use super::build::Files;

/// Files that keep their plain name, because addresses outside the app know them.
const PLAIN: [&str; 2] = ["index.html", "sw.js"];

/// The app's files under their final names, and the plain name of each.
pub(super) struct Named {
    /// Final name to contents.
    pub(super) files: Files,
    /// Plain name to final name.
    pub(super) names: BTreeMap<String, String>,
}

/// Resolves all references.
///
/// # Errors
/// When a reference names no file, or files refer to each other in a circle.
pub(super) fn resolve(sources: &Files) -> anyhow::Result<Named> {
    let mut all = Sha256::new();
    for (name, bytes) in sources {
        all.update(name.as_bytes());
        all.update(bytes);
    }
    let build = hex(&all.finalize(), 12);
    let mut resolver = Resolver {
        sources,
        build: &build,
        open: BTreeSet::new(),
        named: Named { files: Files::new(), names: BTreeMap::new() },
    };
    for name in sources.keys().filter(|name| *name != "sw.js") {
        resolver.file(name)?;
    }
    if sources.contains_key("sw.js") {
        resolver.file("sw.js")?;
    }
    Ok(resolver.named)
}

struct Resolver<'a> {
    sources: &'a Files,
    build: &'a str,
    open: BTreeSet<String>,
    named: Named,
}

impl Resolver<'_> {
    fn file(&mut self, name: &str) -> anyhow::Result<String> {
        if let Some(known) = self.named.names.get(name) {
            return Ok(known.clone());
        }
        let bytes = self.sources.get(name).with_context(|| format!("there is no file {name}"))?;
        if !self.open.insert(name.to_owned()) {
            bail!("{name} refers to itself through other files");
        }
        let bytes = if is_text(name) { self.text(name, bytes)? } else { bytes.clone() };
        let final_name = if PLAIN.contains(&name) { name.to_owned() } else { hashed(name, &bytes) };
        self.named.files.insert(final_name.clone(), bytes);
        self.named.names.insert(name.to_owned(), final_name.clone());
        Ok(final_name)
    }

    fn text(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let source = std::str::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
        let mut out = String::with_capacity(source.len());
        let mut rest = source;
        while let Some((before, behind)) = rest.split_once("{{file:") {
            let (wanted, after) =
                behind.split_once("}}").with_context(|| format!("{name}: unclosed {{{{file:"))?;
            out.push_str(before);
            out.push('/');
            let known = self.file(wanted).with_context(|| format!("{name} refers to {wanted}"))?;
            out.push_str(&known);
            rest = after;
        }
        out.push_str(rest);
        let mut out = out.replace("{{build}}", self.build).replace("__BUILD__", self.build);
        if out.contains("__PRECACHE__") {
            let mut list: Vec<String> = self
                .named
                .names
                .values()
                .filter(|known| *known != "index.html")
                .map(|known| format!("/{known}"))
                .collect();
            list.push("/".to_owned());
            list.sort();
            out = out.replace("__PRECACHE__", &serde_json::to_string(&list)?);
        }
        Ok(out.into_bytes())
    }
}

fn is_text(name: &str) -> bool {
    [".js", ".html", ".css", ".webmanifest", ".svg", ".json"].iter().any(|end| name.ends_with(end))
}

fn hashed(name: &str, bytes: &[u8]) -> String {
    let hash = hex(&Sha256::digest(bytes), 10);
    match name.rsplit_once('.') {
        Some((stem, end)) => format!("{stem}-{hash}.{end}"),
        None => format!("{name}-{hash}"),
    }
}

fn hex(bytes: &[u8], digits: usize) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| DIGITS.get(usize::from(nibble))).take(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn references_become_hashed_names_and_the_worker_list_has_all_files() {
        let named = resolve(&files(&[
            ("index.html", "<script src=\"{{file:boot.js}}\"></script>"),
            ("boot.js", "import '{{file:ui.js}}'; // {{build}}"),
            ("ui.js", "1"),
            ("sw.js", "const files = __PRECACHE__;"),
        ]))
        .unwrap();
        let boot = named.names.get("boot.js").unwrap();
        let index = String::from_utf8(named.files.get("index.html").unwrap().clone()).unwrap();
        assert!(index.contains(&format!("\"/{boot}\"")), "{index}");
        let worker = String::from_utf8(named.files.get("sw.js").unwrap().clone()).unwrap();
        assert!(worker.contains(boot.as_str()) && worker.contains("\"/\""), "{worker}");
        assert!(!worker.contains("sw.js"));
    }

    #[test]
    fn a_missing_file_and_a_circle_are_refused() {
        assert!(resolve(&files(&[("a.js", "{{file:b.js}}")])).is_err());
        assert!(resolve(&files(&[("a.js", "{{file:b.js}}"), ("b.js", "{{file:a.js}}")])).is_err());
    }

    #[test]
    fn a_changed_leaf_changes_the_names_above_it() {
        let name = |leaf: &str| {
            let named = resolve(&files(&[("a.js", "{{file:b.js}}"), ("b.js", leaf)])).unwrap();
            named.names.get("a.js").unwrap().clone()
        };
        assert_ne!(name("1"), name("2"));
    }
}
