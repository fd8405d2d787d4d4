//! `/administration/organisation`: the departments of the municipality and what it has decided, in the record
//! `org`. For administrators; others of administration read.
//!
//! Nothing is taken away here: a department ends on a day, with its successor, and a decision ends on a day.

use ankomst_shared::app::{Action, Body, Choice, Input, Line, PageView, Question, Sign, Tone};
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::catalog::{Catalog, read_date, written_date};
use ankomst_shared::order;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::made::badge;
use super::{Desk, DeskError};
use crate::accounts::link;
use crate::accounts::passkeys::POLICY;
use crate::accounts::stricter;
use crate::reports::INHABITANTS;
use crate::sync::lease;
use crate::templates::{self, KIND, Org};

/// The place.
const HERE: &str = "/administration/organisation";

/// What a decision can be about: its key, its name, and whether an area, category or the like follows the key.
/// Which keys mean something, docs/catalog.md says.
pub(super) const KEYS: [(&str, Word, Kept); 11] = [
    ("vacated_every", Word::DeskPolicyVacated, Kept::Whole),
    ("compensation:", Word::DeskPolicyCompensation, Kept::Money),
    (INHABITANTS, Word::DeskPolicyInhabitants, Kept::Whole),
    ("LAW-15", Word::DeskPolicyRetention, Kept::Text),
    (link::ONLY_LINKS.0, Word::DeskPolicyEnrol, Kept::Most(link::ONLY_LINKS.1)),
    (lease::SHUTS_MINUTES.0, Word::DeskPolicyShuts, Kept::Most(lease::SHUTS_MINUTES.1)),
    (lease::HOURS.0, Word::DeskPolicyLease, Kept::Most(lease::HOURS.1)),
    (lease::CHILD_HOURS.0, Word::DeskPolicyLeaseChild, Kept::Most(lease::CHILD_HOURS.1)),
    (
        lease::PROTECTED_HOURS.0,
        Word::DeskPolicyLeaseProtected,
        Kept::Most(lease::PROTECTED_HOURS.1),
    ),
    (lease::CONTINUITY_DAYS.0, Word::DeskPolicyContinuity, Kept::Most(lease::CONTINUITY_DAYS.1)),
    (POLICY.0, Word::DeskPolicySignIn, Kept::One(&["password", POLICY.1])),
];

/// How the value of a decision is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// A whole number of at least one.
    Whole,
    /// Such a number, at most this.
    Most(u32),
    /// An amount with at most two decimals.
    Money,
    /// One of these words.
    One(&'static [&'static str]),
    /// Any text.
    Text,
}

impl Desk {
    pub(super) fn organisation(&self) -> Result<PageView, DeskError> {
        let orgs = templates::records(&self.app, self.me.unit, true)?;
        let mut departments = Vec::new();
        let mut decisions = Vec::new();
        for org in &orgs {
            for entry in org.record.entries(Catalog::builtin(), KIND, "departments") {
                departments.push(self.department(org, &entry));
            }
            for entry in org.record.entries(Catalog::builtin(), KIND, "policies") {
                decisions.push(self.decision(org, &entry));
            }
        }
        order::sort_by_key(&mut departments, |line: &Line| {
            (line.tone != Tone::Plain, order::swedish(&line.title))
        });
        order::sort_by_key(&mut decisions, |line: &Line| (line.title.clone(), line.figure.clone()));
        let mut parts = vec![
            self.listing(
                "departments",
                (Word::DeskDepartments, Word::DeskDepartmentsHelp),
                departments,
            ),
            self.listing("decisions", (Word::DeskPolicies, Word::DeskPoliciesHelp), decisions),
        ];
        let today = written_date(self.today());
        let beside = stricter::beside(&self.app, self.me.unit, &today)?.into_iter();
        let beside: Vec<Line> = beside
            .map(|(key, from)| Line {
                key: format!("{key}/{from}"),
                title: self.key_words(key),
                figure: period(&from, ""),
                tone: Tone::Decide,
                ..Line::default()
            })
            .collect();
        if self.administers() {
            for (part, action) in parts.iter_mut().zip([self.new_department(), self.new_decision()])
            {
                part.actions.push(action);
            }
        }
        if !beside.is_empty() {
            let what = (Word::DeskPolicyBeside, Word::DeskPolicyBesideHelp);
            parts.push(self.listing("beside", what, beside));
        }
        Ok(PageView {
            title: self.w(Word::DeskOrganisation).to_owned(),
            back: Some(self.back()),
            parts,
            ..PageView::default()
        })
    }

