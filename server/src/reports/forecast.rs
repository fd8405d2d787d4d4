//! R-02, what there is to live in and what is asked, month by month (domain section 6.1).
//!
//! Reckoned on the cautious side: a house that takes in nobody has no free place, who holds two places holds both,
//! assigned people whose day nobody knows come on the last day for it (two months after the decision, one under
//! temporary protection: domain section 3.2), and those whose day has passed come now.

use std::collections::BTreeMap;

use ankomst_shared::catalog::{Catalog, read_date};
use ankomst_shared::merge::RecordState;
use ankomst_shared::occupancy::{self, House};
use ankomst_shared::same::Same;
use ankomst_shared::text::Word;
use jiff::ToSpan;
use jiff::civil::Date;

use super::records::{One, Records};
use super::{Row, Table, Told};

/// So many months are told, the present one first.
const MONTHS: usize = 12;
/// A balance below this part of all places is scarce: one in so many.
const SCARCE: i64 = 20;

/// For whom a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whom {
    /// Households and single adults.
    Households,
    /// Children without their parents, and youths.
    Children,
    /// Not the municipality's to give: the agency's houses, homes people found alone, shelters, unknown ones.
    Others,
}

fn whom(residence_type: &str) -> Whom {
    match residence_type {
        "RES-HVB" | "RES-STB" | "RES-STE" | "RES-FAM" | "RES-JOU" | "RES-NET" => Whom::Children,
        "RES-MIG" | "RES-EBO" | "RES-SKY" | "RES-UNK" | "" => Whom::Others,
        _ => Whom::Households,
    }
}

/// How it stands in houses of a type.
#[derive(Debug, Default)]
struct Stand {
    houses: i64,
    unknown: i64,
    places: i64,
    blocked: i64,
    occupied: i64,
    reserved: i64,
    free: i64,
}

/// What changes in a month.
#[derive(Debug, Clone, Default)]
struct Month {
    leaving: i64,
    ending: i64,
    /// Places that go with what ends.
    lost: i64,
    coming: i64,
    /// Places that come with what opens.
    gained: i64,
    expected: i64,
    /// Asked by the plan of the year.
    planned: i64,
    /// Places held for those expected, counted among the reserved ones.
    held: i64,
}

pub(super) fn make(records: &Records, told: &Told<'_>) -> Vec<Table> {
    let mut by_type: BTreeMap<String, Stand> = BTreeMap::new();
    let mut months: BTreeMap<Whom, Vec<Month>> = BTreeMap::new();
    for whom in [Whom::Households, Whom::Children] {
        months.insert(whom, vec![Month::default(); MONTHS]);
    }
    for one in records.of("residence") {
        let kind = one.state.text("residence_type").to_owned();
        let months = months.get_mut(&whom(&kind));
        house(records, one, (by_type.entry(kind).or_default(), months), told.today);
    }
    for (whom, months) in &mut months {
        assigned(records, *whom, months, told.today);
        planned(records, *whom, months, told.today);
    }
    by_type.retain(|_, stand| stand.houses > 0);
    let mut tables = vec![now(records.catalog, &by_type, told)];
    for (whom, months) in &months {
        let own = by_type.iter().filter(|(kind, _)| self::whom(kind) == *whom);
        let own: Vec<&Stand> = own.map(|(_, stand)| stand).collect();
        tables.push(ahead(*whom, &own, months, told));
    }
    tables.push(needs(records, &by_type, told));
    tables
}

/// Months from today's to that of a day: 0 for this one and all before.
fn month_of(day: Date, today: Date) -> usize {
    let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
    usize::try_from((months(day) - months(today)).max(0)).unwrap_or(usize::MAX)
}

fn house(
    records: &Records,
    one: &One,
    (stand, mut months): (&mut Stand, Option<&mut Vec<Month>>),
    today: Date,
) {
    let record = &one.state;
    let read = occupancy::house_on(records.catalog, record, &Same::default(), today);
    let places = read.most.unwrap_or_default();
    let mut in_month = |day: Option<Date>, note: &mut dyn FnMut(&mut Month)| {
        let month = day.and_then(|day| months.as_mut()?.get_mut(month_of(day, today)));
        month.map(note);
    };
    let day = |field: &str| read_date(record.text(field));
    match record.text("status") {
        "planned" | "preparing" | "awaiting_review" => {
            in_month(day("open_from"), &mut |month| {
                month.coming += 1;
                month.gained += places;
            });
            return;
        }
        "closed" => return,
        _ => {}
    }
    let is_stopped = matches!(record.text("status"), "intake_stop" | "closing");
    let (occupied, reserved) = (whole(read.persons), reserved(&read));
    stand.houses += 1;
    stand.unknown += i64::from(read.most.is_none());
    stand.places += places;
    stand.blocked += blocked(&read);
    stand.occupied += occupied;
    stand.reserved += reserved;
    let free = places - occupied - reserved;
    stand.free += if is_stopped { free.min(0) } else { free };
    if is_stopped {
        // Its empty places are nobody's to give, whatever comes.
        in_month(Some(today), &mut |month| month.lost += free.max(0));
    }
    for entry in records.listed(one, "occupancy") {
        let goes = entry.day("to_date").filter(|_| entry.text("state") == "active");
        in_month(goes, &mut |month| month.leaving += 1);
    }
    let usable = if is_stopped { places - free.max(0) } else { places };
    let end = end(records, one).into_iter().chain(day("open_to")).min();
    in_month(end, &mut |month| {
        month.ending += 1;
        month.lost += usable;
    });
}

