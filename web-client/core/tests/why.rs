//! What is reckoned is shown with its reasons: in the line it stands in, and as a page of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{
    Act, Acted, Body, Command, Language, Line, PageView, Query, Refusal, Reply, View,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in};

fn made(core: &Core<Desk>, act: Act, answers: &[(&str, &str)]) -> Acted {
    let answers =
        answers.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect();
    match ask(core, Command::Act(act, answers)) {
        Reply::Acted(acted) => acted,
        other => panic!("not done: {other:?}"),
    }
}

fn says(core: &Core<Desk>, document: DocumentId, answers: &[(&str, Value)]) {
    for (key, value) in answers {
        let typed =
            Command::Type { document, path: FieldPath::parse(key).unwrap(), value: value.clone() };
        assert_eq!(ask(core, typed), Reply::Saved, "{key}");
    }
    assert_eq!(ask(core, Command::Commit(document)), Reply::Done);
}

fn page(core: &Core<Desk>, address: &str) -> PageView {
    match ask(core, Command::Get(Query::Page(address.to_owned()))) {
        Reply::View(View::Page(page)) => page,
        other => panic!("no page: {other:?}"),
    }
}

/// What is said in each row of the reasons.
fn reasons(core: &Core<Desk>, address: &str) -> Vec<(String, String)> {
    let mut parts = page(core, address).parts;
    match parts.pop().map(|part| part.body) {
        Some(Body::Facts(rows)) => rows,
        other => panic!("no reasons: {other:?}"),
    }
}

fn row<'a>(rows: &'a [(String, String)], name: &str) -> &'a str {
    rows.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn rules(core: &Core<Desk>, address: &str) -> Vec<Line> {
    let parts = page(core, address).parts;
    match parts.into_iter().find(|part| part.key == "rules").map(|part| part.body) {
        Some(Body::Lines(lines, _)) => lines,
        _ => Vec::new(),
    }
}

fn house(core: &Core<Desk>) -> DocumentId {
    let answers = [("name", "Almgården"), ("residence_type", "RES-APT")];
    made(core, Act::NewResidence, &answers).document.unwrap()
}

#[test]
fn a_room_says_how_many_it_takes_and_why() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    ask(&core, Command::Act(Act::Speak(Language::En), vec![]));
    let house = house(&core);
    let add = Act::Add { parent: house, list: "rooms".to_owned() };
    let room = made(&core, add, &[("label", "2")]).entry.unwrap();
    let key = |field: &str| format!("rooms/{room}/{field}");
    says(
        &core,
        house,
        &[(&key("kind"), Value::text("bedroom")), (&key("area_m2"), Value::text("11.6"))],
    );
    let shown = page(&core, &format!("/boenden/{house}"));
    let board = shown.parts.into_iter().find(|part| part.key == "board").unwrap();
    let Body::Board(rooms) = board.body else { panic!("no board") };
    let why = rooms.first().unwrap().0.why.first().unwrap().clone();
    assert_eq!(why.at, format!("/varfor/{house}/room_capacity/{room}"));
    assert_eq!(why.label, "Why?");

    let rows = reasons(&core, &why.at);
    assert!(row(&rows, "Answer").starts_with("At most 2 persons."), "{rows:?}");
    assert!(row(&rows, "Rule").contains("4 m² per person"), "{rows:?}");
    assert!(row(&rows, "In force").starts_with("from 2018-01-01"), "{rows:?}");
    assert!(row(&rows, "Source").contains("EASO"), "{rows:?}");
    assert!(row(&rows, "What changes it?").contains("12 m² or more"), "{rows:?}");
    let facts = row(&rows, "Facts");
    let area = facts.lines().find(|line| line.contains("Area")).unwrap();
    assert!(area.starts_with("2, Area: 11.6 m² (") && area.ends_with(')'), "who and when: {area}");
    assert!(facts.contains("2, Maximum: no answer"), "{facts}");

    // What is being typed counts at once.
    let path = FieldPath::parse(&key("area_m2")).unwrap();
    ask(&core, Command::Type { document: house, path, value: Value::text("12") });
    assert!(row(&reasons(&core, &why.at), "Answer").starts_with("At most 3 persons."));
    // On the room's own page it stands above the form.
    let lines = rules(&core, &format!("/boenden/{house}/rooms/{room}"));
    let told: Vec<&str> = lines.iter().map(|line| line.title.as_str()).collect();
    assert_eq!(told, ["At most 3 persons."]);
}

#[test]
fn a_decision_a_year_and_a_list_of_flats_say_what_is_reckoned_of_them() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    ask(&core, Command::Act(Act::Speak(Language::En), vec![]));
    let case = made(&core, Act::NewCase, &[("label", "Prov")]).document.unwrap();
    let add = Act::Add { parent: case, list: "decisions".to_owned() };
    let decision = made(&core, add, &[]).entry.unwrap();
    let address = format!("/arenden/{case}/decisions/{decision}");
    let told = |lines: Vec<Line>| -> Vec<(String, String)> {
        lines.into_iter().map(|line| (line.key, line.title)).collect()
    };
    let unserved = told(rules(&core, &address));
    let keys: Vec<&str> = unserved.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["appeal_day", "finality"], "no permit, no time of a permit");
    assert!(unserved.iter().all(|(_, title)| title.starts_with("Not known")), "{unserved:?}");
    let key = format!("decisions/{decision}/served_on");
    says(&core, case, &[(&key, Value::text("2026-11-03"))]);
    let served = told(rules(&core, &address));
    assert!(served.iter().any(|(_, title)| title.contains("2026-11-24")), "{served:?}");

    let retained = rules(&core, &format!("/arenden/{case}"));
    assert!(retained.iter().any(|line| line.key == "retention"), "{retained:?}");
    let nowhere = Command::Get(Query::Page(format!("/varfor/{case}/full_moon")));
    assert_eq!(ask(&core, nowhere), Reply::Refused(Refusal::NoPlace));
}
