//! Answers that do not fit together are said at the field, on the record and with who said them; what
//! is calculated is shown and cannot be typed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{
    Act, Acted, Body, Choice, Command, FieldView, FormView, Input, Language, Line, Query, Refusal,
    Reply, View,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in};

fn types(core: &Core<Desk>, document: DocumentId, key: &str, value: Value) -> Reply {
    ask(core, Command::Type { document, path: FieldPath::parse(key).unwrap(), value })
}

fn says(core: &Core<Desk>, document: DocumentId, answers: &[(&str, &str)]) {
    for (key, value) in answers {
        assert_eq!(types(core, document, key, Value::text(*value)), Reply::Saved, "{key}");
    }
    assert_eq!(ask(core, Command::Commit(document)), Reply::Done);
}

fn form(core: &Core<Desk>, document: DocumentId, entry: Option<(&str, &str)>) -> FormView {
    let entry = entry.map(|(list, entry)| (list.to_owned(), entry.to_owned()));
    match ask(core, Command::Get(Query::Form { document, entry })) {
        Reply::View(View::Form(form)) => form,
        other => panic!("no form: {other:?}"),
    }
}

fn field(form: &FormView, key: &str) -> Option<FieldView> {
    let mut fields = form.sections.iter().flat_map(|section| &section.fields);
    fields.find(|field| field.path.as_str().ends_with(key)).cloned()
}

fn broken(core: &Core<Desk>, address: &str) -> Vec<Line> {
    let Reply::View(View::Page(page)) = ask(core, Command::Get(Query::Page(address.to_owned())))
    else {
        panic!("no page")
    };
    match page.parts.into_iter().find(|part| part.key == "broken").map(|part| part.body) {
        Some(Body::Lines(lines, _)) => lines,
        _ => Vec::new(),
    }
}

fn made(core: &Core<Desk>, act: Act, answers: &[(&str, &str)]) -> Acted {
    let answers =
        answers.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect();
    match ask(core, Command::Act(act, answers)) {
        Reply::Acted(acted) => acted,
        other => panic!("not done: {other:?}"),
    }
}

fn house(core: &Core<Desk>) -> DocumentId {
    let answers = [("name", "Almgården"), ("residence_type", "RES-APT")];
    made(core, Act::NewResidence, &answers).document.unwrap()
}

fn entry(core: &Core<Desk>, parent: DocumentId, list: &str) -> String {
    made(core, Act::Add { parent, list: list.to_owned() }, &[]).entry.unwrap()
}

#[test]
fn what_does_not_fit_is_said_at_once_with_what_to_do_and_goes_when_it_is_mended() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let house = house(&core);
    let address = format!("/boenden/{house}");
    says(&core, house, &[("open_from", "2026-03-01"), ("open_to", "2026-04-01")]);
    assert_eq!(field(&form(&core, house, None), "open_to").unwrap().error, None);
    assert!(broken(&core, &address).is_empty());

    // While it is typed, before it is said.
    let typed = types(&core, house, "open_to", Value::text("2026-02-01"));
    assert_eq!(typed, Reply::Saved, "what does not fit is kept, too");
    let error = field(&form(&core, house, None), "open_to").unwrap().error.unwrap();
    assert!(error.starts_with("Huset stänger före det öppnar. Rätta den dag"), "{error}");
    assert!(broken(&core, &address).is_empty(), "it is not said yet");

    assert_eq!(ask(&core, Command::Commit(house)), Reply::Done);
    let lines = broken(&core, &address);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(lines[0].href.as_deref(), Some(format!("{address}/uppgifter").as_str()));
    for part in ["Öppet från: 2026-03-01 (", "Öppet till: 2026-02-01 ("] {
        assert!(lines[0].detail.contains(part), "{}", lines[0].detail);
    }
    ask(&core, Command::SetLanguage(Language::En));
    let error = field(&form(&core, house, None), "open_to").unwrap().error.unwrap();
    assert!(error.starts_with("The house closes before it opens. Correct the day"), "{error}");

    says(&core, house, &[("open_from", "2026-01-01")]);
    assert_eq!(field(&form(&core, house, None), "open_to").unwrap().error, None);
    assert!(broken(&core, &address).is_empty());
}

#[test]
fn places_follow_from_the_floor_and_cannot_be_typed() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let house = house(&core);
    let room = entry(&core, house, "rooms");
    let key = |field: &str| format!("rooms/{room}/{field}");
    let shown = || field(&form(&core, house, Some(("rooms", &room))), "/persons_by_area");
    assert_eq!(shown(), None, "only of rooms to sleep in");
    assert_eq!(types(&core, house, &key("kind"), Value::text("bedroom")), Reply::Saved);
    assert_eq!(shown().unwrap().value, Value::Null);
    let before = form(&core, house, Some(("rooms", &room))).answered;
    assert_eq!(types(&core, house, &key("area_m2"), Value::text("11,6")), Reply::Saved);
    let places = shown().unwrap();
    assert_eq!((places.value, places.text.as_str(), places.read_only), (Value::Int(2), "2", true));
    let after = form(&core, house, Some(("rooms", &room))).answered;
    assert_eq!(after, before + 1, "what is calculated is nobody's answer");
    let typed = types(&core, house, &key("persons_by_area"), Value::Int(9));
    assert_eq!(typed, Reply::Refused(Refusal::Immutable));

    assert_eq!(types(&core, house, &key("max_persons"), Value::Int(3)), Reply::Saved);
    let most = field(&form(&core, house, Some(("rooms", &room))), "/max_persons").unwrap();
    assert!(most.error.unwrap().starts_with("Mindre än 4 m² per person."));
    assert_eq!(ask(&core, Command::Commit(house)), Reply::Done);
    let lines = broken(&core, &format!("/boenden/{house}"));
    assert_eq!(lines[0].href, Some(format!("/boenden/{house}/rooms/{room}")));
}

#[test]
fn a_needed_answer_depends_on_others_and_what_does_not_matter_is_kept() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let case = made(&core, Act::NewCase, &[("label", "Familjen Provby")]).document.unwrap();
    let at = |key: &str| field(&form(&core, case, None), key);
    assert!(at("closed_on").is_none());
    says(&core, case, &[("state", "closing")]);
    assert!(at("closed_on").unwrap().required);
    says(&core, case, &[("closed_on", "2026-02-01")]);
    says(&core, case, &[("state", "active")]);
    let kept = at("closed_on").unwrap();
    assert_eq!((kept.value, kept.required), (Value::text("2026-02-01"), false));
}

#[test]
fn only_what_may_be_chosen_is_offered() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let case = made(&core, Act::NewCase, &[("label", "Familjen Provby")]).document.unwrap();
    let (one, other) = (entry(&core, case, "persons"), entry(&core, case, "persons"));
    let link = entry(&core, case, "family_links");
    says(&core, case, &[(&format!("family_links/{link}/person"), &one)]);
    let form = form(&core, case, Some(("family_links", &link)));
    let Input::Choice(choices) = field(&form, "/to_person").unwrap().input else {
        panic!("no choices")
    };
    let codes: Vec<String> = choices.into_iter().map(|choice: Choice| choice.code).collect();
    assert_eq!(codes, [other], "nobody is their own relative");
}
