//! R-14, how those placed are spread over the areas of the municipality (domain section 6.1).
//!
//! How many inhabitants an area has, the municipality says as a policy `inhabitants:<area>`. Where everybody lives
//! as the others do, the index is 1: an area's part of those placed, by its part of the inhabitants.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::occupancy;
use ankomst_shared::order;
use ankomst_shared::same::Same;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::records::Records;
use super::{Row, Table, Told, share};

/// How the policy is called, before the name of the area.
pub(crate) const INHABITANTS: &str = "inhabitants:";

#[derive(Default)]
struct Area {
    houses: usize,
    households: BTreeSet<String>,
    persons: usize,
}

pub(super) fn make(records: &Records, told: &Told<'_>) -> Vec<Table> {
    let mut areas: BTreeMap<String, Area> = BTreeMap::new();
    for one in records.of("residence") {
        let kind = one.state.text("residence_type");
        // The agency's own houses stand beside what the municipality spreads.
        if matches!(kind, "RES-MIG" | "RES-UNK") || one.state.text("status") == "closed" {
            continue;
        }
        // Where somebody lives who is protected, no figure of an area tells.
        let is_hidden =
            one.hidden || one.state.value("protected_location") == Some(&Value::Bool(true));
        let area = if is_hidden { "" } else { one.state.text("area_code").trim() };
        let area = areas.entry(area.to_owned()).or_default();
        let house = occupancy::house_on(records.catalog, &one.state, &Same::default(), told.today);
        area.houses += 1;
        area.persons += house.persons;
        for placed in house.placements().filter(|placed| placed.lives) {
            let text = |field: &str| {
                one.state.text(&["occupancy/", &placed.entry, "/", field].concat()).to_owned()
            };
            let (household, case) = (text("household"), text("case"));
            let of_person = placed.person.split('/').next().unwrap_or_default().to_owned();
            let known = [household, case, of_person].into_iter().find(|one| !one.is_empty());
            area.households.insert(known.unwrap_or_else(|| placed.entry.clone()));
        }
    }
    let day = told.today.to_string();
    let mut inhabitants: BTreeMap<&str, i64> = BTreeMap::new();
    for policy in records.entries("org", "policies") {
        let (from, to) = (policy.text("valid_from"), policy.text("valid_to"));
        let holds = from <= day.as_str() && (to.is_empty() || day.as_str() <= to);
        let area = policy.text("key").strip_prefix(INHABITANTS).filter(|_| holds);
        let number = policy.text("value").trim().parse::<i64>().ok().filter(|number| *number > 0);
        if let Some((area, number)) = area.zip(number) {
            // Two numbers of one area: the later one was decided later.
            inhabitants.insert(area.trim(), number);
            areas.entry(area.trim().to_owned()).or_default();
        }
    }
    let all: usize = areas.values().map(|area| area.persons).sum();
    let everybody: i64 = inhabitants.values().sum();
    let mut rows: Vec<(String, Row)> = Vec::new();
    for (name, area) in &areas {
        let own = inhabitants.get(name.as_str()).copied();
        let own = own.and_then(|own| usize::try_from(own).ok());
        let everybody = usize::try_from(everybody).unwrap_or_default();
        let index = own.map(|own| index((area.persons, all), (own, everybody)));
        let cells = vec![
            if name.is_empty() { told.w(Word::RegisterNoArea) } else { name.clone() },
            own.map_or_else(String::new, |own| own.to_string()),
            area.houses.to_string(),
            area.households.len().to_string(),
            area.persons.to_string(),
            share(area.persons, all),
            own.map_or_else(String::new, |own| share(own, everybody)),
            index.unwrap_or_default(),
        ];
        rows.push((order::swedish(name), Row { is_grave: false, cells, href: None }));
    }
    // What has no area comes last.
    order::sort_by_key(&mut rows, |(name, _)| (name.is_empty(), name.clone()));
    vec![table(rows.into_iter().map(|(_, row)| row).collect())]
}

fn table(rows: Vec<Row>) -> Table {
    Table {
        id: "areas",
        title: Word::RegisterAreas,
        help: Word::RegisterAreasHelp,
        columns: vec![
            ("area_code", Word::RegisterArea),
            ("inhabitants", Word::RegisterInhabitants),
            ("residences", Word::RegisterHouses),
            ("placed_households", Word::RegisterHouseholds),
            ("placed_persons", Word::RegisterPersons),
            ("share_of_all_placed_%", Word::RegisterOfPlaced),
            ("share_of_inhabitants_%", Word::RegisterOfInhabitants),
            ("index", Word::RegisterIndex),
        ],
        rows,
        in_file_only: false,
    }
}

/// A part of those placed by a part of the inhabitants, with two decimals, rounded half up.
fn index((persons, all): (usize, usize), (own, everybody): (usize, usize)) -> String {
    let (part, whole) = (persons * everybody * 200, own * all);
    if whole == 0 {
        return String::new();
    }
    let hundredths = (part + whole) / (whole * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::index;

    #[test]
    fn an_area_that_houses_its_part_has_the_index_one() {
        assert_eq!(index((10, 100), (1_000, 10_000)), "1.00");
        assert_eq!(index((30, 100), (1_000, 10_000)), "3.00");
        assert_eq!(index((1, 3), (2, 3)), "0.50");
        assert_eq!(index((0, 0), (1, 1)), "");
    }
}
