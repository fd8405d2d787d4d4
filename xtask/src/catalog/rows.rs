//! What the product was made for, row by row, held against what there is: `xtask/rows.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::records::Places;

/// Needs there are, `S-001` to the last.
const ROWS: usize = 100;

/// Sources that tell which addresses there are.
const ADDRESSES: [&str; 2] =
    ["web-client/core/src/app/view/page/mod.rs", "web-client/ui/src/route.rs"];

/// Sources that tell which places the server describes.
const SERVED: [&str; 2] = ["server/src/desk/mod.rs", "server/src/reports/mod.rs"];

/// Everything that a row may name: `case.guardians.child`, `A-20`, `gap`, `category:CAT-ABO`,
/// `rule:quota`, `M-20`, `/rapport/avtal`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Kinds, lists and fields.
    pub(super) fn places(&mut self, places: &Places) {
        self.0.extend(places.all().map(|place| place.replace('/', ".")));
    }

    /// The codes of a list.
    pub(super) fn list<'a>(&mut self, list: &str, codes: impl Iterator<Item = &'a str>) {
        self.0.extend(codes.map(|code| format!("{list}:{code}")));
    }

    /// A checklist and its items.
    pub(super) fn checklist<'a>(&mut self, list: &'a str, items: impl Iterator<Item = &'a str>) {
        self.0.extend(core::iter::once(list).chain(items).map(str::to_owned));
    }

    /// What stands beside the records: rules, merge stories, addresses of pages.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub(super) fn beside(&mut self, top: &Path) -> anyhow::Result<()> {
        for rule in stems(&top.join("shared/catalog/rules"))? {
            self.0.insert(format!("rule:{rule}"));
        }
        let stories = stems(&top.join("shared/tests/stories"))?;
        self.0.extend(stories.into_iter().filter(|story| is_story(story)));
        for source in ADDRESSES {
            let path = top.join(source);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            self.0.extend(addresses(&text));
        }
        for source in SERVED {
            let path = top.join(source);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            self.0.extend(served(&text));
        }
        Ok(())
    }

    /// Merge stories there are.
    pub(super) fn stories(&self) -> usize {
        self.0.iter().filter(|name| is_story(name)).count()
    }
}

fn is_story(name: &str) -> bool {
    let number = name.strip_prefix("M-").unwrap_or_default();
    number.len() == 2 && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Names of the TOML files of a folder, without their ending.
fn stems(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut stems = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        stems.extend(name.strip_suffix(".toml").map(str::to_owned));
    }
    Ok(stems)
}

/// The addresses that a source takes apart: `["rapport", "avtal", years]` is `/rapport/avtal`.
fn addresses(source: &str) -> Vec<String> {
    let mut all = Vec::new();
    for pattern in source.split("[\"").skip(1) {
        let pattern = pattern.split(']').next().unwrap_or_default();
        let mut address = String::new();
        for (at, part) in pattern.split(", ").enumerate() {
            let part = if at == 0 { Some(part) } else { part.strip_prefix('"') };
            let Some(part) = part.and_then(|part| part.strip_suffix('"')) else { break };
            address.push('/');
            address.push_str(part);
        }
        all.push(address);
    }
    all
}

/// The places that a source of the server names: `"/administration/…" =>`, and `place: "…"` of a report.
fn served(source: &str) -> Vec<String> {
    let quoted = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let lines = source.lines().map(str::trim);
    lines
        .filter_map(|line| match line.strip_prefix("place: ") {
            Some(place) => Some(["/register/rapport/", &quoted(place)].concat()),
            None if line.starts_with("\"/") && line.contains("\" =>") => Some(quoted(line)),
            None => None,
        })
        .collect()
}

/// One need.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    need: String,
    #[serde(default)]
    answers: Vec<String>,
    /// What is missing before the need is answered.
    missing: Option<String>,
    /// What would go further, though the need is answered.
    rest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rows: Vec<Row>,
}

/// The needs, what answers them, and what is wrong in the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    all: Vec<Row>,
    faults: Vec<String>,
}

impl Rows {
    /// Holds the list of needs against what there is.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub(super) fn read(text: &str, names: &Names) -> anyhow::Result<Self> {
        let File { rows } = toml::from_str(text).context("rows.toml")?;
        let mut faults = Vec::new();
        let mut seen: BTreeMap<String, usize> =
            (1..=ROWS).map(|number| (format!("S-{number:03}"), 0)).collect();
        for row in &rows {
            match seen.get_mut(&row.id) {
                Some(count) => *count += 1,
                None => faults.push(format!("{}: there is no such row", row.id)),
            }
            faults.extend(row.faults(names));
        }
        for (id, count) in seen {
            match count {
                0 => faults.push(format!("{id}: no row")),
                1 => {}
                _ => faults.push(format!("{id}: {count} rows")),
            }
        }
        Ok(Self { all: rows, faults })
    }

    /// Needs in the list.
    pub(super) fn all(&self) -> usize {
        self.all.len()
    }

    /// Needs that are answered: nothing is missing.
    pub(super) fn answered(&self) -> usize {
        self.all.iter().filter(|row| row.missing.is_none()).count()
    }

    /// Names that are not there, rows twice or not at all.
    pub(super) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// What is not answered yet with what is missing, then what is answered and could go further.
    pub(super) fn lines(&self) -> Vec<String> {
        let not_yet = self.all.iter().filter_map(|row| {
            let partly = if row.answers.is_empty() { "" } else { ", partly there" };
            let missing = row.missing.as_ref()?;
            Some(format!("{} not yet{partly}: {}. Missing: {missing}", row.id, row.need))
        });
        let rest = self.all.iter().filter_map(|row| {
            let rest = row.rest.as_ref()?;
            Some(format!("{} answered: {}. Could go further: {rest}", row.id, row.need))
        });
        not_yet.chain(rest).collect()
    }
}

