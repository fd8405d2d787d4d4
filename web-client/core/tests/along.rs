//! A house that goes back by itself is taken along no more, and that is shown until somebody takes it along again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Act, Acted, Body, Command, Query, Reply, View};
use ankomst_shared::text::{Word, w};
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Desk, ask, signs_in, started, unlock};

/// What stands beside the house in the list of houses.
fn badges(core: &Core<Desk>) -> Vec<String> {
    let Reply::View(View::Page(page)) = ask(core, Command::Get(Query::Page("/boenden".to_owned())))
    else {
        panic!("no page")
    };
    let lines = page.parts.into_iter().find_map(|part| match part.body {
        Body::Tiles(lines, _) => Some(lines),
        _ => None,
    });
    lines.unwrap().remove(0).badges.into_iter().map(|badge| badge.text).collect()
}

#[test]
fn a_house_that_has_gone_back_is_shown_as_such_until_it_is_taken_along_again() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let (along, gone) = (
        w(ankomst_shared::app::Language::Sv, Word::TakenAlong),
        w(ankomst_shared::app::Language::Sv, Word::AlongReturned),
    );
    let new = vec![
        ("name".to_owned(), Value::text("Björkvägen 4")),
        ("residence_type".to_owned(), Value::text("RES-SHR")),
    ];
    let acted = ask(&core, Command::Act(Act::NewResidence, new));
    let Reply::Acted(Acted { document: Some(house), .. }) = acted else { panic!("{acted:?}") };
    let takes = |core: &Core<Desk>, keep| {
        let act = Act::TakeAlong { residence: house, keep };
        assert!(matches!(ask(core, Command::Act(act, Vec::new())), Reply::Acted(_)));
    };
    takes(&core, true);
    assert!(badges(&core).iter().any(|badge| badge == along));

    let running = core.clone();
    let mut loops = Box::pin(async move { running.run().await });
    let said: &'static str = format!("returned {house}").leak();
    answers.borrow_mut().push_back((200, said));
    for _ in 0..3 {
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
    }
    assert!(answers.borrow().is_empty(), "nobody has asked");
    let is_gone = |core: &Core<Desk>| {
        let badges = badges(core);
        assert!(!badges.iter().any(|badge| badge == along), "{badges:?}");
        badges.iter().any(|badge| badge == gone)
    };
    assert!(is_gone(&core));
    drop(loops);
    drop(core);
    // Written down: also after the program has ended.
    let core = started(Desk::on(&store.restarted()));
    unlock(&core);
    assert!(is_gone(&core));
    takes(&core, true);
    assert!(badges(&core).iter().any(|badge| badge == along));
    takes(&core, false);
    assert!(!is_gone(&core), "given back by hand");
}
