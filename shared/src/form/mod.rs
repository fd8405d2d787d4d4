//! What a form asks: which fields matter, which answers are missing, which constraints are broken,
//! what is calculated, which choices there are.
//!
//! Total: any catalog and any answers give an outcome, within a bound of steps. Made from the merged
//! record alone, so all who hold the same changes see the same, in whatever order they came; made
//! anew whenever the record is, so a constraint that two people broke together shows after the merge,
//! with the changes of both. Answers that do not matter are kept, and do not count as missing.
//!
//! Reading order: [`outcome`] (what is told), `reckon` (a formula to its result), here (fields and
//! constraints of a record or entry). How formulas are written: `docs/catalog.md`.

pub mod outcome;
mod reckon;
#[cfg(test)]
mod tests;

pub use outcome::{Asked, Broken, Fact, Outcome, Reason, Unclear, Why};

use crate::catalog::{Catalog, Constraint, EntryList, Field, FieldType, Formula, Kind, Required};
use crate::merge::RecordState;
use crate::path::FieldPath;
use crate::value::Value;
pub(crate) use outcome::fact;
pub(crate) use reckon::days;
use reckon::{It, ONE, Place, Reckoned, Reckoner, Term, date};

/// What a record asks: of itself, then of each entry, list by list.
#[must_use]
pub fn evaluate<'a>(catalog: &'a Catalog, kind: &'a Kind, record: &RecordState) -> Outcome<'a> {
    let mut form = Form::new(catalog, kind, record);
    form.record();
    for list in &kind.entry_lists {
        for entry in record.entries(catalog, &kind.id, &list.id) {
            form.entry(list, &entry);
        }
    }
    form.outcome
}

/// Looks at a record or at single entries of it, and collects what they ask.
pub struct Form<'a, 'r> {
    catalog: &'a Catalog,
    kind: &'a Kind,
    record: &'r RecordState,
    reckoner: Reckoner<'r>,
    /// What was found so far.
    pub outcome: Outcome<'a>,
}

/// The record itself or an entry of it.
#[derive(Clone, Copy)]
struct Part<'a, 'p> {
    list: Option<&'a EntryList>,
    place: Place<'p>,
}

