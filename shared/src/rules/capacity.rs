//! How many persons a room or a house takes: what is written, what the floor gives, what is fit for single
//! adults or children; the lowest rules. A blocked room takes nobody.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet};
use crate::occupancy::{self, House, Room};
use crate::order;
use crate::value::Value;

/// What a room takes, and what bounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured<'a> {
    /// The answer; nobody while the room is blocked.
    pub answer: Answer<'a>,
    /// Most persons while it is not blocked.
    pub most: Option<i64>,
    /// People may sleep in it.
    pub sleeps: bool,
    /// Blocked or closed.
    pub blocked: bool,
}

/// A bound: its sentence, and how many persons it allows.
type Bound = (&'static str, i64);

pub(super) fn of_room<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let house = occupancy::house_on(ask.catalog, ask.record, ask.same, ask.today);
    let room = house.rooms.iter().find(|room| room.entry == ask.entry)?;
    Some(room_of(ask, &living_in(room))?.answer)
}

/// The placements of those who live in a room.
fn living_in(room: &Room) -> Vec<&str> {
    let beds = room.beds.iter().flat_map(|bed| &bed.occupants);
    occupancy::each_once(room.without_bed.iter().chain(beds))
}

/// What a room takes, with these placements in it.
#[must_use]
pub fn room_of<'a>(ask: &Ask<'a>, living: &[&str]) -> Option<Measured<'a>> {
    let mut sheet = Sheet::new("room_capacity", ask, "rooms")?;
    let kind = sheet.text("kind");
    let sleeps = matches!(kind, "bedroom" | "studio" | "flat");
    let blocked = matches!(sheet.text("status"), "blocked" | "closed");
    let mut bounds: Vec<Bound> = Vec::new();
    let written = sheet.whole("max_persons");
    bounds.extend(written.map(|written| ("by_written", written)));
    let area = sheet.value("area_m2").filter(|_| sleeps);
    let floor = area.and_then(|area| by_floor(&sheet, area));
    bounds.extend(floor.map(|floor| ("by_floor", floor)));
    let together = if kind == "bedroom" { heads(&mut sheet, living) } else { None };
    let limit = together.and_then(|name| Some((name, sheet.number(name)?)));
    bounds.extend(limit.map(|(name, most)| match name {
        "children" => ("by_children", most),
        _ => ("by_singles", most),
    }));
    let mut most = None;
    for (_, bound) in &mut bounds {
        *bound = (*bound).max(0);
        most = Some(most.map_or(*bound, |least: i64| least.min(*bound)));
    }
    let floor = floor.map(|floor| floor.max(0));
    tell(&mut sheet, (most, sleeps, blocked), &bounds);
    for (name, _) in &bounds {
        let said =
            sheet.say(name).decimal("area", area.and_then(Value::as_str).unwrap_or_default());
        said.number("floor", floor.unwrap_or_default())
            .number("written", written.unwrap_or_default());
    }
    if sleeps && together.is_none() && kind == "bedroom" && living.len() > 1 {
        sheet.say("family");
    }
    would_change(&mut sheet, (most, floor), &bounds);
    let worth = match most {
        _ if blocked => Worth::Number(0),
        Some(most) => Worth::Number(most),
        None => Worth::Unknown,
    };
    Some(Measured { answer: sheet.worth(worth), most, sleeps, blocked })
}

fn tell(sheet: &mut Sheet<'_>, (most, sleeps, blocked): (Option<i64>, bool, bool), of: &[Bound]) {
    match most {
        _ if blocked => {
            sheet.say("blocked");
            if let Some(most) = most {
                sheet.change("unblocked").number("most", most);
            }
        }
        Some(most) => {
            sheet.say("value").number("most", most);
        }
        None if sleeps => {}
        None => {
            sheet.say("no_sleep");
        }
    }
    if sleeps && !of.iter().any(|(name, _)| *name == "by_floor") {
        let is_ruled = sheet.answer.version.is_some();
        sheet.lacks(if is_ruled { "lacks_area" } else { "lacks_number" });
    }
}

/// What would let the room take more, or fewer.
fn would_change(sheet: &mut Sheet<'_>, (most, floor): (Option<i64>, Option<i64>), of: &[Bound]) {
    let others: Vec<&Value> = sheet.others("area_m2");
    for other in others {
        if let Some(floor) = by_floor(sheet, other) {
            sheet
                .change("other_area")
                .decimal("other", other.as_str().unwrap_or_default())
                .number("floor", floor);
        }
    }
    let Some(most) = most else { return };
    let next = most.saturating_add(1);
    let binding = |name: &str| of.iter().any(|(known, bound)| *known == name && *bound == most);
    let mut hinder = of.iter().filter(|(name, bound)| *bound == most && *name != "by_floor");
    let person = sheet.number("person_area");
    if let (true, Some(person)) = (floor == Some(most), person) {
        let needed = next.saturating_mul(person);
        let id = if hinder.next().is_some() { "more_area_and" } else { "more_area" };
        sheet.change(id).number("more", next).number("needed", needed);
    } else if binding("by_written") {
        sheet.change("more_written");
    }
    if binding("by_singles") || binding("by_children") {
        sheet.change("one_household");
    }
}

