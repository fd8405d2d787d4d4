//! Where runs of checklists begin, and what their times count from.

use ankomst_shared::app::{Act, Action, Body, ItemView, Question};
use ankomst_shared::catalog::{When, days_after, read_date};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, new_case, signed_in, take, text};

const HOUR_MS: i64 = 3_600_000;

/// The checklists offered in the part of that name.
async fn offered(tablet: &Tablet, address: &str) -> Vec<Action> {
    let parts = tablet.page(address).await.parts;
    parts
        .into_iter()
        .find(|part| part.key == "checklists")
        .map(|part| part.actions)
        .unwrap_or_default()
}

fn names(actions: &[Action]) -> Vec<&str> {
    actions.iter().map(|action| action.name.as_str()).collect()
}

/// The questions asked before an action.
fn questions<'a>(actions: &'a [Action], name: &str) -> &'a [Question] {
    let action = actions.iter().find(|action| action.name == name).unwrap();
    action.ask.as_ref().map(|ask| ask.questions.as_slice()).unwrap_or_default()
}

fn says<'a>(questions: &'a [Question], id: &str) -> &'a Value {
    &questions.iter().find(|question| question.id == id).unwrap().value
}

async fn item(tablet: &Tablet, run: DocumentId, id: &str) -> ItemView {
    let groups = tablet.run(run).await.groups;
    groups.into_iter().flat_map(|group| group.items).find(|item| item.id == id).unwrap()
}

async fn start(
    tablet: &Tablet,
    parent: DocumentId,
    checklist: &str,
    answers: &[(&str, Value)],
) -> DocumentId {
    let act = Act::StartRun { parent, checklist: checklist.to_owned() };
    tablet.act(act, answers).await.document.unwrap()
}

#[test]
fn only_the_checklists_that_fit_are_offered() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, folder.path(), "elin").await;
        let case = new_case(&elin, "Provbarnet").await;
        let address = format!("/arenden/{case}");
        assert_eq!(names(&offered(&elin, &address).await), ["start-arrival", "start-gap"]);
        elin.answer(case, "case_kind", text("unaccompanied")).await;
        assert_eq!(
            names(&offered(&elin, &address).await),
            ["start-missing", "start-uam-arrival", "start-uam-rejection"]
        );

        let house = elin.listed("/boenden").await[0].0;
        take(&elin, house).await;
        let address = format!("/boenden/{house}");
        for (form, wanted) in [
            ("RES-PRV", vec!["start-move-out", "start-private-lease"]),
            ("RES-APT", vec!["start-move-out"]),
            ("RES-HVB", Vec::new()),
        ] {
            elin.answer(house, "residence_type", text(form)).await;
            assert_eq!(names(&offered(&elin, &address).await), wanted, "{form}");
            let page = elin.page(&address).await;
            assert_eq!(page.actions[0].name, "start-run", "an inspection fits every house");
        }
    });
}

#[test]
fn a_run_begins_with_the_dates_its_case_knows() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, folder.path(), "elin").await;
        let case = new_case(&elin, "Provbarnet").await;
        elin.answer(case, "case_kind", text("unaccompanied")).await;
        elin.answer(case, "arrival_date", text("2026-12-01")).await;
        let act = Act::Add { parent: case, list: "persons".to_owned() };
        let child = elin.act(act, &[]).await.entry.unwrap();
        elin.answer(case, &format!("persons/{child}/birth_date"), text("2012-02-29")).await;

        let starts = offered(&elin, &format!("/arenden/{case}")).await;
        let asked = questions(&starts, "start-uam-arrival");
        assert_eq!(says(asked, "arrived_on"), &text("2026-12-01"));
        assert_eq!(says(asked, "turns_18_on"), &text("2030-02-28"), "law 1930:173");
        assert!(says(asked, "assigned_on").is_null(), "the case does not know it");
        let precision = format!("persons/{child}/birth_precision");
        elin.answer(case, &precision, text("year")).await;
        let starts = offered(&elin, &format!("/arenden/{case}")).await;
        let asked = questions(&starts, "start-uam-arrival");
        assert!(says(asked, "turns_18_on").is_null(), "a year is no birthday");
        elin.answer(case, &precision, text("day")).await;

        let run = start(&elin, case, "uam_arrival", &[("assigned_on", text("2026-11-26"))]).await;
        let due = async |id: &str| item(&elin, run, id).await.due;
        assert_eq!(due("C-05").await, "2026-11-27");
        assert_eq!(due("C-06").await, "2026-12-01, allra senast 2026-12-17");
        assert_eq!(due("C-18").await, "2026-12-06");
        assert_eq!(due("C-39").await, "2029-08-28");
        assert_eq!(due("C-41").await, "", "nothing is decided yet");

        let actions = elin.run(run).await.actions;
        let asked = questions(&actions, "dates");
        assert_eq!(asked.len(), 4, "each event of the checklist");
        assert_eq!(says(asked, "assigned_on"), &text("2026-11-26"));
        let said = [("assigned_on", text("2026-11-26")), ("arrived_on", text("2026-12-02"))];
        elin.act(Act::Set { document: run, values: Vec::new() }, &said).await;
        assert_eq!(due("C-18").await, "2026-12-07");
        // Begun again it is the same run without a question, and what is said goes there.
        let starts = offered(&elin, &format!("/arenden/{case}")).await;
        assert!(questions(&starts, "start-uam-arrival").is_empty());
        let decided = [("decided_on", text("2027-03-01"))];
        assert_eq!(start(&elin, case, "uam_arrival", &decided).await, run);
        assert_eq!(due("C-41").await, "2027-03-15");
    });
}

