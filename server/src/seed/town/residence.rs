//! The record of a house: rooms and beds by an inspector, placements by the caseworkers.

use ankomst_shared::catalog::written_date;
use ankomst_shared::ids::EntryId;
use ankomst_shared::value::Value;

use super::super::day::{age_band, at};
use super::super::draw::Draw;
use super::super::record::Answers;
use super::super::{BANNER, SeedError};
use super::book::{Book, Event};
use super::houses::{House, Room};
use super::people::Household;
use super::person::Person;
use super::sealed::Planted;
use super::{Town, inspections, nth, shares, story};

/// A house with its deficiencies and inspections and the reviews of all of these.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn write(town: &Town, number: usize, draw: &mut Draw) -> Result<Vec<Planted>, SeedError> {
    let house = nth(&town.houses, number, "the house")?;
    let mut events = build(house)?;
    place(town, house, draw, &mut events)?;
    let mut book = Book::of(&town.crew, draw, (house.id, None), None, events)?;
    let reviewed = book.len();
    story::house(town, number, draw, &mut book)?;
    let desk = town.crew.unit(house.unit)?.desk;
    let mut planted = vec![book.finish()?];
    let review = (desk, at(town.plan.today, -600));
    if let Some(residence) = planted.first() {
        let of = residence.reviewed(&town.crew, draw, review, reviewed)?;
        planted.push(of);
    }
    inspections::write(town, number, draw, &mut planted)?;
    Ok(planted)
}

fn build(house: &House) -> Result<Vec<Event>, SeedError> {
    let mut minute = 540;
    let mut events: Vec<Event> = Vec::new();
    let mut put = |answers: Answers| {
        events.push(Event { at_ms: at(house.opened, minute), hand: house.inspector, answers });
        minute += 3;
    };
    let mut first = Answers::new("residence");
    first
        .all("", &[("name", &house.name), ("residence_type", house.kind), ("status", "planned")])?;
    put(first);
    let group = house.kind == "RES-COL" || house.kind == "RES-STB";
    let mut about = Answers::new("residence");
    about.all(
        "",
        &[
            ("operator_kind", if group { "municipality" } else { "municipal_company" }),
            ("status", "open"),
            ("staffing", if group { "daytime" } else { "visits" }),
            ("remark", BANNER),
            ("address_street", &house.street),
            ("postcode", "835 31"),
            ("city", "Provby"),
            ("property_designation", "Provby 1:1"),
            ("landlord_name", "Provbyhus (påhittat)"),
        ],
    )?;
    put(about);
    put(capacity(house, group)?);
    for room in &house.rooms {
        put(self::room(room)?);
        for (number, bed) in room.beds.iter().enumerate() {
            let mut answers = Answers::new("residence");
            answers.all(
                &format!("beds/{}/", bed.id),
                &[
                    ("label", &format!("Plats {}", number + 1)),
                    ("kind", bed.kind),
                    ("room", &room.id.to_string()),
                    ("state", "usable"),
                ],
            )?;
            put(answers);
        }
    }
    Ok(events)
}

fn capacity(house: &House, group: bool) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("residence");
    let count = |kinds: &[&str]| -> i64 {
        let rooms = house.rooms.iter().filter(|room| kinds.contains(&room.kind));
        i64::try_from(rooms.count()).unwrap_or(0)
    };
    let most: i64 = house.rooms.iter().filter(|room| room.blocked.is_none()).map(Room::most).sum();
    let area: i64 = house.rooms.iter().map(|room| room.area).sum();
    let baths = count(&["flat"]).max(1);
    for (field, number) in [
        ("max_persons", most),
        ("room_count", count(&["flat", "bedroom"])),
        ("toilets", baths),
        ("showers", baths),
        ("washbasins", baths),
        ("stoves", count(&["kitchen"]).max(1)),
        ("washing_machines", 1),
    ] {
        answers.put(field, &Value::Int(number))?;
    }
    answers.all(
        "",
        &[
            ("total_area_m2", &tenths(area)),
            ("fire_alarm_type", if group { "automatic_alarm" } else { "linked_alarm" }),
            ("assembly_point", "Parkeringen framför huset"),
            ("emergency_contact", "08-465 004 00"),
        ],
    )?;
    for member in ["info_langs/swe", "info_langs/eng", "info_langs/ara", "accessibility/near_bus"] {
        answers.put(member, &Value::Bool(true))?;
    }
    Ok(answers)
}