/// Which limit of heads counts: none for one household, or where nobody lives with others.
fn heads(sheet: &mut Sheet<'_>, living: &[&str]) -> Option<&'static str> {
    match sheet.text("sex_rule") {
        "children" => return Some("children"),
        "women" | "men" => return Some("singles"),
        "family" => return None,
        _ => {}
    }
    let mut households: Vec<String> = Vec::new();
    let mut adults = 0;
    for entry in living {
        let key = |field: &str| ["occupancy/", entry, "/", field].concat();
        let mut household = sheet.text_at(0, &key("household"));
        if household.is_empty() {
            household = sheet.ask.record.text(&key("case"));
        }
        households.push(if household.is_empty() {
            (*entry).to_owned()
        } else {
            household.to_owned()
        });
        // Whose age is not known counts as an adult.
        let is_child = matches!(sheet.text_at(0, &key("age_band")), "0-5" | "6-12" | "13-17");
        adults += usize::from(!is_child);
    }
    order::sort_and_dedup(&mut households);
    if households.len() < 2 {
        return None;
    }
    Some(if adults == 0 { "children" } else { "singles" })
}

/// How many persons a floor is enough for.
fn by_floor(sheet: &Sheet<'_>, area: &Value) -> Option<i64> {
    let person = sheet.number("person_area").filter(|area| *area > 0)?;
    Some(tenths(area)? / person.saturating_mul(10))
}

/// A decimal in tenths, rounded down.
fn tenths(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.chars().next().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
    whole.parse::<i64>().ok()?.checked_mul(10)?.checked_add(i64::from(part))
}

pub(super) fn of_house<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let house = occupancy::house_on(ask.catalog, ask.record, ask.same, ask.today);
    house_of(ask, &house)
}

/// What a house takes: what is written, and never more than its open bedrooms together, where all are
/// known.
#[must_use]
pub fn house_of<'a>(ask: &Ask<'a>, house: &House) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("house_capacity", ask, "")?;
    let written = sheet.whole("max_persons");
    let rooms = open_rooms(&mut sheet, &house.rooms);
    let most = match (written, rooms) {
        (Some(written), Some(rooms)) => Some(written.min(rooms)),
        (written, rooms) => written.or(rooms),
    };
    let closed = sheet.text("status") == "closed";
    let most = if closed { Some(0) } else { most };
    if closed {
        sheet.say("closed");
    } else if let Some(most) = most {
        sheet.say("value").number("most", most);
    }
    match written {
        Some(written) => sheet.say("by_written").number("written", written),
        None => sheet.lacks("lacks_written"),
    };
    match rooms {
        Some(rooms) => sheet.say("by_rooms").number("rooms", rooms),
        None => sheet.lacks("lacks_rooms"),
    };
    for room in house.rooms.iter().filter(|room| room.blocked && room.sleeps) {
        let label = sheet.text_at(0, &["rooms/", &room.entry, "/label"].concat());
        sheet.say("blocked").text("room", label);
        if let Some(takes) = room.most {
            sheet.change("unblocked").text("room", label).number("takes", takes);
        }
    }
    if closed {
        sheet.change("opened");
    } else if most.is_some() && most == written {
        sheet.change("more_written");
    } else if most.is_some() {
        sheet.change("more_rooms");
    }
    Some(sheet.worth(most.map_or(Worth::Unknown, Worth::Number)))
}

/// All open bedrooms together, where every room is written down and the bedrooms' numbers are known.
fn open_rooms(sheet: &mut Sheet<'_>, rooms: &[Room]) -> Option<i64> {
    let count = sheet.whole("room_count")?;
    let mut sum = 0_i64;
    for room in rooms {
        let key = |field: &str| ["rooms/", &room.entry, "/", field].concat();
        if sheet.text_at(0, &key("kind")).is_empty() {
            return None;
        }
        if room.sleeps && !room.blocked {
            sum = sum.saturating_add(room.most?);
        }
    }
    (i64::try_from(rooms.len()).ok()? >= count && sum_is_of_rooms(rooms)).then_some(sum)
}

fn sum_is_of_rooms(rooms: &[Room]) -> bool {
    rooms.iter().any(|room| room.sleeps)
}
