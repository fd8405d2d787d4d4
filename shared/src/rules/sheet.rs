//! How an answer is put together: what is read is noted, and what is said has a name.

use jiff::civil::Date;

use super::answer::{Answer, Gaps, Said, Used, Worth};
use crate::catalog::{Catalog, Rule, RuleVersion, read_date, written_date};
use crate::form::{days, fact};
use crate::merge::{FieldState, RecordState};
use crate::path::FieldPath;
use crate::same::Same;
use crate::value::Value;

/// What is asked: of which record, on which day.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// The record's kind.
    pub kind: &'a str,
    /// The record.
    pub record: &'a RecordState,
    /// The entry, or the item of a run; empty for the record itself.
    pub entry: &'a str,
    /// Records beside it, with their kinds: what it belongs to, its journal, the organisation.
    pub beside: &'a [(&'a str, &'a RecordState)],
    /// Who has several cards.
    pub same: &'a Same,
    /// Today.
    pub today: Date,
    /// Now, Unix milliseconds.
    pub now_ms: i64,
}

impl<'a> Ask<'a> {
    /// A record beside it, with its place.
    #[must_use]
    pub fn beside(&self, kind: &str) -> Option<(usize, &'a RecordState)> {
        let mut all = self.beside.iter().enumerate();
        let (at, (_, record)) = all.find(|(_, (known, _))| *known == kind)?;
        Some((at + 1, record))
    }
}

/// An answer while it is made.
pub(super) struct Sheet<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) answer: Answer<'a>,
    /// `decisions/<id>/`, or nothing for the record itself.
    prefix: String,
}

impl<'a> Sheet<'a> {
    /// Begins an answer about an entry of a list, or about the record itself (`list` empty), under the rule
    /// of today.
    pub(super) fn new(rule: &str, ask: &Ask<'a>, list: &str) -> Option<Self> {
        let rule = ask.catalog.rule(rule)?;
        let prefix =
            if list.is_empty() { String::new() } else { [list, "/", ask.entry, "/"].concat() };
        let (facts, said, missing, changes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (value, on) = (Worth::Unknown, String::new());
        let answer = Answer { rule, version: None, on, value, said, facts, missing, changes };
        let mut sheet = Self { ask: *ask, answer, prefix };
        sheet.rule_of(ask.today);
        Some(sheet)
    }

    /// Takes the version of another day.
    pub(super) fn rule_of(&mut self, day: Date) {
        self.rule_from(day, None);
    }

    /// Takes the version of a day, a proposed one from a day that was decided.
    pub(super) fn rule_from(&mut self, day: Date, decided: Option<&str>) {
        self.answer.on = written_date(day);
        let rule: &'a Rule = self.answer.rule;
        self.answer.version = rule.on(&self.answer.on, decided);
    }

    /// A number of the version.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.answer.version.and_then(|version: &RuleVersion| version.number(name))
    }

