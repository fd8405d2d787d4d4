//! Which values a field takes, and the one form each is written in.
//!
//! Total: any value of any field gives a canonical value or a named fault. Checking a canonical
//! value again gives the same value.

use super::model::{Field, FieldType, MergeCode};
use super::numbers::NumberFault;
use super::{Catalog, numbers};
use crate::limits::{COUNTING_MAX, FIELD_TEXT_BYTES_MAX};
use crate::order::lower;
use crate::value::Value;

/// Says why a value does not fit a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// Another kind of value is wanted.
    #[error("another kind of value is wanted here")]
    Kind,
    /// The text is longer than fits.
    #[error("the text is too long")]
    Long,
    /// Not a whole number.
    #[error("a whole number is wanted")]
    Whole,
    /// Not a decimal, or too many places.
    #[error("a number is wanted, with a comma or a point")]
    Decimal,
    /// Outside the bounds.
    #[error("the number is outside what is possible here")]
    Bounds,
    /// Not a date that exists.
    #[error("a date is wanted, like 2026-11-25")]
    Date,
    /// The code is not in the list.
    #[error("this is not one of the choices")]
    Choice,
    /// Not a telephone number.
    #[error("a telephone number is wanted, like 070-174 06 05")]
    Phone,
    /// Not an e-mail address.
    #[error("an e-mail address is wanted, like namn@example.org")]
    Email,
    /// Not a postcode.
    #[error("a postcode has five digits")]
    Postcode,
    /// Not an identity number, and why.
    #[error(transparent)]
    Number(#[from] NumberFault),
    /// A member of a set is taken out without the reason this needs.
    #[error("say why this is taken out")]
    Reason,
}

/// Checks a value of a field and gives its canonical form. `Null` fits everywhere but where something
/// would be taken out that needs a reason.
///
/// # Errors
/// The fault, for showing beside the field.
pub fn check(catalog: &Catalog, field: &Field, value: &Value) -> Result<Value, ValueFault> {
    let is_set = matches!(field.typ, FieldType::Set(_));
    let stays =
        *value == Value::Bool(true) || value.as_str().is_some_and(|why| !why.trim().is_empty());
    if is_set && field.removal_needs_reason && !stays {
        return Err(ValueFault::Reason);
    }
    let text = match value {
        Value::Null => return Ok(Value::Null),
        Value::Bool(yes) => {
            let fits = is_set || field.typ == FieldType::Bool;
            return if fits { Ok(Value::Bool(*yes)) } else { Err(ValueFault::Kind) };
        }
        Value::Int(number) => return check_number(field, *number),
        Value::Str(text) => text,
    };
    if text.len() > FIELD_TEXT_BYTES_MAX {
        return Err(ValueFault::Long);
    }
    if is_set {
        return Ok(value.clone());
    }
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    check_text(catalog, field, text)
}

fn check_number(field: &Field, number: i64) -> Result<Value, ValueFault> {
    match &field.typ {
        FieldType::Int(least, most) => {
            let fits =
                least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
            if fits { Ok(Value::Int(number)) } else { Err(ValueFault::Bounds) }
        }
        FieldType::Time => Ok(Value::Int(number)),
        FieldType::Count if (1..=COUNTING_MAX).contains(&number) => Ok(Value::Int(number)),
        FieldType::Count => Err(ValueFault::Bounds),
        FieldType::Decimal(..) => Ok(Value::Str(number.to_string())),
        _ => Err(ValueFault::Kind),
    }
}

fn check_text(catalog: &Catalog, field: &Field, text: &str) -> Result<Value, ValueFault> {
    let canonical = match &field.typ {
        FieldType::Text | FieldType::LongText | FieldType::Reference(_) => {
            return Ok(Value::text(text));
        }
        FieldType::Int(..) => {
            let number = text.trim().parse().map_err(|_| ValueFault::Whole)?;
            return check_number(field, number);
        }
        FieldType::Time => {
            return text.trim().parse().map(Value::Int).map_err(|_| ValueFault::Date);
        }
        FieldType::Bool | FieldType::Set(_) | FieldType::Count => return Err(ValueFault::Kind),
        FieldType::Decimal(places, _) => decimal(text, *places).ok_or(ValueFault::Decimal)?,
        FieldType::Date => date(text).ok_or(ValueFault::Date)?,
        FieldType::Choice(list) => {
            let known = catalog.list(list).and_then(|list| list.code(text));
            known.ok_or(ValueFault::Choice)?.id.clone()
        }
        FieldType::Phone => phone(text).ok_or(ValueFault::Phone)?,
        FieldType::Email => email(text).ok_or(ValueFault::Email)?,
        FieldType::Postcode => postcode(text).ok_or(ValueFault::Postcode)?,
        FieldType::PersonalNumber => numbers::personal(text)?,
        FieldType::DossierNumber => numbers::dossier(text).ok_or(NumberFault::Dossier)?,
    };
    Ok(Value::Str(canonical))
}

