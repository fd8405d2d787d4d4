//! Rust files as files: a module doc first, a name that says what is inside, not too long.

use super::Repository;
use super::settings::{TIDY, line_of};
use super::source::{Fault, Source};

/// The most lines a file may have without a reason.
const LINES_MAX: usize = 400;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"];

/// Looks at every Rust file.
///
/// # Errors
/// Never.
#[expect(clippy::unnecessary_wraps, reason = "all checks have one form")]
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let long = &repository.settings.tidy.long;
    let is_listed = |path: &str| long.iter().any(|entry| entry.path == path);
    let mut faults = Vec::new();
    for source in repository.rust.iter().map(|file| file.source) {
        faults.extend(opening(source));
        faults.extend(name(source));
        let lines = source.text.lines().count();
        if lines > LINES_MAX && !is_listed(&source.path) {
            let what = format!("{lines} lines, at most {LINES_MAX}: split it by what it does");
            faults.push(Fault::new(&source.path, LINES_MAX + 1, what));
        }
    }
    for entry in long {
        let found = repository.sources.iter().find(|source| source.path == entry.path);
        let is_long = found.is_some_and(|source| source.text.lines().count() > LINES_MAX);
        if !is_long {
            faults.push(exception(
                repository,
                &entry.path,
                "is not over the limit any more: take the entry out",
            ));
        }
        if entry.reason.trim().is_empty() {
            faults.push(exception(repository, &entry.path, "needs a reason"));
        }
    }
    Ok(faults)
}

fn exception(repository: &Repository<'_>, path: &str, what: &str) -> Fault {
    let file = repository.sources.iter().find(|source| source.path == TIDY);
    let line = file.map_or(1, |file| line_of(&file.text, &format!("\"{path}\"")));
    Fault::new(TIDY, line, format!("{path} {what}"))
}

fn opening(source: &Source) -> Option<Fault> {
    let first = source.text.lines().find(|line| !line.trim().is_empty());
    if first.is_some_and(|line| line.starts_with("//!")) {
        return None;
    }
    Some(Fault::new(&source.path, 1, "open the file with `//!`: what this is, and what it is not"))
}

fn name(source: &Source) -> Option<Fault> {
    let parts = source.path.trim_end_matches(".rs").split('/');
    let empty = parts.into_iter().find(|part| EMPTY_NAMES.contains(part))?;
    Some(Fault::new(&source.path, 1, format!("`{empty}` says nothing: name it after what it does")))
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, check};
    use crate::tidy::kit::found;
    use crate::tidy::settings::{Long, Settings};

    fn settings(listed: &[&str]) -> Settings {
        let mut settings = Settings::default();
        let entry =
            |path: &&str| Long { path: (*path).to_owned(), reason: "types only".to_owned() };
        settings.tidy.long = listed.iter().map(entry).collect();
        settings
    }

    fn lines(count: usize) -> String {
        format!("//! Doc.\n{}", "fn f() {}\n".repeat(count - 1))
    }

    #[test]
    fn a_documented_file_of_the_limit_and_a_listed_longer_one_pass() {
        let (short, long) = (lines(LINES_MAX), lines(LINES_MAX + 1));
        let files = [("a.rs", short.as_str()), ("b.rs", long.as_str()), ("c.css", &long)];
        assert!(found(check, &settings(&["b.rs"]), &files).is_empty());
    }

    #[test]
    fn a_longer_file_is_found_and_so_is_an_entry_that_is_not_needed() {
        let (short, long) = (lines(LINES_MAX), lines(LINES_MAX + 1));
        let list = "\n[[long]]\npath = \"a.rs\"\n";
        let files = [("a.rs", short.as_str()), ("b.rs", &long), ("xtask/tidy.toml", list)];
        let faults = found(check, &settings(&["a.rs"]), &files);
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].starts_with("b.rs:401: 401 lines, at most 400"));
        assert!(faults[1].starts_with("xtask/tidy.toml:3: a.rs is not over the limit"));
        assert_eq!(found(check, &settings(&["gone.rs"]), &[]).len(), 1);
    }

    #[test]
    fn a_file_without_a_module_doc_and_an_empty_name_are_found() {
        let files = [
            ("a.rs", "\n//! Doc.\n"),
            ("b.rs", "use x;\n//! Doc.\n"),
            ("a/utils/x.rs", "//! Doc.\n"),
            ("a/utilities.rs", "//! Doc.\n"),
        ];
        let faults = found(check, &settings(&[]), &files);
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].starts_with("b.rs:1: open the file with `//!`"));
        assert!(faults[1].starts_with("a/utils/x.rs:1: `utils` says nothing"));
    }
}
