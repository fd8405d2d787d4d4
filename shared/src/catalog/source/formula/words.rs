//! From the text of a formula to its words.

/// Longest formula, in bytes.
const BYTES_MAX: usize = 800;
/// Digits before and after the point of a number.
const DIGITS_MAX: (usize, usize) = (12, 3);

/// A word of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A name, in small letters.
    Name(String),
    /// A number, in thousandths.
    Number(i64),
    /// A text between two `'`.
    Text(String),
    /// A sign.
    Sign(&'static str),
}

/// Longer signs first.
const SIGNS: [&str; 17] =
    ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-", "*", "/", ";"];

/// Reads all words.
pub(super) fn words(text: &str) -> Result<Vec<Word>, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("it is longer than {BYTES_MAX} bytes"));
    }
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if first == '\'' {
            let inner = rest.get(1..).unwrap_or_default();
            let (inside, _) = inner.split_once('\'').ok_or("a text has no end: `'` is missing")?;
            words.push(Word::Text(inside.to_owned()));
            inside.len() + 2
        } else if first.is_ascii_digit() {
            let length = length(rest, |letter| letter.is_ascii_digit() || letter == '.');
            words.push(Word::Number(number(rest.get(..length).unwrap_or_default())?));
            length
        } else if first.is_ascii_lowercase() {
            let name = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
            };
            let length = length(rest, name);
            words.push(Word::Name(rest.get(..length).unwrap_or_default().to_owned()));
            length
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("`{first}` is no part of a formula"))?;
            words.push(Word::Sign(sign));
            sign.len()
        };
        rest = rest.get(taken..).unwrap_or_default().trim_start();
    }
    Ok(words)
}

fn length(text: &str, holds: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !holds(letter)).unwrap_or(text.len())
}

/// A number of at most so many digits, in thousandths.
fn number(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no number of up to twelve digits and three places");
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() > DIGITS_MAX.0 || places.is_empty() || places.len() > DIGITS_MAX.1 {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let places: i64 = format!("{places:0<3}").parse().map_err(|_| wrong())?;
    Ok(whole * 1_000 + places)
}