    fn listing(
        &self,
        key: &str,
        (title, help): (Word, Word),
        lines: Vec<Line>,
    ) -> ankomst_shared::app::Part {
        let mut part =
            self.part(key, title, Body::Lines(lines, self.w(Word::DeskNothingYet).to_owned()));
        self.w(help).clone_into(&mut part.help);
        part
    }

    fn department(&self, org: &Org, entry: &str) -> Line {
        let said = |field: &str| org.record.text(&format!("departments/{entry}/{field}"));
        let code = Catalog::builtin().code_words("department", said("code"), self.language);
        let own =
            if self.language == ankomst_shared::app::Language::En && !said("name_en").is_empty() {
                said("name_en")
            } else {
                said("name_sv")
            };
        let (from, to) = (said("valid_from"), said("valid_to"));
        let has_ended = read_date(to).is_some_and(|last| last < self.today());
        let mut detail = vec![format!("{} {code}", said("code"))];
        for (field, word) in [("parent", Word::DeskParent), ("successor", Word::DeskSuccessor)] {
            let other = org.record.text(&format!("departments/{}/name_sv", said(field)));
            if !other.is_empty() {
                detail.push(format!("{}: {other}", self.w(word)));
            }
        }
        let tone = if has_ended { Tone::Info } else { Tone::Plain };
        let badges =
            if has_ended { vec![badge(self.w(Word::DeskEnded), Tone::Info)] } else { Vec::new() };
        Line {
            key: entry.to_owned(),
            title: own.to_owned(),
            detail: detail.join(" · "),
            badges,
            figure: period(from, to),
            tone,
            actions: if self.administers() {
                vec![self.change_department(org, entry)]
            } else {
                Vec::new()
            },
            ..Line::default()
        }
    }

    fn decision(&self, org: &Org, entry: &str) -> Line {
        let said = |field: &str| org.record.text(&format!("policies/{entry}/{field}"));
        let (from, to) = (said("valid_from"), said("valid_to"));
        let has_ended = read_date(to).is_some_and(|last| last < self.today());
        let badges =
            if has_ended { vec![badge(self.w(Word::DeskEnded), Tone::Info)] } else { Vec::new() };
        let end = self.act_of(
            HERE,
            ("org-end", entry),
            (Word::DeskPolicyEnd, Sign::Cross, Word::DeskPolicyEndHelp),
            vec![self.asked(
                "valid_to",
                Word::DeskValidTo,
                Input::Date,
                Value::text(written_date(self.today())),
            )],
        );
        Line {
            key: entry.to_owned(),
            title: self.key_words(said("key")),
            detail: [said("value"), said("decision_ref")]
                .join(" · ")
                .trim_end_matches(" · ")
                .to_owned(),
            badges,
            figure: period(from, to),
            actions: if self.administers() && to.is_empty() { vec![end] } else { Vec::new() },
            ..Line::default()
        }
    }

    /// What a decision is about, in words.
    fn key_words(&self, key: &str) -> String {
        let known = KEYS.iter().find(|(known, _, _)| {
            key == *known || (known.ends_with(':') && key.starts_with(known))
        });
        let Some((known, word, _)) = known else { return key.to_owned() };
        let about = key.strip_prefix(known).unwrap_or_default();
        let about = match Catalog::builtin().list("category").and_then(|list| list.code(about)) {
            Some(code) => code.label.get(self.language),
            None => about,
        };
        [self.w(*word), about].join(" ").trim_end().to_owned()
    }

