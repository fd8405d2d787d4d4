//! Identity numbers: personal and coordination numbers, interim numbers with a letter, agency file
//! numbers, LMA card numbers. Read, written, compared.
//!
//! Source: Skatteverket's rules as in the domain paper 9.2. Month 00 and day 60 are legal in
//! coordination numbers (birth date unconfirmed), so no date of birth and no age is derived from any
//! coordination number. Interim numbers differ from region to region: their letter is read, their check
//! digit is not.

use jiff::civil::Date;

/// Digits of a personal number with its century.
const WHOLE: usize = 12;
/// Letters that stand in place of the first of the last four digits of an interim number.
const INTERIM: &str = "TRSUWXJKLMN";

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberKind {
    /// Personal number.
    Personal,
    /// Coordination number: day and 60; month 00 and day 60 where the birth date is not confirmed.
    Coordination,
    /// A number of health care with a letter.
    Interim,
    /// The Migration Agency's file.
    Dossier,
    /// LMA card: file and number of the card.
    Lma,
}

impl NumberKind {
    /// The name that formulas know it by.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Coordination => "coordination",
            Self::Interim => "interim",
            Self::Dossier => "dossier",
            Self::Lma => "lma",
        }
    }
}

/// Says why a number cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// There is something in it that is no digit.
    #[error("other signs than digits")]
    Signs,
    /// Too few or too many digits.
    #[error("too few or too many digits")]
    Length,
    /// The century is missing.
    #[error("no century")]
    Century,
    /// No such month or day; in a coordination number 60 is added to the day.
    #[error("no such day")]
    Date,
    /// The last digit does not follow from the others.
    #[error("the check digit does not fit")]
    CheckDigit,
    /// Not a file number.
    #[error("no file number")]
    Dossier,
}

/// A number that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Its kind.
    pub kind: NumberKind,
    /// Its one form: twelve digits, `99-123456`, `99-123456/1`.
    pub text: String,
}

impl Number {
    /// Reads any number that is kept of a person, as people write it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let of = |kind: NumberKind| move |text: String| Self { kind, text };
        let identity = || read_identity(text, None).ok();
        let found = identity().or_else(|| interim(text).map(of(NumberKind::Interim)));
        let found = found.or_else(|| dossier(text).map(of(NumberKind::Dossier)));
        found.or_else(|| lma(text).map(of(NumberKind::Lma)))
    }

    /// As it is shown: `19900526-2382`.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.text)
    }

    /// With ten digits, as on paper: `900526-2382`, with `+` from the year in which the person turns 100.
    #[must_use]
    pub fn short(&self, year: i16) -> String {
        let born = self.text.get(..4).and_then(|born| born.parse::<i16>().ok());
        match (self.kind, born, self.text.get(2..8), self.text.get(8..)) {
            (NumberKind::Dossier | NumberKind::Lma, ..) => self.text.clone(),
            (_, Some(born), Some(date), Some(last)) => {
                let sign = if year.saturating_sub(born) >= 100 { "+" } else { "-" };
                [date, sign, last].concat()
            }
            _ => self.text.clone(),
        }
    }

    /// The date of birth: of a personal number only.
    #[must_use]
    pub fn born(&self) -> Option<Date> {
        (self.kind == NumberKind::Personal).then(|| super::read_date(self.text.get(..8)?))?
    }

    /// Its place in a list by birth; coordination numbers without a real date come last.
    #[must_use]
    pub fn place(&self) -> (bool, &str) {
        let unsure = self.kind == NumberKind::Coordination
            && (self.text.get(4..6) == Some("00") || self.text.get(6..8) == Some("60"));
        (unsure, &self.text)
    }
}

/// Whether two numbers, as people write them, are the same one: of ten digits the century is unknown, and
/// a card is of its file.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    is_same_plain(&plain(one), &plain(other))
}

/// As [`is_same`], of numbers that are [`plain`] already.
#[must_use]
pub fn is_same_plain(one: &str, other: &str) -> bool {
    if one.is_empty() || other.is_empty() {
        return false;
    }
    let ends = |long: &str, short: &str| {
        long.len() == WHOLE && short.len() == WHOLE - 2 && long.ends_with(short)
    };
    one == other || ends(one, other) || ends(other, one)
}

/// Digits and letters alone, in capitals.
#[must_use]
pub fn plain(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|sign| sign.to_ascii_uppercase()).collect()
}

/// Signs that people put into numbers.
const fn is_between(sign: char) -> bool {
    matches!(
        sign,
        '-' | '+'
            | ' '
            | '\u{a0}'
            | '\u{202f}'
            | '\u{2010}'
            | '\u{2011}'
            | '\u{2012}'
            | '\u{2013}'
            | '\u{2212}'
    )
}

