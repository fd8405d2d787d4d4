//! Tests do not wait for time to pass, but for what they want to see; the few that must are listed.

use std::collections::BTreeMap;

use regex::Regex;

use super::Repository;
use super::code::line_at;
use super::settings::{TIDY, line_of};
use super::source::Fault;

/// Counts the calls of `sleep` in tests.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let call = Regex::new(r"(\bfn\s+)?\bsleep\(")?;
    let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for file in repository.rust {
        let tests = file.tests();
        for found in call.captures_iter(&tests).filter(|found| found.get(1).is_none()) {
            let line = line_at(&tests, found.get(0).map_or(0, |found| found.start()));
            lines.entry(&file.source.path).or_default().push(line);
        }
    }
    let listed = &repository.settings.tidy.sleep;
    let mut faults = Vec::new();
    for (path, lines) in &lines {
        let allowed =
            listed.iter().find(|entry| entry.path == *path).map_or(0, |entry| entry.count);
        for line in lines.iter().skip(allowed) {
            let what =
                format!("`sleep` in a test: wait for what is to be seen, or list it in {TIDY}");
            faults.push(Fault::new(path, *line, what));
        }
    }
    let list = repository.sources.iter().find(|source| source.path == TIDY);
    for entry in listed {
        let count = lines.get(entry.path.as_str()).map_or(0, Vec::len);
        let line = list.map_or(1, |list| line_of(&list.text, &format!("\"{}\"", entry.path)));
        if count < entry.count {
            let what = format!("{} has {count} calls of `sleep`: lower the entry", entry.path);
            faults.push(Fault::new(TIDY, line, what));
        }
        if entry.reason.trim().is_empty() {
            faults.push(Fault::new(TIDY, line, format!("{} needs a reason", entry.path)));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::{Settings, Sleep};

    fn faults(count: usize, text: &str) -> Vec<String> {
        let mut settings = Settings::default();
        let (path, reason) = ("tests/a.rs".to_owned(), "a clock".to_owned());
        settings.tidy.sleep = vec![Sleep { path, count, reason }];
        found(check, &settings, &[("tests/a.rs", text)])
    }

    #[test]
    fn a_test_that_is_listed_may_wait_and_the_product_too() {
        assert!(faults(1, "fn sleep(ms: u64) {\n    tokio::time::sleep(ms);\n}\n").is_empty());
        let product = [("a/src/b.rs", "sleep(1);\n\n#[cfg(test)]\nmod tests {\n    f();\n}\n")];
        assert!(found(check, &Settings::default(), &product).is_empty());
    }

    #[test]
    fn a_call_more_than_listed_and_a_call_less_are_found() {
        let more = faults(1, "std::thread::sleep(a);\nsleep(b);\n");
        assert_eq!(more.len(), 1, "{more:#?}");
        assert!(more[0].starts_with("tests/a.rs:2: `sleep` in a test"));
        assert!(faults(1, "f();\n")[0].contains("tests/a.rs has 0 calls"));
        let beside = [("a/src/b.rs", "f();\n\n#[cfg(test)]\nmod tests {\n    sleep(1);\n}\n")];
        assert!(found(check, &Settings::default(), &beside)[0].starts_with("a/src/b.rs:5:"));
    }
}