    fn new_department(&self) -> Action {
        let questions = vec![
            self.question("code", Word::DeskCode, self.codes("department")),
            self.question("name_sv", Word::DeskNameSv, Input::Text),
            self.optional("name_en", Word::DeskNameEn, Input::Text),
            self.optional("parent", Word::DeskParent, self.others("")),
            self.asked(
                "valid_from",
                Word::DeskValidFrom,
                Input::Date,
                Value::text(written_date(self.today())),
            ),
        ];
        let what = (Word::DeskNewDepartment, Sign::Plus, Word::DeskDepartmentsHelp);
        self.act_of(HERE, ("org-department", ""), what, questions)
    }

    fn change_department(&self, org: &Org, entry: &str) -> Action {
        let said = |field: &str| {
            let text = org.record.text(&format!("departments/{entry}/{field}"));
            if text.is_empty() { Value::Null } else { Value::text(text) }
        };
        let asked = |id: &str, word: Word, input: Input| Question {
            value: said(id),
            ..self.optional(id, word, input)
        };
        let questions = vec![
            Question { required: true, ..asked("name_sv", Word::DeskNameSv, Input::Text) },
            asked("name_en", Word::DeskNameEn, Input::Text),
            asked("parent", Word::DeskParent, self.others(entry)),
            asked("valid_to", Word::DeskValidTo, Input::Date),
            asked("successor", Word::DeskSuccessor, self.others(entry)),
        ];
        let what = (Word::DeskChange, Sign::Pencil, Word::DeskDepartmentEndHelp);
        self.act_of(HERE, ("org-change", entry), what, questions)
    }

    fn new_decision(&self) -> Action {
        let choice = |(key, word, _): (&str, Word, Kept)| Choice {
            code: key.to_owned(),
            label: self.w(word).to_owned(),
            help: None,
            chosen: false,
            lacks_reason: false,
        };
        let questions = vec![
            self.question("key", Word::DeskPolicy, Input::Choice(KEYS.map(choice).to_vec())),
            self.optional("about", Word::DeskPolicyAbout, Input::Text),
            self.question("value", Word::DeskPolicyValue, Input::Text),
            self.asked(
                "valid_from",
                Word::DeskValidFrom,
                Input::Date,
                Value::text(written_date(self.today())),
            ),
            self.optional("decision_ref", Word::DeskPolicyRef, Input::Text),
        ];
        let what = (Word::DeskNewPolicy, Sign::Plus, Word::DeskPoliciesHelp);
        self.act_of(HERE, ("org-policy", ""), what, questions)
    }

    fn optional(&self, id: &str, label: Word, input: Input) -> Question {
        Question { required: false, ..self.question(id, label, input) }
    }

    fn asked(&self, id: &str, label: Word, input: Input, value: Value) -> Question {
        Question { value, ..self.question(id, label, input) }
    }

    pub(super) fn codes(&self, id: &str) -> Input {
        let codes =
            Catalog::builtin().list(id).map(|list| list.codes.as_slice()).unwrap_or_default();
        let choice = |code: &ankomst_shared::catalog::Code| Choice {
            code: code.id.clone(),
            label: code.label.get(self.language).to_owned(),
            help: None,
            chosen: false,
            lacks_reason: false,
        };
        Input::Choice(codes.iter().map(choice).collect())
    }

    /// The other departments, as choices.
    fn others(&self, entry: &str) -> Input {
        let mut choices = Vec::new();
        for org in templates::records(&self.app, self.me.unit, true).unwrap_or_default() {
            for other in org.record.entries(Catalog::builtin(), KIND, "departments") {
                if other != entry {
                    let label = org.record.text(&format!("departments/{other}/name_sv")).to_owned();
                    choices.push(Choice {
                        code: other,
                        label,
                        help: None,
                        chosen: false,
                        lacks_reason: false,
                    });
                }
            }
        }
        Input::Choice(choices)
    }

    fn today(&self) -> jiff::civil::Date {
        swedish(self.app.now_ms()).map_or(jiff::civil::Date::MIN, jiff::civil::DateTime::date)
    }
}

fn period(from: &str, to: &str) -> String {
    if to.is_empty() { format!("{from} –") } else { format!("{from} – {to}") }
}
