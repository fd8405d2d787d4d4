//! Everything a person may want to try on the first day is in size S.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::catalog::{Catalog, MergeCode, read_date};

use super::super::super::day::{after, at, of, working_days_before};
use super::{of_kind, small};

#[test]
fn one_safety_item_is_contradicted_and_nothing_else() {
    let open: Vec<_> = small()
        .1
        .iter()
        .flat_map(|one| one.state.fields.iter().map(move |field| (one, field)))
        .filter(|(_, (_, state))| state.is_open())
        .collect();
    let [(one, (path, _))] = open.as_slice() else { panic!("{} are open", open.len()) };
    let located = Catalog::builtin().locate(&one.header.kind, path).unwrap();
    assert_eq!(located.field.merge, MergeCode::S);
}

#[test]
fn the_demo_has_what_a_first_day_needs() {
    let (town, _) = small();
    let (today, story) = (town.plan.today, town.story.unwrap());
    let day = |text: &str| read_date(text).unwrap();
    let mut deficiencies: BTreeMap<(String, bool, bool), usize> = BTreeMap::new();
    for one in of_kind("deficiencies") {
        for entry in one.state.entries(Catalog::builtin(), "deficiencies", "deficiencies") {
            let text = |field: &str| one.state.text(&format!("deficiencies/{entry}/{field}"));
            let over = text("state") == "verified";
            let late = !over && day(text("deadline")) < today;
            *deficiencies.entry((text("severity").to_owned(), over, late)).or_default() += 1;
        }
    }
    let late: usize = deficiencies.iter().filter(|(key, _)| key.2).map(|(_, count)| count).sum();
    assert_eq!(late, 1, "{deficiencies:?}");
    for severity in ["S1", "S2", "S3", "S4"] {
        assert!(deficiencies.keys().any(|key| key.0 == severity && !key.1), "{deficiencies:?}");
    }
    let elin = town.crew.hand(town.households[story.arriving].worker).unwrap().user;
    let (mut drafts, mut signed) = (Vec::new(), 0);
    for one in of_kind("journal") {
        for entry in one.state.entries(Catalog::builtin(), "journal", "notes") {
            if one.state.text(&format!("notes/{entry}/state")) == "draft" {
                let body = one
                    .state
                    .fields
                    .iter()
                    .find(|(path, _)| path.as_str() == format!("notes/{entry}/body"));
                let said = &body.unwrap().1.statements[0];
                assert_eq!(said.meta.user, elin);
                drafts.push(of(said.meta.claimed_ms));
            } else {
                signed += 1;
            }
        }
    }
    drafts.sort_unstable();
    assert_eq!((drafts.len(), drafts[0]), (3, working_days_before(today, 4)));
    assert!(signed > 2_000, "{signed}");
    let (mut tasks, mut visits) = (BTreeSet::new(), 0);
    for one in of_kind("case").chain(of_kind("residence")) {
        for entry in one.state.entries(Catalog::builtin(), "case", "tasks") {
            let text = |field: &str| one.state.text(&format!("tasks/{entry}/{field}"));
            let done = text("status") == "done";
            tasks.insert((done, !done && day(text("due")) < today));
        }
        for (path, state) in &one.state.fields {
            if path.as_str().ends_with("/planned_at")
                && let ankomst_shared::value::Value::Int(planned) = state.value
            {
                visits += usize::from(of(planned) == today);
            }
        }
    }
    assert!(tasks.contains(&(true, false)) && tasks.contains(&(false, true)), "{tasks:?}");
    assert_eq!(visits, 3);
    let last = |house: usize| {
        let id = town.houses[house].id;
        let runs = of_kind("run").filter(move |run| run.header.parent == Some(id));
        runs.map(|run| day(run.state.text("anchor_date"))).max().unwrap()
    };
    assert!(last(story.forgotten) < after(today, -92) && last(story.full) > after(today, -92));
    assert!(of_kind("run").any(|run| run.state.text("state") == "open"
        && run.header.parent == Some(town.houses[story.inspected].id)));
    assert!(of_kind("protected").count() >= 2);
    let newest = small().1.iter().flat_map(|one| one.state.fields.values());
    let newest = newest.flat_map(|state| &state.statements).map(|said| said.meta.claimed_ms);
    assert!(newest.max().unwrap() < at(today, 0), "nothing is written in the future");
}
