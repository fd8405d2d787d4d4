//! Decisions: `NNNN-title.md` in `docs/decisions/`, numbered without a gap, each with status, date and parts.

use regex::Regex;

use super::Repository;
use super::source::{Fault, Source};

const FOLDER: &str = "docs/decisions/";
const PARTS: [&str; 5] =
    ["- Context:", "- Options:", "- Decision:", "- Consequences:", "- Revisit when:"];

/// Looks at every file of the folder.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let form = Regex::new(r"^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md$")?;
    let status = Regex::new(
        r"(?m)^- Status: (?:proposed|accepted|rejected|superseded by \d+), \d{4}-\d{2}-\d{2}$",
    )?;
    let mut faults = Vec::new();
    let mut next = 1_u32;
    for source in repository.sources {
        let Some(name) = source.path.strip_prefix(FOLDER) else { continue };
        let found = form.captures(name).and_then(|found| found.get(1));
        let Some(number) = found.and_then(|found| found.as_str().parse::<u32>().ok()) else {
            faults.push(Fault::new(&source.path, 1, "name it `NNNN-what-was-decided.md`"));
            continue;
        };
        if number != next {
            faults.push(Fault::new(&source.path, 1, format!("the number should be {next:04}")));
        }
        next = number + 1;
        faults.extend(contents(source, number, &status));
    }
    Ok(faults)
}

fn contents(source: &Source, number: u32, status: &Regex) -> Vec<Fault> {
    let fault = |line: usize, what: String| Fault::new(&source.path, line, what);
    let mut faults = Vec::new();
    if !source.text.starts_with(&format!("# {number}. ")) {
        faults.push(fault(1, format!("the first line should be `# {number}. What was decided`")));
    }
    if !status.is_match(&source.text) {
        let what = "needs `- Status: proposed|accepted|rejected|superseded by N, YYYY-MM-DD`";
        faults.push(fault(3, what.to_owned()));
    }
    for part in PARTS {
        if !source.text.lines().any(|line| line.starts_with(part)) {
            faults.push(fault(3, format!("needs a line `{part} …`")));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    fn decision(number: u32, status: &str) -> String {
        format!(
            "# {number}. One map\n\n- Status: {status}\n- Context: a\n- Options: b\n- Decision: c\n\
             - Consequences: d\n- Revisit when: e\n"
        )
    }

    fn faults(files: &[(&str, String)]) -> Vec<String> {
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        found(check, &Settings::default(), &files)
    }

    const FIRST: &str = "docs/decisions/0001-one-map.md";
    const SECOND: &str = "docs/decisions/0002-two-keys.md";

    #[test]
    fn whole_decisions_without_a_gap_pass() {
        let files = [
            (FIRST, decision(1, "superseded by 2, 2026-11-25")),
            (SECOND, decision(2, "accepted, 2026-12-01")),
        ];
        assert!(faults(&files).is_empty());
    }

    #[test]
    fn gaps_wrong_names_titles_and_missing_parts_are_found() {
        let good = "accepted, 2026-11-25";
        let gap = faults(&[(SECOND, decision(2, good))]);
        assert_eq!(gap, [format!("{SECOND}:1: the number should be 0001")]);
        let name = faults(&[("docs/decisions/one-map.md", decision(1, good))]);
        assert!(name[0].contains("name it `NNNN-what-was-decided.md`"));
        assert!(faults(&[(FIRST, decision(7, good))])[0].contains("`# 1. What was decided`"));
        assert!(faults(&[(FIRST, decision(1, "accepted"))])[0].contains("needs `- Status:"));
        let short = decision(1, good).replace("- Options: b\n", "");
        assert!(faults(&[(FIRST, short)])[0].contains("`- Options: …`"));
    }
}
