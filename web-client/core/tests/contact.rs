//! What the tablet says of itself when it cannot write, and when the server wants a newer app.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use std::pin::Pin;

use ankomst_core::Core;
use ankomst_core::store::{Failure, MemoryStore};
use ankomst_shared::app::{Act, Acted, Command, Contact, Reply, Status};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Desk, ask, shown, signs_in, started, unlock};

fn status(core: &Core<Desk>) -> Status {
    let Reply::Status(status) = ask(core, Command::Status) else { panic!("no status") };
    status
}

/// The loops that run beside the commands.
fn running(core: &Core<Desk>) -> Pin<Box<dyn Future<Output = ()>>> {
    let core = core.clone();
    Box::pin(async move { core.run().await })
}

#[test]
fn a_tablet_says_that_it_can_save_again_only_when_everything_typed_is_saved() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let ticks = desk.ticks();
    let core = signs_in(desk);
    let label = vec![("label".to_owned(), Value::text("Noori"))];
    let Reply::Acted(Acted { document: Some(case), .. }) =
        ask(&core, Command::Act(Act::NewCase, label))
    else {
        panic!("no case")
    };
    let types = |text: &str| {
        let path = FieldPath::parse("email").unwrap();
        ask(&core, Command::Type { document: case, path, value: Value::text(text) })
    };
    store.fail_at(store.commits(), Failure::Refused);
    // Not yet an address: it stays a draft.
    assert!(matches!(types("inte klart"), Reply::Refused(_)));
    assert!(status(&core).storage_failing);
    // Something else is written well; what was typed is still in memory only.
    ask(&core, Command::SetLanguage(ankomst_shared::app::Language::Sv));
    assert!(status(&core).storage_failing, "typed text is in memory only and nobody says so");

    let mut loops = running(&core);
    assert!((&mut loops).now_or_never().is_none());
    ticks.set(ticks.get() + 1);
    assert!((&mut loops).now_or_never().is_none());
    assert!(!status(&core).storage_failing);
    let again = started(Desk::on(&store.restarted()));
    unlock(&again);
    assert_eq!(shown(&again, case, "email"), Value::text("inte klart"));
}

#[test]
fn a_server_that_wants_a_newer_app_is_not_called_out_of_reach() {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let mut loops = running(&core);
    answers.borrow_mut().push_back((426, "version"));
    assert!((&mut loops).now_or_never().is_none());
    let now = status(&core);
    assert!(now.outdated, "the person is not told to update");
    assert_eq!(now.contact, Contact::None);
    // It goes on asking by itself. No answer says nothing of the app; one to the question does.
    for (answer, is_outdated) in [(503, true), (200, false)] {
        answers.borrow_mut().push_back((answer, ""));
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        assert!(answers.borrow().is_empty(), "it has stopped asking");
        assert_eq!(status(&core).outdated, is_outdated, "after {answer}");
    }
}

#[test]
fn only_a_session_that_is_over_asks_for_the_password_not_an_answer_that_is_lost() {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let mut loops = running(&core);
    // The token is over each time; what the renewal is answered, and whether to sign in then.
    let renewals = [(0, false), (503, false), (429, false), (413, false), (401, true)];
    for (answer, must_sign_in) in renewals {
        answers.borrow_mut().extend([(401, "signed-out"), (answer, "busy 90")]);
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        assert!(answers.borrow().is_empty(), "it has stopped asking before {answer}");
        let now = status(&core);
        assert_eq!(now.sign_in_needed, must_sign_in, "after {answer}");
        let wait_ms = 90_000 + 1_700_000_000_000 + i64::from(ticks.get()) * 10_000;
        let is_busy = matches!(answer, 503 | 429);
        assert_eq!(now.contact, if is_busy { Contact::Busy(wait_ms) } else { Contact::None });
    }
}

#[test]
fn a_first_sync_of_many_answers_does_not_slow_down_and_one_that_brings_nothing_does() {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks, slept) = (desk.answers(), desk.ticks(), desk.slept());
    let core = signs_in(desk);
    let mut loops = running(&core);
    let mut asks = |answer: &'static str| {
        answers.borrow_mut().push_back((200, answer));
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        assert!(answers.borrow().is_empty(), "it has stopped asking");
    };
    let at_once = || slept.borrow().iter().filter(|ms| **ms == 20).count();
    asks("lease 0");
    let before = at_once();
    for left in (100..300).rev() {
        asks(Box::leak(format!("left {left}").into_boxed_str()));
    }
    assert_eq!(at_once() - before, 200, "it has waited between them");
    for _ in 0..100 {
        // To and fro in the feed of before, and never less left than there was.
        asks("left 999995");
        asks("left 999994");
    }
    assert!(at_once() - before < 360, "rounds of which nothing comes are a flood");
}

