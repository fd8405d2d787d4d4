//! Files from tablet to tablet: what is made of them in a core alone, and what they never do to what is written here.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

#[path = "bundle/again.rs"]
mod again;
mod desk;
#[path = "bundle/judged.rs"]
mod judged;
#[path = "bundle/kit.rs"]
mod kit;

use ankomst_core::store::{MemoryStore, Store, Table, Write};
use ankomst_shared::app::{Act, Command, Query, Reply, View};
use ankomst_shared::ids::{DepositId, DeviceId, DocumentId};
use ankomst_shared::limits::{BUNDLE_BYTES_MAX, SYNC_BODY_BYTES_MAX};
use ankomst_shared::sign::{CarriedEnvelope, SigningKey};
use ankomst_shared::sync::bundle::BUNDLE_ITEMS_MAX;
use ankomst_shared::sync::client::batch::CARRIED_BYTES_MAX;
use ankomst_shared::sync::message::Deposit;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Desk, ask, shown};
use kit::{On, case, deposit_of, edit, file, history, opened, part, path, says};

const PHONE: &str = "+46701740601";

/// Rows as a file leaves them: nobody's.
fn carries(store: &MemoryStore, from: usize, count: usize, bytes: usize) {
    let rows = (from..from + count).map(|number| {
        let number = u128::try_from(number).unwrap().to_be_bytes();
        let sealed = [number.to_vec(), noise(bytes.max(16) - 16)].concat();
        Write::put(Table::Deposits, [[0xff; 16], number].concat(), sealed)
    });
    store.commit(rows.collect()).now_or_never().unwrap().unwrap();
}

/// Bytes that do not become fewer when they are packed.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes = vec![0; count];
    for some in bytes.chunks_exact_mut(8) {
        some.copy_from_slice(&next());
    }
    bytes
}

fn deposit(number: u8, bytes: usize) -> Deposit {
    Deposit { id: DepositId::from_bytes([number; 16]), sealed: noise(bytes).into() }
}

fn carried(store: &MemoryStore) -> usize {
    let rows = store.load(Table::Deposits, &[0xff; 16]).now_or_never().unwrap().unwrap();
    rows.iter().filter(|(key, _)| key.len() == 32).count()
}

#[test]
fn a_deposit_that_fits_into_no_exchange_bars_none() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let heaviest = desk.heaviest();
    let mut on = On::new(desk);
    let (id, _, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let said = on.takes(file(&begin, Vec::new(), vec![deposit(1, CARRIED_BYTES_MAX + 1)]));
    assert!(said.contains("skadad"), "{said}");
    assert_eq!(carried(&store), 0);
    // Also one that is here all the same.
    carries(&store, 1, 1, 17 << 20);
    on.sets(id, "phone", PHONE);
    on.hears(Vec::new());
    assert!(heaviest.get() < SYNC_BODY_BYTES_MAX, "{} bytes at once", heaviest.get());
}

#[test]
fn nothing_that_waits_behind_own_work_makes_exchanges_without_end() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let slept = desk.slept();
    let mut on = On::new(desk);
    on.hears(Vec::new());
    let others = (0..600_u128).map(|number| {
        Write::put(Table::Deposits, [[5; 16], number.to_be_bytes()].concat(), vec![1; 40])
    });
    store.commit(others.collect()).now_or_never().unwrap().unwrap();
    carries(&store, 1, 3, 40);
    for _ in 0..5 {
        slept.borrow_mut().clear();
        on.hears(Vec::new());
    }
    assert!(!slept.borrow().contains(&20), "{:?}", slept.borrow());
}

#[test]
fn what_is_never_taken_rests_after_its_turn() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let heaviest = desk.heaviest();
    let mut on = On::new(desk);
    on.hears(Vec::new());
    carries(&store, 1, 1, 1 << 16);
    let goes_along = |on: &mut On| {
        heaviest.set(0);
        on.hears(Vec::new());
        heaviest.get() > 1 << 16
    };
    assert!(goes_along(&mut on));
    assert!(!goes_along(&mut on) && !goes_along(&mut on), "it goes along with each exchange");
    on.later(60_000);
    assert!(goes_along(&mut on), "it rests for ever");
    // Each time twice as long, up to an hour.
    on.later(60_000);
    assert!(!goes_along(&mut on), "it goes along once a minute for ever");
    on.later(60_000);
    assert!(goes_along(&mut on));
    for _ in 0..8 {
        on.later(3_600_000);
        assert!(goes_along(&mut on), "it rests for more than an hour");
    }
    on.later(3_500_000);
    assert!(!goes_along(&mut on));
    // What is new goes at once.
    let (id, _, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    on.takes(file(&begin, Vec::new(), vec![deposit(9, 1 << 16)]));
    assert!(goes_along(&mut on));
}

