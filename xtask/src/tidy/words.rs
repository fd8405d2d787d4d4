//! Words that no file may hold: paths of somebody's machine, registry hosts, marks of unfinished work,
//! and in Rust what is left over from looking for a fault.

use regex::Regex;

use super::Repository;
use super::code::line_at;
use super::settings::TIDY;
use super::source::{Fault, Source};

/// Where every package of `Cargo.lock` comes from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Looks through all files.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let words = &repository.settings.tidy.words;
    let paths = beginning(&words.machine_paths)?;
    let hosts = any(r"(?:", &words.registry_hosts, r")")?;
    let marks = any(r"\b(?:", &words.unfinished, r")\b|(?://|#|/\*|<!--)\s*XXX\b")?;
    let mut faults = Vec::new();
    for source in repository.sources.iter().filter(|source| source.path != TIDY) {
        if source.is("Cargo.lock") {
            faults.extend(foreign_sources(source));
            continue;
        }
        let mut look = |pattern: &Option<Regex>, advice: &str| {
            for found in pattern.iter().flat_map(|pattern| pattern.find_iter(&source.text)) {
                let line = line_at(&source.text, found.start() + 1);
                let what = format!("`{}`: {advice}", found.as_str().trim());
                faults.push(Fault::new(&source.path, line, what));
            }
        };
        look(&paths, "a path of one machine; name the place from the top folder");
        look(&hosts, "which registry is used is the machine's own matter; leave it out");
        look(&marks, "finish it, or write a decision");
    }
    faults.extend(left_over(repository)?);
    Ok(faults)
}

fn any(before: &str, words: &[String], after: &str) -> anyhow::Result<Option<Regex>> {
    if words.is_empty() {
        return Ok(None);
    }
    let words: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
    Ok(Some(Regex::new(&format!("{before}{}{after}", words.join("|")))?))
}

/// Paths count where they begin, not as part of a longer path or address.
fn beginning(paths: &[String]) -> anyhow::Result<Option<Regex>> {
    any(r"(?m)(?:^|[^\w./}-])(?:", paths, r")")
}

fn foreign_sources(lock: &Source) -> Vec<Fault> {
    let lines = lock.text.lines().enumerate();
    let foreign =
        lines.filter(|(_, line)| line.starts_with("source = ") && !line.contains(REGISTRY));
    foreign
        .map(|(index, line)| {
            let what = format!("{line}: packages come from crates.io only");
            Fault::new(&lock.path, index + 1, what)
        })
        .collect()
}

fn left_over(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let table = [
        (r"\bdbg!", "take it out"),
        (r"#\[ignore\b", "mend the test or take it out; what needs a program says so and skips"),
        (r"#\[should_panic\b", "look at the error instead"),
    ];
    let mut faults = Vec::new();
    for (pattern, advice) in table {
        let pattern = Regex::new(pattern)?;
        for file in repository.rust {
            for found in pattern.find_iter(&file.code) {
                let line = line_at(&file.code, found.start());
                let what = format!("`{}`: {advice}", found.as_str());
                faults.push(Fault::new(&file.source.path, line, what));
            }
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let mut settings = Settings::default();
        let words = &mut settings.tidy.words;
        words.machine_paths = vec!["/machine/".to_owned()];
        words.registry_hosts = vec!["index.example".to_owned()];
        words.unfinished = vec!["LATER".to_owned()];
        found(check, &settings, &[(path, text)])
    }

    #[test]
    fn plain_files_pass() {
        assert!(faults("a.md", "see a/machine/b, https://x.y/machine/ and LATERAL\n").is_empty());
        assert!(faults("a.toml", "id = \"XXX\"\ncode country/XXX\n").is_empty());
        assert!(faults("a.rs", "// no dbg! here, no #[ignore]\nlet a = \"dbg!\";\n").is_empty());
        let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert!(faults("Cargo.lock", lock).is_empty());
    }

    #[test]
    fn each_forbidden_word_is_found_in_its_line() {
        for (path, text) in [
            ("a.md", "\nsee /machine/b\n"),
            ("a.md", "\n/machine/b\n"),
            ("a.js", "\nimport \"/machine/b\"\n"),
            ("a.toml", "\nurl = \"https://index.example/\"\n"),
            ("a.css", "\n/* LATER: colours */\n"),
            ("a.rs", "\n// X\u{58}X: why?\n"),
            ("a.rs", "\n    dbg!(a);\n"),
            ("a.rs", "\n#[ignore = \"slow\"]\n"),
            ("a.rs", "\n#[should_panic]\n"),
            ("Cargo.lock", "\nsource = \"git+https://example.org/fork\"\n"),
        ] {
            let faults = faults(path, text);
            assert_eq!(faults.len(), 1, "{text}: {faults:#?}");
            assert!(faults[0].starts_with(&format!("{path}:2: ")), "{faults:#?}");
        }
    }
}
