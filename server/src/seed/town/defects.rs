//! Deficiencies that inspections find, until they are put right.

use ankomst_shared::catalog::{Item, written_date};
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DocumentId, EntryId};
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, of, working};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::Event;
use super::houses::House;
use super::shares;

/// Days until a deficiency of a severity must be put right (domain section 3.22).
#[must_use]
pub const fn days_to_fix(severity: u8) -> i64 {
    match severity {
        1 => 0,
        2 => 3,
        3 => 14,
        _ => 60,
    }
}

/// The entry of the deficiency of an item of a run.
#[must_use]
pub fn entry_of(run: DocumentId, item: &Item) -> EntryId {
    let hash = sha256(&[b"ankomst deficiency", run.as_bytes(), item.id.as_bytes()]);
    EntryId::from_bytes(hash.first_chunk().copied().unwrap_or_default())
}

/// A deficiency as the app makes it of an item, and its life since.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn defect(
    house: &House,
    (run, item, now): (DocumentId, &Item, i64),
    (draw, found): (&mut Draw, &mut Vec<Event>),
    today: Date,
) -> Result<(), SeedError> {
    found.push(first(house, (run, item, now))?);
    let entry = entry_of(run, item);
    let (severity, day) = (item.severity.unwrap_or(4), of(now));
    let most = days_to_fix(severity);
    let life = if draw.often(shares::FIXED_IN_TIME) {
        draw.between(0, most)
    } else {
        draw.between(most + 1, most + 6)
    };
    let mut fixed = working(after(day, life));
    let mut verified = working(after(fixed, draw.between(1, 6)));
    // Nothing is left over its day but what the story leaves.
    if after(day, most) < today {
        fixed = fixed.min(after(today, -2));
        verified = verified.min(after(today, -2));
    }
    for (state, at_day, later) in [("fixed_claimed", fixed, 2), ("verified", verified, 3)] {
        if at_day < after(today, -1) {
            let mut answers = Answers::new("deficiencies");
            answers.text(&format!("deficiencies/{entry}/state"), state)?;
            let at_ms = at(at_day, 900) + i64::from(later) * 60_000;
            found.push(Event { at_ms: at_ms.max(now + 60_000), hand: house.inspector, answers });
        }
    }
    Ok(())
}

/// The first change of a deficiency found by an item.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn first(
    house: &House,
    (run, item, now): (DocumentId, &Item, i64),
) -> Result<Event, SeedError> {
    let (severity, day) = (item.severity.unwrap_or(4), of(now));
    let mut answers = Answers::new("deficiencies");
    answers.all(
        &format!("deficiencies/{}/", entry_of(run, item)),
        &[
            ("run", &run.to_string()),
            ("item", &item.id),
            ("severity", &format!("S{severity}")),
            ("found_on", &written_date(day)),
            ("deadline", &written_date(after(day, days_to_fix(severity)))),
            ("state", "open"),
        ],
    )?;
    Ok(Event { at_ms: now, hand: house.inspector, answers })
}
