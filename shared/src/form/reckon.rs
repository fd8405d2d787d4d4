//! A formula to its result: a pile, a bound of steps, and nothing that is not there.
//!
//! An answer that is not given is unknown, and what is made of it is, too, unless the rest decides: no
//! `and` yes is no. Numbers are whole thousandths in 64 bits; what does not fit is unknown, and says
//! so. Days are numbers of days, so that days can be added; points in time are milliseconds.

use super::outcome::{self, Why};
use crate::catalog::{
    Catalog, Fold, Formula, Operation, Shape, Step, Whose, days_after, months_after, numbers,
    read_date,
};
use crate::merge::RecordState;
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

/// One, in thousandths.
pub(super) const ONE: i64 = 1_000;
/// Most steps for all of one record; a set or a list that is gone through counts what is looked at.
const STEPS_MAX: usize = 2_000_000;

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    Unknown,
    Truth(bool),
    Number(i64),
    Text(String),
    Texts(Vec<String>),
}

/// Where a formula is reckoned.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// What the keys of its own fields begin with.
    pub(super) prefix: &'p str,
    /// Its own entry.
    pub(super) entry: &'p str,
    pub(super) it: It<'p>,
}

/// What is judged.
#[derive(Clone, Copy)]
pub(super) enum It<'p> {
    Nothing,
    Code(&'p str),
    Entry { list: &'p str, entry: &'p str },
}

/// A result with what it rests on.
pub(super) struct Reckoned {
    pub(super) term: Term,
    pub(super) asked: Vec<outcome::Place>,
    pub(super) why: Option<Why>,
}

pub(super) struct Reckoner<'r> {
    catalog: &'r Catalog,
    kind: &'r str,
    record: &'r RecordState,
    lists: Vec<(String, Vec<String>)>,
    left: usize,
    asked: Vec<outcome::Place>,
    why: Option<Why>,
}

impl<'r> Reckoner<'r> {
    pub(super) fn new(catalog: &'r Catalog, kind: &'r str, record: &'r RecordState) -> Self {
        let (lists, asked) = (Vec::new(), Vec::new());
        Self { catalog, kind, record, lists, left: STEPS_MAX, asked, why: None }
    }

    pub(super) fn reckon(&mut self, formula: &Formula, place: Place<'_>) -> Reckoned {
        self.why = None;
        let term = self.run(&formula.steps, place);
        let mut asked = core::mem::take(&mut self.asked);
        order::sort_and_dedup(&mut asked);
        Reckoned { term, asked, why: self.why }
    }

    /// The entries of a list.
    pub(super) fn entries(&mut self, list: &str) -> Vec<String> {
        if let Some((_, known)) = self.lists.iter().find(|(id, _)| id == list) {
            return known.clone();
        }
        let entries = self.record.entries(self.catalog, self.kind, list);
        self.lists.push((list.to_owned(), entries.clone()));
        entries
    }

    /// Notes why there is no result; the first reason stays.
    fn none(&mut self, why: Why) -> Term {
        self.why = self.why.or(Some(why));
        Term::Unknown
    }

    /// Takes steps from those that are left; tells whether there are enough.
    fn may(&mut self, steps: usize) -> bool {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        if left.is_none() {
            self.none(Why::TooMuch);
        }
        left.is_some()
    }

    fn run(&mut self, steps: &[Step], place: Place<'_>) -> Term {
        let mut pile: Vec<Term> = Vec::new();
        let mut rest = steps.iter();
        while let Some(step) = rest.next() {
            if !self.may(1) {
                return Term::Unknown;
            }
            let term = match step {
                Step::Number(number) => Term::Number(*number),
                Step::Text(text) => Term::Text(text.clone()),
                Step::Day(day) => self.day(day),
                Step::Truth(yes) => Term::Truth(*yes),
                Step::Codes(codes) => Term::Texts(codes.clone()),
                Step::It => match place.it {
                    It::Code(code) => Term::Text(code.to_owned()),
                    It::Nothing | It::Entry { .. } => self.none(Why::Malformed),
                },
                Step::Answer(whose, field, shape) => self.answer(place, whose, (field, *shape)),
                Step::Over(fold, list, length) => {
                    let all = rest.as_slice();
                    let length = usize::try_from(*length).unwrap_or(usize::MAX).min(all.len());
                    let (body, after) = all.split_at_checked(length).unwrap_or_default();
                    rest = after.iter();
                    self.over(*fold, (list, body), place)
                }
                Step::Do(operation) => self.done(*operation, &mut pile),
            };
            pile.push(term);
        }
        match (pile.pop(), pile.is_empty()) {
            (Some(term), true) => term,
            _ => self.none(Why::Malformed),
        }
    }

    /// The steps of the body once for each entry. One that stands in another is not gone into.
    fn over(&mut self, fold: Fold, (list, body): (&str, &[Step]), place: Place<'_>) -> Term {
        if matches!(place.it, It::Entry { .. }) {
            return self.none(Why::Malformed);
        }
        // What went wrong elsewhere in the formula says nothing of this part.
        let earlier = self.why.take();
        let result = self.folded(fold, (list, body), place);
        self.why = earlier.or(self.why.take());
        result
    }

