//! A household's case: who they are, their intake, tasks and visits.

use ankomst_shared::catalog::written_date;
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::value::Value;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, working};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::book::{Book, Event};
use super::household::{intake, person, protected};
use super::people::Household;
use super::sealed::Planted;
use super::{Town, arrival, journal, nth, shares, story, words};

/// A case with all that belongs to it and the reviews of all of these.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn write(town: &Town, number: usize, draw: &mut Draw) -> Result<Vec<Planted>, SeedError> {
    let household = nth(&town.households, number, "the household")?;
    let crew = &town.crew;
    let review = (crew.unit(household.unit)?.desk, at(town.plan.today, -580));
    let mut planted = Vec::new();
    let events = case(town, household, draw)?;
    let mut book = Book::of(crew, draw, (household.case, None), None, events)?;
    let reviewed = book.len();
    story::case(town, number, draw, &mut book)?;
    let case = book.finish()?;
    let of = case.reviewed(crew, draw, review, reviewed)?;
    planted.extend([case, of]);
    for person in &household.people {
        if let Some(answers) = protected(person)? {
            let at_ms = at(household.assigned, 620);
            let id = DocumentId::new(at_ms, draw.bytes());
            let event = Event { at_ms, hand: household.worker, answers };
            let place = (id, Some(household.case));
            let document = Book::begin(crew, draw, place, None, &event)?.finish()?;
            let of = document.reviewed(crew, draw, review, 1)?;
            planted.extend([document, of]);
        }
    }
    for (document, reviewed) in
        [Some(arrival::write(town, number, draw)?), journal::write(town, number, draw)?]
            .into_iter()
            .flatten()
    {
        if reviewed > 0 {
            let of = document.reviewed(crew, draw, review, reviewed)?;
            planted.extend([document, of]);
        } else {
            planted.push(document);
        }
    }
    Ok(planted)
}

fn case(town: &Town, household: &Household, draw: &mut Draw) -> Result<Vec<Event>, SeedError> {
    let mut events = begin(town, household)?;
    interviews(town, household, draw, &mut events)?;
    work(town, household, draw, &mut events)?;
    Ok(events)
}

fn event(household: &Household, (day, minute): (Date, i64), answers: Answers) -> Event {
    Event { at_ms: at(day, minute), hand: household.worker, answers }
}

/// From the assignment to the arrival.
fn begin(town: &Town, household: &Household) -> Result<Vec<Event>, SeedError> {
    let assigned = household.assigned;
    let mut first = Answers::new("case");
    first.all(
        "",
        &[
            ("household_label", &household.label),
            ("case_number", &household.number),
            ("case_kind", household.category.1),
            ("state", "active"),
        ],
    )?;
    let mut about = Answers::new("case");
    about.all(
        "",
        &[
            ("phone", &household.phone),
            ("email", &household.email),
            ("arriving_from", "Migrationsverkets boende"),
            ("priority", "normal"),
            ("risk_level", "normal"),
            ("assigned_to", &crew_user(town, household.worker)?),
            ("opened_on", &written_date(assigned)),
            ("retention_class", "RC-1"),
        ],
    )?;
    let basis = if household.category.0 == "CAT-TMR" { "LMA" } else { "SETTLEMENT" };
    about.put(&format!("legal_basis/{basis}"), &Value::Bool(true))?;
    let mut events =
        vec![event(household, (assigned, 480), first), event(household, (assigned, 485), about)];
    for (at_home, one) in household.people.iter().enumerate() {
        let minute = 490 + 4 * i64::try_from(at_home).unwrap_or(0);
        events.push(event(household, (assigned, minute), person(household, one)?));
    }
    let mut here = Answers::new("case");
    let house = nth(&town.houses, household.house, "the house")?;
    here.text("residence", house.id.to_string())?;
    here.text("arrival_date", written_date(household.arrived))?;
    if let Some(head) = household.people.first() {
        here.text("head_contact", head.id.to_string())?;
    }
    events.push(event(household, (household.arrived, 680), here));
    Ok(events)
}

/// One intake for each grown-up.
fn interviews(
    town: &Town,
    household: &Household,
    draw: &mut Draw,
    events: &mut Vec<Event>,
) -> Result<(), SeedError> {
    for one in household.people.iter().filter(|one| !one.is_child()) {
        let day = working(after(household.arrived, draw.between(0, 6)));
        let day = day.min(after(town.plan.today, -3));
        let entry = EntryId::from_bytes(draw.bytes());
        let signed = draw.often(shares::INTAKE_SIGNED);
        events.push(event(household, (day, 700), intake(household, one, (entry, day, draw))?));
        if signed {
            let mut answers = Answers::new("case");
            let path = format!("intakes/{entry}/");
            let user = crew_user(town, household.worker)?;
            answers.all(&path, &[("state", "signed"), ("signed_by", &user)])?;
            answers.put(&format!("{path}signed_at"), &Value::Int(at(day, 780)))?;
            events.push(event(household, (day, 780), answers));
        }
    }
    Ok(())
}

/// Tasks and visits of all the time since.
fn work(
    town: &Town,
    household: &Household,
    draw: &mut Draw,
    events: &mut Vec<Event>,
) -> Result<(), SeedError> {
    let (arrived, today) = (household.arrived, town.plan.today);
    let (days, last) = (i64::from((today - arrived).get_days()), after(today, -3));
    for task in 0..days * shares::TASKS_A_YEAR / 365 {
        let day = after(arrived, 365 * task / shares::TASKS_A_YEAR + draw.between(0, 30));
        let (entry, due) = (EntryId::from_bytes(draw.bytes()), after(day, draw.between(10, 40)));
        if day >= last {
            continue;
        }
        let what = draw.pick(&words::TASKS).copied().unwrap_or(("Uppföljning", "INT"));
        events.push(event(household, (day, 720), self::task(entry, what, due)?));
        let done = working(after(day, draw.between(2, 9)));
        if due < today || done < last {
            let mut answers = Answers::new("case");
            answers.text(&format!("tasks/{entry}/status"), "done")?;
            events.push(event(household, (done.min(last), 725), answers));
        }
    }
    for visit in 0..days * shares::VISITS_A_YEAR / 365 {
        let since = 365 * visit / shares::VISITS_A_YEAR + draw.between(0, 40);
        let day = working(after(arrived, since));
        if day < last {
            let entry = EntryId::from_bytes(draw.bytes());
            let planned = self::visit(entry, "follow_up", at(day, 540))?;
            let on = after(day, -7).max(household.assigned);
            events.push(event(household, (on, 740), planned));
            let mut answers = Answers::new("case");
            answers.text(&format!("visits/{entry}/outcome"), "done")?;
            events.push(event(household, (day, 640), answers));
        }
    }
    Ok(())
}

fn crew_user(town: &Town, hand: usize) -> Result<String, SeedError> {
    Ok(town.crew.hand(hand)?.user.to_string())
}

/// A task as the app begins it.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn task(
    entry: EntryId,
    (title, department): (&str, &str),
    due: Date,
) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("case");
    answers.all(
        &format!("tasks/{entry}/"),
        &[
            ("title", title),
            ("department", department),
            ("due", &written_date(due)),
            ("status", "todo"),
        ],
    )?;
    Ok(answers)
}

/// A planned visit.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn visit(entry: EntryId, kind: &str, planned_ms: i64) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("case");
    answers.text(&format!("visits/{entry}/kind"), kind)?;
    answers.put(&format!("visits/{entry}/planned_at"), &Value::Int(planned_ms))?;
    Ok(answers)
}