/// Gives the form in which values of a field are compared: two equal forms are no contradiction.
#[must_use]
pub fn normalise(field: &Field, value: &Value) -> Value {
    match value {
        Value::Str(text) if field.merge == MergeCode::N => {
            let words: Vec<&str> = text.split_whitespace().collect();
            let joined: String = words.join(" ").chars().map(lower).collect();
            let form = match field.typ {
                FieldType::Phone => phone(text).unwrap_or(joined),
                FieldType::Postcode => postcode(text).unwrap_or(joined),
                FieldType::PersonalNumber => numbers::personal(text).unwrap_or(joined),
                FieldType::DossierNumber => numbers::dossier(text).unwrap_or(joined),
                _ => joined,
            };
            Value::Str(form)
        }
        Value::Str(text) => Value::text(text.trim()),
        other => other.clone(),
    }
}

/// Reads a decimal with comma or point and at most so many places; gives it without padding.
#[must_use]
pub fn decimal(text: &str, places: u8) -> Option<String> {
    let text = text.trim().replace(['\u{a0}', ' '], "").replace(',', ".").replace('\u{2212}', "-");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let part = part.trim_end_matches('0');
    let fits = !whole.is_empty()
        && whole.len() <= 12
        && all_digits(whole)
        && all_digits(part)
        && part.len() <= usize::from(places);
    if !fits {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

fn date(text: &str) -> Option<String> {
    read_date(text).map(written_date)
}

/// Reads a date of 1850 or later, with or without hyphens.
#[must_use]
pub fn read_date(text: &str) -> Option<jiff::civil::Date> {
    let digits: String = text.trim().chars().filter(|letter| *letter != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = digits.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    date.ok().filter(|date| date.year() >= 1850)
}

/// Writes a date as `yyyy-mm-dd`.
#[must_use]
pub fn written_date(date: jiff::civil::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// Writes a date and time of day as `yyyy-mm-dd hh:mm`.
#[must_use]
pub fn written_time(at: jiff::civil::DateTime) -> String {
    format!("{} {:02}:{:02}", written_date(at.date()), at.hour(), at.minute())
}

/// The date and time of day of a point in time, in UTC.
#[must_use]
pub fn civil(unix_ms: i64) -> Option<jiff::civil::DateTime> {
    let at = jiff::Timestamp::from_millisecond(unix_ms).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(at))
}

fn phone(text: &str) -> Option<String> {
    let kept: String = text
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '-' | '/' | '(' | ')' | '.' | '\u{a0}'))
        .collect();
    let (international, digits) = if let Some(rest) = kept.strip_prefix('+') {
        (true, rest)
    } else if let Some(rest) = kept.strip_prefix("00") {
        (true, rest)
    } else {
        (false, kept.as_str())
    };
    let fits = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !fits {
        return None;
    }
    if international {
        let digits = digits
            .strip_prefix("460")
            .map_or_else(|| digits.to_owned(), |rest| format!("46{rest}"));
        return Some(format!("+{digits}"));
    }
    digits.strip_prefix('0').filter(|rest| !rest.starts_with('0')).map(|rest| format!("+46{rest}"))
}

fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, host) = text.split_once('@')?;
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c == '@' || c.is_whitespace());
    let fits = plain(name)
        && plain(host)
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && text.len() <= 254;
    fits.then(|| text.chars().map(lower).collect())
}

fn postcode(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let fits = digits.len() == 5
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    let (first, second) = digits.split_at_checked(3)?;
    fits.then(|| format!("{first} {second}"))
}

#[cfg(test)]
mod tests {
    use super::super::model::{Label, Required};
    use super::*;
    use proptest::prelude::*;

    fn field(typ: FieldType, merge: MergeCode) -> Field {
        Field {
            id: "x".into(),
            label: Label::default(),
            help: None,
            typ,
            merge,
            required: Required::Optional,
            required_if: None,
            sensitivity: 1,
            section: String::new(),
            relevant: None,
            calculate: None,
            choices: None,
            caution: None,
            machine: None,
            anchor: None,
            finds: None,
            removal_needs_reason: false,
            system: false,
            source: None,
        }
    }