    fn folded(&mut self, fold: Fold, (list, body): (&str, &[Step]), place: Place<'_>) -> Term {
        let mut result = match fold {
            Fold::Count | Fold::Sum => Term::Number(0),
            Fold::Lowest | Fold::Highest => Term::Unknown,
        };
        for entry in self.entries(list) {
            let term = self.run(body, Place { it: It::Entry { list, entry: &entry }, ..place });
            if !matches!(term, Term::Unknown) {
                self.why = None;
            }
            result = match (fold, result, term) {
                (_, result, Term::Unknown) | (Fold::Count, result, Term::Truth(false)) => result,
                (Fold::Count, Term::Number(count), Term::Truth(true)) => Term::Number(count + ONE),
                (Fold::Sum, Term::Number(sum), Term::Number(one)) => {
                    self.number(sum.checked_add(one))
                }
                (Fold::Lowest | Fold::Highest, Term::Unknown, Term::Number(one)) => {
                    Term::Number(one)
                }
                (Fold::Lowest, Term::Number(known), Term::Number(one)) => {
                    Term::Number(known.min(one))
                }
                (Fold::Highest, Term::Number(known), Term::Number(one)) => {
                    Term::Number(known.max(one))
                }
                _ => self.none(Why::Malformed),
            };
            if self.why.is_some() {
                return Term::Unknown;
            }
        }
        result
    }

    fn number(&mut self, number: Option<i64>) -> Term {
        number.map_or_else(|| self.none(Why::TooLarge), Term::Number)
    }

    fn day(&mut self, text: &str) -> Term {
        read_date(text)
            .map_or_else(|| self.none(Why::Malformed), |day| Term::Number(days(day) * ONE))
    }

    fn answer(&mut self, place: Place<'_>, whose: &Whose, (field, shape): (&str, Shape)) -> Term {
        let prefix = match (whose, place.it) {
            (Whose::Own, _) if field.is_empty() => return Term::Text(place.entry.to_owned()),
            (Whose::Own, _) => place.prefix.to_owned(),
            (Whose::Record, _) => String::new(),
            (Whose::It, It::Entry { entry, .. }) if field.is_empty() => {
                return Term::Text(entry.to_owned());
            }
            (Whose::It, It::Entry { list, entry }) => [list, "/", entry, "/"].concat(),
            (Whose::It, _) => return self.none(Why::Malformed),
            (Whose::Named(name, list), _) => match self.read(&[place.prefix, name], Shape::Plain) {
                Term::Text(entry) => [list, "/", &entry, "/"].concat(),
                _ => return Term::Unknown,
            },
        };
        self.read(&[&prefix, field], shape)
    }

    fn read(&mut self, key: &[&str], shape: Shape) -> Term {
        let Ok(path) = FieldPath::parse(&key.concat()) else { return self.none(Why::Malformed) };
        let record = self.record;
        let term = match shape {
            Shape::Set | Shape::Count if !self.may(record.fields.len()) => Term::Unknown,
            Shape::Set => {
                let members = record.members(path.as_str());
                Term::Texts(members.into_iter().map(str::to_owned).collect())
            }
            Shape::Count => self.number(record.counted(path.as_str()).checked_mul(ONE)),
            _ => match (record.fields.get(&path).map(|state| &state.value), shape) {
                (None | Some(Value::Null), _) => Term::Unknown,
                (Some(Value::Bool(yes)), Shape::Plain) => Term::Truth(*yes),
                (Some(Value::Int(number)), _) => self.number(number.checked_mul(ONE)),
                (Some(Value::Str(text)), Shape::Day) => self.day(text),
                (Some(Value::Str(text)), Shape::Decimal) => match thousandths(text) {
                    Some(number) => Term::Number(number),
                    None => self.none(Why::Malformed),
                },
                (Some(Value::Str(text)), _) if text.trim().is_empty() => Term::Unknown,
                (Some(Value::Str(text)), _) => Term::Text(text.clone()),
                (Some(Value::Bool(_)), _) => self.none(Why::Malformed),
            },
        };
        self.asked.push((path, matches!(shape, Shape::Set | Shape::Count)));
        term
    }

