//! What the catalog says needs a reason to be taken out stays in until somebody says one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Act, Acted, Choice, Command, Input, Query, Refusal, Reply, View};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in};

const SET: &str = "accessibility";
const CODE: &str = "step_free_entry";

fn path() -> FieldPath {
    FieldPath::parse(&format!("{SET}/{CODE}")).unwrap()
}

fn says(core: &Core<Desk>, house: DocumentId, value: Value) {
    let typed = Command::Type { document: house, path: path(), value };
    assert_eq!(ask(core, typed), Reply::Saved);
    assert_eq!(ask(core, Command::Commit(house)), Reply::Done);
}

fn stands(core: &Core<Desk>, house: DocumentId) -> (Choice, Option<String>) {
    let Reply::View(View::Form(form)) =
        ask(core, Command::Get(Query::Form { document: house, entry: None }))
    else {
        panic!("no form")
    };
    let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
    let field = fields.find(|field| field.path.as_str() == SET).unwrap();
    let Input::Set(choices) = field.input else { panic!("no set") };
    (choices.into_iter().find(|choice| choice.code == CODE).unwrap(), field.error)
}

fn unsent(core: &Core<Desk>) -> u32 {
    let Reply::Status(status) = ask(core, Command::Status) else { panic!("no status") };
    status.waiting
}

#[test]
fn a_removal_that_needs_a_reason_is_no_change_without_one() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let answers = vec![
        ("name".to_owned(), Value::text("Almgården")),
        ("residence_type".to_owned(), Value::text("RES-APT")),
    ];
    let Reply::Acted(Acted { document: Some(house), .. }) =
        ask(&core, Command::Act(Act::NewResidence, answers))
    else {
        panic!("no house")
    };
    says(&core, house, Value::Bool(true));
    let before = unsent(&core);
    says(&core, house, Value::text(""));
    let (choice, error) = stands(&core, house);
    assert!(choice.lacks_reason, "nobody asks for the reason");
    assert!(error.is_some());
    assert_eq!(unsent(&core), before + 1, "the removal has become a change");
    let silently = Act::Set { document: house, values: vec![(path(), Value::Bool(false))] };
    assert_eq!(ask(&core, Command::Act(silently, vec![])), Reply::Refused(Refusal::BadValue));

    says(&core, house, Value::text("Rampen är borttagen"));
    let (choice, error) = stands(&core, house);
    assert!(!choice.chosen && !choice.lacks_reason);
    assert_eq!(error, None);
    assert_eq!(unsent(&core), before + 1, "the draft was not made a change");
}
