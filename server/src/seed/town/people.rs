//! Households and persons, drawn by the distributions.

use ankomst_shared::ids::DocumentId;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at, working};
use super::super::draw::Draw;
use super::super::outline::Protection;
use super::super::pools::{self, Names, Sex, Years};
use super::crew::Crew;
use super::names::{POOLS, PROTECTED, ascii, phone};
use super::person::{Person, Pools, members, person};
use super::{Plan, Stream, shares};

/// A household and its case.
#[derive(Debug)]
pub struct Household {
    /// The case.
    pub case: DocumentId,
    /// Number of the unit.
    pub unit: usize,
    /// Case number.
    pub number: String,
    /// What the case is called.
    pub label: String,
    /// Telephone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Category and kind of case.
    pub category: (&'static str, &'static str),
    /// Names, country, language.
    pub names: &'static Names,
    /// Day of the assignment.
    pub assigned: Date,
    /// Day of arrival.
    pub arrived: Date,
    /// The caseworker, a number of the crew's hands.
    pub worker: usize,
    /// Its people, the contact person first.
    pub people: Vec<Person>,
    /// Number of the house.
    pub house: usize,
    /// Room and bed of each person, as numbers in the house.
    pub places: Vec<(usize, Option<usize>)>,
}

/// Draws all households.
///
/// # Errors
/// When a pool of names is empty.
pub fn draw(plan: &Plan, crew: &Crew) -> Result<Vec<Household>, SeedError> {
    let figures = plan.size.figures();
    let mut pools = Pools::new();
    let mut households = Vec::new();
    for unit in 0..figures.units {
        let mut left = figures.persons / figures.units;
        while left > 0 {
            let mut draw = plan.draw(Stream::People, households.len());
            let number = households.len();
            let household = household(plan, crew, (&mut draw, &mut pools), (unit, number, left))?;
            left -= household.people.len();
            households.push(household);
        }
    }
    Ok(households)
}

fn household(
    plan: &Plan,
    crew: &Crew,
    (draw, pools): (&mut Draw, &mut Pools),
    (unit, number, most): (usize, usize, usize),
) -> Result<Household, SeedError> {
    let category = *draw.weighted(&shares::CATEGORY).unwrap_or(&("CAT-ABO", "settlement"));
    let names = match category.0 {
        "CAT-TMR" => PROTECTED,
        _ => draw.weighted(&POOLS).copied().unwrap_or(PROTECTED),
    };
    let size = match category.0 {
        "CAT-UAP" => 1,
        _ => draw.weighted(&shares::HOUSEHOLD).copied().unwrap_or(1).min(most),
    };
    let worker = *draw.pick(&crew.unit(unit)?.workers).unwrap_or(&0);
    let arrived = working(arrival(plan, draw));
    let lead = draw.weighted(&shares::DAYS_TO_ARRIVAL).copied().unwrap_or(62);
    let assigned = working(after(arrived, -lead));
    let case = DocumentId::new(at(assigned, 480), draw.bytes());
    let family = *draw.pick(names.families).ok_or(SeedError::Exhausted("family names"))?;
    let mut given = (names.women.to_vec(), names.men.to_vec());
    let mut people: Vec<Person> = Vec::new();
    for (sex, years, relation) in members(draw, category.0, size) {
        let mut person = person(plan, (draw, pools), (sex, years, relation));
        let (list, all) = match sex {
            Sex::F => (&mut given.0, names.women),
            Sex::M => (&mut given.1, names.men),
        };
        let name = draw.take(list).or_else(|| draw.pick(all).copied());
        name.ok_or(SeedError::Exhausted("given names"))?.clone_into(&mut person.given);
        if years == Years::Newborn {
            let mother = people.first().map_or("", |mother| mother.given.as_str());
            person.given = format!("Barn 1 till {mother}");
        }
        family.clone_into(&mut person.family);
        person.native = pools::native(&person.given, family);
        people.push(person);
    }
    if draw.often(shares::HIDDEN)
        && let Some(one) = people.first_mut()
    {
        one.protection = Protection::Hidden;
    }
    let first = people.first().map_or("", |person| person.given.as_str());
    Ok(Household {
        case,
        unit,
        number: format!("SYN {}-{:05}", assigned.year(), number + 1),
        label: label(first, family, people.len()),
        phone: phone(number),
        email: format!("{}.{}{number}@example.org", ascii(first), ascii(family)),
        category,
        names,
        assigned,
        arrived,
        worker,
        people,
        house: 0,
        places: Vec::new(),
    })
}

/// What a case is called.
#[must_use]
pub fn label(given: &str, family: &str, persons: usize) -> String {
    if persons == 1 { format!("{given} {family}") } else { format!("Familjen {family}") }
}

fn arrival(plan: &Plan, draw: &mut Draw) -> Date {
    let days = plan.days();
    let before = if draw.often(shares::HERE_FROM_THE_START) {
        draw.between(days - days / 8, days)
    } else {
        draw.between(25, days)
    };
    after(plan.today, -before)
}
