//! Which entries of a month are reviewed: at least twenty readings or two in a hundred, drawn by the month and the
//! chain so that nobody chooses them and everybody gets the same, and all that was opened in an emergency.

use std::collections::{BTreeMap, BinaryHeap};

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{UnitId, UserId};

use crate::accounts::days;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Noted, What};
use crate::storage::accesses::read;
use crate::storage::sqlite::Connection;

/// Fewest readings that are drawn.
const DRAWN_MIN: usize = 20;
/// One of so many is drawn.
const ONE_OF: usize = 50;

/// What somebody found about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Review {
    pub(super) by: Option<UserId>,
    /// `ok`, `ask` or `breach`.
    pub(super) result: String,
    pub(super) remark: String,
}

/// The review of a month.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// Readings of the month.
    pub(super) all: usize,
    /// What is reviewed, the oldest first.
    pub(super) drawn: Vec<Noted>,
    /// What was found so far, by entry.
    pub(super) reviews: BTreeMap<i64, Review>,
}

/// Whether it is about something opened in an emergency.
pub(super) const fn is_need(what: What) -> bool {
    matches!(what, What::OpenedInNeed | What::ReadInNeed)
}

/// The first moment of a month written as `yyyy-mm` and that of the next one.
pub(super) fn month(text: &str) -> Option<(i64, i64)> {
    let (year, number) = text.split_once('-')?;
    let (year, number): (i16, i8) = (year.parse().ok()?, number.parse().ok()?);
    let next = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
    let first = |(year, number): (i16, i8)| days::start(&format!("{year:04}-{number:02}-01"), 0);
    let is_plain = text.len() == 7;
    is_plain.then(|| Some((first((year, number))?, first(next)?)))?
}

/// Draws a month of a unit, with what was found about it.
pub(super) fn sample(
    db: &Connection,
    unit: UnitId,
    text: &str,
) -> Result<Option<Sample>, StorageError> {
    let Some((from_ms, to_ms)) = month(text) else { return Ok(None) };
    let range = read::within(db, from_ms, to_ms)?;
    let is_of = |noted: &Noted| {
        noted.entry.unit == Some(unit) && (from_ms..to_ms).contains(&noted.received_ms)
    };
    let mut found = Sample::default();
    read::each(db, range, |noted| {
        found.all += usize::from(is_of(&noted) && noted.entry.what.is_reading());
        Ok(())
    })?;
    let most = found.all.div_ceil(ONE_OF).max(DRAWN_MIN);
    let mut lots: BinaryHeap<([u8; 32], i64)> = BinaryHeap::new();
    let mut drawn: BTreeMap<i64, Noted> = BTreeMap::new();
    read::each(db, range, |noted| {
        let need = is_need(noted.entry.what);
        if !is_of(&noted) || !(need || noted.entry.what.is_reading()) {
            return Ok(());
        }
        if !need {
            let parts = [b"ankomst/access-sample/1", unit.as_bytes().as_slice(), text.as_bytes()];
            lots.push((sha256(&[parts[0], parts[1], parts[2], &noted.chain]), noted.seq));
            if lots.len() > most {
                let out = lots.pop().map(|(_, seq)| seq);
                if out == Some(noted.seq) {
                    return Ok(());
                }
                out.and_then(|seq| drawn.remove(&seq));
            }
        }
        drawn.insert(noted.seq, noted);
        Ok(())
    })?;
    found.drawn = drawn.into_values().collect();
    read::each(db, (range.0, i64::MAX), |noted| {
        let entry = noted.entry;
        if entry.what != What::Reviewed || entry.unit != Some(unit) {
            return Ok(());
        }
        let about = entry.about.split_once('/').filter(|(of, _)| *of == text);
        let mut parts = about.map(|(_, rest)| rest.split('/')).into_iter().flatten();
        if let (Some(Ok(seq)), Some(result)) = (parts.next().map(str::parse), parts.next()) {
            let result = result.to_owned();
            let review = Review { by: entry.who, result, remark: entry.purpose };
            found.reviews.insert(seq, review);
        }
        Ok(())
    })?;
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use ankomst_shared::ids::DocumentId;
    use ankomst_shared::sign::SigningKey;

    use super::*;
    use crate::storage::accesses::entry::Entry;
    use crate::storage::accesses::{append, open};

    #[test]
    fn a_month_draws_twenty_or_two_in_a_hundred_and_all_emergencies() {
        let key = SigningKey::from_seed([3; 32]);
        let (from_ms, to_ms) = month("2026-11").unwrap();
        assert_eq!(month("2026-12").unwrap().0, to_ms);
        assert_eq!((month("2026-13"), month("2026-1"), month("x")), (None, None, None));
        let [own, other] = [1, 2].map(|byte| UnitId::from_bytes([byte; 16]));
        let read = |unit| Entry {
            unit: Some(unit),
            record: Some(DocumentId::from_bytes([1; 16])),
            ..Entry::of(What::Read)
        };
        let need = Entry { unit: Some(own), ..Entry::of(What::OpenedInNeed) };
        let made = |folder: &std::path::Path, more: usize| {
            let db = open(folder, &key, from_ms - 5_000_000).unwrap();
            let counts = [(30, from_ms - 1), (15, from_ms), (more, to_ms - 1), (9, to_ms)];
            for (count, at_ms) in counts {
                let mut all = vec![read(own); count];
                all.extend(vec![read(other); 50]);
                all.push(need.clone());
                append(&db, &key, &all, at_ms).unwrap();
            }
            db
        };
        let [one, two] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let few = sample(&made(one.path(), 0), own, "2026-11").unwrap().unwrap();
        assert_eq!((few.all, few.drawn.len()), (15, 17), "all of a few, and two emergencies");
        let db = made(two.path(), 2_000);
        let many = sample(&db, own, "2026-11").unwrap().unwrap();
        assert_eq!((many.all, many.drawn.len()), (2_015, 41 + 2));
        let again = sample(&db, own, "2026-11").unwrap().unwrap();
        assert_eq!(many.drawn, again.drawn, "the same for everybody");
        let emergencies = many.drawn.iter().filter(|noted| is_need(noted.entry.what));
        assert_eq!(emergencies.count(), 2);
        assert!(many.drawn.iter().any(|noted| noted.seq > 1_000), "from the whole month");
        assert!(many.drawn.is_sorted_by_key(|noted| noted.seq));
    }
}
