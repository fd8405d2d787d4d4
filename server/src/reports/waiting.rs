//! What waits for each department: open tasks of cases, open items of task checklists, actions of plans.
//!
//! A department that has ended hands what is open on to its successor, as the organisation of the municipality
//! says (`org.departments`).

use std::collections::BTreeMap;

use ankomst_shared::catalog::{Item, When, is_over, read_date};
use ankomst_shared::rules::Ask;
use ankomst_shared::rules::overdue::{is_answered, item_times, status_field};
use ankomst_shared::same::Same;
use ankomst_shared::text::Word;
use jiff::civil::Date;

use super::records::{Entry, One, Records, int};
use super::{Row, Table, Told};

/// Successors are followed no further than this: they can point in a circle.
const STEPS_MAX: usize = 8;
/// Stands in addresses for no department.
const NONE: &str = "-";

/// Something that waits.
struct Open {
    department: String,
    what: Word,
    title: String,
    at: String,
    due: Option<Date>,
    href: String,
}

pub(super) fn make(records: &Records, told: &Told<'_>) -> Vec<Table> {
    let successors = successors(records, told.today);
    let mut all = Vec::new();
    tasks(records, told, &mut all);
    items(records, told, &mut all);
    actions(records, &mut all);
    for one in &mut all {
        one.department = follow(&successors, &one.department);
    }
    all.sort_by(|one, other| {
        let key =
            |one: &Open| (one.department.clone(), one.due.is_none(), one.due, one.title.clone());
        key(one).cmp(&key(other))
    });
    match told.chosen {
        Some(_) => vec![open(records, told, &all)],
        None => vec![summary(records, told, &all), open(records, told, &all)],
    }
}

fn called(records: &Records, told: &Told<'_>, code: &str) -> String {
    match code {
        "" => told.w(Word::RegisterNoDepartment),
        code => records.catalog.code_words("department", code, told.language),
    }
}

/// The code of a department as it stands in an address.
fn address(code: &str) -> &str {
    if code.is_empty() { NONE } else { code }
}

fn is_late(one: &Open, told: &Told<'_>) -> bool {
    one.due.is_some_and(|due| due < told.today)
}

/// How many things wait for each department.
fn summary(records: &Records, told: &Told<'_>, all: &[Open]) -> Table {
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for one in all {
        let [tasks, items, actions, late] = counts.entry(&one.department).or_default();
        match one.what {
            Word::RegisterTask => *tasks += 1,
            Word::RegisterItem => *items += 1,
            _ => *actions += 1,
        }
        *late += usize::from(is_late(one, told));
    }
    let row = |(code, counts): (&str, [usize; 4])| {
        let figures = counts.map(|count| count.to_string());
        let cells = core::iter::once(called(records, told, code)).chain(figures).collect();
        let [.., late] = counts;
        Row { is_grave: late > 0, cells, href: Some(["./", address(code)].concat()) }
    };
    Table {
        id: "departments",
        title: Word::RegisterByDepartment,
        help: Word::RegisterByDepartmentHelp,
        columns: vec![
            ("department", Word::Department),
            ("tasks", Word::RegisterTasks),
            ("items", Word::RegisterItems),
            ("actions", Word::RegisterActions),
            ("late", Word::RegisterLate),
        ],
        rows: counts.into_iter().map(row).collect(),
        in_file_only: false,
    }
}

/// Everything that waits, or what waits for the department that was chosen.
fn open(records: &Records, told: &Told<'_>, all: &[Open]) -> Table {
    let is_chosen =
        |one: &&Open| told.chosen.is_none_or(|chosen| chosen == address(&one.department));
    let row = |one: &Open| Row {
        is_grave: is_late(one, told),
        cells: vec![
            one.title.clone(),
            called(records, told, &one.department),
            told.w(one.what),
            one.at.clone(),
            one.due.map_or_else(String::new, |due| due.to_string()),
        ],
        href: Some(one.href.clone()),
    };
    Table {
        id: "open",
        title: Word::RegisterAllOpen,
        help: Word::Empty,
        columns: vec![
            ("title", Word::RegisterTitle),
            ("department", Word::Department),
            ("what", Word::RegisterWhat),
            ("at", Word::RegisterAt),
            ("due", Word::RegisterDay),
        ],
        rows: all.iter().filter(is_chosen).map(row).collect(),
        in_file_only: true,
    }
}

