//! The journal of a case: dense in the first half-year, thinner later, each note signed.

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{EntryId, base32};
use ankomst_shared::sign::header::companion;
use ankomst_shared::value::Value;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, working};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::{Book, Event};
use super::people::Household;
use super::person::Person;
use super::sealed::Planted;
use super::{Town, nth, shares, story, words};

const KINDS: [(&str, u32); 5] =
    [("journal", 620), ("phone", 180), ("meeting", 110), ("service_note", 60), ("assessment", 30)];
const SOURCES: [(&str, u32); 4] =
    [("person", 550), ("own_observation", 250), ("authority", 150), ("relative", 50)];
/// Days of the first, dense half-year.
const DENSE_DAYS: i64 = 183;
/// After so many notes the devices have been locked and opened.
const NOTES_A_LOAD: usize = 40;

/// The journal, if anything is in it, and how many of its changes are reviewed.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn write(
    town: &Town,
    number: usize,
    draw: &mut Draw,
) -> Result<Option<(Planted, usize)>, SeedError> {
    let household = nth(&town.households, number, "the household")?;
    let workers = &town.crew.unit(household.unit)?.workers;
    let mut days = days(town, household, draw);
    days.sort_unstable();
    let place = (companion(household.case, "journal"), Some(household.case));
    let mut book: Option<Book<'_>> = None;
    for (written, (day, minute)) in days.into_iter().enumerate() {
        let colleague = draw.often(shares::NOTES_BY_COLLEAGUE);
        let hand = match draw.pick(workers) {
            Some(other) if colleague => *other,
            _ => household.worker,
        };
        let Some(about) = draw.pick(&household.people) else { continue };
        let user = town.crew.hand(hand)?.user.to_string();
        let begun = at(day, minute);
        let note = Note {
            entry: EntryId::from_bytes(draw.bytes()),
            hand,
            begun,
            is_alone: household.people.len() == 1,
        };
        let body = words::body(draw, shares::NOTE_WORDS);
        for event in note.signed((about, &body, &user), draw)? {
            match book.as_mut() {
                Some(book) => book.write(draw, &event)?,
                None => book = Some(Book::begin(&town.crew, draw, place, None, &event)?),
            }
        }
        if written % NOTES_A_LOAD == NOTES_A_LOAD - 1
            && let Some(book) = book.as_mut()
        {
            book.lock();
        }
    }
    let Some(mut book) = book else { return Ok(None) };
    let reviewed = book.len();
    story::drafts(town, number, draw, &mut book)?;
    Ok(Some((book.finish()?, reviewed)))
}

/// When notes are written.
fn days(town: &Town, household: &Household, draw: &mut Draw) -> Vec<(Date, i64)> {
    let here = i64::from((town.plan.today - household.arrived).get_days()).max(1);
    let persons = i64::try_from(household.people.len()).unwrap_or(1);
    let count = (persons * shares::NOTES_A_YEAR * here / 365).max(1);
    let dense = here.min(DENSE_DAYS);
    let weight = dense * shares::NOTES_FIRST_DENSITY + here - dense;
    let one = |_| {
        let place = draw.between(0, weight - 1);
        let since = if place < dense * shares::NOTES_FIRST_DENSITY {
            place / shares::NOTES_FIRST_DENSITY
        } else {
            place - dense * shares::NOTES_FIRST_DENSITY + dense
        };
        let day = working(after(household.arrived, since));
        let last = after(town.plan.today, -3);
        (day.min(last), 480 + draw.between(0, 500))
    };
    (0..count).map(one).collect()
}

/// A note under construction.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// Its entry.
    pub entry: EntryId,
    /// Who writes it.
    pub hand: usize,
    /// When it is begun, Unix milliseconds.
    pub begun: i64,
    /// There is only one person it can be about.
    pub is_alone: bool,
}

impl Note {
    /// Begun, typed, signed: as the app writes it.
    fn signed(
        &self,
        (about, body, user): (&Person, &str, &str),
        draw: &mut Draw,
    ) -> Result<Vec<Event>, SeedError> {
        let mut events = self.draft(about, body, draw)?;
        let at_ms = self.begun + 60_000 * draw.between(8, 50);
        let mut answers = Answers::new("journal");
        let path = |field: &str| format!("notes/{}/{field}", self.entry);
        answers.text(&path("body"), body)?;
        answers.text(&path("state"), "signed")?;
        answers.text(&path("signed_by"), user)?;
        answers.put(&path("signed_at"), &Value::Int(at_ms))?;
        answers.text(&path("body_hash"), base32(&sha256(&[b"ankomst note", body.as_bytes()])))?;
        events.push(Event { at_ms, hand: self.hand, answers });
        Ok(events)
    }

    /// Begun and typed.
    ///
    /// # Errors
    /// When an answer does not fit the catalog.
    pub fn draft(
        &self,
        about: &Person,
        body: &str,
        draw: &mut Draw,
    ) -> Result<Vec<Event>, SeedError> {
        let path = |field: &str| format!("notes/{}/{field}", self.entry);
        let mut first = Answers::new("journal");
        first.text(&path("kind"), "journal")?;
        first.put(&path("occurred_at"), &Value::Int(self.begun))?;
        first.text(&path("state"), "draft")?;
        if self.is_alone {
            first.text(&path("about"), about.id.to_string())?;
        }
        let mut typed = Answers::new("journal");
        let kind = draw.weighted(&KINDS).copied().unwrap_or("journal");
        typed.text(&path("kind"), kind)?;
        typed.text(&path("about"), about.id.to_string())?;
        typed.text(&path("body"), body)?;
        typed.put(&path("is_assessment"), &Value::Bool(kind == "assessment"))?;
        typed.text(&path("source"), draw.weighted(&SOURCES).copied().unwrap_or("person"))?;
        let hand = self.hand;
        Ok(vec![
            Event { at_ms: self.begun, hand, answers: first },
            Event { at_ms: self.begun + 60_000 * draw.between(2, 7), hand, answers: typed },
        ])
    }
}
