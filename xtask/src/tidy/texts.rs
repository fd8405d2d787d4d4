//! Every text of the interface is used somewhere: dead ones weigh on the app.

use std::collections::BTreeSet;

use anyhow::Context;
use regex::Regex;
use toml::Table;

use super::Repository;
use super::source::Fault;

const FOLDER: &str = "shared/catalog/text/";

/// Looks for each key as `Text::CamelCase` in the code.
///
/// # Errors
/// When a file of texts cannot be read.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let named = Regex::new(r"\bText::(\w+)")?;
    let mut used = BTreeSet::new();
    for file in repository.rust {
        used.extend(
            named.captures_iter(&file.code).filter_map(|found| found.get(1)).map(|f| f.as_str()),
        );
    }
    let mut faults = Vec::new();
    for source in repository.sources.iter().filter(|source| source.path.starts_with(FOLDER)) {
        let table: Table = source.text.parse().with_context(|| source.path.clone())?;
        for key in table.keys() {
            let name = camel(key);
            if !used.contains(name.as_str()) {
                let is_key = |line: &str| line.split(['=', ' ']).next() == Some(key);
                let line = source.text.lines().position(is_key).map_or(1, |index| index + 1);
                let what = format!(
                    "`{key}` is used nowhere as `Text::{name}`: take it out of all languages"
                );
                faults.push(Fault::new(&source.path, line, what));
            }
        }
    }
    Ok(faults)
}

/// The name the build gives a key.
fn camel(key: &str) -> String {
    let mut name = String::new();
    for word in key.split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(letters);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    const TEXTS: (&str, &str) =
        ("shared/catalog/text/sv.toml", "case_add = \"x\"\ncase_add_one = \"y\"\n");

    #[test]
    fn texts_that_are_used_pass() {
        let code = ("a.rs", "tr(Text::CaseAdd); fill(ankomst_shared::text::Text::CaseAddOne)\n");
        assert!(found(check, &Settings::default(), &[TEXTS, code]).is_empty());
    }

    #[test]
    fn a_text_named_only_in_a_comment_or_as_part_of_another_is_found() {
        let code = ("a.rs", "tr(Text::CaseAddOne); // Text::CaseAdd\n");
        let faults = found(check, &Settings::default(), &[TEXTS, code]);
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(faults[0].starts_with("shared/catalog/text/sv.toml:1: `case_add` is used nowhere"));
    }
}