/// When the last contract of a house ends; nothing while one has no end.
fn end(records: &Records, house: &One) -> Option<Date> {
    let of_house = records.of("contract").filter(|one| one.parent == Some(house.id));
    let mut last = None;
    for one in of_house.filter(|one| is_running(&one.state)) {
        let renewed = records.listed(one, "renewals").filter_map(|entry| entry.day("until")).max();
        let end = read_date(one.state.text("end"))?;
        last = last.max(Some(renewed.map_or(end, |renewed| renewed.max(end))));
    }
    last
}

/// A contract by which somebody can live there: its end takes the places.
fn is_running(record: &RecordState) -> bool {
    // What the municipality lets on to a resident ends with its own lease, not the other way round.
    matches!(record.text("state"), "signed" | "active" | "notice")
        && record.text("kind") != "sublease_to_resident"
}

/// Places of rooms that are blocked.
fn blocked(house: &House) -> i64 {
    let rooms = house.rooms.iter().filter(|room| room.sleeps && room.blocked);
    rooms.filter_map(|room| room.most).sum()
}

/// Places that wait for somebody: reserved beds, and who is planned.
fn reserved(house: &House) -> i64 {
    let beds = house.rooms.iter().flat_map(|room| &room.beds);
    let empty = beds.filter(|bed| bed.state == "reserved" && bed.occupants.is_empty());
    whole(house.placements().filter(|one| !one.lives).count() + empty.count())
}

/// Assigned people who have not come, by the month they are to.
fn assigned(records: &Records, whom: Whom, months: &mut [Month], today: Date) {
    for one in records.of("assignment") {
        let record = &one.state;
        let is_open = matches!(
            record.text("state"),
            "received" | "matching" | "matched" | "confirmed" | "postponed" | "disputed"
        );
        let theirs = if record.text("series") == "unaccompanied_share" {
            Whom::Children
        } else {
            Whom::Households
        };
        if !is_open || theirs != whom {
            continue;
        }
        let planned = read_date(record.text("arrival_planned").get(..10).unwrap_or_default());
        let decided = read_date(record.text("decided_on"));
        let months_left = if record.text("series") == "temp_protection_number" { 1 } else { 2 };
        let within = |day: Date| day.checked_add(months_left.months()).ok();
        let day = planned.or_else(|| decided.and_then(within)).unwrap_or(today);
        let persons = whole(records.listed(one, "persons_expected").count()).max(1);
        let id = one.id.to_string();
        let beds = records.entries("residence", "beds");
        let held = beds
            .filter(|bed| bed.text("state") == "reserved" && bed.text("reserved_assignment") == id);
        if let Some(month) = months.get_mut(month_of(day, today)) {
            month.expected += persons;
            month.held += whole(held.count()).min(persons);
        }
    }
}

/// What the numbers of the years ask month by month, where they were spread over months.
fn planned(records: &Records, whom: Whom, months: &mut [Month], today: Date) {
    for plan in records.entries("year", "month_plans") {
        let of = ["agreements/", plan.text("agreement")].concat();
        let text = |field: &str| plan.one.state.text(&[of.as_str(), "/", field].concat());
        let theirs =
            if text("category").starts_with("CAT-UA") { Whom::Children } else { Whom::Households };
        let is_asked =
            matches!(text("state"), "in_force" | "decided") && text("kind") != "owner_directive";
        let year = plan.one.state.value("year").and_then(super::records::int);
        let day = year.zip(plan.whole("month")).and_then(|(year, month)| {
            Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()
        });
        let Some(day) = day.filter(|_| theirs == whom && is_asked) else { continue };
        let is_past = (day.year(), day.month()) < (today.year(), today.month());
        if let Some(month) = months.get_mut(month_of(day, today)).filter(|_| !is_past) {
            month.planned += plan.whole("number").unwrap_or_default();
        }
    }
}

fn now(catalog: &Catalog, by_type: &BTreeMap<String, Stand>, told: &Told<'_>) -> Table {
    let mut rows: Vec<Row> = Vec::new();
    for (kind, stand) in by_type {
        let figures = [
            stand.houses,
            stand.places,
            stand.blocked,
            stand.occupied,
            stand.reserved,
            stand.free,
            stand.unknown,
        ];
        let name = catalog.code_words("residence_type", kind, told.language);
        let cells =
            core::iter::once(name).chain(figures.map(|figure| figure.to_string())).collect();
        rows.push(Row { is_grave: stand.free < 0 || stand.unknown > 0, cells, href: None });
    }
    Table {
        id: "now",
        title: Word::RegisterNow,
        help: Word::RegisterNowHelp,
        columns: vec![
            ("residence_type", Word::RegisterType),
            ("houses", Word::RegisterHouses),
            ("places_now", Word::RegisterPlaces),
            ("places_blocked", Word::RegisterBlocked),
            ("occupied", Word::RegisterOccupied),
            ("reserved", Word::RegisterReserved),
            ("free", Word::RegisterFree),
            ("places_unknown", Word::RegisterUnknown),
        ],
        rows,
        in_file_only: false,
    }
}