    fn types() -> Vec<FieldType> {
        vec![
            FieldType::Text,
            FieldType::LongText,
            FieldType::Int(Some(0), Some(500)),
            FieldType::Decimal(2, None),
            FieldType::Bool,
            FieldType::Date,
            FieldType::Time,
            FieldType::Choice("priority".into()),
            FieldType::Set("language".into()),
            FieldType::Phone,
            FieldType::Email,
            FieldType::Postcode,
            FieldType::PersonalNumber,
            FieldType::DossierNumber,
            FieldType::Reference("person".into()),
            FieldType::Count,
        ]
    }

    fn checked(typ: FieldType, text: &str) -> Result<Value, ValueFault> {
        check(Catalog::builtin(), &field(typ, MergeCode::N), &Value::text(text))
    }

    #[test]
    fn what_people_write_becomes_one_form() {
        let cases = [
            (FieldType::Phone, "070-174 06 05", "+46701740605"),
            (FieldType::Phone, "+46 (0)70 174 06 05", "+46701740605"),
            (FieldType::Phone, "0046701740605", "+46701740605"),
            (FieldType::Decimal(1, None), "13,2", "13.2"),
            (FieldType::Decimal(2, None), "007.50", "7.5"),
            (FieldType::Decimal(2, None), "−0,0", "0"),
            (FieldType::Date, "20240229", "2024-02-29"),
            (FieldType::Date, " 2026-11-25 ", "2026-11-25"),
            (FieldType::Postcode, "83531", "835 31"),
            (FieldType::Email, "Namn@Example.org", "namn@example.org"),
            (FieldType::DossierNumber, "99123456", "99-123456"),
        ];
        for (typ, text, wanted) in cases {
            assert_eq!(checked(typ, text), Ok(Value::text(wanted)), "{text}");
        }
        assert_eq!(checked(FieldType::Int(None, None), " 42 "), Ok(Value::Int(42)));
        assert_eq!(checked(FieldType::Text, "  "), Ok(Value::Null));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            (FieldType::Date, "2025-02-29", ValueFault::Date),
            (FieldType::Date, "i går", ValueFault::Date),
            (FieldType::Int(Some(0), Some(9)), "10", ValueFault::Bounds),
            (FieldType::Int(None, None), "1e3", ValueFault::Whole),
            (FieldType::Decimal(1, None), "1.25", ValueFault::Decimal),
            (FieldType::Phone, "112", ValueFault::Phone),
            (FieldType::Email, "namn@localhost", ValueFault::Email),
            (FieldType::Postcode, "8353", ValueFault::Postcode),
            (FieldType::Choice("priority".into()), "highest", ValueFault::Choice),
            (FieldType::Bool, "ja", ValueFault::Kind),
        ];
        for (typ, text, wanted) in cases {
            assert_eq!(checked(typ, text), Err(wanted), "{text}");
        }
    }

    #[test]
    fn what_needs_a_reason_to_go_does_not_go_without() {
        let mut asked = field(FieldType::Set("risk".into()), MergeCode::U);
        let out = |asked: &Field, value: Value| check(Catalog::builtin(), asked, &value);
        assert_eq!(out(&asked, Value::text("")), Ok(Value::text("")));
        asked.removal_needs_reason = true;
        for silent in [Value::text("  "), Value::Bool(false), Value::Null] {
            assert_eq!(out(&asked, silent.clone()), Err(ValueFault::Reason), "{silent:?}");
        }
        for fits in [Value::Bool(true), Value::text("Ramp byggd")] {
            assert_eq!(out(&asked, fits.clone()), Ok(fits));
        }
    }

    #[test]
    fn the_same_number_in_two_forms_is_no_contradiction() {
        let phone = field(FieldType::Phone, MergeCode::N);
        let forms = ["070-174 06 05", "+46701740605", "0701740605"];
        let normal: Vec<Value> =
            forms.iter().map(|form| normalise(&phone, &Value::text(*form))).collect();
        assert!(normal.windows(2).all(|pair| pair.first() == pair.last()), "{normal:?}");
    }

    proptest! {
        #[test]
        fn checking_is_total_and_checking_again_changes_nothing(text in "\\PC{0,40}|[0-9+ ,.-]{0,20}") {
            for typ in types() {
                let field = field(typ, MergeCode::N);
                if let Ok(value) = check(Catalog::builtin(), &field, &Value::text(text.clone())) {
                    prop_assert_eq!(check(Catalog::builtin(), &field, &value), Ok(value.clone()));
                    prop_assert_eq!(normalise(&field, &normalise(&field, &value)), normalise(&field, &value));
                }
            }
        }
    }
}
