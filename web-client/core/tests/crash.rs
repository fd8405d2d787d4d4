//! Typing survives a crash at every commit of the store: what was shown as saved is there afterwards.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::{Failure, MemoryStore};
use ankomst_shared::app::{Act, Acted, Command, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, shown, signed_in, started, unlock};

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
