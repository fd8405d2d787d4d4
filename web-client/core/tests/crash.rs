//! Typing survives a crash at every commit of the store: what was shown as saved is there afterwards,
//! and is found.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::{Failure, MemoryStore};
use ankomst_shared::app::{Act, Acted, Body, Command, Query, Reply, View};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, PASSPHRASE, ask, shown, signed_in, started, unlock};

const TYPED: [(&str, &str); 3] = [
    ("arriving_from", "Trelleborg, Åsa möter"),
    ("phone", "+46701740601"),
    ("email", "prov@example.org"),
];

#[test]
fn typing_survives_a_crash_at_every_commit() {
    let whole = MemoryStore::default();
    let (core, first) = signed_in(&whole);
    work(&core);
    let commits = whole.commits();
    assert!(commits > first + 5, "{first} {commits}");
    for failure in [Failure::CrashBefore, Failure::CrashAfter] {
        for at in first..commits {
            let store = MemoryStore::default();
            let core = signed_in(&store).0;
            store.fail_at(at, failure);
            let (case, saved) = work(&core);
            drop(core);
            let core = started(Desk::on(&store.restarted()));
            unlock(&core);
            for (path, typed) in saved {
                let shown = shown(&core, case.unwrap(), path);
                assert_eq!(shown, Value::text(typed), "{path}, {failure:?} at {at}");
            }
        }
    }
}

#[test]
fn what_is_typed_is_a_change_before_an_act_says_otherwise() {
    let store = MemoryStore::default();
    let core = signed_in(&store).0;
    let label = vec![("label".to_owned(), Value::text("Noori"))];
    let begun = ask(&core, Command::Act(Act::NewCase, label));
    let Reply::Acted(Acted { document: Some(case), .. }) = begun else { panic!("{begun:?}") };
    let path = || FieldPath::parse("arriving_from").unwrap();
    let typed = Command::Type { document: case, path: path(), value: Value::text("Trelleborg") };
    assert_eq!(ask(&core, typed), Reply::Saved);
    let set = Act::Set { document: case, values: vec![(path(), Value::text("Ystad"))] };
    let Reply::Acted(Acted { undo: Some(undo), .. }) = ask(&core, Command::Act(set, Vec::new()))
    else {
        panic!("it was not done")
    };
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Ystad"));
    drop(core);
    let core = started(Desk::on(&store.restarted()));
    unlock(&core);
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Ystad"));
    ask(&core, Command::Act(undo, Vec::new()));
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Trelleborg"));
}

#[test]
fn a_person_is_found_by_every_kind_of_number_and_name() {
    let core = signed_in(&MemoryStore::default()).0;
    let (case, _) = work(&core);
    let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
    ask(&core, Command::Unlock { login, passphrase });
    let answers = [
        ("given", "Saba-Luwam"),
        ("family", "Häbte"),
        ("personal_number", "199005262382"),
        ("dossier_number", "99-123456"),
        ("lma_number", "98-654321/1"),
        ("reserve_number", "19900526-R123"),
        ("phone", "+46701740605"),
    ];
    let answers = answers.map(|(id, text)| (id.to_owned(), Value::text(text))).to_vec();
    let add = Command::AddEntry { document: case.unwrap(), list: "persons".to_owned(), answers };
    assert!(matches!(ask(&core, add), Reply::Entry(_)));
    for (wanted, count) in [
        ("habte", 1),
        ("luwam saba", 1),
        ("19900526-2382", 1),
        ("99123456", 1),
        ("98-654321/1", 1),
        ("98654321", 1),
        ("r123", 1),
        ("070-174 06 05", 1),
        ("noori", 1),
        ("98-654322", 0),
    ] {
        let page = Query::Page(format!("/sok/{wanted}"));
        let Reply::View(View::Page(page)) = ask(&core, Command::Get(page)) else {
            panic!("no page")
        };
        let found = page.parts.iter().find_map(|part| match &part.body {
            Body::Lines(lines, _) => Some(lines.len()),
            _ => None,
        });
        assert_eq!(found, Some(count), "{wanted}");
    }
}

/// Types, leaves the section, types on, locks; gives what was answered as saved.
fn work(core: &Core<Desk>) -> (Option<DocumentId>, Vec<(&'static str, &'static str)>) {
    let label = vec![("label".to_owned(), Value::text("Noori"))];
    let Reply::Acted(Acted { document: Some(case), .. }) =
        ask(core, Command::Act(Act::NewCase, label))
    else {
        return (None, Vec::new());
    };
    let mut saved = Vec::new();
    for (number, (path, typed)) in TYPED.into_iter().enumerate() {
        let (document, value) = (case, Value::text(typed));
        let at = FieldPath::parse(path).unwrap();
        if ask(core, Command::Type { document, path: at, value }) == Reply::Saved {
            saved.push((path, typed));
        }
        if number < 2 {
            ask(core, Command::Commit(case));
        }
    }
    ask(core, Command::Lock);
    (Some(case), saved)
}
