//! What is told of a rule: the value, the version, the answers it rests on, what would change it.

use crate::app::Language;
use crate::catalog::{Catalog, Rule, RuleVersion};
use crate::form::Fact;

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
pub enum Put {
    /// As it is: days, names.
    Text(String),
    /// A number with a point, which becomes a comma in Swedish.
    Decimal(String),
    /// A code of a list.
    Code(&'static str, String),
}

impl From<&str> for Put {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Put {
    fn from(number: i64) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<jiff::civil::Date> for Put {
    fn from(day: jiff::civil::Date) -> Self {
        Self::Text(crate::catalog::written_date(day))
    }
}

impl<'a> Said<'a> {
    pub(super) fn new(
        id: &'static str,
        of: (&'a Rule, Option<&'a RuleVersion>),
        puts: &[(&'static str, Put)],
    ) -> Self {
        Self { id, of, puts: puts.to_vec() }
    }

    /// The sentence in a language.
    #[must_use]
    pub fn text(&self, catalog: &Catalog, language: Language) -> String {
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

    /// The value in words.
    #[must_use]
    pub fn value_text(&self, catalog: &Catalog, language: Language) -> String {
        let first = self.said.first().or(self.missing.first());
        first.map_or_else(String::new, |said| said.text(catalog, language))
    }
}