    /// The value of a field of the entry, which is noted.
    pub(super) fn value(&mut self, field: &str) -> Option<&'a Value> {
        let key = [&self.prefix, field].concat();
        self.value_at(0, &key)
    }

    /// The value at a key of a record, which is noted.
    pub(super) fn value_at(&mut self, of: usize, key: &str) -> Option<&'a Value> {
        let record = self.record(of)?;
        let path = FieldPath::parse(key).ok()?;
        let state = record.fields.get(&path);
        let seen = |used: &Used| used.of == of && used.fact.path == path;
        if !self.answer.facts.iter().any(seen) {
            let fact = fact(record, (path, false));
            self.answer.facts.push(Used { of, fact });
        }
        state.map(|state| &state.value).filter(|value| !value.is_null())
    }

    fn record(&self, of: usize) -> Option<&'a RecordState> {
        match of.checked_sub(1) {
            None => Some(self.ask.record),
            Some(at) => self.ask.beside.get(at).map(|(_, record)| *record),
        }
    }

    /// The text of a field, empty for none.
    pub(super) fn text(&mut self, field: &str) -> &'a str {
        self.value(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text at a key of a record, empty for none.
    pub(super) fn text_at(&mut self, of: usize, key: &str) -> &'a str {
        self.value_at(of, key).and_then(Value::as_str).unwrap_or_default()
    }

    /// The day of a field.
    pub(super) fn day(&mut self, field: &str) -> Option<Date> {
        read_date(self.text(field))
    }

    /// The whole number of a field.
    pub(super) fn whole(&mut self, field: &str) -> Option<i64> {
        whole(self.value(field))
    }

    /// Everything different that stands in a field, if people disagree on it: what else it might be.
    pub(super) fn others(&self, field: &str) -> Vec<&'a Value> {
        self.others_at(&[&self.prefix, field].concat())
    }

    /// The same at a key of the record.
    pub(super) fn others_at(&self, key: &str) -> Vec<&'a Value> {
        let mut others: Vec<&'a Value> = Vec::new();
        if let Some(state) = self.open_at(key) {
            for said in &state.statements {
                if said.value != state.value
                    && !said.value.is_null()
                    && !others.contains(&&said.value)
                {
                    others.push(&said.value);
                }
            }
        }
        others
    }

    /// Everything that may be the answer to a field: what rules, and what else stands while people disagree.
    pub(super) fn all(&mut self, field: &str) -> Vec<&'a Value> {
        let mut all: Vec<&'a Value> = self.value(field).into_iter().collect();
        all.extend(self.others(field));
        all
    }

    /// Whether people disagree on whether there is an answer at all.
    pub(super) fn is_doubted(&self, field: &str) -> bool {
        let state = self.open_at(&[&self.prefix, field].concat());
        state.is_some_and(|state| state.statements.iter().any(|said| said.value.is_null()))
    }

    /// A field on which people disagree.
    fn open_at(&self, key: &str) -> Option<&'a FieldState> {
        let state = self.ask.record.fields.get(&FieldPath::parse(key).ok()?);
        state.filter(|state| state.is_open())
    }

    fn sentence(&self, id: &'static str) -> Said<'a> {
        Said::new(id, (self.answer.rule, self.answer.version))
    }

    /// Says the value, or something to be known of it.
    pub(super) fn say(&mut self, id: &'static str) -> Gaps<'_> {
        let said = self.sentence(id);
        self.answer.said.push(said);
        Gaps::of(self.answer.said.last_mut())
    }

    /// Says the value before what is to be known of it.
    pub(super) fn say_first(&mut self, id: &'static str) -> Gaps<'_> {
        let said = self.sentence(id);
        self.answer.said.insert(0, said);
        Gaps::of(self.answer.said.first_mut())
    }

    /// Says what is missing.
    pub(super) fn lacks(&mut self, id: &'static str) -> Gaps<'_> {
        let said = self.sentence(id);
        self.answer.missing.push(said);
        Gaps::of(self.answer.missing.last_mut())
    }

    /// Says what would change the value.
    pub(super) fn change(&mut self, id: &'static str) -> Gaps<'_> {
        let said = self.sentence(id);
        self.answer.changes.push(said);
        Gaps::of(self.answer.changes.last_mut())
    }

    /// The answer, with what it comes to.
    pub(super) fn worth(mut self, value: Worth) -> Answer<'a> {
        self.answer.value = value;
        self.answer
    }

    /// What the municipality has decided last under a key and what is in force on a day, with its first day.
    pub(super) fn policies(&mut self, key: &str, day: &str) -> Vec<(&'a str, &'a str)> {
        let Some((of, record)) = self.ask.beside("org") else { return Vec::new() };
        let mut found: Vec<(&'a str, &'a str)> = Vec::new();
        for entry in record.entries(self.ask.catalog, "org", "policies") {
            let at = |field: &str| ["policies/", &entry, "/", field].concat();
            let (from, to) = (record.text(&at("valid_from")), record.text(&at("valid_to")));
            if record.text(&at("key")) == key && from <= day && (to.is_empty() || day <= to) {
                found.push((self.text_at(of, &at("value")), from));
            }
        }
        // A newer one replaces those before it; different ones of one day contradict each other.
        let newest = found.iter().map(|(_, from)| *from).max();
        found.retain(|(_, from)| Some(*from) == newest);
        found.dedup();
        found
    }
}

/// A whole number.
pub(super) fn whole(value: Option<&Value>) -> Option<i64> {
    if let Some(Value::Int(number)) = value { Some(*number) } else { None }
}

/// Days from one to another.
pub(super) fn days_between(from: Date, to: Date) -> i64 {
    days(to) - days(from)
}
