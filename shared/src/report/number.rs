//! A number that was decided, in versions; and how figures are rounded.
//!
//! Everything is reckoned in whole numbers. A quotient is rounded once, at the end, to the places that are
//! shown, and half of the last place goes away from zero: 12.5 is 13, −12.5 is −13.

use crate::order;

/// What was decided to hold from a day on: a number (least and most are the same) or a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Version {
    /// The entry.
    pub entry: String,
    /// At least so many.
    pub least: Option<i64>,
    /// At most so many.
    pub most: Option<i64>,
    /// From this day on, `yyyy-mm-dd`.
    pub from: String,
    /// Who decided.
    pub decided_by: String,
    /// Where that stands.
    pub reference: String,
}

impl Version {
    fn says_as(&self, other: &Self) -> bool {
        self.from == other.from && self.least == other.least && self.most == other.most
    }
}

/// Puts versions in the order in which they begin to hold. What two people wrote of the same letter counts
/// once: the same numbers from the same day.
pub fn put_in_order(versions: &mut Vec<Version>) {
    // Numbers of one day by their size: none is as long as this one.
    let size =
        |number: Option<i64>| number.unwrap_or_default().saturating_add(100_000_000).to_string();
    order::sort_by_key(versions, |one| {
        [one.from.as_str(), &size(one.least), &size(one.most), &one.entry].concat()
    });
    versions.dedup_by(|later, first| later.says_as(first));
}

/// The versions in force on a day, of versions in order: those that begin on the last day not after it.
/// More than one contradict each other.
#[must_use]
pub fn in_force<'a>(versions: &'a [Version], day: &str) -> &'a [Version] {
    let begun = versions.iter().take_while(|one| one.from.as_str() <= day).count();
    let (begun, _) = versions.split_at_checked(begun).unwrap_or_default();
    let Some(last) = begun.last() else { return &[] };
    let first = begun.iter().take_while(|one| one.from != last.from).count();
    begun.get(first..).unwrap_or_default()
}

/// `part` of `whole`, in so many parts of one: 100 gives per cent, 1000 tenths of a per cent.
#[must_use]
pub fn ratio(part: i64, whole: i64, parts: i64) -> Option<i64> {
    let doubled = part.checked_mul(parts)?.checked_mul(2)?;
    let half = if doubled < 0 { whole.checked_neg()? } else { whole };
    (whole > 0).then(|| doubled.checked_add(half)?.checked_div(whole.checked_mul(2)?)).flatten()
}

/// How many there are of each `nth` of so many: of 62 flats given notice, every fourth is 15.
#[must_use]
pub const fn every_nth(all: i64, nth: i64) -> Option<i64> {
    if nth > 0 { all.checked_div(nth) } else { None }
}

/// By how much one figure is more than another, as a part of that.
#[must_use]
pub fn change(before: i64, after: i64, parts: i64) -> Option<i64> {
    ratio(after.checked_sub(before)?, before, parts)
}

/// A number of so many decimals as text, without zeros at its end: 650 tenths of one decimal are `65`.
#[must_use]
pub fn written(mut number: i64, mut decimals: usize, comma: bool) -> String {
    while decimals > 0 && number % 10 == 0 {
        number /= 10;
        decimals -= 1;
    }
    let mut text = number.unsigned_abs().to_string();
    while text.len() <= decimals {
        text.insert(0, '0');
    }
    if decimals > 0 {
        text.insert(text.len() - decimals, if comma { ',' } else { '.' });
    }
    if number < 0 {
        text.insert(0, '-');
    }
    text
}
