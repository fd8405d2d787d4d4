//! What of a person's work is held for another to decide, and why, stands on their tablet in plain words, also where
//! there is no contact.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Act, Acted, Body, Command, Line, Query, Reply, View};
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Desk, ask, signs_in, started, unlock};

/// What the page of this tablet says is held.
fn held(core: &Core<Desk>) -> Vec<Line> {
    let page = Query::Page("/surfplatta".to_owned());
    let Reply::View(View::Page(page)) = ask(core, Command::Get(page)) else { panic!("no page") };
    let part = page.parts.into_iter().find(|part| part.key == "held-here");
    part.map_or_else(Vec::new, |part| match part.body {
        Body::Lines(lines, _) => lines,
        other => panic!("{other:?}"),
    })
}

#[test]
fn what_is_held_says_why_on_the_tablet_of_its_author_without_contact_until_it_is_decided() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let new = vec![
        ("name".to_owned(), Value::text("Björkvägen 4")),
        ("residence_type".to_owned(), Value::text("RES-SHR")),
    ];
    let acted = ask(&core, Command::Act(Act::NewResidence, new));
    let Reply::Acted(Acted { document: Some(house), .. }) = acted else { panic!("{acted:?}") };
    assert_eq!(held(&core), Vec::new());

    let hears = |core: &Core<Desk>, said: String| {
        let running = core.clone();
        let mut loops = Box::pin(async move { running.run().await });
        answers.borrow_mut().push_back((200, said.leak()));
        for _ in 0..3 {
            ticks.set(ticks.get() + 1);
            assert!((&mut loops).now_or_never().is_none());
        }
        assert!(answers.borrow().is_empty(), "nobody has asked");
    };
    let long = "x".repeat(1_000_000);
    for (reason, words) in [
        ("device revoked", "Surfplattan var spärrad när det kom"),
        ("refused", "Inte intaget. Det finns kvar hos servern"),
        ("some new words", "Klarade inte kontrollen och kan inte visas (some new words)"),
        (&long, "Klarade inte kontrollen och kan inte visas (xxx"),
    ] {
        hears(&core, format!("held {house} {reason}"));
        let [line] = held(&core).try_into().unwrap();
        assert_eq!(line.title, "Boende Björkvägen 4");
        assert!(line.detail.starts_with(words) && line.detail.len() < 300, "{}", line.detail);
        assert_eq!(line.href.unwrap(), format!("/boenden/{house}"));
    }
    hears(&core, format!("held {house} account ended"));
    drop(core);
    // Nobody answers any more; it is the same after a restart.
    let core = started(Desk::on(&store.restarted()));
    unlock(&core);
    let [line] = held(&core).try_into().unwrap();
    assert_eq!(line.detail, "Kontot hade avslutats när det kom");
}

#[test]
fn what_has_been_decided_is_named_no_more() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let running = core.clone();
    let mut loops = Box::pin(async move { running.run().await });
    let mut hears = |said: &'static str| {
        answers.borrow_mut().push_back((200, said));
        for _ in 0..3 {
            ticks.set(ticks.get() + 1);
            assert!((&mut loops).now_or_never().is_none());
        }
        assert!(answers.borrow().is_empty(), "nobody has asked");
    };
    let nowhere = format!("held {} draft", ankomst_shared::ids::DocumentId::new(7, [7; 10])).leak();
    hears(nowhere);
    let [line] = held(&core).try_into().unwrap();
    assert_eq!(line.title, "En post som inte längre finns på den här surfplattan");
    assert_eq!(line.href, None);
    hears("held");
    assert_eq!(held(&core), Vec::new());
}