    fn done(&mut self, operation: Operation, pile: &mut Vec<Term>) -> Term {
        use Operation as Op;
        let Some(last) = pile.pop() else { return self.none(Why::Malformed) };
        match operation {
            Op::Not => match last {
                Term::Truth(yes) => Term::Truth(!yes),
                Term::Unknown => Term::Unknown,
                _ => self.none(Why::Malformed),
            },
            Op::Answered => match last {
                Term::Texts(all) => Term::Truth(!all.is_empty()),
                other => Term::Truth(other != Term::Unknown),
            },
            Op::Floor => match last {
                Term::Number(number) => self.number(number.div_euclid(ONE).checked_mul(ONE)),
                Term::Unknown => Term::Unknown,
                _ => self.none(Why::Malformed),
            },
            Op::Length => match last {
                Term::Text(text) => self.length(text.chars().count()),
                Term::Texts(all) => self.length(all.len()),
                Term::Unknown => Term::Unknown,
                _ => self.none(Why::Malformed),
            },
            Op::Kind | Op::File => match last {
                Term::Text(text) if operation == Op::File => {
                    numbers::file_of(&text).map_or(Term::Unknown, Term::Text)
                }
                Term::Text(text) => Term::Text(numbers::code(&text).to_owned()),
                Term::Unknown => Term::Unknown,
                _ => self.none(Why::Malformed),
            },
            Op::If => {
                let (then, condition) = (pile.pop(), pile.pop());
                match (condition, then) {
                    (Some(Term::Truth(true)), Some(then)) => then,
                    (Some(Term::Truth(false)), Some(_)) => last,
                    (Some(Term::Unknown), Some(_)) => Term::Unknown,
                    _ => self.none(Why::Malformed),
                }
            }
            _ => match pile.pop() {
                Some(first) => self.pair(operation, first, last),
                None => self.none(Why::Malformed),
            },
        }
    }

    fn length(&mut self, count: usize) -> Term {
        self.number(i64::try_from(count).ok().and_then(|count| count.checked_mul(ONE)))
    }

    fn pair(&mut self, operation: Operation, first: Term, last: Term) -> Term {
        use Operation as Op;
        match (operation, first, last) {
            (Op::And, Term::Truth(false), Term::Unknown)
            | (Op::And, Term::Unknown, Term::Truth(false)) => Term::Truth(false),
            (Op::Or, Term::Truth(true), Term::Unknown)
            | (Op::Or, Term::Unknown, Term::Truth(true)) => Term::Truth(true),
            (_, Term::Unknown, _) | (_, _, Term::Unknown) => Term::Unknown,
            (Op::And, Term::Truth(one), Term::Truth(other)) => Term::Truth(one && other),
            (Op::Or, Term::Truth(one), Term::Truth(other)) => Term::Truth(one || other),
            (Op::Where, first, Term::Truth(yes)) => {
                if yes {
                    first
                } else {
                    Term::Unknown
                }
            }
            (Op::Equal, Term::Truth(one), Term::Truth(other)) => Term::Truth(one == other),
            (Op::Equal, Term::Text(one), Term::Text(other)) => Term::Truth(one == other),
            (Op::In, Term::Text(one), Term::Texts(all)) => Term::Truth(all.contains(&one)),
            (operation, Term::Number(one), Term::Number(other)) => {
                self.numbers(operation, one, other)
            }
            _ => self.none(Why::Malformed),
        }
    }

    fn numbers(&mut self, operation: Operation, one: i64, other: i64) -> Term {
        use Operation as Op;
        match operation {
            Op::Equal => Term::Truth(one == other),
            Op::Less => Term::Truth(one < other),
            Op::AtMost => Term::Truth(one <= other),
            Op::Add => self.number(one.checked_add(other)),
            Op::Subtract => self.number(one.checked_sub(other)),
            Op::Multiply => self.number(one.checked_mul(other).map(|product| product / ONE)),
            Op::Divide if other == 0 => self.none(Why::DivideByZero),
            Op::Divide => {
                self.number(one.checked_mul(ONE).and_then(|many| many.checked_div(other)))
            }
            Op::Months => {
                let day = date(one).and_then(|day| months_after(day, other.div_euclid(ONE)));
                self.number(day.map(|day| days(day) * ONE))
            }
            _ => self.none(Why::Malformed),
        }
    }
}

/// A decimal as answers are written, in thousandths; further places are cut off.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let places: String = places.chars().chain("000".chars()).take(3).collect();
    let places: i64 = places.parse().ok().filter(|places| *places >= 0)?;
    let number: i64 = whole.parse().ok()?;
    let number = number.checked_mul(ONE)?;
    if whole.starts_with('-') { number.checked_sub(places) } else { number.checked_add(places) }
}

/// Days from 1970 to a day.
pub(crate) fn days(day: jiff::civil::Date) -> i64 {
    // Months from March, so that the day that some years have more is the last.
    let months = i64::from(day.year()) * 12 + i64::from(day.month()) - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + i64::from(day.day()) - 719_469
}

/// The day so many thousandths of a day after the beginning of 1970.
pub(super) fn date(number: i64) -> Option<jiff::civil::Date> {
    days_after(jiff::civil::date(1970, 1, 1), number.div_euclid(ONE))
}

#[cfg(test)]
mod days_tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        for (text, wanted) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("1969-12-31", -1)] {
            assert_eq!(days(read_date(text).unwrap()), wanted, "{text}");
        }
        let mut day = read_date("1850-01-01").unwrap();
        for _ in 0..120_000 {
            assert_eq!(date(days(day) * ONE), Some(day));
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn decimals_are_read_with_their_sign() {
        let cases = [("13.2", Some(13_200)), ("-0.5", Some(-500)), ("7", Some(7_000)), ("x", None)];
        for (text, wanted) in cases {
            assert_eq!(thousandths(text), wanted, "{text}");
        }
        assert_eq!(thousandths("99999999999999999"), None);
    }
}