#[test]
fn a_missing_childs_hours_count_from_the_moment_seen_last() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, folder.path(), "elin").await;
        let case = new_case(&elin, "Provbarnet").await;
        elin.answer(case, "case_kind", text("unaccompanied")).await;
        let now = jiff::Timestamp::now().as_millisecond();
        let seen = now - 3 * HOUR_MS;
        let run = start(&elin, case, "missing_child", &[("last_seen_at", Value::Int(seen))]).await;
        let report = item(&elin, run, "G-03").await;
        assert!(report.overdue, "two hours have passed");
        assert_eq!(report.due, When::Moment(seen + 2 * HOUR_MS).written());
        let told = item(&elin, run, "G-04").await;
        assert!(!told.overdue, "four hours have not");
        assert_eq!(elin.run(run).await.row.overdue, 3);
        for id in ["G-01", "G-02", "G-03"] {
            elin.answer(run, &format!("item/{id}/task_status"), text("done")).await;
        }
        assert_eq!(elin.run(run).await.row.overdue, 0);

        // Every week: first a week after, then a week after it was last done.
        let day = When::Moment(seen).day().unwrap();
        let after = |days| When::Day(days_after(day, days).unwrap()).written();
        let weekly = item(&elin, run, "G-07").await;
        assert_eq!(weekly.due, after(7));
        let last_done = weekly.value.unwrap();
        assert_eq!(last_done.path.as_str(), "item/G-07/last_done");
        elin.answer(run, last_done.path.as_str(), text(&after(8))).await;
        let weekly = item(&elin, run, "G-07").await;
        assert_eq!(weekly.due, after(15));
        assert!(read_date(&weekly.due).is_some());
    });
}

#[test]
fn a_move_out_is_a_checklist_of_the_house_and_no_inspection() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, folder.path(), "elin").await;
        let house = elin.listed("/boenden").await[0].0;
        take(&elin, house).await;
        elin.answer(house, "residence_type", text("RES-APT")).await;
        elin.answer(house, "notice_date", text("2026-10-30")).await;
        let address = format!("/boenden/{house}");
        let lines = async |key: &str| {
            let part = elin.page(&address).await.parts.into_iter().find(|part| part.key == key);
            match part.unwrap().body {
                Body::Lines(lines, _) => lines.len(),
                other => panic!("{other:?}"),
            }
        };
        let about = async || {
            let parts = elin.page(&address).await.parts;
            parts.into_iter().find(|part| part.key == "about").unwrap()
        };
        let (before, visits) = (about().await, lines("visits").await);
        let starts = offered(&elin, &address).await;
        assert_eq!(says(questions(&starts, "start-move-out"), "notice_on"), &text("2026-10-30"));
        let run = start(&elin, house, "move_out", &[("moves_out_on", text("2027-01-31"))]).await;
        assert_eq!(item(&elin, run, "E-04").await.due, "2026-11-09");
        assert_eq!(item(&elin, run, "E-19").await.due, "2027-02-01", "the first working day");
        assert_eq!(lines("checklists").await, 1);
        assert_eq!(lines("visits").await, visits);
        assert_eq!(about().await, before, "the next inspection is when it was");
    });
}
