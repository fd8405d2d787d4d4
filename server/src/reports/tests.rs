//! Reports over made-up records, told by their cells.

use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, EntryId, UserId};
use ankomst_shared::merge::record_state;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::records::One;
use super::*;

/// Fields that hold whole numbers.
const NUMBERS: [&str; 4] = ["max_persons", "month", "number", "year"];

fn document(number: u8) -> DocumentId {
    DocumentId::from_bytes([number; 16])
}

/// A record of a kind from `path=value` words: `rooms/a/label` names the entry `a`, a value `@a` that entry, `#3` the
/// third record; `yes` is yes.
fn one(kind: &'static str, number: u8, parent: Option<u8>, said: &str) -> One {
    let entry = |name: &str| EntryId::from_bytes([name.as_bytes()[0]; 10]).to_string();
    let edit = |said: &str| {
        let (path, value) = said.split_once('=').unwrap();
        let parts = path.split('/').map(|part| match part.len() {
            1 => entry(part),
            _ => part.to_owned(),
        });
        let path = FieldPath::parse(&parts.collect::<Vec<_>>().join("/")).unwrap();
        let is_number = said.split('=').next().is_some_and(|path| {
            NUMBERS.iter().any(|number| path == *number || path.ends_with(&format!("/{number}")))
        });
        let value = match (value.split_at(1), value.parse::<i64>()) {
            (("@", name), _) => Value::text(entry(name)),
            (("#", number), _) => Value::text(document(number.parse().unwrap()).to_string()),
            (_, Ok(number)) if is_number => Value::Int(number),
            _ if value == "yes" => Value::Bool(true),
            _ => Value::text(value),
        };
        Edit { path, value }
    };
    let edits: Vec<Edit> = said.split_whitespace().map(edit).collect();
    let by = Authoring {
        device: DeviceId::from_bytes([1; 16]),
        user: UserId::from_bytes([1; 16]),
        now_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let (opened, _) = Document::create(ActorId::from_bytes([1; 16]), vec![1], &edits, &by).unwrap();
    let id = document(number);
    let state = record_state(Catalog::builtin(), (kind, id), &opened, None);
    One { id, kind, parent: parent.map(document), state, hidden: false }
}

fn told(name: &str, all: Vec<One>, chosen: Option<&str>) -> Vec<Table> {
    let told = Told { language: Language::En, today: "2026-11-26".parse().unwrap(), chosen };
    (known(name).unwrap().make)(&Records::of_some(all), &told)
}

/// The cells of some columns of a table, row by row.
fn cells(tables: &[Table], table: &str, columns: &[&str]) -> Vec<String> {
    let table = tables.iter().find(|one| one.id == table).unwrap();
    let at = |name: &&str| table.columns.iter().position(|(id, _)| id == name).unwrap();
    let at: Vec<usize> = columns.iter().map(at).collect();
    let row = |row: &Row| at.iter().map(|at| row.cells[*at].clone()).collect::<Vec<_>>().join(" ");
    table.rows.iter().map(row).collect()
}

#[test]
fn shares_are_rounded_once_and_decimals_stand_as_asked() {
    assert_eq!(share(1, 3), "33.3");
    assert_eq!(share(2, 3), "66.7");
    assert_eq!(share(1, 2000), "0.1");
    assert_eq!(share(0, 0), "");
    assert_eq!(decimal("-12.5", true), "-12,5");
    assert_eq!(decimal("12,5", false), "12.5");
    assert_eq!(decimal("2026-11-26", true), "2026-11-26");
    assert_eq!(decimal("A-04.2", true), "A-04.2");
}

/// A flat for four in which two live, one of them until January, with a bed held for an assignment of three.
fn flat() -> One {
    let said = "residence_type=RES-SUB status=open max_persons=4 \
        rooms/a/kind=bedroom rooms/a/status=usable rooms/a/max_persons=4 \
        beds/b/room=@a beds/b/state=reserved beds/b/reserved_assignment=#9 \
        occupancy/p/person=x/y occupancy/p/state=active occupancy/p/room=@a occupancy/p/from_date=2026-01-01 \
        occupancy/q/person=x/z occupancy/q/state=active occupancy/q/room=@a occupancy/q/from_date=2026-01-01 \
        occupancy/q/to_date=2027-01-15";
    one("residence", 1, None, said)
}

fn three_assigned() -> One {
    let said = "state=confirmed series=municipal_number decided_on=2026-10-20 \
        persons_expected/a/name=A persons_expected/b/name=B persons_expected/c/name=C";
    one("assignment", 9, None, said)
}

#[test]
fn a_month_knows_who_leaves_who_comes_and_what_ends() {
    let ends = "state=active kind=sublet_from_company end=2027-02-28";
    let coming = "residence_type=RES-APT status=preparing open_from=2027-03-01 max_persons=2";
    let all = vec![
        flat(),
        three_assigned(),
        one("contract", 2, Some(1), ends),
        one("residence", 3, None, coming),
    ];
    let tables = told("r02", all, None);
    let now = ["residence_type", "places_now", "occupied", "reserved", "free"];
    assert_eq!(cells(&tables, "now", &now), ["Transitional flat sublet by municipality 4 2 1 1"]);
    let months = [
        "month",
        "moving_out_known",
        "places_lost",
        "places_coming",
        "assigned_expected",
        "balance",
        "risk",
    ];
    let months = cells(&tables, "months_households", &months);
    assert_eq!(
        months[..5],
        [
            // Three may live there; the day of the three assigned is unknown: two months after the decision.
            "2026-11 0 0 0 0 1 enough",
            "2026-12 0 0 0 3 -1 short",
            "2027-01 1 0 0 0 0 scarce",
            "2027-02 0 4 0 0 -4 short",
            "2027-03 0 0 2 0 -2 short",
        ]
    );
    assert_eq!(months.len(), 12);
}

#[test]
fn a_house_that_takes_in_nobody_has_no_free_place_and_an_unmeasured_one_is_told() {
    let said = "residence_type=RES-COL max_persons=10 status=";
    let stopped = one("residence", 1, None, &[said, "intake_stop"].concat());
    let closed = one("residence", 2, None, &[said, "closed"].concat());
    let unknown = one("residence", 3, None, "residence_type=RES-HVB status=open");
    let tables = told("r02", vec![stopped, closed, unknown], None);
    let now = ["residence_type", "houses", "places_now", "free", "places_unknown"];
    let now = cells(&tables, "now", &now);
    assert_eq!(
        now,
        ["Collective or modular housing 1 10 0 0", "Staffed home for care or residence 1 0 0 1"]
    );
    let balance = cells(&tables, "months_households", &["balance"]);
    assert!(balance.iter().all(|balance| balance == "0"), "{balance:?}");
}

#[test]
fn the_number_of_a_month_counts_until_more_are_assigned() {
    let year = "year=2026 agreements/a/kind=municipal_number agreements/a/category=CAT-ABO \
        agreements/a/state=in_force month_plans/b/agreement=@a month_plans/b/month=12 month_plans/b/number=5 \
        month_plans/c/agreement=@a month_plans/c/month=3 month_plans/c/number=50";
    let tables = told("r02", vec![three_assigned(), one("year", 1, None, year)], None);
    let months = cells(
        &tables,
        "months_households",
        &["month", "assigned_expected", "number_planned", "balance"],
    );
    // March is over; of the five of December three are known already.
    assert_eq!(months[..2], ["2026-11 0 0 0", "2026-12 3 5 -5"]);
}

#[test]
fn needs_stand_beside_what_there_is() {
    let needs = "needs/a/purpose=stepdown needs/a/state=approved needs/a/from_date=2026-12-01 \
        needs/b/purpose=stepdown needs/b/state=met needs/b/from_date=2025-01-01 \
        needs/c/purpose=school needs/c/state=dropped";
    let flat = "residence_type=RES-STE status=open max_persons=2";
    let all = vec![one("premises", 1, None, needs), one("residence", 2, None, flat)];
    let tables = told("bostadslage", all, None);
    let columns = ["purpose", "open", "met", "first_from", "places_now", "free"];
    assert_eq!(cells(&tables, "needs", &columns), ["Step-down 1 1 2026-12-01 2 2"]);
}

#[test]
fn areas_are_held_against_their_inhabitants() {
    let house = |number, area: &str, persons: &[&str]| {
        let mut said = format!("residence_type=RES-SUB status=open {area}");
        for (at, person) in persons.iter().enumerate() {
            let entry = char::from(b'a' + u8::try_from(at).unwrap());
            let of = [" occupancy/", &entry.to_string()].concat();
            said += &[&of, "/person=", person, &of, "/state=active"].concat();
        }
        one("residence", number, None, &said)
    };
    let org = "policies/a/key=inhabitants:Norr policies/a/value=3000 policies/a/valid_from=2020-01-01 \
        policies/b/key=inhabitants:Syd policies/b/value=1000 policies/b/valid_from=2020-01-01 \
        policies/c/key=inhabitants:Syd policies/c/value=1 policies/c/valid_from=2030-01-01";
    let all = || {
        vec![
            house(1, "area_code=Norr", &["k/1", "k/2", "l/1"]),
            house(2, "area_code=Syd", &["m/1"]),
            house(3, "", &["n/1"]),
            one("org", 4, None, org),
        ]
    };
    // Of houses of which nobody is to know where they are the figures of areas tell nothing.
    let hidden = One { hidden: true, ..house(5, "area_code=Norr", &["o/1"]) };
    let marked = house(6, "area_code=Syd protected_location=yes", &["o/2"]);
    let columns =
        ["area_code", "placed_households", "placed_persons", "share_of_all_placed_%", "index"];
    assert_eq!(
        cells(&told("r14", all(), None), "areas", &columns),
        ["Norr 2 3 60.0 0.80", "Syd 1 1 20.0 0.80", "No area 1 1 20.0 "]
    );
    let told = told("r14", all().into_iter().chain([hidden, marked]).collect(), None);
    let houses = cells(&told, "areas", &["area_code", "residences", "placed_persons"]);
    assert_eq!(houses, ["Norr 1 3", "Syd 1 1", "No area 3 3"]);
}

#[test]
fn work_follows_the_successor_of_a_department_that_has_ended() {
    let org = "departments/a/code=SOC departments/a/valid_from=2020-01-01 departments/a/valid_to=2026-10-31 \
        departments/a/successor=@b departments/b/code=AME departments/b/valid_from=2026-11-01";
    let case = "household_label=H1 tasks/a/title=Ring tasks/a/department=SOC tasks/a/due=2026-11-01 \
        tasks/b/title=Klar tasks/b/department=SOC tasks/b/status=done tasks/c/title=Skriv tasks/c/department=BYG";
    let plan = "title=Plan actions/a/title=Bygg actions/a/no=7 actions/a/responsible/BYG=yes \
        actions/b/title=Slopad actions/b/status=dropped actions/b/responsible/BYG=yes";
    let all =
        || vec![one("org", 1, None, org), one("case", 2, None, case), one("plan", 3, None, plan)];
    let tables = told("departments", all(), None);
    let by_code = |code: &str| Catalog::builtin().code_words("department", code, Language::En);
    let columns = ["department", "tasks", "items", "actions", "late"];
    let wanted = [format!("{} 1 0 0 1", by_code("AME")), format!("{} 1 0 1 0", by_code("BYG"))];
    assert_eq!(cells(&tables, "departments", &columns), wanted);
    let open = cells(&told("departments", all(), Some("BYG")), "open", &["title", "at"]);
    assert_eq!(open, ["7 Bygg Plan", "Skriv H1"]);
}

#[test]
fn indicators_have_a_row_for_each_value() {
    let plan = "title=Plan dnr=KS-1 indicators/a/key=SFI indicators/a/name=Start indicators/a/baseline=10 \
        indicators/a/target=2.5 indicators/b/key=ARB actuals/c/indicator=@a actuals/c/period=2026 actuals/c/value=7.5 \
        actuals/d/indicator=@a actuals/d/period=2025 actuals/d/value=9";
    let rows = cells(
        &told("indicators", vec![one("plan", 1, None, plan)], None),
        "indicators",
        &["key", "period", "value"],
    );
    assert_eq!(rows.len(), 3);
    assert!(
        rows.contains(&"SFI 2026 7.5".to_owned()) && rows.contains(&"ARB  ".to_owned()),
        "{rows:?}"
    );
}
