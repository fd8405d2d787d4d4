//! Who plays which part in the story of the demo, and what is prepared for it in the houses.

use ankomst_shared::ids::EntryId;

use super::super::SeedError;
use super::super::day::{after, working};
use super::super::draw::Draw;
use super::super::outline::Protection;
use super::super::pools::Sex;
use super::crew::Crew;
use super::houses::{Bed, House, Room};
use super::people::Household;
use super::{Plan, Stream, nth};

/// Who plays which part; houses and households by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Story {
    /// Its inspection is half done, one safety item is contradicted.
    pub inspected: usize,
    /// One room has more people than it takes.
    pub full: usize,
    /// That room, a number in the house.
    pub room: usize,
    /// Not inspected for more than a quarter.
    pub forgotten: usize,
    /// One room is blocked.
    pub blocked: usize,
    /// Arrived lately: the arrival checklist has items past their day.
    pub arriving: usize,
    /// A quota family with a pregnant mother.
    pub quota: usize,
    /// Someone with protected identity.
    pub hidden: usize,
    /// Another case with a draft.
    pub noted: usize,
}

/// Gives the parts to houses and households.
///
/// # Errors
/// When nobody fits.
pub fn cast(
    plan: &Plan,
    crew: &Crew,
    houses: &mut [House],
    households: &mut [Household],
) -> Result<Story, SeedError> {
    let worker = *nth(&crew.unit(0)?.workers, 0, "the caseworker")?;
    let open = |one: &Household| one.people.iter().all(|one| one.protection == Protection::Nothing);
    let fits = |least: usize, most: usize| {
        let all = households.iter().enumerate();
        let of = all.filter(|(_, one)| (least..=most).contains(&one.people.len()) && open(one));
        of.map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let (families, pairs) = (fits(3, 9), fits(2, 2));
    let ([arriving, quota, noted, ..], [hidden, ..]) = (families.as_slice(), pairs.as_slice())
    else {
        return Err(nobody("the families"));
    };
    let (full, room) = crowd(houses, households)?;
    let mut others = (0..houses.len()).filter(|at| *at != full);
    let (Some(inspected), Some(forgotten), Some(blocked)) =
        (others.next(), others.next(), others.next())
    else {
        return Err(nobody("the houses"));
    };
    let (arriving, quota, noted, hidden) = (*arriving, *quota, *noted, *hidden);
    let story = Story { inspected, full, room, forgotten, blocked, arriving, quota, hidden, noted };
    for at in [arriving, quota, noted, hidden] {
        if let Some(household) = households.get_mut(at) {
            household.worker = worker;
        }
    }
    if let Some(household) = households.get_mut(arriving) {
        household.arrived = working(after(plan.today, -20));
        household.assigned = working(after(plan.today, -65));
    }
    if let Some(household) = households.get_mut(quota) {
        household.category = ("CAT-KVO", "settlement");
        let mother = household.people.iter_mut().find(|one| one.sex == Sex::F && !one.is_child());
        mother.ok_or_else(|| nobody("the mother"))?.protection = Protection::Pregnant;
    }
    if let Some(one) = households.get_mut(hidden).and_then(|one| one.people.first_mut()) {
        one.protection = Protection::Hidden;
    }
    if let Some(house) = houses.get_mut(blocked) {
        house.rooms.push(flooded(&mut plan.draw(Stream::Houses, usize::MAX)));
    }
    Ok(story)
}

fn nobody(part: &str) -> SeedError {
    SeedError::Unknown(format!("somebody to play {part}"))
}

/// Takes the floor of one person from the room of a family; gives house and room.
fn crowd(houses: &mut [House], households: &[Household]) -> Result<(usize, usize), SeedError> {
    for (at, house) in houses.iter_mut().enumerate() {
        for (number, room) in house.rooms.iter_mut().enumerate() {
            let own = house.households.iter().filter_map(|at| households.get(*at));
            let living = own.flat_map(|one| &one.places).filter(|(at, _)| *at == number).count();
            if room.rule == "family" && living > 2 {
                room.beds.truncate(living);
                room.area = i64::try_from(living).unwrap_or(0) * 40 - 15;
                return Ok((at, number));
            }
        }
    }
    Err(nobody("the full room"))
}

fn flooded(draw: &mut Draw) -> Room {
    let mut bed = || Bed { id: EntryId::from_bytes(draw.bytes()), kind: "adult" };
    let beds = vec![bed(), bed()];
    Room {
        id: EntryId::from_bytes(draw.bytes()),
        label: "Gästrum".to_owned(),
        kind: "bedroom",
        area: 132,
        rule: "any",
        beds,
        blocked: Some("Vattenskada i taket, fuktmätning pågår"),
    }
}
