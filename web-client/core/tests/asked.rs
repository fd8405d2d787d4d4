//! Half-typed answers of a form that is no record: given back to who comes to the form again, thrown
//! away when it is done, and never one tab's over another's.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Command, Refusal, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::{ASKED_MAX, FIELD_TEXT_BYTES_MAX};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in, started, unlock};

const FORM: DocumentId = DocumentId::from_bytes([7; 16]);

/// A tab answers a question of the form.
fn types(core: &Core<Desk>, tab: &str, question: &str, text: &str) -> Reply {
    let path = FieldPath::parse(&format!("asked/{tab}/{question}")).unwrap();
    ask(core, Command::Type { document: FORM, path, value: Value::text(text) })
}

/// What a tab finds that comes to the form.
fn finds(core: &Core<Desk>, tab: &str) -> Vec<(String, String)> {
    let asked = Command::Asked { form: FORM, tab: tab.to_owned(), leaves: false };
    let Reply::Asked(answers) = ask(core, asked) else {
        panic!("no answers");
    };
    let texts = answers.into_iter();
    texts
        .map(|(question, value)| (question, value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn done(core: &Core<Desk>, tab: &str) {
    let done = Command::Asked { form: FORM, tab: tab.to_owned(), leaves: true };
    assert_eq!(ask(core, done), Reply::Asked(Vec::new()));
}

fn pair(question: &str, text: &str) -> (String, String) {
    (question.to_owned(), text.to_owned())
}

/// An empty battery, and the vault opened again.
fn dies(store: &MemoryStore) -> (MemoryStore, Core<Desk>) {
    let store = store.restarted();
    let core = started(Desk::on(&store));
    unlock(&core);
    (store, core)
}

#[test]
fn a_half_typed_form_comes_back_once_and_goes_when_it_is_done() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    assert_eq!(types(&core, "a", "given", "Farid"), Reply::Saved);
    assert_eq!(types(&core, "a", "family", "Noori"), Reply::Saved);
    let Reply::Status(status) = ask(&core, Command::Status) else { panic!("no status") };
    assert_eq!(status.waiting, 0, "a half-typed form is nothing that waits to be sent");
    let bytes = String::from_utf8_lossy(&store.bytes()).into_owned();
    assert!(!bytes.contains("Farid"), "typed text lies open on the disk");

    let (store, core) = dies(&store);
    assert_eq!(finds(&core, "b"), [pair("family", "Noori"), pair("given", "Farid")]);
    // Only one answer is typed anew, and the battery is empty again: nothing is missing, nothing double.
    assert_eq!(types(&core, "b", "given", "Farida"), Reply::Saved);
    let (store, core) = dies(&store);
    assert_eq!(finds(&core, "c"), [pair("family", "Noori"), pair("given", "Farida")]);
    done(&core, "c");
    assert_eq!(finds(&core, "c"), []);
    let (_, core) = dies(&store);
    assert_eq!(finds(&core, "d"), [], "what is done comes back");
}

#[test]
fn one_tabs_text_is_not_written_over_by_another_tab() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    types(&core, "a", "reason", "Mätt med måttband");
    // Another tab comes to the same form while the first is open, and says something else.
    assert_eq!(finds(&core, "b"), [pair("reason", "Mätt med måttband")]);
    types(&core, "b", "reason", "Uppskattat");
    let (store, core) = dies(&store);
    assert_eq!(finds(&core, "c"), [pair("reason", "Uppskattat")]);
    done(&core, "c");
    assert_eq!(finds(&core, "c"), [pair("reason", "Mätt med måttband")], "the first tab's is lost");
    done(&core, "c");
    drop(core);

    // The first tab types on after the other has come: what the other finishes leaves it alone.
    let (_, core) = dies(&store);
    types(&core, "a", "reason", "Mätt");
    finds(&core, "b");
    types(&core, "a", "reason", "Mätt igen");
    done(&core, "b");
    assert_eq!(finds(&core, "a"), [pair("reason", "Mätt igen")]);
}

#[test]
fn a_form_seen_and_finished_in_one_tab_does_not_haunt_the_next() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    types(&core, "a", "reason", "Ritningen");
    finds(&core, "b");
    done(&core, "b");
    assert_eq!(finds(&core, "c"), []);
}

#[test]
fn half_typed_forms_are_bounded() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let long = "x".repeat(FIELD_TEXT_BYTES_MAX + 1);
    assert_eq!(types(&core, "a", "reason", &long), Reply::Refused(Refusal::BadValue));
    for number in 0..=ASKED_MAX {
        types(&core, &format!("t{number}"), "reason", "text");
    }
    let mut found = 0;
    while !finds(&core, "z").is_empty() {
        found += 1;
        done(&core, "z");
        assert!(found <= ASKED_MAX, "more than are kept");
    }
    assert_eq!(found, ASKED_MAX);
}