fn ahead(whom: Whom, stands: &[&Stand], months: &[Month], told: &Told<'_>) -> Table {
    let sum = |of: fn(&Stand) -> i64| stands.iter().map(|stand| of(stand)).sum::<i64>();
    let (mut places, mut persons) =
        (sum(|stand| stand.places), sum(|stand| stand.occupied + stand.reserved));
    let mut rows = Vec::new();
    let mut day = told.today.first_of_month();
    for month in months {
        // What was decided for the month counts until more are assigned than that.
        let asked = month.expected.max(month.planned);
        places += month.gained - month.lost;
        persons += asked - month.held - month.leaving;
        let balance = places - persons;
        let risk = match balance {
            i64::MIN..0 => Word::RegisterShort,
            _ if balance * SCARCE < places.max(1) => Word::RegisterScarce,
            _ => Word::RegisterEnough,
        };
        let figures = [
            month.leaving,
            month.ending,
            month.lost,
            month.coming,
            month.gained,
            month.expected,
            month.planned,
            balance,
        ];
        let cells = core::iter::once(format!("{}-{:02}", day.year(), day.month()))
            .chain(figures.map(|figure| figure.to_string()))
            .chain([told.w(risk)])
            .collect();
        rows.push(Row { is_grave: balance < 0, cells, href: None });
        day = day.checked_add(1.month()).unwrap_or(day);
    }
    let (id, title) = if whom == Whom::Children {
        ("months_children", Word::RegisterMonthsChildren)
    } else {
        ("months_households", Word::RegisterMonthsHouseholds)
    };
    Table {
        id,
        title,
        help: Word::RegisterMonthsHelp,
        columns: vec![
            ("month", Word::RegisterMonth),
            ("moving_out_known", Word::RegisterLeaving),
            ("contracts_ending", Word::RegisterEnding),
            ("places_lost", Word::RegisterLost),
            ("flats_coming", Word::RegisterComing),
            ("places_coming", Word::RegisterGained),
            ("assigned_expected", Word::RegisterExpected),
            ("number_planned", Word::RegisterPlanned),
            ("balance", Word::RegisterBalance),
            ("risk", Word::RegisterRisk),
        ],
        rows,
        in_file_only: false,
    }
}

/// Premises that are wanted, by purpose, beside what there is for it.
fn needs(records: &Records, by_type: &BTreeMap<String, Stand>, told: &Told<'_>) -> Table {
    let free = |fits: &dyn Fn(&str) -> bool| {
        let fitting = by_type.iter().filter(|(kind, _)| fits(kind));
        let (places, free) = fitting
            .fold((0, 0), |(places, free), (_, stand)| (places + stand.places, free + stand.free));
        [places.to_string(), free.to_string()]
    };
    let list = records.catalog.list("premises_purpose");
    let mut rows = Vec::new();
    for code in list.map(|list| list.codes.as_slice()).unwrap_or_default() {
        let wanted =
            records.entries("premises", "needs").filter(|need| need.text("purpose") == code.id);
        let (mut open, mut met, mut first): (i64, i64, &str) = (0, 0, "");
        for need in wanted {
            match need.text("state") {
                "dropped" => {}
                "met" => met += 1,
                _ => {
                    open += 1;
                    let from = need.text("from_date");
                    if first.is_empty() || (!from.is_empty() && from < first) {
                        first = from;
                    }
                }
            }
        }
        let there = match code.id.as_str() {
            "dwelling_assigned" => free(&|kind| whom(kind) == Whom::Households),
            "stepdown" => free(&|kind| kind == "RES-STE"),
            _ => [String::new(), String::new()],
        };
        if open + met == 0 && there.iter().all(|cell| cell.is_empty() || cell == "0") {
            continue;
        }
        let name = code.label.get(told.language).to_owned();
        let figures = [name, open.to_string(), met.to_string(), first.to_owned()];
        let is_grave =
            open > 0 && !first.is_empty() && read_date(first).is_some_and(|day| day < told.today);
        rows.push(Row { is_grave, cells: figures.into_iter().chain(there).collect(), href: None });
    }
    Table {
        id: "needs",
        title: Word::RegisterNeeds,
        help: Word::RegisterNeedsHelp,
        columns: vec![
            ("purpose", Word::RegisterPurpose),
            ("open", Word::RegisterNeedsOpen),
            ("met", Word::RegisterNeedsMet),
            ("first_from", Word::RegisterNeedsFirst),
            ("places_now", Word::RegisterPlaces),
            ("free", Word::RegisterFree),
        ],
        rows,
        in_file_only: false,
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
