//! What is told of a rule: the value, the version, the answers it rests on, what would change it.

use crate::app::Language;
use crate::catalog::{Catalog, Rule, RuleVersion, written_date};
use crate::form::Fact;
use jiff::civil::Date;

/// An outcome with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its version on the day that counts; none: there was no such rule yet.
    pub version: Option<&'a RuleVersion>,
    /// The day that counts, `yyyy-mm-dd`.
    pub on: String,
    /// What it comes to.
    pub value: Worth,
    /// The value in words, and what is to be known of it.
    pub said: Vec<Said<'a>>,
    /// The answers it rests on.
    pub facts: Vec<Used>,
    /// What is not known and would have to be.
    pub missing: Vec<Said<'a>>,
    /// What would make it another one.
    pub changes: Vec<Said<'a>>,
}

/// What a rule comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// Not known.
    Unknown,
    /// A number.
    Number(i64),
    /// From, to.
    Range(i64, i64),
    /// A day, a code, an amount.
    Text(String),
    /// People said different things; none of them rules.
    Disputed,
}

/// An answer that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// In the record itself (0) or in one of those beside it, from 1.
    pub of: usize,
    /// The answer.
    pub fact: Fact,
}

/// A sentence of a rule with what stands in its gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<'a> {
    /// Name of the sentence.
    pub id: &'static str,
    /// The rule and its version, which has numbers for further gaps.
    of: (&'a Rule, Option<&'a RuleVersion>),
    puts: Vec<(&'static str, Put)>,
}

/// What stands in a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Put {
    /// As it is: days, names.
    Text(String),
    /// A number with a point, which becomes a comma in Swedish.
    Decimal(String),
    /// A code of a list.
    Code(&'static str, String),
}

impl<'a> Said<'a> {
    pub(super) const fn new(id: &'static str, of: (&'a Rule, Option<&'a RuleVersion>)) -> Self {
        Self { id, of, puts: Vec::new() }
    }

    /// What stands in a gap as it is, if that is a day, a name or a whole number.
    #[must_use]
    pub fn put(&self, gap: &str) -> Option<&str> {
        let (_, put) = self.puts.iter().find(|(name, _)| *name == gap)?;
        if let Put::Text(text) = put { Some(text) } else { None }
    }

    /// The sentence in a language.
    #[must_use]
    pub fn words(&self, catalog: &Catalog, language: Language) -> String {
        let text = self.of.0.says(self.id).map_or(self.id, |text| text.get(language));
        let mut text = with_numbers(text, self.of.1);
        for (gap, put) in &self.puts {
            let put = match (put, language) {
                (Put::Decimal(number), Language::Sv) => number.replace('.', ","),
                (Put::Text(text) | Put::Decimal(text), _) => text.clone(),
                (Put::Code(list, code), _) => catalog.code_words(list, code, language),
            };
            text = text.replace(&["{", gap, "}"].concat(), &put);
        }
        text
    }
}

/// The gaps of a sentence that was said last.
pub(super) struct Gaps<'s>(Option<&'s mut Vec<(&'static str, Put)>>);

impl<'s> Gaps<'s> {
    pub(super) fn of(said: Option<&'s mut Said<'_>>) -> Self {
        Self(said.map(|said| &mut said.puts))
    }

    fn put(mut self, gap: &'static str, put: Put) -> Self {
        if let Some(puts) = &mut self.0 {
            puts.push((gap, put));
        }
        self
    }

    /// Puts a text into a gap.
    pub(super) fn text(self, gap: &'static str, text: &str) -> Self {
        self.put(gap, Put::Text(text.to_owned()))
    }

    /// Puts a number into a gap.
    pub(super) fn number(self, gap: &'static str, number: i64) -> Self {
        self.put(gap, Put::Text(number.to_string()))
    }

    /// Puts a day into a gap.
    pub(super) fn day(self, gap: &'static str, day: Date) -> Self {
        self.put(gap, Put::Text(written_date(day)))
    }

    /// Puts a number with a point, as answers have it, into a gap.
    pub(super) fn decimal(self, gap: &'static str, number: &str) -> Self {
        self.put(gap, Put::Decimal(number.to_owned()))
    }

    /// Puts a code of a list into a gap, which becomes its words.
    pub(super) fn code(self, gap: &'static str, list: &'static str, code: &str) -> Self {
        self.put(gap, Put::Code(list, code.to_owned()))
    }
}

/// A text with the numbers of a version in its gaps.
fn with_numbers(text: &str, version: Option<&RuleVersion>) -> String {
    let mut text = text.to_owned();
    if let Some(version) = version {
        for (gap, number) in &version.numbers {
            text = text.replace(&["{", gap, "}"].concat(), &number.to_string());
        }
    }
    text
}

impl Answer<'_> {
    /// The rule in words; nothing where there was none on the day.
    #[must_use]
    pub fn rule_text(&self, language: Language) -> Option<String> {
        Some(with_numbers(self.version?.text.get(language), self.version))
    }

    /// The value in words, or what is missing for it.
    #[must_use]
    pub fn value_text(&self, catalog: &Catalog, language: Language) -> String {
        let (said, missing) = (self.said.first(), self.missing.first());
        let first = if self.value == Worth::Unknown { missing.or(said) } else { said };
        first.map_or_else(String::new, |said| said.words(catalog, language))
    }
}