impl<'a: 'r, 'r> Form<'a, 'r> {
    /// Begins to look at a record.
    #[must_use]
    pub fn new(catalog: &'a Catalog, kind: &'a Kind, record: &'r RecordState) -> Self {
        let reckoner = Reckoner::new(catalog, &kind.id, record);
        Self { catalog, kind, record, reckoner, outcome: Outcome::default() }
    }

    /// Adds what the record itself asks.
    pub fn record(&mut self) {
        let place = Place { prefix: "", entry: "", it: It::Nothing };
        self.part(Part { list: None, place }, (&self.kind.fields, &self.kind.constraints));
    }

    /// Adds what an entry asks.
    pub fn entry(&mut self, list: &'a EntryList, entry: &str) {
        let prefix = [&list.id, "/", entry, "/"].concat();
        let place = Place { prefix: &prefix, entry, it: It::Nothing };
        self.part(Part { list: Some(list), place }, (&list.fields, &list.constraints));
    }

    /// Whether a condition on the record itself holds; nothing while that is not known.
    #[must_use]
    pub fn holds(&mut self, condition: &Formula) -> Option<bool> {
        let place = Place { prefix: "", entry: "", it: It::Nothing };
        match self.reckoner.reckon(condition, place).term {
            Term::Truth(yes) => Some(yes),
            _ => None,
        }
    }

    fn part(&mut self, part: Part<'a, '_>, (fields, rules): (&'a [Field], &'a [Constraint])) {
        let first = self.outcome.asked.len();
        for field in fields {
            let Ok(path) = FieldPath::parse(&[part.place.prefix, &field.id].concat()) else {
                continue;
            };
            let asked = self.field(part, field, path);
            self.outcome.asked.push(asked);
        }
        for rule in rules {
            let asked =
                self.outcome.asked.iter().skip(first).find(|asked| asked.field.id == rule.at);
            let Some(path) = asked.filter(|asked| asked.relevant).map(|asked| asked.path.clone())
            else {
                continue;
            };
            let found = self.reckoner.reckon(&rule.holds, part.place);
            let name = [&self.owner(part), " ", &rule.id].concat();
            match found.term {
                Term::Truth(true) => {}
                Term::Truth(false) => {
                    let facts = self.facts(found.asked);
                    self.outcome.broken.push(Broken {
                        rule: name,
                        path,
                        say: Some(&rule.say),
                        facts,
                    });
                }
                _ => self.unclear((name, path), found),
            }
        }
    }

    fn owner(&self, part: Part<'_, '_>) -> String {
        part.list
            .map_or_else(|| self.kind.id.clone(), |list| [&self.kind.id, "/", &list.id].concat())
    }

    fn facts(&self, places: Vec<outcome::Place>) -> Vec<Fact> {
        places.into_iter().map(|place| fact(self.record, place)).collect()
    }

    fn unclear(&mut self, (rule, path): (String, FieldPath), found: Reckoned) {
        let (why, facts) = (found.why.unwrap_or(Why::Empty), self.facts(found.asked));
        self.outcome.unclear.push(Unclear { rule, path, why, facts });
    }

    /// Reckons a formula of a field, and notes what it rests on.
    fn of(
        &mut self,
        part: Part<'a, '_>,
        asked: &mut Asked<'a>,
        (key, formula): (&str, &Formula),
    ) -> Term {
        let found = self.reckoner.reckon(formula, part.place);
        let rule = [&self.owner(part), "/", &asked.field.id, " ", key].concat();
        let facts = self.facts(found.asked.clone());
        asked.reasons.push(Reason { rule: rule.clone(), facts });
        let term = found.term.clone();
        // Unknown for want of an answer is no trouble for a condition: it does not hold yet.
        if term == Term::Unknown && (found.why.is_some() || key == "calculate") {
            self.unclear((rule, asked.path.clone()), found);
        }
        term
    }

    fn field(&mut self, part: Part<'a, '_>, field: &'a Field, path: FieldPath) -> Asked<'a> {
        let (relevant, required, missing) = (true, field.required != Required::Optional, false);
        let (calculated, choices, reasons) = (None, None, Vec::new());
        let list = part.list;
        let mut asked =
            Asked { path, field, list, relevant, required, missing, calculated, choices, reasons };
        if let Some(formula) = &field.relevant {
            asked.relevant = self.of(part, &mut asked, ("relevant", formula)) == Term::Truth(true);
        }
        asked.required &= asked.relevant;
        if let (true, Some(formula)) = (asked.required, &field.required_if) {
            asked.required = self.of(part, &mut asked, ("required", formula)) == Term::Truth(true);
        }
        asked.missing = asked.required && !field.system && !self.is_answered(field, &asked.path);
        if let (true, Some(formula)) = (asked.relevant, &field.calculate) {
            let term = self.of(part, &mut asked, ("calculate", formula));
            if term != Term::Unknown {
                asked.calculated = answer(&field.typ, term);
                if asked.calculated.is_none() {
                    let rule = [&self.owner(part), "/", &field.id, " calculate"].concat();
                    let (path, facts) = (asked.path.clone(), Vec::new());
                    self.outcome.unclear.push(Unclear { rule, path, why: Why::TooLarge, facts });
                }
            }
        }
        if let (true, Some(formula)) = (asked.relevant, &field.choices) {
            self.choices(part, &mut asked, formula);
        }
        asked
    }

    fn is_answered(&self, field: &Field, path: &FieldPath) -> bool {
        match field.typ {
            FieldType::Set(_) => !self.record.members(path.as_str()).is_empty(),
            FieldType::Count => self.record.counted(path.as_str()) != 0,
            _ => match self.record.fields.get(path).map(|state| &state.value) {
                None | Some(Value::Null) => false,
                Some(Value::Str(text)) => !text.trim().is_empty(),
                Some(_) => true,
            },
        }
    }

    /// The choices that are not known to be wrong; one that is and stands there is told.
    fn choices(&mut self, part: Part<'a, '_>, asked: &mut Asked<'a>, formula: &Formula) {
        let catalog = self.catalog;
        let codes = asked.field.typ.list().and_then(|list| catalog.list(list));
        let named = match &asked.field.typ {
            FieldType::Reference(to) => self.kind.named_list(to),
            _ => None,
        };
        let all: Vec<String> = match (codes, named) {
            (Some(codes), _) => codes.codes.iter().map(|code| code.id.clone()).collect(),
            (None, Some(list)) => self.reckoner.entries(&list.id),
            (None, None) => return,
        };
        let (mut kept, mut paths, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for one in all {
            let it = match named {
                Some(list) => It::Entry { list: &list.id, entry: &one },
                None => It::Code(&one),
            };
            let found = self.reckoner.reckon(formula, Place { it, ..part.place });
            if found.term == Term::Truth(false) {
                let key = [asked.path.as_str(), "/", &one].concat();
                let is_chosen = matches!(self.record.value(&key), Some(Value::Bool(true)))
                    || self.record.text(asked.path.as_str()) == one;
                if is_chosen {
                    wrong.extend(found.asked.clone());
                    wrong.push((asked.path.clone(), asked.field.typ.has_members()));
                }
            } else {
                kept.push(one);
            }
            paths.extend(found.asked);
        }
        let rule = [&self.owner(part), "/", &asked.field.id, " choices"].concat();
        for paths in [&mut paths, &mut wrong] {
            crate::order::sort_and_dedup(paths);
        }
        asked.reasons.push(Reason { rule: rule.clone(), facts: self.facts(paths) });
        asked.choices = Some(kept);
        if !wrong.is_empty() {
            let (path, facts) = (asked.path.clone(), self.facts(wrong));
            self.outcome.broken.push(Broken { rule, path, say: None, facts });
        }
    }
}

/// A result as an answer of a field; nothing where it is none.
fn answer(typ: &FieldType, term: Term) -> Option<Value> {
    match (typ, term) {
        (FieldType::Bool, Term::Truth(yes)) => Some(Value::Bool(yes)),
        (FieldType::Int(..) | FieldType::Time, Term::Number(number)) => {
            Some(Value::Int(number.div_euclid(ONE)))
        }
        (FieldType::Decimal(places, _), Term::Number(number)) => {
            Some(Value::text(decimal(number, *places)))
        }
        (FieldType::Date, Term::Number(number)) => {
            let day = date(number).filter(|day| day.year() >= 1850)?;
            Some(Value::text(crate::catalog::written_date(day)))
        }
        (_, Term::Text(text)) => Some(Value::text(text)),
        _ => None,
    }
}

/// Thousandths as a decimal with at most so many places, rounded away from zero in the middle.
fn decimal(number: i64, places: u8) -> String {
    let unit = 10_u64.pow(3_u32.saturating_sub(u32::from(places)));
    let size = number.unsigned_abs();
    let size = size.saturating_add(unit / 2) / unit * unit;
    let (whole, rest) = (size / 1_000, size % 1_000);
    let sign = if number < 0 && size > 0 { "-" } else { "" };
    if rest == 0 {
        return [sign, &whole.to_string()].concat();
    }
    // A leading one keeps the noughts before the places.
    let rest = (1_000 + rest).to_string();
    let rest = rest.get(1..).unwrap_or_default().trim_end_matches('0');
    [sign, &whole.to_string(), ".", rest].concat()
}
