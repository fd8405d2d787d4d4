//! Who lives where: households are placed together, each person in a bed, no more in a room than its
//! floor takes (4 m² each).

use ankomst_shared::ids::{DocumentId, EntryId};
use jiff::civil::Date;

use super::super::SeedError;
use super::super::day::{after, at};
use super::super::draw::Draw;
use super::super::pools::{Sex, Years};
use super::crew::Crew;
use super::names::STREETS;
use super::people::Household;
use super::{Plan, Stream, shares};

/// A house.
#[derive(Debug)]
pub struct House {
    /// The record.
    pub id: DocumentId,
    /// Number of the unit.
    pub unit: usize,
    /// Name.
    pub name: String,
    /// Street and number.
    pub street: String,
    /// Type of residence.
    pub kind: &'static str,
    /// Rooms.
    pub rooms: Vec<Room>,
    /// Numbers of the households.
    pub households: Vec<usize>,
    /// Open since.
    pub opened: Date,
    /// The inspector, a number of the crew's hands.
    pub inspector: usize,
}

/// A room or flat.
#[derive(Debug)]
pub struct Room {
    /// Its entry.
    pub id: EntryId,
    /// Label on the door.
    pub label: String,
    /// Kind of room.
    pub kind: &'static str,
    /// Tenths of a square metre.
    pub area: i64,
    /// Sex rule.
    pub rule: &'static str,
    /// Beds.
    pub beds: Vec<Bed>,
    /// Why it is blocked.
    pub blocked: Option<&'static str>,
}

/// A bed.
#[derive(Debug)]
pub struct Bed {
    /// Its entry.
    pub id: EntryId,
    /// Kind of bed.
    pub kind: &'static str,
}

impl Room {
    /// Most persons: one in each bed, but never more than the floor takes.
    #[must_use]
    pub fn most(&self) -> i64 {
        i64::try_from(self.beds.len()).unwrap_or(0).min(self.area / 40)
    }

    pub(super) fn sleeps(&self) -> bool {
        matches!(self.kind, "bedroom" | "studio" | "flat")
    }
}

/// Builds the houses around the households and places everybody.
///
/// # Errors
/// When a unit has no inspector.
pub fn draw(
    plan: &Plan,
    crew: &Crew,
    households: &mut [Household],
) -> Result<Vec<House>, SeedError> {
    let figures = plan.size.figures();
    let mut houses = Vec::new();
    for unit in 0..figures.units {
        let own: Vec<usize> = households
            .iter()
            .enumerate()
            .filter(|(_, household)| household.unit == unit)
            .map(|(at, _)| at)
            .collect();
        for group in grouped(&own, households, figures.houses / figures.units) {
            let number = houses.len();
            let mut draw = plan.draw(Stream::Houses, number);
            let inspectors = &crew.unit(unit)?.inspectors;
            let inspector = *draw.pick(inspectors).ok_or(SeedError::Exhausted("inspectors"))?;
            let opened = after(plan.today, -plan.days() - 30 - draw.between(0, 20));
            let id = DocumentId::new(at(opened, 540), draw.bytes());
            let street = STREETS.get(number % STREETS.len()).copied().unwrap_or_default();
            let street = format!("{street} {}", number / STREETS.len() + 1);
            let mut house = House {
                id,
                unit,
                name: street.clone(),
                street,
                kind: "RES-SUB",
                rooms: Vec::new(),
                households: group,
                opened,
                inspector,
            };
            furnish(&mut house, number, households, &mut draw);
            houses.push(house);
        }
    }
    Ok(houses)
}

/// Splits the households of a unit into houses of about the same number of persons.
fn grouped(own: &[usize], households: &[Household], houses: usize) -> Vec<Vec<usize>> {
    let size = |at: &usize| households.get(*at).map_or(0, |one| one.people.len());
    let all: usize = own.iter().map(size).sum();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let (mut left, mut placed) = (own, 0);
    for house in 1..=houses {
        let mut group = Vec::new();
        let target = all * house / houses;
        while let Some((at, rest)) = left.split_first() {
            let others = houses - house;
            let room = group.is_empty() || (placed + size(at) <= target && left.len() > others);
            if !room && house < houses {
                break;
            }
            placed += size(at);
            group.push(*at);
            left = rest;
        }
        groups.push(group);
    }
    groups
}

