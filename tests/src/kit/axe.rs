//! The accessibility rules of axe-core, run in the page that a browser shows: WCAG 2.0 to 2.2 at A
//! and AA, and what its authors call best practice.

use std::fmt;

use super::browser::Profile;

const TAGS: [&str; 7] =
    ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/// Something on a page that a rule forbids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The rule's id.
    pub rule: String,
    /// Selector of the element.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// How the element begins.
    pub html: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what.replace('\n', " ");
        write!(f, "{} at {}: {what} {}", self.rule, self.at, self.html)
    }
}

/// The script of the rules; `None` when it is not there, which continuous integration does not accept.
#[must_use]
pub fn rules() -> Option<String> {
    super::program("ANKOMST_AXE").map(|file| std::fs::read_to_string(file).unwrap())
}

/// Holds the page against all rules.
pub async fn axe(page: &Profile, rules: &str) -> Vec<Violation> {
    let known = page.web().execute("return !!window.axe".to_owned(), vec![]).await.unwrap();
    if known.json().as_bool() != Some(true) {
        page.web().execute(rules.to_owned(), vec![]).await.unwrap();
    }
    let tags = serde_json::to_string(&TAGS).unwrap();
    let script = format!(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {{ runOnly: {{ type: 'tag', values: {tags} }}, resultTypes: ['violations'] }})
           .then(({{ violations }}) => done(violations.flatMap(({{ id, nodes }}) => nodes.map((node) =>
              ({{ rule: id, at: node.target.join(' '), what: node.failureSummary,
                 html: node.html.slice(0, 160) }})))),
              (reason) => done(String(reason)));"
    );
    let found = page.web().execute_async(script, vec![]).await.unwrap();
    let found =
        found.json().as_array().unwrap_or_else(|| panic!("axe: {:?}", found.json())).clone();
    let part = |one: &serde_json::Value, name: &str| {
        one.get(name).and_then(|it| it.as_str()).unwrap_or_default().to_owned()
    };
    let read = |one| Violation {
        rule: part(one, "rule"),
        at: part(one, "at"),
        what: part(one, "what"),
        html: part(one, "html"),
    };
    found.iter().map(read).collect()
}
