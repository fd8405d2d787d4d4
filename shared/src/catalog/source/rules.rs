//! From TOML tables to rules, and what must hold in them.

use std::collections::BTreeSet;

use super::super::model::{Label, Package, Rule, RuleVersion, Say};
use super::node::Node;
use super::read::Reader;
use super::rule_needs::{Needs, needs};
use super::verify::Verify;

impl Reader<'_> {
    pub(super) fn rule(&mut self, node: Node<'_>) -> Rule {
        let id = node.text("id");
        self.place(&node, format!("rule {id}"));
        let mut rule =
            Rule { label: node.label("label"), at: node.texts("at"), id, ..Rule::default() };
        for (number, version) in node.nodes("versions").into_iter().enumerate() {
            self.place(&version, format!("rule {} version {number}", rule.id));
            rule.versions.push(self.rule_version(version));
        }
        for say in node.nodes("says") {
            let id = say.text("id");
            self.place(&say, format!("rule {} says {id}", rule.id));
            rule.says.push(Say { id, text: Label { sv: say.text("sv"), en: say.text("en") } });
            say.end();
        }
        node.end();
        rule
    }

    #[expect(clippy::unused_self, reason = "one of the reader's steps")]
    fn rule_version(&self, node: Node<'_>) -> RuleVersion {
        let day = |key: &str| {
            let text = node.maybe_text(key)?;
            if text.len() != 10 || text.parse::<jiff::civil::Date>().is_err() {
                node.fault(format!("`{key}` is no day: write it as 2026-11-25"));
            }
            Some(text)
        };
        let version = RuleVersion {
            from: day("from"),
            to: day("to"),
            proposed: node.flag("proposed"),
            unchecked: node.flag("unchecked"),
            sources: node.texts("sources"),
            text: node.label("text"),
            numbers: node.maybe_node("numbers").map(Node::all_numbers).unwrap_or_default(),
        };
        node.end();
        version
    }
}

impl Verify<'_> {
    pub(super) fn rule(&self, rule: &Rule) {
        let name = format!("rule {}", rule.id);
        let Some(needs) = needs(&rule.id) else {
            let what = "nothing reckons this rule: its id stands in `shared/src/catalog/source/rule_needs.rs`";
            return self.fault(&name, what);
        };
        for at in &rule.at {
            if !is_place(self.package, at) {
                self.fault(&name, format!("`at` names no kind or list: `{at}`"));
            }
        }
        if rule.versions.is_empty() {
            self.fault(&name, "a rule needs a version");
        }
        self.versions(rule, needs);
        for (say, _) in needs.says {
            if rule.says(say).is_none() {
                self.fault(&name, format!("`says` lacks `{say}`, which is said of an outcome"));
            }
        }
        for say in &rule.says {
            let at = format!("{name} says {}", say.id);
            match needs.says.iter().find(|(id, _)| *id == say.id) {
                None => self.fault(&at, format!("`{}` is never said", say.id)),
                Some((_, gaps)) => self.gaps(&at, &say.text, &[gaps, needs.numbers].concat()),
            }
        }
    }

    fn versions(&self, rule: &Rule, needs: &Needs) {
        let mut last: Option<&RuleVersion> = None;
        for (number, version) in rule.versions.iter().enumerate() {
            let at = format!("rule {} version {number}", rule.id);
            if version.sources.is_empty() {
                self.fault(&at, "a version names its `sources`");
            }
            let known = self.package.lists.iter().find(|list| list.id == "source");
            for source in &version.sources {
                if known.is_none_or(|list| !list.codes.iter().any(|code| code.id == *source)) {
                    self.fault(&at, format!("there is no source `{source}`"));
                }
            }
            for name in needs.numbers {
                if !needs.maybe.contains(name) && version.number(name).is_none() {
                    self.fault(&at, format!("`numbers` lacks `{name}`"));
                }
            }
            for (name, _) in &version.numbers {
                if !needs.numbers.contains(&name.as_str()) {
                    self.fault(&at, format!("the number `{name}` is never used"));
                }
            }
            let own: Vec<&str> = version.numbers.iter().map(|(name, _)| name.as_str()).collect();
            self.gaps(&at, &version.text, &own);
            if version.proposed {
                if version.from.is_some() {
                    self.fault(&at, "what is proposed has no `from` yet");
                }
                continue;
            }
            if matches!((&version.from, &version.to), (Some(from), Some(to)) if to < from) {
                self.fault(&at, "the version ends before it begins");
            }
            let follows = last.is_none_or(|last| match (&last.to, &version.from) {
                (Some(to), Some(from)) => to < from,
                _ => false,
            });
            if !follows {
                self.fault(&at, "a day has two versions: let the one before end sooner");
            }
            last = Some(version);
        }
    }

    /// Both languages have the same gaps, and each can be filled.
    fn gaps(&self, at: &str, text: &Label, known: &[&str]) {
        let (sv, en) = (gaps(&text.sv), gaps(&text.en));
        for gap in sv.union(&en) {
            if !known.contains(gap) {
                self.fault(at, format!("the gap `{{{gap}}}` is never filled"));
            } else if sv.contains(gap) != en.contains(gap) {
                self.fault(at, format!("only one language has the gap `{{{gap}}}`"));
            }
        }
    }
}

fn is_place(package: &Package, at: &str) -> bool {
    let (kind, list) = at.split_once('/').map_or((at, None), |(kind, list)| (kind, Some(list)));
    let kind = package.kinds.iter().find(|known| known.id == kind);
    kind.is_some_and(|kind| {
        list.is_none_or(|list| kind.entry_lists.iter().any(|known| known.id == list))
    })
}

fn gaps(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(gap, _)| gap).collect()
}
