//! What the demo is made of: everything a person may want to try on the first day is there once.

use ankomst_shared::catalog::written_date;
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::value::Value;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, working_days_before};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::{Book, Event};
use super::defects::{days_to_fix, first};
use super::inspections::{checklist, opening};
use super::journal::Note;
use super::person::Person;
use super::sealed::Planted;
use super::{Town, cases, nth};

/// Days without an inspection that are more than a quarter.
const LATE_INSPECTION: i64 = 104;
/// Items of the half-done inspection that are answered.
const ANSWERED: usize = 45;

/// Late yesterday: after the supervisor has looked through everything.
fn late(town: &Town, minute: i64) -> i64 {
    at(town.plan.today, minute - 560)
}

/// Whether this is the case whose arrival checklist is late.
#[must_use]
pub fn is_late_arrival(town: &Town, household: usize) -> bool {
    town.story.is_some_and(|story| story.arriving == household)
}

/// The last day a house may have been inspected.
#[must_use]
pub fn last_inspection(town: &Town, house: usize) -> Option<Date> {
    let forgotten = town.story.is_some_and(|story| story.forgotten == house);
    forgotten.then(|| after(town.plan.today, -LATE_INSPECTION))
}

/// A visit to the house today.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn house(
    town: &Town,
    number: usize,
    draw: &mut Draw,
    book: &mut Book<'_>,
) -> Result<(), SeedError> {
    if town.story.is_none_or(|story| story.inspected != number) {
        return Ok(());
    }
    let hand = nth(&town.houses, number, "the house")?.inspector;
    let mut answers = Answers::new("residence");
    let path = format!("visits/{}/", EntryId::from_bytes(draw.bytes()));
    answers.text(&format!("{path}kind"), "inspection")?;
    answers.put(&format!("{path}planned_at"), &Value::Int(at(town.plan.today, 750)))?;
    book.write(draw, &Event { at_ms: late(town, 5), hand, answers })
}

/// The half-done inspection: the inspector found the alarm in order, the caseworker saw it missing.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn open_inspection(
    town: &Town,
    number: usize,
    draw: &mut Draw,
    (planted, found): (&mut Vec<Planted>, &mut Vec<Event>),
) -> Result<(), SeedError> {
    let Some(story) = town.story.filter(|story| story.inspected == number) else { return Ok(()) };
    let house = nth(&town.houses, number, "the house")?;
    let worker = nth(&town.households, story.arriving, "the household")?.worker;
    let (checklist, start) = (checklist()?, late(town, 0));
    let run = DocumentId::new(start, draw.bytes());
    let (hand, day) = (house.inspector, after(town.plan.today, -1));
    let answers = opening(checklist, (day, None, None))?;
    let event = |at_ms: i64, hand: usize, answers: Answers| Event { at_ms, hand, answers };
    let template = Some((checklist.id.clone(), checklist.version));
    let place = (run, Some(house.id));
    let mut book = Book::begin(&town.crew, draw, place, template, &event(start, hand, answers))?;
    let alarm =
        checklist.items.first().ok_or_else(|| SeedError::Unknown("the alarm".to_owned()))?;
    for (batch, items) in checklist.items.get(..ANSWERED).unwrap_or_default().chunks(15).enumerate()
    {
        let mut answers = Answers::new("run");
        for item in items {
            answers.text(&format!("item/{}/status", item.id), "ok")?;
        }
        let minute = 6 * (1 + i64::try_from(batch).unwrap_or(0));
        book.write(draw, &event(late(town, minute), hand, answers))?;
    }
    let mut seen = Answers::new("run");
    seen.text(&format!("item/{}/status", alarm.id), "not_ok")?;
    seen.text(&format!("item/{}/comment", alarm.id), "Brandvarnaren i hallen är borta.")?;
    book.write_knowing(draw, &event(late(town, 9), worker, seen), 1)?;
    planted.push(book.finish()?);
    let made = first(house, (run, alarm, late(town, 9)))?;
    found.push(Event { hand: worker, ..made });
    Ok(())
}

