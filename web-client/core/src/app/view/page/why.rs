//! What is reckoned of a record or an entry, and `/varfor/<record>/<rule>[/<entry>]`: the reasons of one such
//! thing. Which rules there are and where they are shown, the catalog says.

use std::rc::Rc;

use ankomst_shared::app::{Act, Body, Line, PageView, Part, Refusal, Sign, Why};
use ankomst_shared::catalog::{FieldType, Rule};
use ankomst_shared::form::Fact;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::RecordState;
use ankomst_shared::rules::{self, Answer, Ask, Said, Used};
use ankomst_shared::same::Same;
use ankomst_shared::sign::header::companion;
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::{action, part};

/// So many answers are named; a house may rest on a hundred.
const FACTS_SHOWN: usize = 24;

/// A record with those beside it, while a rule looks at them.
pub(in crate::app::view) struct Beside {
    kind: &'static str,
    record: Rc<RecordState>,
    others: Vec<(DocumentId, &'static str, Rc<RecordState>)>,
    same: Rc<Same>,
}

impl Beside {
    /// The records beside it, as a rule looks at them.
    pub(in crate::app::view) fn all(&self) -> Vec<(&str, &RecordState)> {
        let mut all = Vec::new();
        for (_, kind, record) in &self.others {
            all.push((*kind, record.as_ref()));
        }
        all
    }
}

impl Viewer<'_> {
    /// A record as it is typed, with what it belongs to, its journal and the organisation.
    pub(in crate::app::view) fn beside(&mut self, id: DocumentId) -> Result<Beside, Refusal> {
        let kind = self.kind(id)?;
        let mut ids: Vec<DocumentId> = Vec::new();
        ids.extend(self.open.headers.get(&id).and_then(|header| header.parent));
        if kind.id == "case" {
            ids.push(companion(id, "journal"));
        }
        ids.extend(self.of_kind("org"));
        let mut beside = Vec::new();
        for one in ids {
            if let (Ok(kind), Ok(record)) = (self.kind(one), self.record(one)) {
                beside.push((one, kind.id.as_str(), record));
            }
        }
        Ok(Beside {
            kind: kind.id.as_str(),
            record: self.typed(id)?,
            others: beside,
            same: self.open.same(),
        })
    }

