//! Inspections of a house and the deficiencies they find, until these are put right.

use ankomst_shared::catalog::{Catalog, Checklist, Item, written_date};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sign::header::companion;
use ankomst_shared::value::Value;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, working};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::{Book, Event};
use super::defects::defect;
use super::houses::House;
use super::sealed::Planted;
use super::{Town, nth, shares, story, words};

/// The checklist of an inspection.
pub const INSPECTION: &str = "residence_inspection";
/// Items answered in one go.
const BATCH: usize = 24;

/// One inspection as it is done.
#[derive(Debug)]
struct Visit {
    day: Date,
    is_full: bool,
}

/// Writes the inspections of a house, its deficiencies and the reviews of these.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn write(
    town: &Town,
    number: usize,
    draw: &mut Draw,
    planted: &mut Vec<Planted>,
) -> Result<(), SeedError> {
    let house = nth(&town.houses, number, "the house")?;
    let checklist = checklist()?;
    let desk = town.crew.unit(house.unit)?.desk;
    let mut found: Vec<Event> = Vec::new();
    let mut extra = Vec::new();
    for visit in visits(town, house, number, draw)? {
        let run = inspect(town, house, (checklist, &visit), (draw, &mut found))?;
        let review = (desk, at(after(visit.day, 1), 480).min(at(town.plan.today, -590)));
        let of = run.reviewed(&town.crew, draw, review, run.changes.len())?;
        planted.push(run);
        planted.push(of);
    }
    story::open_inspection(town, number, draw, (&mut extra, &mut found))?;
    planted.append(&mut extra);
    story::deficiencies(town, number, draw, &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    let place = (companion(house.id, "deficiencies"), Some(house.id));
    let seen = at(town.plan.today, -600);
    let before = found.iter().filter(|event| event.at_ms < seen).count();
    let book = Book::of(&town.crew, draw, place, None, found)?.finish()?;
    if before > 0 {
        let of = book.reviewed(&town.crew, draw, (desk, seen), before)?;
        planted.push(book);
        planted.push(of);
    } else {
        planted.push(book);
    }
    Ok(())
}

/// The newest checklist of an inspection.
///
/// # Errors
/// When the catalog has none.
pub fn checklist() -> Result<&'static Checklist, SeedError> {
    let list = Catalog::builtin().newest_checklist(INSPECTION);
    list.ok_or_else(|| SeedError::Unknown(INSPECTION.to_owned()))
}

/// When a house is visited: once a quarter by the whole checklist, between that by its short version.
fn visits(
    town: &Town,
    house: &House,
    number: usize,
    draw: &mut Draw,
) -> Result<Vec<Visit>, SeedError> {
    let mut persons = 0;
    for at in &house.households {
        persons += nth(&town.households, *at, "the household")?.people.len();
    }
    let (persons, households) =
        (i64::try_from(persons).unwrap_or(0), i64::try_from(house.households.len()).unwrap_or(0));
    let years = i64::from(town.plan.years.max(1));
    let count = (persons * shares::RUNS_A_YEAR * years - households)
        .max(shares::FULL_INSPECTIONS_A_YEAR * years);
    let full = shares::FULL_INSPECTIONS_A_YEAR * years;
    let last = story::last_inspection(town, number);
    let days = town.plan.days() - 3;
    let mut visits = Vec::new();
    for one in 0..count {
        let before = days - days * one / count - draw.between(0, 2);
        let day = working(after(town.plan.today, -before.max(3)));
        if last.is_none_or(|last| day <= last) {
            visits.push(Visit {
                day,
                is_full: (one * full) / count != ((one - 1) * full).div_euclid(count),
            });
        }
    }
    Ok(visits)
}

fn inspect(
    town: &Town,
    house: &House,
    (checklist, visit): (&Checklist, &Visit),
    (draw, found): (&mut Draw, &mut Vec<Event>),
) -> Result<Planted, SeedError> {
    let minute = 480 + draw.between(0, 400);
    let start = at(visit.day, minute);
    let run = DocumentId::new(start, draw.bytes());
    let mut events = vec![Event {
        at_ms: start,
        hand: house.inspector,
        answers: opening(checklist, (visit.day, None, None))?,
    }];
    let workers = &town.crew.unit(house.unit)?.workers;
    let other = if draw.often(shares::INSPECTION_SHARED) { draw.pick(workers) } else { None };
    let asked: Vec<&Item> =
        checklist.items.iter().filter(|item| visit.is_full || item.short).collect();
    let tries = if visit.is_full { shares::DEFICIENCY_TRIES } else { shares::ROUND_TRIES };
    let bad = bad_items(&asked, tries, draw);
    let mut now = start;
    for (batch, items) in asked.chunks(BATCH).enumerate() {
        now += 60_000 * draw.between(4, 9);
        let mut answers = Answers::new("run");
        for item in items {
            let is_bad = bad.contains(&item.id.as_str());
            answer(&mut answers, item, is_bad, draw)?;
            if is_bad {
                defect(house, (run, item, now), (draw, found), town.plan.today)?;
            }
        }
        let hand = other.filter(|_| batch % 2 == 1).copied().unwrap_or(house.inspector);
        events.push(Event { at_ms: now, hand, answers });
    }
    let mut signed = Answers::new("run");
    signed.text("state", "signed")?;
    events.push(Event { at_ms: now + 120_000, hand: house.inspector, answers: signed });
    let template = Some((checklist.id.clone(), checklist.version));
    Book::of(&town.crew, draw, (run, Some(house.id)), template, events)?.finish()
}

/// What a run begins with: every item is there from the first change on.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn opening(
    checklist: &Checklist,
    (day, assigned, arrived): (Date, Option<Date>, Option<Date>),
) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("run");
    answers.all(
        "",
        &[("checklist", &checklist.id), ("anchor_date", &written_date(day)), ("state", "open")],
    )?;
    answers.put("version", &Value::Int(i64::from(checklist.version)))?;
    for (field, day) in [("assigned_on", assigned), ("arrived_on", arrived)] {
        if let Some(day) = day {
            answers.text(field, written_date(day))?;
        }
    }
    for item in &checklist.items {
        let (field, first) = match item.severity {
            Some(_) => ("status", "not_checked"),
            None => ("task_status", "todo"),
        };
        answers.text(&format!("item/{}/{field}", item.id), first)?;
    }
    Ok(answers)
}

fn bad_items<'a>(asked: &[&'a Item], tries: usize, draw: &mut Draw) -> Vec<&'a str> {
    let mut bad = Vec::new();
    for _ in 0..draw.successes(tries, shares::DEFICIENCY_CHANCE) {
        let severity = draw.weighted(&shares::SEVERITY).copied();
        let of: Vec<&&Item> = asked.iter().filter(|item| item.severity == severity).collect();
        bad.extend(draw.pick(&of).map(|item| item.id.as_str()));
    }
    bad
}

fn answer(
    answers: &mut Answers,
    item: &Item,
    is_bad: bool,
    draw: &mut Draw,
) -> Result<(), SeedError> {
    let path = |field: &str| format!("item/{}/{field}", item.id);
    let status = match is_bad {
        true => "not_ok",
        false if !item.short && draw.often(shares::NOT_APPLICABLE) => "na",
        false => "ok",
    };
    answers.text(&path("status"), status)?;
    if is_bad && let Some(comment) = draw.pick(&words::FAULTS) {
        answers.text(&path("comment"), *comment)?;
    }
    Ok(())
}