#[test]
fn a_tablet_carries_no_more_than_it_has_room_for() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, _, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    carries(&store, 1, BUNDLE_BYTES_MAX / CARRIED_BYTES_MAX, CARRIED_BYTES_MAX);
    let before = carried(&store);
    let said = on.takes(file(&begin, Vec::new(), vec![deposit(1, 1 << 20), deposit(2, 40)]));
    assert!(said.contains("Surfplattan har inte plats") && said.contains("plats: 1"), "{said}");
    assert_eq!(carried(&store), before + 1, "what fits is taken");
    let said = on.takes(file(&begin, Vec::new(), vec![deposit(1, 1 << 20)]));
    assert!(said.contains("Inget är taget") && said.contains("plats: 1"), "{said}");
}

#[test]
fn what_a_file_brought_is_written_by_who_says_the_same() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, mut document, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let phone = says(&mut document, &[edit("phone", PHONE)]);
    on.takes(file(&begin, vec![part(id, &document, &phone)], Vec::new()));
    assert_eq!(shown(&on.core, id, "phone"), Value::text(PHONE));
    let before = on.status().waiting;
    on.sets(id, "phone", PHONE);
    assert_eq!(on.status().waiting, before + 1, "it stands only in the file");
}

/// A run of an inspection that everybody has, and what a file says of it.
fn run_with(on: &mut On, field: &str, value: &str) -> DocumentId {
    let (id, mut document, begin) = kit::run(20);
    on.hears(vec![history(id, "run", &[(&begin, None)])]);
    let change = says(&mut document, &[edit(field, value)]);
    let said = on.takes(file(&begin, vec![part(id, &document, &change)], Vec::new()));
    assert!(said.contains("här: 1"), "{said}");
    id
}

#[test]
fn a_signature_that_came_by_file_stops_nobody_from_writing() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let run = run_with(&mut on, "state", "signed");
    let (path, value) = (path(kit::ITEM), Value::text("ok"));
    let typed = Command::Type { document: run, path, value };
    assert_eq!(ask(&on.core, typed), Reply::Saved);
}

#[test]
fn nobody_signs_over_what_a_file_has_brought() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let run = run_with(&mut on, "remark", "Från en fil");
    let before = on.status().waiting;
    for (act, answers) in [
        (Act::Sign { document: run, entry: None }, Vec::new()),
        (Act::Reopen(run), vec![("reason".to_owned(), Value::text("Prov"))]),
    ] {
        let Reply::Acted(acted) = ask(&on.core, Command::Act(act, answers)) else { panic!() };
        assert!(acted.say.contains("måste först nå servern"), "{}", acted.say);
    }
    assert_eq!(on.status().waiting, before);
    // Once it is part of the record, or gone, it is as ever.
    on.hears(Vec::new());
    on.hears(Vec::new());
    let act = Act::Sign { document: run, entry: None };
    let Reply::Acted(acted) = ask(&on.core, Command::Act(act, Vec::new())) else { panic!() };
    assert!(!acted.say.contains("nå servern"), "{}", acted.say);
    assert_eq!(on.status().waiting, before + 1);
}

const TEXT: &str = "intakes/zzzzzzzzzzzzzzzz/family_network";

/// A text with words that came by file, and others half typed over it.
fn half_typed(on: &mut On) -> DocumentId {
    let (id, mut document, begin) = case(20, &[edit(TEXT, "En bror i Lund.")]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let more = says(&mut document, &[edit(TEXT, "En bror i Lund. En syster i Mazar.")]);
    on.takes(file(&begin, vec![part(id, &document, &more)], Vec::new()));
    let typed = Value::text("En bror i Lund. En syster i Mazar. En farbror i Ystad.");
    let typed = Command::Type { document: id, path: path(TEXT), value: typed };
    assert_eq!(ask(&on.core, typed), Reply::Saved);
    id
}

fn text(on: &On, id: DocumentId) -> String {
    let entry = Some(("intakes".to_owned(), "zzzzzzzzzzzzzzzz".to_owned()));
    kit::field(&on.core, id, entry, TEXT)
}

#[test]
fn what_is_half_typed_over_a_file_is_written_before_that_goes() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let id = half_typed(&mut on);
    on.hears(Vec::new());
    assert!(text(&on, id).contains("syster"), "control: it goes with the second exchange");
    on.hears(Vec::new());
    assert_eq!(text(&on, id), "En bror i Lund. En farbror i Ystad.");
}

#[test]
fn what_is_half_typed_over_a_file_is_written_before_its_record_is_protected() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let answers = desk.answers();
    let mut on = On::new(desk);
    let id = half_typed(&mut on);
    let said: &'static str = Box::leak(format!("lease 600000 {id}").into_boxed_str());
    answers.borrow_mut().push_back((200, said));
    on.meets();
    assert_eq!(text(&on, id), "En bror i Lund. En farbror i Ystad.");
}