/// Departments that have ended, each with the code of the one that follows.
fn successors(records: &Records, today: Date) -> BTreeMap<String, String> {
    let mut codes: BTreeMap<String, &str> = BTreeMap::new();
    for one in records.entries("org", "departments") {
        codes.insert(one.id.clone(), one.text("code"));
    }
    let mut found = BTreeMap::new();
    for one in records.entries("org", "departments") {
        let has_ended = one.day("valid_to").is_some_and(|last| last < today);
        if let Some(next) = codes.get(one.text("successor")).filter(|_| has_ended) {
            found.insert(one.text("code").to_owned(), (*next).to_owned());
        }
    }
    found
}

fn follow(successors: &BTreeMap<String, String>, code: &str) -> String {
    let mut at = code;
    for _ in 0..STEPS_MAX {
        match successors.get(at) {
            Some(next) => at = next,
            None => break,
        }
    }
    at.to_owned()
}

fn tasks(records: &Records, told: &Told<'_>, all: &mut Vec<Open>) {
    for case in records.of("case") {
        // What somebody wrote of a protected person is not told either.
        let title = |task: &Entry<'_>| {
            if case.hidden { told.w(Word::RegisterTask) } else { task.text("title").to_owned() }
        };
        for task in records.listed(case, "tasks") {
            if is_over(task.text("status")) {
                continue;
            }
            all.push(Open {
                department: task.text("department").to_owned(),
                what: Word::RegisterTask,
                title: title(&task),
                at: records.title(case),
                due: task.day("due"),
                href: format!("/arenden/{}/tasks/{}", case.id, task.id),
            });
        }
    }
}

fn items(records: &Records, told: &Told<'_>, all: &mut Vec<Open>) {
    let same = Same::default();
    for run in records.of("run") {
        let state = &run.state;
        if !matches!(state.text("state"), "" | "open" | "ready_for_review" | "reopened") {
            continue;
        }
        let version = state.value("version").and_then(int).and_then(|one| u32::try_from(one).ok());
        let known =
            version.and_then(|version| records.catalog.checklist(state.text("checklist"), version));
        let Some(checklist) = known.filter(|known| !known.is_inspection()) else { continue };
        let parent = run.parent.and_then(|id| parent(records, id));
        let beside: Vec<_> = parent.iter().map(|one| (one.kind, &one.state)).collect();
        let ask = Ask {
            catalog: records.catalog,
            kind: "run",
            record: state,
            entry: "",
            beside: &beside,
            same: &same,
            today: told.today,
            now_ms: 0,
        };
        let at = parent.map_or_else(String::new, |one| records.title(one));
        for item in &checklist.items {
            let status = ["item/", &item.id, "/", status_field(item)].concat();
            if is_answered(state.text(&status)) {
                continue;
            }
            all.push(Open {
                department: item.departments.first().cloned().unwrap_or_default(),
                what: Word::RegisterItem,
                title: format!("{} {}", item.id, item.label.get(told.language)),
                at: at.clone(),
                due: due(&ask, item),
                href: format!("/besok/{}", run.id),
            });
        }
    }
}

fn due(ask: &Ask<'_>, item: &Item) -> Option<Date> {
    item_times(ask, item).0.ok().and_then(When::day)
}

fn parent(records: &Records, id: ankomst_shared::ids::DocumentId) -> Option<&One> {
    records.of("case").chain(records.of("residence")).find(|one| one.id == id)
}

fn actions(records: &Records, all: &mut Vec<Open>) {
    for plan in records.of("plan") {
        for action in records.listed(plan, "actions") {
            if matches!(action.text("status"), "done" | "dropped") {
                continue;
            }
            let mut responsible = action.members("responsible");
            if responsible.is_empty() {
                responsible.push("");
            }
            for department in responsible {
                let number = action.text("no");
                all.push(Open {
                    department: department.to_owned(),
                    what: Word::RegisterAction,
                    title: [number, action.text("title")].join(" ").trim().to_owned(),
                    at: records.title(plan),
                    due: read_date(action.text("due")),
                    href: format!("/plan/{}/actions/{}", plan.id, action.id),
                });
            }
        }
    }
}
