//! What is said again over a file, what the server never takes, and who stands only in a file.

use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Act, Command, Query, Reply, View};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;

use crate::desk::{Desk, ask, shown};
use crate::kit::{On, case, deposit_of, edit, file, history, house, part, path, run, run_of, says};
use crate::{PHONE, TEXT, carried, half_typed, text};

const OWN: &str = "+46701740602";

fn statements(on: &On, document: DocumentId) -> usize {
    let query = Query::Form { document, entry: None };
    let Reply::View(View::Form(form)) = ask(&on.core, Command::Get(query)) else { panic!() };
    let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
    fields.find(|field| field.path.as_str() == "phone").unwrap().statements.len()
}

#[test]
fn what_is_said_again_over_a_file_stands_beside_it() {
    for is_typed in [true, false] {
        let store = MemoryStore::default();
        let mut on = On::new(Desk::on(&store));
        let (id, mut document, begin) = case(20, &[edit("phone", OWN)]);
        on.hears(vec![history(id, "case", &[(&begin, None)])]);
        let theirs = says(&mut document, &[edit("phone", PHONE)]);
        on.takes(file(&begin, vec![part(id, &document, &theirs)], Vec::new()));
        assert_eq!(shown(&on.core, id, "phone"), Value::text(PHONE));
        let before = on.status().waiting;
        if is_typed {
            let value = Value::text(OWN);
            let typed = Command::Type { document: id, path: path("phone"), value };
            assert_eq!(ask(&on.core, typed), Reply::Saved);
            assert_eq!(ask(&on.core, Command::Commit(id)), Reply::Done);
        } else {
            on.sets(id, "phone", OWN);
        }
        assert_eq!(on.status().waiting, before + 1, "it is lost (typed: {is_typed})");
        assert_eq!(statements(&on, id), 2);
        // Nor does it go when the server brings what the file said.
        on.hears(vec![history(id, "case", &[(&begin, None), (&theirs, None)])]);
        assert_eq!(statements(&on, id), 2);
    }
}

#[test]
fn what_the_server_never_takes_lies_over_nothing_for_ever() {
    for is_forked in [false, true] {
        let store = MemoryStore::default();
        let mut on = On::new(Desk::on(&store));
        let (id, mut document, begin) = run(20);
        on.hears(vec![history(id, "run", &[(&begin, None)])]);
        // Another change under the same number is what the server gets.
        let to_server = says(&mut document.clone(), &[edit("remark", "Till servern")]);
        let by_file = says(&mut document, &[edit("remark", "I filen")]);
        let parts = vec![part(id, &document, &by_file)];
        on.takes(file(&begin, parts, vec![deposit_of(&by_file)]));
        if is_forked {
            on.hears(vec![history(id, "run", &[(&begin, None), (&to_server, None)])]);
        }
        let signs = |on: &On| {
            let act = Act::Sign { document: id, entry: None };
            let Reply::Acted(acted) = ask(&on.core, Command::Act(act, Vec::new())) else {
                panic!()
            };
            !acted.say.contains("nå servern")
        };
        let mut rounds = 0;
        while !signs(&on) {
            assert!(rounds < 8, "it stays for ever (forked: {is_forked})");
            on.later(3_600_000);
            on.hears(Vec::new());
            rounds += 1;
        }
        assert!(rounds > 2, "gone after {rounds} rounds");
        assert_eq!(carried(&store), 1, "it is given up");
    }
}

#[test]
fn words_of_a_file_that_somebody_takes_away_come_back_and_theirs_stay() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let id = half_typed(&mut on);
    let typed = Value::text("En bror i Lund. En farbror i Ystad.");
    let typed = Command::Type { document: id, path: path(TEXT), value: typed };
    assert_eq!(ask(&on.core, typed), Reply::Saved);
    assert_eq!(ask(&on.core, Command::Commit(id)), Reply::Done);
    let shown = text(&on, id);
    assert!(shown.contains("syster") && shown.contains("farbror"), "{shown}");
}

fn person(entry: &str, given: &str) -> Vec<Edit> {
    let field = |field: &str, value: &str| edit(&format!("persons/{entry}/{field}"), value);
    vec![field("given", given), field("family", "Noori")]
}

#[test]
fn nobody_is_placed_who_stands_only_in_a_file() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (known, by_file) = ("zzzzzzzzzzzzzzzz", "xxxxxxxxxxxxxxxx");
    let (home, _, first) = house(30, &[]);
    let (id, mut document, begin) = case(20, &person(known, "Parwin"));
    let whole =
        [history(home, "residence", &[(&first, None)]), history(id, "case", &[(&begin, None)])];
    on.hears(whole.to_vec());
    let theirs = says(&mut document, &person(by_file, "Zahra"));
    let said = on.takes(file(&begin, vec![part(id, &document, &theirs)], Vec::new()));
    assert!(said.contains("här: 1"), "{said}");
    let places = |who: &str| {
        let act = Act::Place { residence: home, room: "wwwwwwwwwwwwwwww".to_owned(), bed: None };
        let answers = [("person", format!("{id}/{who}")), ("from_date", "2026-01-02".to_owned())];
        let answers = answers.map(|(name, value)| (name.to_owned(), Value::text(value)));
        match ask(&on.core, Command::Act(act, answers.to_vec())) {
            Reply::Acted(acted) => acted.say,
            other => panic!("{other:?}"),
        }
    };
    let before = on.status().waiting;
    assert!(places(by_file).contains("måste först nå servern"));
    assert_eq!(on.status().waiting, before);
    assert!(!places(known).contains("nå servern"));
    assert!(on.status().waiting > before);
}

#[test]
fn what_is_below_what_is_protected_goes_by_no_file_however_far_below() {
    for (code, is_shown) in [("none", true), ("protected_registration", false)] {
        let store = MemoryStore::default();
        let mut on = On::new(Desk::on(&store));
        let (top, _, first) = case(50, &[]);
        let (middle, _, next) = run_of(20, top);
        let (id, mut document, begin) = run_of(30, middle);
        let whole = [(top, "case", &first), (middle, "run", &next), (id, "run", &begin)];
        on.hears(whole.map(|(id, kind, chunk)| history(id, kind, &[(chunk, None)])).to_vec());
        on.sets(top, "persons/zzzzzzzzzzzzzzzz/protected_identity", code);
        let remark = says(&mut document, &[edit("remark", "Prov")]);
        let said = on.takes(file(&begin, vec![part(id, &document, &remark)], Vec::new()));
        assert_eq!(said.contains("här: 1"), is_shown, "{code}: {said}");
    }
}
