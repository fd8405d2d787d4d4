//! Constraints that do not hold, in words: what is wrong, what to do, which answers go against each
//! other and who said them.

use std::rc::Rc;

use ankomst_shared::app::{Body, Line, Part, Refusal, Sign, Tone};
use ankomst_shared::catalog::{EntryList, Field, FieldType};
use ankomst_shared::form::{Broken, Fact, Form, Outcome, Why};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::{FieldState, RecordState};
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::page::made::{part, signed};
use super::viewer::Viewer;

/// So many answers are named; a sum over a house may rest on a hundred.
const FACTS_SHOWN: usize = 6;

impl Viewer<'_> {
    /// A record as the person sees it: with what is being typed.
    pub(super) fn typed(&mut self, id: DocumentId) -> Result<Rc<RecordState>, Refusal> {
        let record = self.record(id)?;
        let drafts = self.open.drafts.pairs().iter().filter(|((document, _), _)| *document == id);
        let mut drafts = drafts.peekable();
        if drafts.peek().is_none() {
            return Ok(record);
        }
        let fields = record.fields.iter();
        let mut fields = order::map(fields.map(|(path, state)| (path.clone(), state.clone())));
        // What does not fit yet is no answer.
        for ((_, path), draft) in drafts.filter(|(_, draft)| draft.fits) {
            fields.insert(path.clone(), FieldState::typed(draft.value.clone()));
        }
        Ok(Rc::new(RecordState {
            fields,
            late: record.late.clone(),
            revived: record.revived.clone(),
        }))
    }

    /// The field a path stands for, a set without its member, and the list its entry is in.
    pub(super) fn field_at(
        &self,
        id: DocumentId,
        path: &FieldPath,
    ) -> Option<(&'static Field, Option<&'static EntryList>)> {
        let kind = self.kind(id).ok()?;
        let parts = path.segments();
        if let Some(field) = kind.field(parts.head) {
            return Some((field, None));
        }
        let (list, name) = (kind.entry_list(parts.head)?, parts.rest[1]?);
        Some((list.fields.iter().find(|field| field.id == name)?, Some(list)))
    }

    /// The questions of an entry that must be answered and are not, in words.
    pub(super) fn missing(&mut self, id: DocumentId, (list, entry): (&str, &str)) -> String {
        let (Ok(kind), Ok(record)) = (self.kind(id), self.typed(id)) else { return String::new() };
        let Some(list) = kind.entry_list(list) else { return String::new() };
        let mut form = Form::new(self.catalog, kind, &record);
        form.entry(list, entry);
        let missing = form.outcome.asked.iter().filter(|asked| asked.missing);
        let labels: Vec<&str> = missing.map(|asked| asked.field.label.get(self.language)).collect();
        labels.join(", ")
    }

    /// What is wrong with the answer of a field, if something is.
    pub(super) fn wrong_words(
        &mut self,
        id: DocumentId,
        path: &FieldPath,
        outcome: &Outcome<'_>,
    ) -> Option<String> {
        let said = self.broken_at(id, path, &outcome.broken);
        if said.is_some() {
            return said;
        }
        let unclear = outcome.unclear.iter().find(|one| one.path == *path && one.why != Why::Empty);
        let word = match unclear?.why {
            Why::TooLarge => Word::WhyTooLarge,
            Why::DivideByZero => Word::WhyZero,
            Why::TooMuch => Word::WhyTooMuch,
            Why::Malformed | Why::Empty => Word::WhyMalformed,
        };
        Some(self.w(word).to_owned())
    }

    /// The constraints broken at a field, if any.
    pub(super) fn broken_at(
        &mut self,
        id: DocumentId,
        path: &FieldPath,
        broken: &[Broken<'_>],
    ) -> Option<String> {
        let mut said: Vec<String> = Vec::new();
        for one in broken.iter().filter(|one| one.path == *path) {
            let (title, detail) = self.broken_words(id, one);
            said.push([title.as_str(), " ", &detail].concat());
        }
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// What is wrong and what to do; and the answers, with who said them.
    fn broken_words(&mut self, id: DocumentId, broken: &Broken<'_>) -> (String, String) {
        let say = broken.say.map_or(self.w(Word::BrokenChoice), |say| say.get(self.language));
        let mut facts = Vec::new();
        let answered = broken.facts.iter().filter(|fact| fact.value.is_some());
        for fact in answered.take(FACTS_SHOWN) {
            facts.extend(self.fact_words(id, fact));
        }
        let more = broken.facts.iter().filter(|fact| fact.value.is_some()).count();
        if let Some(more) = more.checked_sub(FACTS_SHOWN).filter(|more| *more > 0) {
            facts.push(self.f(Word::BrokenMore, &[&more.to_string()]));
        }
        (say.to_owned(), facts.join("; "))
    }

    /// `Rum 2, Area: 12 m² (Anna Berg, 2026-11-22 14:05)`.
    pub(super) fn fact_words(&mut self, id: DocumentId, fact: &Fact) -> Option<String> {
        let (field, list) = self.field_at(id, &fact.path)?;
        let value = match (&fact.value, &field.typ) {
            (Some(Value::Str(codes)), FieldType::Set(list)) => {
                let words =
                    codes.split(',').map(|code| self.catalog.code_words(list, code, self.language));
                words.collect::<Vec<_>>().join(", ")
            }
            (_, FieldType::Reference(_)) => self.words(id, fact.path.as_str()),
            (value, _) => self.catalog.words(field, value.as_ref()?, self.language),
        };
        let place = self.place_words(id, fact, (field, list));
        let mut who = self.sayers(id, fact);
        if fact.contested {
            who.push(self.w(Word::BrokenContested).to_owned());
        }
        let who =
            if who.is_empty() { String::new() } else { [" (", &who.join(", "), ")"].concat() };
        Some([&place, ": ", &value, &who].concat())
    }

    /// What is asked, and of which entry: `Rum 2, Area`.
    pub(super) fn place_words(
        &mut self,
        id: DocumentId,
        fact: &Fact,
        (field, list): (&Field, Option<&EntryList>),
    ) -> String {
        let label = field.label.get(self.language);
        let entry = list
            .and_then(|list| Some(self.entry_title(id, &list.id, fact.path.segments().rest[0]?)));
        let entry = entry.filter(|entry| !entry.is_empty());
        entry.map_or_else(|| label.to_owned(), |entry| [&entry, ", ", label].concat())
    }

    /// Who made the changes that an answer comes from, and when.
    fn sayers(&mut self, id: DocumentId, fact: &Fact) -> Vec<String> {
        let Ok(record) = self.record(id) else { return Vec::new() };
        let (path, mut said) = (fact.path.as_str(), Vec::new());
        let own = record.fields.iter().filter(|(at, _)| at.as_str().starts_with(path));
        for one in own.flat_map(|(_, state)| &state.statements) {
            let words =
                [&self.person(one.meta.user), " ", &self.moment(one.meta.claimed_ms)].concat();
            if fact.changes.contains(&one.change) && !said.contains(&words) {
                said.push(words);
            }
        }
        said
    }

    /// The constraints that do not hold in a record and in what belongs to it, each with the way to
    /// where it can be put right; nothing when all hold.
    pub(super) fn broken_part(&mut self, parent: DocumentId, ids: &[DocumentId]) -> Option<Part> {
        let mut lines = Vec::new();
        for id in ids {
            for one in self.open.broken(*id).iter() {
                // What is signed is put right by a correction, which stands beside it.
                if self.open.may_write(*id, &one.path).is_err() {
                    continue;
                }
                let (title, detail) = self.broken_words(*id, one);
                let parts = one.path.segments();
                let rest = match parts.rest {
                    [Some(entry), Some(_), _] => [parts.head, "/", entry].concat(),
                    _ => "uppgifter".to_owned(),
                };
                lines.push(Line {
                    key: [&one.rule, " ", one.path.as_str()].concat(),
                    href: Some([&self.address(parent), "/", &rest].concat()),
                    title,
                    detail,
                    badges: vec![signed(self.w(Word::Broken), Tone::Decide, Sign::Differ)],
                    ..Line::default()
                });
            }
        }
        (!lines.is_empty())
            .then(|| part("broken", self.w(Word::BrokenTitle), Body::Lines(lines, String::new())))
    }
}