fn tenths(area: i64) -> String {
    format!("{}.{}", area / 10, area % 10)
}

/// A room in one change.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn room(room: &Room) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("residence");
    let at = format!("rooms/{}/", room.id);
    let status = if room.blocked.is_some() { "blocked" } else { "usable" };
    answers.all(
        &at,
        &[
            ("label", &room.label),
            ("kind", room.kind),
            ("area_m2", &tenths(room.area)),
            ("sex_rule", room.rule),
            ("status", status),
        ],
    )?;
    if room.sleeps() {
        answers.put(&format!("{at}max_persons"), &Value::Int(room.most()))?;
        answers.put(&format!("{at}window"), &Value::Bool(true))?;
        answers.put(&format!("{at}lockable"), &Value::Bool(true))?;
    }
    if let Some(why) = room.blocked {
        answers.text(&format!("{at}blocked_reason"), why)?;
    }
    Ok(answers)
}

fn place(
    town: &Town,
    house: &House,
    draw: &mut Draw,
    events: &mut Vec<Event>,
) -> Result<(), SeedError> {
    for number in &house.households {
        let household = nth(&town.households, *number, "the household")?;
        for (at_home, (person, (room, bed))) in
            household.people.iter().zip(&household.places).enumerate()
        {
            let room = nth(&house.rooms, *room, "the room")?;
            let bed = bed.and_then(|bed| room.beds.get(bed)).map(|bed| bed.id);
            let minute = 600 + 2 * i64::try_from(at_home).unwrap_or(0);
            let mut since = household.arrived;
            let mut before = None;
            let days = (town.plan.today - since).get_days();
            if days > 40 && draw.often(shares::MOVED) {
                let entry = EntryId::from_bytes(draw.bytes());
                let answers = placement(household, person, (entry, room.id, None), since)?;
                let hand = household.worker;
                events.push(Event { at_ms: at(since, minute), hand, answers });
                before = Some(entry);
                since = super::super::day::after(since, draw.between(7, 30));
            }
            let entry = EntryId::from_bytes(draw.bytes());
            let answers = placement(household, person, (entry, room.id, bed), since)?;
            let hand = household.worker;
            events.push(Event { at_ms: at(since, minute), hand, answers });
            if let Some(before) = before {
                let mut answers = Answers::new("residence");
                answers.all(
                    &format!("occupancy/{before}/"),
                    &[
                        ("state", "ended"),
                        ("to_date", &written_date(since)),
                        ("end_reason", "placement_changed"),
                        ("next_placement", &entry.to_string()),
                    ],
                )?;
                events.push(Event { at_ms: at(since, minute) + 1_000, hand, answers });
            }
        }
    }
    Ok(())
}

/// A placement, as the app writes it.
fn placement(
    household: &Household,
    person: &Person,
    (entry, room, bed): (EntryId, EntryId, Option<EntryId>),
    since: jiff::civil::Date,
) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("residence");
    let path = format!("occupancy/{entry}/");
    answers.all(
        &path,
        &[
            ("person", &person.id.to_string()),
            ("case", &household.case.to_string()),
            ("display", &person.display()),
            ("sex", person.sex.code()),
            ("room", &room.to_string()),
            ("from_date", &written_date(since)),
            ("state", "active"),
        ],
    )?;
    if let Some(born) = person.born {
        answers.text(&format!("{path}age_band"), age_band(born, since))?;
    }
    if let Some(bed) = bed {
        answers.text(&format!("{path}bed"), bed.to_string())?;
    }
    Ok(answers)
}
