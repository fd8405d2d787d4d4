//! What is decided, and what is offered to be decided, where something stands only in a file.

use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Act, Command, FieldView, Query, Refusal, Reply, View};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;

use crate::desk::{Desk, ask, shown, unlock};
use crate::kit::{On, case, edit, file, history, house, part, path, run, says};
use crate::{PHONE, run_with};

fn view(on: &On, document: DocumentId, at: &str) -> FieldView {
    let Reply::View(View::Form(form)) =
        ask(&on.core, Command::Get(Query::Form { document, entry: None }))
    else {
        panic!("no form")
    };
    let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
    fields.find(|field| field.path.as_str() == at).unwrap()
}

#[test]
fn what_a_file_brought_goes_from_view_with_the_answer_that_says_it_is_protected() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let guarded = desk.guarded();
    let mut on = On::new(desk);
    let (id, mut document, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let phone = says(&mut document, &[edit("phone", PHONE)]);
    on.takes(file(&begin, vec![part(id, &document, &phone)], Vec::new()));
    assert_eq!(shown(&on.core, id, "phone"), Value::text(PHONE));
    guarded.borrow_mut().push(id);
    on.hears(Vec::new());
    assert_eq!(shown(&on.core, id, "phone"), Value::Null);
}

#[test]
fn what_a_file_brought_shows_after_the_program_was_updated() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, mut document, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let phone = says(&mut document, &[edit("phone", PHONE)]);
    on.takes(file(&begin, vec![part(id, &document, &phone)], Vec::new()));
    on.sets(id, "email", "prov@example.org");
    drop(on);
    let core = futures_util::FutureExt::now_or_never(ankomst_core::Core::start(
        Desk::on(&store),
        "the next one",
    ));
    let core = core.unwrap().unwrap();
    unlock(&core);
    assert_eq!(shown(&core, id, "phone"), Value::text(PHONE));
    assert_eq!(shown(&core, id, "email"), Value::text("prov@example.org"));
}

#[test]
fn nobody_decides_a_contradiction_that_stands_only_in_a_file() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, mut document, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    on.sets(id, "phone", "+46701740602");
    let phone = says(&mut document, &[edit("phone", PHONE)]);
    let theirs = part(id, &document, &phone);
    on.takes(file(&begin, vec![theirs], Vec::new()));
    let field = view(&on, id, "phone");
    assert_eq!(field.statements.len(), 2);
    assert!(!field.may_settle, "it is offered");
    let before = on.status().waiting;
    let settles = |field: &FieldView| Command::Settle {
        document: id,
        path: path("phone"),
        conflict: field.conflict.unwrap(),
        value: Value::text(PHONE),
        reason: "Prov".to_owned(),
    };
    for command in [settles(&field), Command::TakeOn { document: id, mine: true }] {
        assert_eq!(ask(&on.core, command), Reply::Refused(Refusal::Stale));
    }
    assert_eq!(on.status().waiting, before);
    // From the server it is a contradiction like others.
    on.hears(vec![history(id, "case", &[(&begin, None), (&phone, None)])]);
    let field = view(&on, id, "phone");
    assert!(field.may_settle && field.beside.is_empty(), "{field:?}");
    assert_eq!(ask(&on.core, settles(&field)), Reply::Done);
}

#[test]
fn a_run_that_only_a_file_has_signed_is_not_offered_to_be_opened_again() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let offers = |on: &On, run: DocumentId| {
        let Reply::View(View::Run(run)) = ask(&on.core, Command::Get(Query::Run(run))) else {
            panic!("no run")
        };
        run.actions.iter().any(|action| action.name == "reopen")
    };
    let by_file = run_with(&mut on, "state", "signed");
    assert!(!offers(&on, by_file));
    let (id, mut document, begin) = run(30);
    let signed = says(&mut document, &[edit("state", "signed")]);
    on.hears(vec![history(id, "run", &[(&begin, None), (&signed, None)])]);
    assert!(offers(&on, id));
}

#[test]
fn nobody_is_moved_who_lives_there_only_by_a_file() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let lives = |entry: &str, who: &str| -> Vec<Edit> {
        [("person", who), ("display", "P.N."), ("state", "active"), ("room", "yyyyyyyyyyyyyyyy")]
            .map(|(field, value)| edit(&format!("occupancy/{entry}/{field}"), value))
            .to_vec()
    };
    let (known, by_file) = ("zzzzzzzzzzzzzzzz", "xxxxxxxxxxxxxxxx");
    let (id, mut document, begin) = house(20, &lives(known, "zzzzzzzzzzzzzzzz"));
    on.hears(vec![history(id, "residence", &[(&begin, None)])]);
    let theirs = says(&mut document, &lives(by_file, "xxxxxxxxxxxxxxxx"));
    let said = on.takes(file(&begin, vec![part(id, &document, &theirs)], Vec::new()));
    assert!(said.contains("här: 1"), "{said}");
    let moves = |occupant: &str| {
        let act = Act::Move { residence: id, occupant: occupant.to_owned() };
        let answers =
            [("to", format!("{id}/wwwwwwwwwwwwwwww")), ("from_date", "2026-01-02".to_owned())];
        let answers = answers.map(|(name, value)| (name.to_owned(), Value::text(value)));
        match ask(&on.core, Command::Act(act, answers.to_vec())) {
            Reply::Acted(acted) => acted.say,
            other => panic!("{other:?}"),
        }
    };
    let before = on.status().waiting;
    assert!(moves(by_file).contains("måste först nå servern"));
    assert_eq!(on.status().waiting, before);
    assert!(!moves(known).contains("nå servern"));
    assert!(on.status().waiting > before);
}
