//! Rules whose outcome is shown with its reasons: what is said, and the numbers of each dated version.
//!
//! The reckoning is code (`rules`); what a law, a guidance or a municipality can change is here.

use super::model::Label;

/// A rule in all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Stable id, e.g. `appeal_day`.
    pub id: String,
    /// What it gives.
    pub label: Label,
    /// Where it is shown: a kind, or a kind and one of its lists, `case/decisions`.
    pub at: Vec<String>,
    /// Versions, the oldest first; no day has two.
    pub versions: Vec<RuleVersion>,
    /// What is said of an outcome, with `{gaps}`.
    pub says: Vec<Say>,
}

/// A rule as it was for some time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleVersion {
    /// First day, `yyyy-mm-dd`; none: for as long as anybody recorded.
    pub from: Option<String>,
    /// Last day; none: still.
    pub to: Option<String>,
    /// Not in force: it holds only from a day that the municipality has decided.
    pub proposed: bool,
    /// Its days or numbers have not been read in the source.
    pub unchecked: bool,
    /// Tags of the list `source`.
    pub sources: Vec<String>,
    /// The rule in words, with its numbers in `{gaps}`.
    pub text: Label,
    /// Numbers by name.
    pub numbers: Vec<(String, i64)>,
}

/// One thing that is said of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Say {
    /// Its name within the rule.
    pub id: String,
    /// The text.
    pub text: Label,
}

impl Rule {
    /// The version of a day, as `yyyy-mm-dd`; a proposed one from the day the municipality has decided.
    #[must_use]
    pub fn on(&self, day: &str, decided: Option<&str>) -> Option<&RuleVersion> {
        let mut found = None;
        for version in &self.versions {
            let from = if version.proposed { decided } else { version.from.as_deref() };
            let begun = from.map_or(!version.proposed, |from| from <= day);
            if begun && version.to.as_deref().is_none_or(|to| day <= to) {
                found = Some(version);
            }
        }
        found
    }

    /// What is said under a name.
    #[must_use]
    pub fn says(&self, id: &str) -> Option<&Label> {
        let say = self.says.iter().find(|say| say.id == id)?;
        Some(&say.text)
    }
}

impl RuleVersion {
    /// A number of the version.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }
}

packed! {
    struct Rule { id, label, at, versions, says }
    struct RuleVersion { from, to, proposed, unchecked, sources, text, numbers }
    struct Say { id, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(from: Option<&str>, to: Option<&str>, proposed: bool) -> RuleVersion {
        let own = |day: &str| day.to_owned();
        RuleVersion { from: from.map(own), to: to.map(own), proposed, ..RuleVersion::default() }
    }

    #[test]
    fn a_day_has_the_version_that_was_in_force_on_it() {
        let rule = Rule {
            versions: vec![
                version(Some("2016-01-01"), Some("2017-06-30"), false),
                version(Some("2017-07-01"), None, false),
                version(None, None, true),
            ],
            ..Rule::default()
        };
        let at = |day: &str, decided: Option<&str>| {
            let found = rule.on(day, decided)?;
            rule.versions.iter().position(|one| one == found)
        };
        assert_eq!(at("2015-12-31", None), None);
        assert_eq!(at("2016-01-01", None), Some(0));
        assert_eq!(at("2017-06-30", None), Some(0));
        assert_eq!(at("2017-07-01", None), Some(1));
        assert_eq!(at("2026-11-26", None), Some(1));
        assert_eq!(at("2026-11-26", Some("2027-01-01")), Some(1));
        assert_eq!(at("2027-01-01", Some("2027-01-01")), Some(2));
    }
}