/// Deficiencies written down without a checklist; one has been put right. The grave one, over its day
/// already, is the smoke alarm of the half-done inspection.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn deficiencies(
    town: &Town,
    number: usize,
    draw: &mut Draw,
    found: &mut Vec<Event>,
) -> Result<(), SeedError> {
    if town.story.is_none_or(|story| story.full != number) {
        return Ok(());
    }
    let hand = nth(&town.houses, number, "the house")?.inspector;
    let yesterday = after(town.plan.today, -1);
    for (title, severity, minute, states) in [
        ("Barnvagnar i trapphuset", 2, 12, &[][..]),
        ("Fläkten i köket fungerar inte", 3, 14, &["ordered"]),
        ("Repor i golvet", 4, 16, &[]),
        ("Brandvarnare utan batteri", 3, 18, &["fixed_claimed", "verified"]),
    ] {
        let path = format!("deficiencies/{}/", EntryId::from_bytes(draw.bytes()));
        let mut answers = Answers::new("deficiencies");
        answers.all(
            &path,
            &[
                ("title", title),
                ("severity", &format!("S{severity}")),
                ("found_on", &written_date(yesterday)),
                ("deadline", &written_date(after(yesterday, days_to_fix(severity)))),
                ("state", "open"),
            ],
        )?;
        found.push(Event { at_ms: late(town, minute), hand, answers });
        for (later, state) in states.iter().enumerate() {
            let mut answers = Answers::new("deficiencies");
            answers.text(&format!("{path}state"), *state)?;
            let minute = minute + 20 + 5 * i64::try_from(later).unwrap_or(0);
            found.push(Event { at_ms: late(town, minute), hand, answers });
        }
    }
    Ok(())
}

/// Tasks, one late and one done, and visits today.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn case(
    town: &Town,
    number: usize,
    draw: &mut Draw,
    book: &mut Book<'_>,
) -> Result<(), SeedError> {
    let Some(story) = town.story else { return Ok(()) };
    let today = town.plan.today;
    let hand = nth(&town.households, number, "the household")?.worker;
    let mut put = |draw: &mut Draw, minute: i64, answers: Answers| {
        book.write(draw, &Event { at_ms: late(town, minute), hand, answers })
    };
    if number == story.arriving {
        let (late, visit) = (EntryId::from_bytes(draw.bytes()), EntryId::from_bytes(draw.bytes()));
        let task =
            cases::task(late, ("Skor och vinterkläder till barnen", "CIV"), after(today, -2));
        put(draw, 20, task?)?;
        put(draw, 22, cases::visit(visit, "follow_up", at(today, 450))?)?;
    }
    if number == story.quota {
        let (open, done) = (EntryId::from_bytes(draw.bytes()), EntryId::from_bytes(draw.bytes()));
        let visit = EntryId::from_bytes(draw.bytes());
        put(draw, 24, cases::task(open, ("Boka tid hos barnmorska", "REG"), after(today, 5))?)?;
        put(draw, 26, cases::task(done, ("Anmäl barnen till skolan", "SKO"), after(today, 1))?)?;
        let mut answers = Answers::new("case");
        answers.text(&format!("tasks/{done}/status"), "done")?;
        put(draw, 34, answers)?;
        put(draw, 36, cases::visit(visit, "intake", at(today, 720))?)?;
    }
    Ok(())
}

/// Notes nobody has signed yet, the oldest four working days old.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn drafts(
    town: &Town,
    number: usize,
    draw: &mut Draw,
    book: &mut Book<'_>,
) -> Result<(), SeedError> {
    let Some(story) = town.story else { return Ok(()) };
    for (part, days, body) in [
        (story.arriving, 1, "Hembesök. Det yngsta barnet hostar och saknar skor."),
        (story.quota, 4, "Modern mår illa på mornarna. Vill helst ha en kvinnlig tolk."),
        (story.noted, 2, "Ringde om bredbandet i lägenheten."),
    ] {
        if part != number {
            continue;
        }
        let household = nth(&town.households, number, "the household")?;
        let begun = at(working_days_before(town.plan.today, days), 840);
        let about: &Person = nth(&household.people, 0, "the person")?;
        let is_alone = household.people.len() == 1;
        let entry = EntryId::from_bytes(draw.bytes());
        let note = Note { entry, hand: household.worker, begun, is_alone };
        for event in note.draft(about, body, draw)? {
            book.write(draw, &event)?;
        }
    }
    Ok(())
}
