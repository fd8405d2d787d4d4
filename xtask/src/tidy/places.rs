//! Places that texts name exist: backticked paths in Markdown and in doc comments, links in Markdown.

use std::collections::BTreeSet;

use regex::Regex;

use super::Repository;
use super::source::{Fault, Source};

/// Endings that make a word with a slash the path of a file.
const ENDINGS: [&str; 12] = [
    ".rs", ".md", ".toml", ".lock", ".js", ".css", ".html", ".sql", ".svg", ".png", ".snap", ".yml",
];

/// Looks through Markdown and doc comments.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let ticked = Regex::new(r"`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*/?)`")?;
    let link = Regex::new(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")?;
    let known = known(repository.sources);
    let mut faults = Vec::new();
    for source in repository.sources {
        let (is_text, is_rust) = (source.is(".md"), source.is(".rs"));
        for (index, line) in source.text.lines().enumerate() {
            let start = line.trim_start();
            if !is_text && !(is_rust && (start.starts_with("//!") || start.starts_with("///"))) {
                continue;
            }
            let mut fault = |named: &str| {
                let what = format!("`{named}` does not exist: name the place where it is");
                faults.push(Fault::new(&source.path, index + 1, what));
            };
            let words = ticked.captures_iter(line).filter_map(|found| found.get(1));
            for word in words.map(|found| found.as_str()) {
                if is_path(word, &known) && !exists(word, source, is_rust, &known) {
                    fault(word);
                }
            }
            let links = link.captures_iter(line).filter_map(|found| found.get(1));
            for target in links.map(|found| found.as_str()).filter(|_| is_text) {
                if !target.contains("://") && !known.contains(&beside(source, target)) {
                    fault(target);
                }
            }
        }
    }
    Ok(faults)
}

/// All files and folders, folders without the last slash.
fn known(sources: &[Source]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for source in sources {
        let mut path = source.path.as_str();
        known.insert(path.to_owned());
        while let Some((folder, _)) = path.rsplit_once('/') {
            known.insert(folder.to_owned());
            path = folder;
        }
    }
    known
}

/// Whether a word means a path of this repository: a file by its ending, or below a top folder.
fn is_path(word: &str, known: &BTreeSet<String>) -> bool {
    let Some((first, rest)) = word.split_once('/') else { return false };
    let is_file = !rest.is_empty() && ENDINGS.iter().any(|ending| word.ends_with(ending));
    is_file && first != "target" || known.contains(first)
}

/// From the top, beside the file, or in Rust as the end of a path.
fn exists(word: &str, source: &Source, is_rust: bool, known: &BTreeSet<String>) -> bool {
    let word = word.trim_end_matches('/');
    let end = format!("/{word}");
    known.contains(word)
        || known.contains(&beside(source, word))
        || is_rust && known.iter().any(|path| path.ends_with(&end))
}

/// A path from the folder of a file.
fn beside(source: &Source, path: &str) -> String {
    let mut parts: Vec<&str> = source.path.split('/').collect();
    parts.pop();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    const TREE: [(&str, &str); 2] = [("docs/map.md", ""), ("server/src/sync/feed.rs", "")];

    fn faults(path: &str, text: &str) -> Vec<String> {
        let files = [TREE[0], TREE[1], (path, text)];
        found(check, &Settings::default(), &files)
    }

    #[test]
    fn files_folders_and_links_that_exist_pass_and_other_words_are_left_alone() {
        let text = "`server/src/sync/feed.rs`, `server/`, [map](docs/map.md#top), `persons/x/given`, \
                    `POST /api/v1/sync`, `application/cbor`, `target/app/x.js`, [web](https://a.b/c.md)\n";
        assert!(faults("README.md", text).is_empty());
        assert!(faults("docs/a.md", "[up](../server/src) [map](map.md)\n").is_empty());
        assert!(
            faults("server/src/x.rs", "//! See `sync/feed.rs`.\nlet a = \"`b/c.rs`\";\n")
                .is_empty()
        );
    }

    #[test]
    fn places_that_are_gone_are_found() {
        let text = "ok\n`server/src/sync/gone.rs` and `server/gone` and [map](docs/gone.md)\n";
        let faults_found = faults("README.md", text);
        assert_eq!(faults_found.len(), 3, "{faults_found:#?}");
        assert!(
            faults_found[0].starts_with("README.md:2: `server/src/sync/gone.rs` does not exist")
        );
        assert_eq!(faults("server/src/x.rs", "//! See `sync/gone.rs`.\n").len(), 1);
        assert_eq!(faults("README.md", "`sync/feed.rs`\n").len(), 1);
    }
}
