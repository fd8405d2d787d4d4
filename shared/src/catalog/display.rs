//! Values in words.

use super::model::{Field, FieldType, Label};
use super::{Catalog, Evidence};
use crate::app::Language;
use crate::value::Value;

impl Label {
    /// The text in a language.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Sv => &self.sv,
            Language::En => &self.en,
        }
    }
}

impl Catalog {
    /// A value of a field in words; empty for an answer that was cleared.
    #[must_use]
    pub fn words(&self, field: &Field, value: &Value, language: Language) -> String {
        match (value, &field.typ) {
            (Value::Null, _) => String::new(),
            (Value::Bool(yes), _) => yes_no(*yes, language).to_owned(),
            (Value::Int(at), FieldType::Time) => time_words(*at),
            (Value::Int(number), _) => number.to_string(),
            (Value::Str(code), FieldType::Choice(list) | FieldType::Set(list)) => {
                self.code_words(list, code, language)
            }
            (Value::Str(text), FieldType::Decimal(_, unit)) => {
                let text = match language {
                    Language::Sv => text.replace('.', ","),
                    Language::En => text.clone(),
                };
                unit.as_ref().map_or(text.clone(), |unit| format!("{text} {unit}"))
            }
            (Value::Str(text), FieldType::Phone) => phone_words(text),
            (Value::Str(text), FieldType::PersonalNumber) => super::numbers::shown(text),
            (Value::Str(text), _) => text.clone(),
        }
    }

    /// A code in words; the code itself when the list does not know it.
    #[must_use]
    pub fn code_words(&self, list: &str, code: &str, language: Language) -> String {
        let known = self.list(list).and_then(|list| list.code(code));
        known.map_or_else(|| code.to_owned(), |known| known.label.get(language).to_owned())
    }
}

/// What kind of evidence is asked for, in words.
#[must_use]
pub fn evidence_words(evidence: &Evidence, language: Language) -> String {
    let (sv, en) = match evidence {
        Evidence::Tick => ("Kryss", "Tick"),
        Evidence::Number(unit, _) => {
            let unit = unit.get(language);
            let word = if language == Language::Sv { "Mätvärde" } else { "Measurement" };
            return if unit.is_empty() { word.to_owned() } else { format!("{word}: {unit}") };
        }
        Evidence::Date => ("Datum", "Date"),
        Evidence::Time => ("Datum och tid", "Date and time"),
        Evidence::Reference => ("Nummer", "Reference"),
        Evidence::Document => ("Dokument", "Document"),
        Evidence::Photo => ("Foto", "Photo"),
        Evidence::Signature => ("Underskrift", "Signature"),
        Evidence::Note => ("Anteckning", "Note"),
        Evidence::Run => ("Checklista", "Checklist"),
        Evidence::Visit => ("Besök", "Visit"),
        Evidence::Intake => ("Mottagningssamtal", "Reception interview"),
    };
    if language == Language::Sv { sv.to_owned() } else { en.to_owned() }
}

const fn yes_no(yes: bool, language: Language) -> &'static str {
    match (yes, language) {
        (true, Language::Sv) => "Ja",
        (false, Language::Sv) => "Nej",
        (true, Language::En) => "Yes",
        (false, Language::En) => "No",
    }
}

fn time_words(unix_ms: i64) -> String {
    super::zone::swedish(unix_ms).map_or_else(|| unix_ms.to_string(), super::check::written_time)
}

/// A Swedish number as people read it: `070-174 06 05`.
fn phone_words(text: &str) -> String {
    let Some(rest) = text.strip_prefix("+467") else { return text.to_owned() };
    let digits: Vec<char> = format!("07{rest}").chars().collect();
    if digits.len() != 10 {
        return text.to_owned();
    }
    let part = |from: usize, to: usize| digits.iter().take(to).skip(from).collect::<String>();
    format!("{}-{} {} {}", part(0, 3), part(3, 6), part(6, 8), part(8, 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        assert_eq!(phone_words("+46701740605"), "070-174 06 05");
        assert_eq!(phone_words("+4690"), "+4690");
    }
}