/// Reads a personal or coordination number with twelve digits, with or without a hyphen; gives the
/// twelve digits when the check digit fits.
///
/// # Errors
/// Why it cannot be one.
pub fn personal(text: &str) -> Result<String, NumberFault> {
    read_identity(text, None).map(|number| number.text)
}

/// Reads a personal or coordination number; one of ten digits only where the year of writing is known:
/// then `-` is somebody under 100 and `+` somebody who turns 100 that year or has.
///
/// # Errors
/// Why it cannot be one.
pub fn read_identity(text: &str, year: Option<i16>) -> Result<Number, NumberFault> {
    let mut digits: String = text.chars().filter(|sign| !is_between(*sign)).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberFault::Signs);
    }
    if digits.len() == WHOLE - 2 {
        let century = year.and_then(|year| century(&digits, text.contains('+'), year));
        let Some(century) = century else { return Err(NumberFault::Century) };
        digits.insert_str(0, &century);
    }
    let numbers: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(10)).collect();
    if numbers.len() != WHOLE {
        return Err(NumberFault::Length);
    }
    let part = |from: usize, to: usize| {
        numbers.iter().take(to).skip(from).fold(0_u32, |sum, digit| sum * 10 + digit)
    };
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let is_coordination = day >= 60;
    let is_real = (1850..=2200).contains(&year)
        && if is_coordination {
            is_coordination_day(year, month, day - 60)
        } else {
            is_date(year, month, day)
        };
    if !is_real {
        return Err(NumberFault::Date);
    }
    if !luhn(&numbers) {
        return Err(NumberFault::CheckDigit);
    }
    let kind = if is_coordination { NumberKind::Coordination } else { NumberKind::Personal };
    Ok(Number { kind, text: digits })
}

/// The century that makes ten digits a birth not after the year of writing.
fn century(digits: &str, is_old: bool, year: i16) -> Option<String> {
    let short: i16 = digits.get(..2)?.parse().ok()?;
    let young = year - (year - short).rem_euclid(100);
    let born = if is_old { young - 100 } else { young };
    Some((born / 100).to_string())
}

/// A day of a coordination number without its 60: the month may be 00, the day too.
fn is_coordination_day(year: u32, month: u32, day: u32) -> bool {
    let (month, day) = (month.max(1), day.max(1));
    is_date(year, month, day)
}

fn is_date(year: u32, month: u32, day: u32) -> bool {
    let date = || {
        let (year, month, day) =
            (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        Date::new(year, month, day).ok()
    };
    date().is_some()
}

/// Luhn over the last ten digits, weights 2 and 1 in turn.
fn luhn(numbers: &[u32]) -> bool {
    let sum: u32 = numbers
        .iter()
        .skip(2)
        .zip([2, 1].iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

/// Reads an interim number: eight digits of birth, a letter, three digits.
#[must_use]
pub fn interim(text: &str) -> Option<String> {
    let form = plain(text);
    let (date, last) = form.split_at_checked(8)?;
    let letter = last.chars().next().filter(|letter| INTERIM.contains(*letter))?;
    let rest = last.strip_prefix(letter)?;
    let fits = all_digits(date) && all_digits(rest) && rest.len() == 3;
    fits.then_some(form)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads an agency file number of eight digits; gives it as `NN-NNNNNN`.
#[must_use]
pub fn dossier(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|sign| !is_between(*sign)).collect();
    if digits.len() != 8 || !all_digits(&digits) {
        return None;
    }
    let (office, number) = digits.split_at_checked(2)?;
    Some([office, "-", number].concat())
}

/// Reads the number of an LMA card: the file, a stroke and the number of the card in it; gives it as
/// `NN-NNNNNN/n`.
#[must_use]
pub fn lma(text: &str) -> Option<String> {
    let (file, card) = text.split_once(['/', '\\'])?;
    let card = card.trim();
    let fits = (1..=2).contains(&card.len()) && all_digits(card);
    fits.then(|| Some([&dossier(file)?, "/", card].concat()))?
}

/// The file of a file number or a card; nothing for another text.
#[must_use]
pub fn file_of(text: &str) -> Option<String> {
    dossier(text).or_else(|| lma(text)?.split('/').next().map(str::to_owned))
}

/// The name of the kind of a number, nothing for a text that is none.
#[must_use]
pub fn code(text: &str) -> &'static str {
    Number::read(text).map_or("", |number| number.kind.code())
}

/// A number as it is shown: twelve signs as `19900526-2382`, others as they are.
#[must_use]
pub fn shown(text: &str) -> String {
    match text.split_at_checked(8) {
        Some((date, rest)) if text.len() == WHOLE && all_digits(date) => [date, "-", rest].concat(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