fn furnish(house: &mut House, number: usize, households: &mut [Household], draw: &mut Draw) {
    let sizes: Vec<usize> =
        house.households.iter().filter_map(|at| Some(households.get(*at)?.people.len())).collect();
    let collective = sizes.len() > 2 && number % 3 == 1;
    let minors = house
        .households
        .iter()
        .any(|at| households.get(*at).is_some_and(|household| household.category.0 == "CAT-UAP"));
    house.kind = match (sizes.as_slice(), collective) {
        ([_], _) => "RES-SUB",
        (_, true) if minors => "RES-STB",
        (_, true) => "RES-COL",
        _ => "RES-BLK",
    };
    let mut singles: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for at in house.households.clone() {
        let Some(household) = households.get_mut(at) else { continue };
        household.house = number;
        match household.people.as_slice() {
            [one] => match one.sex {
                Sex::F => singles[0].push(at),
                Sex::M => singles[1].push(at),
            },
            _ => dwelling(house, (collective, "family"), &[at], (households, draw)),
        }
    }
    let share = if collective { 2 } else { 3 };
    for (group, rule) in singles.iter().zip(["women", "men"]) {
        for flat in group.chunks(share) {
            dwelling(house, (collective, rule), flat, (households, draw));
        }
    }
    if collective {
        for (label, kind, area) in [
            ("Gemensamt kök", "kitchen", 220),
            ("Dusch och toalett", "bathroom", 90),
            ("Tvättstuga", "laundry", 110),
        ] {
            common(house, label.to_owned(), kind, (area, draw));
        }
    }
}

/// A flat with its kitchen, or a bedroom, for those who live in it.
fn dwelling(
    house: &mut House,
    (collective, rule): (bool, &'static str),
    group: &[usize],
    (households, draw): (&mut [Household], &mut Draw),
) {
    let number = house.rooms.iter().filter(|room| room.sleeps()).count();
    let label = if collective {
        format!("Rum {}", number + 1)
    } else {
        format!("Lgh {}{:02}", 11 + number / 4, number % 4 + 1)
    };
    let at = house.rooms.len();
    let mut beds = Vec::new();
    for household in group {
        let Some(household) = households.get_mut(*household) else { continue };
        for person in &household.people {
            let kind = match person.years {
                Years::Newborn => "cot",
                Years::Small => "child",
                _ => "adult",
            };
            household.places.push((at, Some(beds.len())));
            beds.push(Bed { id: EntryId::from_bytes(draw.bytes()), kind });
        }
    }
    if draw.often(shares::SPARE_BED) {
        beds.push(Bed { id: EntryId::from_bytes(draw.bytes()), kind: "adult" });
    }
    let persons = i64::try_from(beds.len()).unwrap_or(0);
    let area = if collective {
        persons * 45 + 20 + draw.between(0, 40)
    } else {
        120 + persons * 140 + draw.between(0, 120)
    };
    let (id, kind) =
        (EntryId::from_bytes(draw.bytes()), if collective { "bedroom" } else { "flat" });
    let kitchen = format!("{label} kök");
    house.rooms.push(Room { id, label, kind, area, rule, beds, blocked: None });
    if !collective {
        common(house, kitchen, "kitchen", (80 + draw.between(0, 60), draw));
    }
}

fn common(house: &mut House, label: String, kind: &'static str, (area, draw): (i64, &mut Draw)) {
    let id = EntryId::from_bytes(draw.bytes());
    let beds = Vec::new();
    house.rooms.push(Room { id, label, kind, area, rule: "any", beds, blocked: None });
}