#[test]
fn a_server_that_asks_to_come_again_is_asked_again_and_nothing_is_lost() {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let mut loops = running(&core);
    let label = vec![("label".to_owned(), Value::text("Noori"))];
    let acted = ask(&core, Command::Act(Act::NewCase, label));
    assert!(matches!(acted, Reply::Acted(Acted { document: Some(_), .. })), "{acted:?}");
    let waiting = status(&core).waiting;
    assert!(waiting > 0);
    for status_of_answer in [503, 429, 503, 429, 408, 500, 413] {
        answers.borrow_mut().push_back((status_of_answer, "busy"));
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        assert!(answers.borrow().is_empty(), "it has stopped asking");
        let now = status(&core);
        assert_eq!((now.waiting, now.sign_in_needed), (waiting, false), "after {status_of_answer}");
    }
}

#[test]
fn a_server_that_asks_to_wait_is_said_to_and_is_not_asked_before() {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks, slept) = (desk.answers(), desk.ticks(), desk.slept());
    let core = signs_in(desk);
    let mut loops = running(&core);
    assert!((&mut loops).now_or_never().is_none());
    for (answer, seconds, least_ms) in [(503, "busy 40", 40_000), (429, "busy 90", 90_000)] {
        answers.borrow_mut().push_back((answer, seconds));
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        let Contact::Busy(again_ms) = status(&core).contact else {
            panic!("{answer}: {:?}", status(&core).contact)
        };
        let ms = *slept.borrow().iter().rev().find(|ms| **ms > 1_000).unwrap();
        assert!(ms >= least_ms, "{ms}");
        assert_eq!(
            again_ms,
            1_700_000_000_000 + i64::from(ticks.get()) * 10_000 + i64::try_from(ms).unwrap()
        );
        // Whatever is done meanwhile does not ask the server.
        answers.borrow_mut().push_back((200, "lease 0"));
        ask(&core, Command::SyncNow);
        assert!((&mut loops).now_or_never().is_none());
        assert_eq!(answers.borrow().len(), 1, "it has not waited");
        // Nor does a person who locks it and comes back.
        ask(&core, Command::Lock);
        assert!((&mut loops).now_or_never().is_none());
        unlock(&core);
        assert!((&mut loops).now_or_never().is_none());
        assert_eq!(answers.borrow().len(), 1, "it has not waited for who comes back");
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        assert!(answers.borrow().is_empty(), "it has stopped asking");
    }
    // However long a server asks for: a person would look for the fault here.
    answers.borrow_mut().push_back((503, "busy 4000000"));
    ticks.set(ticks.get() + 1);
    assert!((&mut loops).now_or_never().is_none());
    assert_eq!(slept.borrow().iter().max(), Some(&120_000));
}

#[test]
fn where_no_socket_opens_the_server_is_asked_less_and_less_often_but_at_once_when_something_is_written()
 {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks, slept) = (desk.answers(), desk.ticks(), desk.slept());
    let dialled = desk.dialled();
    let core = signs_in(desk);
    let mut loops = running(&core);
    assert!((&mut loops).now_or_never().is_none());
    let mut waits = Vec::new();
    for round in 0..8 {
        answers.borrow_mut().extend((round == 0).then_some((200, "lease 0")));
        answers.borrow_mut().push_back((200, "version 1"));
        ticks.set(ticks.get() + 1);
        while !answers.borrow().is_empty() || dialled.get() <= round {
            assert!((&mut loops).now_or_never().is_none());
            ticks.set(ticks.get() + 1);
        }
        assert_eq!(status(&core).contact, Contact::Asks);
        waits.push(*slept.borrow().last().unwrap());
    }
    assert!(waits.iter().rev().take(2).all(|ms| *ms >= 30_000), "{waits:?}");
    let asked = dialled.get();
    for _ in 0..5 {
        ask(&core, Command::SyncNow);
    }
    answers.borrow_mut().extend([(200, "version 1"), (200, "version 1")]);
    assert!((&mut loops).now_or_never().is_none());
    assert_eq!(dialled.get(), asked + 1, "once for all that was written");
}

#[test]
fn an_answer_of_another_version_is_not_taken_for_one_of_this() {
    let desk = Desk::on(&MemoryStore::default());
    let (answers, ticks) = (desk.answers(), desk.ticks());
    let core = signs_in(desk);
    let mut loops = running(&core);
    for (answer, is_outdated) in [("version 2", true), ("version 1", false)] {
        answers.borrow_mut().push_back((200, answer));
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
        assert!(answers.borrow().is_empty(), "it has stopped asking");
        let now = status(&core);
        assert_eq!(now.outdated, is_outdated, "{answer}");
        assert_eq!(now.last_contact_ms.is_some(), !is_outdated, "{answer}");
    }
}
