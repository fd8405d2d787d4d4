//! The arrival checklist of a case: from the assignment over the two years after.

use ankomst_shared::catalog::{Catalog, Checklist, due_date};
use ankomst_shared::ids::DocumentId;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, working};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::{Book, Event};
use super::people::Household;
use super::sealed::Planted;
use super::{Town, inspections, nth, shares, story};

/// The checklist of an arrival.
pub const ARRIVAL: &str = "arrival_household";

/// The run and how many of its changes are reviewed.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn write(town: &Town, number: usize, draw: &mut Draw) -> Result<(Planted, usize), SeedError> {
    let household = nth(&town.households, number, "the household")?;
    let checklist = Catalog::builtin()
        .newest_checklist(ARRIVAL)
        .ok_or_else(|| SeedError::Unknown(ARRIVAL.to_owned()))?;
    let (events, run) = events(town, number, (household, checklist), draw)?;
    let place = (run, Some(household.case));
    let template = Some((checklist.id.clone(), checklist.version));
    let book = Book::of(&town.crew, draw, place, template, events)?;
    // What is half done and late in the story waits in the inbox.
    let reviewed = if story::is_late_arrival(town, number) { 0 } else { book.len() };
    Ok((book.finish()?, reviewed))
}

fn events(
    town: &Town,
    number: usize,
    (household, checklist): (&Household, &Checklist),
    draw: &mut Draw,
) -> Result<(Vec<Event>, DocumentId), SeedError> {
    let (today, hand) = (town.plan.today, household.worker);
    let start = at(household.assigned, 560);
    let run = DocumentId::new(start, draw.bytes());
    let opening = inspections::opening(
        checklist,
        (household.assigned, Some(household.assigned), Some(household.arrived)),
    )?;
    let mut events = vec![Event { at_ms: start, hand, answers: opening }];
    let anchors = [("ASG", household.assigned), ("ARR", household.arrived)];
    let mut done: Vec<(Date, &str)> = Vec::new();
    let late = story::is_late_arrival(town, number);
    let mut kept = 0;
    for item in &checklist.items {
        let due = item.due.as_ref().and_then(|due| due_date(due, &anchors).ok());
        let Some(due) = due else { continue };
        let in_time = draw.often(shares::DONE_IN_TIME);
        let mut day =
            if in_time { after(due, -draw.between(0, 4)) } else { after(due, draw.between(1, 20)) };
        day = working(day.max(household.assigned));
        if due < today && day > after(today, -2) {
            day = after(today, -2);
        }
        // The story's case has some items past their day.
        if late && !in_time && due < today && due > after(today, -20) && kept < 6 {
            kept += 1;
            continue;
        }
        if day <= after(today, -2) && due < after(today, 30) {
            done.push((day, &item.id));
        }
    }
    done.sort_unstable();
    let all = done.len() == checklist.items.len();
    for items in done.chunk_by(|one, other| one.0 == other.0) {
        let Some((day, _)) = items.first() else { continue };
        let mut answers = Answers::new("run");
        for (_, item) in items {
            let status = if draw.often(60) { "not_relevant" } else { "done" };
            answers.text(&format!("item/{item}/task_status"), status)?;
        }
        let at_ms = at(*day, 600 + draw.between(0, 200)).max(start + 60_000);
        events.push(Event { at_ms, hand, answers });
    }
    if all {
        let mut answers = Answers::new("run");
        answers.text("state", "signed")?;
        events.push(Event { at_ms: at(after(today, -2), 900), hand, answers });
    }
    Ok((events, run))
}
