//! What is promised stands beside its proof: `docs/requirements.md` has every requirement once, in order, each with
//! a test or with what is not there yet, and every test that it and `docs/security.md` name exists.

use regex::Regex;

use super::Repository;
use super::source::{Fault, Source};

const TABLE: &str = "docs/requirements.md";
const PAGES: [&str; 2] = [TABLE, "docs/security.md"];
/// How many requirements there are.
const COUNT: u32 = 52;

/// Looks at both pages; where there is no table, nothing is asked.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let named = Regex::new(r"`([A-Za-z0-9_./-]+\.rs)::([A-Za-z0-9_]+)`")?;
    let row = Regex::new(r"^\| L-(\d{2}) \| [^|]+ \| ([^|]+) \|$")?;
    let mut faults = Vec::new();
    for source in repository.sources.iter().filter(|source| PAGES.contains(&&*source.path)) {
        if source.path == TABLE {
            faults.extend(rows(source, &row, &named));
        }
        for (index, line) in source.text.lines().enumerate() {
            for found in named.captures_iter(line) {
                let (path, name) = (&found[1], &found[2]);
                let file = repository.sources.iter().find(|other| other.path == path);
                if !file.is_some_and(|file| has_test(&file.text, name)) {
                    let what =
                        format!("`{path}` has no test `{name}`: name the one that proves it");
                    faults.push(Fault::new(&source.path, index + 1, what));
                }
            }
        }
    }
    Ok(faults)
}

/// Each number once, in order, with its proof or what is missing.
fn rows(source: &Source, row: &Regex, named: &Regex) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |line: usize, what: String| faults.push(Fault::new(&source.path, line, what));
    let (mut next, mut last) = (1, 1);
    for (index, line) in
        source.text.lines().enumerate().filter(|(_, line)| line.starts_with("| L-"))
    {
        last = index + 1;
        let Some(found) = row.captures(line) else {
            fault(last, "write `| L-NN | what is asked for | its proof |`".to_owned());
            next += 1;
            continue;
        };
        if found[1].parse() != Ok(next) {
            fault(last, format!("L-{next:02} should stand here"));
        }
        next = found[1].parse().map_or(next, |number: u32| number + 1);
        let lacks = found[2].contains("Not yet: ") && found[2].contains("issue ");
        if !named.is_match(&found[2]) && !lacks {
            fault(last, "name a test, or write `Not yet: what is missing (issue N)`".to_owned());
        }
    }
    if next != COUNT + 1 {
        fault(last, format!("there are {COUNT} requirements; L-{next:02} should follow"));
    }
    faults
}

/// Whether a file has a test of this name.
fn has_test(text: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut places = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.strip_prefix("async ").unwrap_or(line).starts_with(&head));
    places.any(|(at, _)| {
        let above = lines.iter().take(at).rev().take_while(|line| line.starts_with("#["));
        above
            .into_iter()
            .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[cfg(test)]
mod tests {
    use super::{COUNT, TABLE, check};
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    const TESTS: &str = "#[test]\nfn it_holds() {}\n#[tokio::test(flavor = \"multi_thread\")]\n#[rustfmt::skip]\n\
                         async fn it_holds_too() {}\n\nfn a_helper() {}\n";

    /// A table whose rows are these where they are not good ones.
    fn table(change: impl Fn(u32) -> Option<String>) -> String {
        let good = |number| format!("| L-{number:02} | a | Not yet: b (issue 8). |\n");
        (1..=COUNT).map(|number| change(number).unwrap_or_else(|| good(number))).collect()
    }

    fn faults(path: &str, text: &str) -> Vec<String> {
        found(check, &Settings::default(), &[("a/tests/b.rs", TESTS), (path, text)])
    }

    #[test]
    fn a_whole_table_whose_tests_exist_passes() {
        let proof = "`a/tests/b.rs::it_holds`, `a/tests/b.rs::it_holds_too`. Not yet: c";
        let text = table(|number| (number == 7).then(|| format!("| L-07 | a | {proof} |\n")));
        assert_eq!(faults(TABLE, &text), [""; 0]);
        assert_eq!(faults("README.md", "`a/tests/b.rs::gone`"), [""; 0], "another page is free");
    }

    #[test]
    fn numbers_that_are_missing_doubled_or_in_another_order_are_found() {
        let without = |gone: u32| table(|number| (number == gone).then(String::new));
        assert_eq!(faults(TABLE, &without(9)), [format!("{TABLE}:9: L-09 should stand here")]);
        let end = faults(TABLE, &without(COUNT));
        assert!(end.len() == 1 && end[0].contains("L-52 should follow"), "{end:?}");
        let double = table(|number| {
            (number == 9).then(|| "| L-08 | a | Not yet: b (issue 8). |\n".to_owned())
        });
        assert!(faults(TABLE, &double)[0].contains("L-09 should stand here"));
        assert_eq!(faults(TABLE, "").len(), 1, "no table at all");
    }

    #[test]
    fn a_row_without_a_proof_and_tests_that_do_not_exist_are_found() {
        for (proof, what) in [
            ("It is so.", "name a test"),
            ("Not yet: later.", "name a test"),
            ("`a/tests/b.rs::gone`", "has no test `gone`"),
            ("`a/tests/b.rs::a_helper`", "has no test `a_helper`"),
            ("`a/tests/c.rs::it_holds`", "has no test `it_holds`"),
            ("a | b", "write `| L-NN"),
        ] {
            let text = table(|number| (number == 7).then(|| format!("| L-07 | a | {proof} |\n")));
            let told = faults(TABLE, &text);
            assert!(told.len() == 1 && told[0].contains(what), "{proof}: {told:?}");
        }
        assert_eq!(faults("docs/security.md", "x `a/tests/b.rs::gone` y\n").len(), 1);
    }
}