#[test]
fn what_a_file_says_is_protected_is_not_shown_and_not_told() {
    let mark = |code: &str| edit("persons/zzzzzzzzzzzzzzzz/protected_identity", code);
    for (code, is_shown) in [("none", true), ("protected_registration", false)] {
        let store = MemoryStore::default();
        let mut on = On::new(Desk::on(&store));
        let (id, mut document, begin) = case(20, &[]);
        on.hears(vec![history(id, "case", &[(&begin, None)])]);
        let phone = says(&mut document, &[edit("phone", PHONE)]);
        let parts = vec![part(id, &document, &phone)];
        let mark_by_file = says(&mut document, &[mark(code)]);
        let parts = [parts, vec![part(id, &document, &mark_by_file)]].concat();
        let said = on.takes(file(&begin, parts, Vec::new()));
        assert!(said.contains(if is_shown { "här: 2" } else { "här: 0" }), "{said}");
        let value = if is_shown { Value::text(PHONE) } else { Value::Null };
        assert_eq!(shown(&on.core, id, "phone"), value, "{code}");
        // And who makes a file.
        let store = MemoryStore::default();
        let mut on = On::new(Desk::on(&store));
        on.hears(vec![history(id, "case", &[(&begin, None)])]);
        on.sets(id, "phone", PHONE);
        on.sets(id, "persons/zzzzzzzzzzzzzzzz/protected_identity", code);
        let file = opened(&on.gives().unwrap());
        assert_eq!(file.changes(&begin.bytes).is_some(), is_shown, "{code}");
        assert_eq!(file.content.deposits.len(), 2, "it is carried");
    }
}

#[test]
fn a_deposit_keeps_the_name_of_its_change_from_tablet_to_tablet() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, mut document, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let phone = says(&mut document, &[edit("phone", PHONE)]);
    let deposit = deposit_of(&phone);
    let said = on.takes(file(&begin, vec![part(id, &document, &phone)], vec![deposit.clone()]));
    assert!(said.contains("servern: 1") && said.contains("här: 1"), "{said}");
    let next = opened(&on.gives().unwrap());
    assert_eq!(next.content.deposits, [deposit]);
    assert_eq!(next.changes(&begin.bytes).unwrap().parts.len(), 1);
}

#[test]
fn the_next_file_goes_on_where_the_last_one_ended_whatever_was_written_since() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, _, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    carries(&store, 1, BUNDLE_ITEMS_MAX + 3, 16);
    assert_eq!(opened(&on.gives().unwrap()).content.deposits.len(), BUNDLE_ITEMS_MAX);
    on.sets(id, "phone", PHONE);
    assert_eq!(opened(&on.gives().unwrap()).content.deposits.len(), 3, "it begins anew");
    let Reply::View(View::Page(page)) =
        ask(&on.core, Command::Get(Query::Page("/surfplatta".to_owned())))
    else {
        panic!("no page")
    };
    assert!(!format!("{page:?}").contains("Fick inte plats"), "nothing is left");
    let third = opened(&on.gives().unwrap()).content;
    assert_eq!(third.deposits.len() + third.records.len(), BUNDLE_ITEMS_MAX);
}

#[test]
fn of_one_record_a_file_shows_no_more_than_it_may() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, mut document, begin) = case(20, &[]);
    on.hears(vec![history(id, "case", &[(&begin, None)])]);
    let parts = (0..503).map(|number: u32| {
        let change = says(&mut document, &[edit("phone", &format!("+4670174{number:04}"))]);
        part(id, &document, &change)
    });
    let said = on.takes(file(&begin, parts.collect(), Vec::new()));
    assert!(said.contains("här: 500") && said.contains("inte visas här: 3"), "{said}");
}

#[test]
fn what_the_server_carried_over_is_not_told_in_a_file() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store));
    let (id, mut document, begin) = case(20, &[]);
    // Of this tablet's own device, so that its enrolment is here.
    let own = kit::by(DeviceId::new(1, [1; 10]));
    let again = document.commit(&[edit("email", "prov@example.org")], &own).unwrap().unwrap();
    let envelope = CarriedEnvelope {
        document: id,
        actor: document.actor(),
        change: again.hash,
        was: again.hash,
        cleaned_ms: 0,
    };
    let envelope = envelope.sign(&SigningKey::from_seed([9; 32]));
    on.hears(vec![history(id, "case", &[(&begin, None), (&again, Some(envelope))])]);
    on.sets(id, "phone", PHONE);
    let file = opened(&on.gives().unwrap());
    assert_eq!(file.changes(&begin.bytes).unwrap().parts.len(), 1);
}