    /// What is asked of a record, or of an entry of it.
    pub(in crate::app::view) fn ask<'a>(
        &self,
        of: &'a Beside,
        beside: &'a [(&'a str, &'a RecordState)],
        entry: &'a str,
    ) -> Ask<'a> {
        Ask {
            catalog: self.catalog,
            kind: of.kind,
            record: &of.record,
            entry,
            beside,
            same: &of.same,
            today: self.now.today(),
            now_ms: self.now.ms,
        }
    }

    /// What is reckoned of a record (no list) or of an entry, each thing with its reasons.
    pub(super) fn rules_part(
        &mut self,
        id: DocumentId,
        (list, entry): (&str, &str),
    ) -> Option<Part> {
        let lines = self.rule_lines(id, (list, entry));
        let title = self.w(Word::WhyTitle);
        (!lines.is_empty()).then(|| part("rules", title, Body::Lines(lines, String::new())))
    }

    pub(in crate::app::view) fn rule_lines(
        &mut self,
        id: DocumentId,
        (list, entry): (&str, &str),
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        let Ok(kind) = self.kind(id) else { return lines };
        let place = if list.is_empty() { kind.id.clone() } else { [&kind.id, "/", list].concat() };
        let mut found: Vec<&'static Rule> = Vec::new();
        for rule in &self.catalog.package().rules {
            if rule.at.contains(&place) {
                found.push(rule);
            }
        }
        if found.is_empty() {
            return lines;
        }
        let Ok(of) = self.beside(id) else { return lines };
        let beside = of.all();
        for rule in found {
            let Some(answer) = rules::answer(&rule.id, &self.ask(&of, &beside, entry)) else {
                continue;
            };
            lines.push(Line {
                key: rule.id.clone(),
                title: answer.value_text(self.catalog, self.language),
                detail: rule.label.get(self.language).to_owned(),
                why: vec![self.why(&rule.id, id, entry)],
                ..Line::default()
            });
        }
        lines
    }

    /// The way to the reasons of something.
    pub(in crate::app::view) fn why(&self, rule: &str, id: DocumentId, entry: &str) -> Why {
        Why { at: why_at(rule, id, entry), label: self.w(Word::Why).to_owned() }
    }

    /// The reasons of one thing.
    pub(super) fn why_page(
        &mut self,
        id: DocumentId,
        (rule, entry): (&str, &str),
    ) -> Result<PageView, Refusal> {
        let of = self.beside(id)?;
        let beside = of.all();
        let answer = rules::answer(rule, &self.ask(&of, &beside, entry));
        let answer = answer.ok_or(Refusal::NoPlace)?;
        let mut rows = Vec::new();
        self.row(&mut rows, Word::WhySaid, self.sentences(&answer.said));
        self.row(&mut rows, Word::WhyMissing, self.sentences(&answer.missing));
        self.rule_rows(&mut rows, &answer);
        let facts = self.used(id, &of, &answer.facts);
        self.row(&mut rows, Word::WhyFacts, facts);
        self.row(&mut rows, Word::WhyChanges, self.sentences(&answer.changes));
        let key = ["why-", rule, "-", entry].concat();
        Ok(PageView {
            title: answer.rule.label.get(self.language).to_owned(),
            back: Some((self.address(id), self.title(id))),
            actions: vec![action("print", self.w(Word::Print), Sign::Print, Act::Print)],
            parts: vec![part(&key, "", Body::Facts(rows))],
            ..PageView::default()
        })
    }

    fn sentences(&self, all: &[Said<'_>]) -> String {
        let mut out = String::new();
        for said in all {
            add_line(&mut out, &said.words(self.catalog, self.language));
        }
        out
    }

    fn row(&self, rows: &mut Vec<(String, String)>, name: Word, value: String) {
        if !value.is_empty() {
            rows.push((self.w(name).to_owned(), value));
        }
    }

    /// The rule in words, from when to when, and where it stands.
    fn rule_rows(&self, rows: &mut Vec<(String, String)>, answer: &Answer<'_>) {
        let (Some(version), Some(text)) = (answer.version, answer.rule_text(self.language)) else {
            return self.row(rows, Word::WhyRule, self.f(Word::WhyNoRule, &[&answer.on]));
        };
        self.row(rows, Word::WhyRule, text);
        let mut valid = String::new();
        for (word, day) in [(Word::WhyFrom, &version.from), (Word::WhyUntil, &version.to)] {
            if let Some(day) = day {
                valid.push_str(if valid.is_empty() { "" } else { " " });
                valid.push_str(&self.f(word, &[day]));
            }
        }
        if version.unchecked {
            add_line(&mut valid, self.w(Word::WhyUnchecked));
        }
        self.row(rows, Word::WhyValid, valid);
        let mut sources = String::new();
        for source in &version.sources {
            add_line(&mut sources, &self.catalog.code_words("source", source, self.language));
        }
        self.row(rows, Word::WhySource, sources);
    }

    /// The answers that were used, one a line; what people disagree on with everything they said.
    fn used(&mut self, id: DocumentId, of: &Beside, all: &[Used]) -> String {
        let mut out = String::new();
        for used in all.iter().take(FACTS_SHOWN) {
            let at = match used.of.checked_sub(1) {
                None => Some(id),
                Some(at) => of.others.get(at).map(|(id, _, _)| *id),
            };
            let Some(at) = at else { continue };
            let said = match (self.contested(at, &used.fact), &used.fact.value) {
                (Some(said), _) => Some(said),
                (None, Some(_)) => self.fact_words(at, &used.fact),
                (None, None) => self.unanswered(at, &used.fact),
            };
            let Some(said) = said else { continue };
            add_line(&mut out, &said);
        }
        if let Some(more) = all.len().checked_sub(FACTS_SHOWN).filter(|more| *more > 0) {
            add_line(&mut out, &self.f(Word::BrokenMore, &[&more.to_string()]));
        }
        out
    }

    fn unanswered(&mut self, id: DocumentId, fact: &Fact) -> Option<String> {
        let at = self.field_at(id, &fact.path)?;
        Some([&self.place_words(id, fact, at), ": ", self.w(Word::WhyNone)].concat())
    }

    /// Everything people say in a field that nobody has decided on, what rules first, each with who said it.
    fn contested(&mut self, id: DocumentId, fact: &Fact) -> Option<String> {
        let record = self.record(id).ok()?;
        let state = record.fields.get(&fact.path).filter(|state| state.is_open())?;
        let (field, list) = self.field_at(id, &fact.path)?;
        if matches!(field.typ, FieldType::Reference(_)) {
            return None;
        }
        let mut out = [&self.place_words(id, fact, (field, list)), ": "].concat();
        for (at, said) in state.statements.iter().enumerate() {
            let value = self.catalog.words(field, &said.value, self.language);
            let who = [&self.person(said.meta.user), " ", &self.moment(said.meta.claimed_ms)];
            let one = [&value, " (", &who.concat(), ")"].concat();
            if at == 0 {
                out.push_str(&one);
            } else {
                out.push_str("; ");
                out.push_str(&self.f(Word::WhyAlso, &[&one]));
            }
        }
        Some([&out, "; ", self.w(Word::BrokenContested)].concat())
    }
}

/// The address of the reasons.
pub(in crate::app::view) fn why_at(rule: &str, id: DocumentId, entry: &str) -> String {
    let mut at = ["/varfor/", &id.to_string(), "/", rule].concat();
    if !entry.is_empty() {
        at.push('/');
        at.push_str(entry);
    }
    at
}

fn add_line(out: &mut String, line: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(line);
}