impl Row {
    fn faults(&self, names: &Names) -> Vec<String> {
        let Self { id, need, answers, missing, rest } = self;
        let wrong = answers.iter().filter(|name| !names.0.contains(*name));
        let mut faults: Vec<String> =
            wrong.map(|name| format!("{id}: there is no `{name}`")).collect();
        if need.trim().is_empty() {
            faults.push(format!("{id}: `need` is empty"));
        }
        if answers.is_empty() && missing.is_none() {
            faults.push(format!("{id}: neither `answers` nor `missing`"));
        }
        if missing.is_some() && rest.is_some() {
            faults.push(format!("{id}: `rest` is for what is answered, and something is missing"));
        }
        for said in [missing, rest].into_iter().flatten() {
            if said.trim().is_empty() {
                faults.push(format!("{id}: says nothing of what is missing"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.list("category", ["CAT-ABO"].into_iter());
        names.checklist("gap", ["H-01"].into_iter());
        names
            .0
            .extend(addresses("match x { [\"rapport\", \"avtal\", years] => 1, [\"sok\"] => 2 }"));
        names.0.extend(["case.persons".to_owned(), "M-20".to_owned()]);
        names
    }

    /// A full list whose row of that number has these keys.
    fn list(number: usize, keys: &str) -> String {
        let row = |at: usize| {
            let keys = if at == number { keys } else { "answers = [\"gap\"]" };
            format!("[[rows]]\nid = \"S-{at:03}\"\nneed = \"Something\"\n{keys}\n")
        };
        (1..=ROWS).map(row).collect()
    }

    #[test]
    fn places_of_the_server_are_known() {
        let source = "  \"/administration/x\" => self.x(),\n    place: \"y\",\n let z = \"/z\";";
        assert_eq!(served(source), ["/administration/x", "/register/rapport/y"]);
    }

    #[test]
    fn every_form_of_a_name_is_known_and_a_wrong_one_is_told_with_its_row() {
        let right = "answers = [\"category:CAT-ABO\", \"H-01\", \"gap\", \"/rapport/avtal\", \"/sok\", \
                     \"case.persons\", \"M-20\"]";
        let rows = Rows::read(&list(10, right), &names()).unwrap();
        assert_eq!(rows.faults(), [""; 0]);
        assert_eq!((rows.all(), rows.answered(), names().stories()), (100, 100, 1));
        let wrong = "answers = [\"category:CAT-ABC\", \"gap\", \"/rapport\", \"M-33\"]";
        assert_eq!(
            Rows::read(&list(10, wrong), &names()).unwrap().faults(),
            [
                "S-010: there is no `category:CAT-ABC`",
                "S-010: there is no `/rapport`",
                "S-010: there is no `M-33`",
            ]
        );
    }

    #[test]
    fn a_row_that_is_twice_or_not_there_is_told() {
        let twice = list(1, "answers = [\"gap\"]").replace("S-007", "S-008");
        let rows = Rows::read(&twice, &names()).unwrap();
        assert_eq!(rows.faults(), ["S-007: no row", "S-008: 2 rows"]);
        let unknown = list(1, "answers = [\"gap\"]").replace("S-100", "S-101");
        let rows = Rows::read(&unknown, &names()).unwrap();
        assert_eq!(rows.faults(), ["S-101: there is no such row", "S-100: no row"]);
    }

    #[test]
    fn what_lacks_something_is_not_answered_and_says_what() {
        let rows = Rows::read(&list(3, "missing = \"the list\""), &names()).unwrap();
        assert_eq!((rows.answered(), rows.faults().len()), (99, 0));
        assert_eq!(rows.lines(), ["S-003 not yet: Something. Missing: the list"]);
        let partly = list(3, "answers = [\"gap\"]\nmissing = \"the list\"");
        let rows = Rows::read(&partly, &names()).unwrap();
        assert_eq!(rows.answered(), 99);
        assert_eq!(rows.lines(), ["S-003 not yet, partly there: Something. Missing: the list"]);
        let further = list(3, "answers = [\"gap\"]\nrest = \"a sum\"");
        let rows = Rows::read(&further, &names()).unwrap();
        assert_eq!(rows.answered(), 100);
        assert_eq!(rows.lines(), ["S-003 answered: Something. Could go further: a sum"]);
        for nothing in ["", "missing = \" \""] {
            let rows = Rows::read(&list(3, nothing), &names()).unwrap();
            assert_eq!(rows.faults().len(), 1, "{nothing}");
        }
    }
}
