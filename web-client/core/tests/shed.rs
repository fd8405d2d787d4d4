//! What is protected goes after its time without contact, with the power cut at every commit: nothing of it stays but what
//! is sealed to the server, and nothing of that is lost.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use std::collections::BTreeSet;
use std::pin::Pin;

use ankomst_core::Core;
use ankomst_core::store::{Failure, MemoryStore, Store, Table};
use ankomst_shared::app::{Act, Acted, Command, Query, Refusal, Reply, Screen, Status};
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::deposit::DepositKey;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sync::message::SealedPart;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Desk, ask, signs_in, started, unlock};

const HOUR_MS: i64 = 3_600_000;

fn case(core: &Core<Desk>, label: &str) -> DocumentId {
    let label = vec![("label".to_owned(), Value::text(label))];
    let Reply::Acted(Acted { document: Some(document), .. }) =
        ask(core, Command::Act(Act::NewCase, label))
    else {
        panic!("no case")
    };
    for (path, typed) in [("arriving_from", "Mazar"), ("email", "inte klart")] {
        let (path, value) = (FieldPath::parse(path).unwrap(), Value::text(typed));
        assert_eq!(ask(core, Command::Type { document, path, value }), Reply::Saved);
    }
    document
}

fn status(core: &Core<Desk>) -> Status {
    let Reply::Status(status) = ask(core, Command::Status) else { panic!("no status") };
    status
}

/// A tablet that is on: its loops beside the commands.
struct On {
    core: Core<Desk>,
    loops: Pin<Box<dyn Future<Output = ()>>>,
    desk: (std::rc::Rc<std::cell::Cell<u32>>, std::rc::Rc<std::cell::Cell<i64>>),
    answers: std::rc::Rc<std::cell::RefCell<std::collections::VecDeque<(u16, &'static str)>>>,
}

impl On {
    fn with(desk: Desk, begin: impl FnOnce(Desk) -> Core<Desk>) -> Self {
        let (answers, of) = (desk.answers(), (desk.ticks(), desk.shift()));
        let core = begin(desk);
        let running = core.clone();
        Self { core, loops: Box::pin(async move { running.run().await }), desk: of, answers }
    }

    fn later(store: &MemoryStore, ms: i64) -> Self {
        let desk = Desk::on(store);
        desk.shift().set(ms);
        Self::with(desk, started)
    }

    fn beats(&mut self) {
        for _ in 0..6 {
            self.desk.0.set(self.desk.0.get() + 1);
            assert!((&mut self.loops).now_or_never().is_none());
        }
    }

    fn hears(&mut self, said: String) {
        self.answers.borrow_mut().push_back((200, said.leak()));
        ask(&self.core, Command::SyncNow);
        self.beats();
        assert!(self.answers.borrow().is_empty(), "it has not asked");
    }
}

/// A tablet with a protected case and an open one, both unsent, with something half typed; it is locked. Gives the two.
fn used() -> (MemoryStore, DocumentId, DocumentId) {
    let store = MemoryStore::default();
    let mut on = On::with(Desk::on(&store), signs_in);
    let (secret, open) = (case(&on.core, "Häbte"), case(&on.core, "Noori"));
    on.hears(format!("lease {} {secret}", 12 * 3_600));
    ask(&on.core, Command::Lock);
    (store.restarted(), secret, open)
}

fn rows(store: &MemoryStore, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
    store.load(table, b"").now_or_never().unwrap().unwrap()
}

/// What is sealed to the server, as the server opens it: in which record, which field, what.
fn deposits(store: &MemoryStore) -> BTreeSet<(DocumentId, String, String)> {
    let key = DepositKey::from_seed([8; 32]);
    let mut all = BTreeSet::new();
    for (_, sealed) in rows(store, Table::Deposits) {
        // What is noted of a deposit stands beside it and is none.
        let Ok(bytes) = key.open(&sealed) else { continue };
        let part: SealedPart = minicbor::decode(&bytes).unwrap();
        for chunk in &part.chunks {
            let said = parse(chunk).unwrap().ops.into_iter();
            let said = said.map(|op| (op.key.as_str().to_owned(), format!("{:?}", op.value)));
            all.extend(said.map(|(field, value)| (part.document, field, value)));
        }
    }
    all
}

/// Rows whose key names a record.
fn of(store: &MemoryStore, document: DocumentId) -> usize {
    let names = |key: &[u8]| key.windows(16).any(|part| part == document.as_bytes());
    let tables = [Table::Chunks, Table::Drafts, Table::Deposits, Table::Files];
    let all = tables.into_iter().flat_map(|table| rows(store, table));
    all.filter(|(key, _)| names(key)).count()
}

#[test]
fn what_is_protected_is_gone_after_its_time_and_nothing_written_in_it_is() {
    let (store, secret, open) = used();
    let (before, wanted) = (of(&store, open), deposits(&store));
    assert!(of(&store, secret) > 3 && before > 3 && wanted.len() >= 8, "{wanted:?}");
    let mut on = On::later(&store, 11 * HOUR_MS);
    unlock(&on.core);
    on.beats();
    assert!(of(&store, secret) > 3 && !status(&on.core).shed, "its time is not over");
    let waiting = status(&on.core).waiting;
    on.desk.1.set(13 * HOUR_MS);
    on.beats();
    let told = status(&on.core);
    assert_eq!((told.screen, told.shed, told.waiting), (Screen::Lease, true, waiting));
    assert_eq!(of(&store, secret), 0);
    assert!(of(&store, open) >= before, "only what is protected goes");
    assert!(deposits(&store).is_superset(&wanted), "what was written stays sealed to the server");
    // Nothing of it is in memory either, and typing into what has gone says so.
    let (path, value) = (FieldPath::parse("arriving_from").unwrap(), Value::text("x"));
    let typed = Command::Type { document: secret, path, value };
    assert_eq!(ask(&on.core, typed), Reply::Refused(Refusal::NotHere));
    // Contact opens the tablet; it has asked for the record, and hears that it is not to come.
    on.hears(format!("lease {}", 12 * 3_600));
    let told = status(&on.core);
    assert_eq!((told.screen, told.shed), (Screen::Open, false));
    assert_eq!(told.waiting, waiting, "what was written is not sent yet");
    let page = Command::Get(Query::Page("/arenden".to_owned()));
    let said = format!("{:?}", ask(&on.core, page));
    assert!(said.contains("Noori") && !said.contains("Häbte"), "{said}");
}

#[test]
fn what_a_server_does_not_know_yet_to_be_protected_goes_as_it_was_told_before() {
    let (store, secret, _) = used();
    let mut on = On::later(&store, HOUR_MS);
    unlock(&on.core);
    on.hears(format!("more {}", 12 * 3_600));
    on.desk.1.set(14 * HOUR_MS);
    on.beats();
    assert_eq!(of(&store, secret), 0);
}

#[test]
fn it_goes_from_a_tablet_that_nobody_unlocks_also_after_a_clock_set_back_and_on() {
    let (store, secret, open) = used();
    let (before, wanted) = (of(&store, open), deposits(&store));
    let waiting = {
        let (store, ..) = used();
        let on = On::later(&store, 11 * HOUR_MS);
        unlock(&on.core);
        status(&on.core).waiting
    };
    for hours in [-200, 11] {
        On::later(&store, hours * HOUR_MS).beats();
        assert!(of(&store, secret) > 3, "{hours}");
    }
    On::later(&store, 13 * HOUR_MS).beats();
    assert_eq!((of(&store, secret), of(&store, open)), (0, before));
    assert_eq!(deposits(&store), wanted);
    // Opened again, the vault knows that it has gone, and what of it is not sent.
    let on = On::later(&store, 13 * HOUR_MS);
    unlock(&on.core);
    let told = status(&on.core);
    assert_eq!((told.shed, told.waiting), (true, waiting));
}

#[test]
fn what_was_typed_after_it_was_sealed_stays_until_its_vault_is_opened() {
    let store = MemoryStore::default();
    let mut on = On::with(Desk::on(&store), signs_in);
    let secret = case(&on.core, "Häbte");
    on.hears(format!("lease {} {secret}", 12 * 3_600));
    on.beats();
    let typed = |what: &str| ("email".to_owned(), format!("{:?}", Value::text(what)));
    let is_sealed = |store: &MemoryStore, what: &str| {
        let (wanted, value) = typed(what);
        deposits(store).iter().any(|(_, field, said)| *field == wanted && said.contains(&value))
    };
    assert!(is_sealed(&store, "inte klart"), "{:?}", deposits(&store));
    // Typed on, and the battery is empty at once.
    let (path, value) = (FieldPath::parse("email").unwrap(), Value::text("inte klart alls"));
    let more = Command::Type { document: secret, path, value };
    assert_eq!(ask(&on.core, more), Reply::Saved);
    drop(on);
    let store = store.restarted();
    assert!(!is_sealed(&store, "inte klart alls"));
    let mut on = On::later(&store, 13 * HOUR_MS);
    on.beats();
    assert!(!rows(&store, Table::Drafts).is_empty(), "what was typed last is nowhere else");
    // It looks every minute, and writes nothing as long as nothing changes.
    let written = store.commits();
    for _ in 0..30 {
        on.beats();
    }
    assert_eq!(store.commits(), written);
    unlock(&on.core);
    on.beats();
    assert!(is_sealed(&store, "inte klart alls"));
    assert_eq!(of(&store, secret), 0);
}

#[test]
fn what_is_made_without_contact_and_is_protected_goes_as_well() {
    for answered in [false, true] {
        let store = MemoryStore::default();
        let mut on = On::with(Desk::on(&store), signs_in);
        let case = case(&on.core, "Noori");
        on.hears(format!("lease {}", 7 * 86_400));
        on.desk.1.set(20 * HOUR_MS);
        let new = Act::New { kind: "protected".to_owned(), parent: Some(case) };
        let answers = vec![("address".to_owned(), Value::text("Hemvägen 1"))];
        let Reply::Acted(Acted { document: Some(secret), .. }) =
            ask(&on.core, Command::Act(new, answers))
        else {
            panic!("no record")
        };
        on.desk.1.set(31 * HOUR_MS);
        on.beats();
        assert_eq!(status(&on.core).screen, Screen::Open, "it stays for its time");
        let mut hour = 20;
        if answered {
            // By a server that does not know yet what is protected.
            on.hears(format!("lease {}", 7 * 86_400));
            hour = 31;
        }
        ask(&on.core, Command::Lock);
        drop(on);
        let (store, wanted) = (store.restarted(), deposits(&store));
        let before = of(&store, case);
        On::later(&store, (hour + 11) * HOUR_MS).beats();
        assert!(of(&store, secret) > 0);
        On::later(&store, (hour + 13) * HOUR_MS).beats();
        assert_eq!((of(&store, secret), of(&store, case)), (0, before));
        assert_eq!(deposits(&store), wanted);
        let on = On::later(&store, (hour + 13) * HOUR_MS);
        unlock(&on.core);
        assert_eq!(status(&on.core).screen, Screen::Lease);
    }
}

#[test]
fn what_is_written_under_a_protected_case_goes_with_it() {
    let store = MemoryStore::default();
    let mut on = On::with(Desk::on(&store), signs_in);
    let (secret, open) = (case(&on.core, "Häbte"), case(&on.core, "Noori"));
    on.hears(format!("lease {} {secret}", 12 * 3_600));
    for parent in [secret, open] {
        let act = Act::Add { parent, list: "notes".to_owned() };
        assert!(matches!(ask(&on.core, Command::Act(act, Vec::new())), Reply::Acted(_)));
    }
    ask(&on.core, Command::Lock);
    drop(on);
    let [gone, stays] = [secret, open].map(|case| companion(case, "journal"));
    let (store, wanted) = (store.restarted(), deposits(&store));
    assert!(of(&store, gone) > 0 && of(&store, stays) > 0);
    On::later(&store, 13 * HOUR_MS).beats();
    assert_eq!((of(&store, secret), of(&store, gone)), (0, 0));
    assert!(of(&store, stays) > 0, "only what is protected goes");
    assert_eq!(deposits(&store), wanted);
}

#[test]
fn a_power_cut_at_any_commit_loses_nothing_and_only_delays_it() {
    for opens in [false, true] {
        let goes = |store: &MemoryStore| {
            let mut on = On::later(store, 11 * HOUR_MS);
            if opens {
                // The device may not be able to write.
                let (login, passphrase) = ("elin".to_owned(), desk::PASSPHRASE.to_owned());
                ask(&on.core, Command::Unlock { login, passphrase });
            }
            on.desk.1.set(13 * HOUR_MS);
            on.beats();
        };
        let (store, secret, _) = used();
        goes(&store);
        assert_eq!(of(&store, secret), 0, "opened: {opens}");
        let commits = store.commits();
        assert!(commits > 0);
        for failure in [Failure::Refused, Failure::CrashBefore, Failure::CrashAfter] {
            for at in 0..commits {
                let (store, secret, _) = used();
                let wanted = deposits(&store);
                store.fail_at(at, failure);
                goes(&store);
                let is_cut = matches!(failure, Failure::CrashBefore | Failure::CrashAfter);
                assert!(store.commits() > at && store.is_dead() == is_cut, "it was not met: {at}");
                let store = store.restarted();
                assert!(deposits(&store).is_superset(&wanted), "lost: {failure:?} at {at}");
                goes(&store);
                assert_eq!(of(&store, secret), 0, "{failure:?} at {at}, opened: {opens}");
                assert!(deposits(&store).is_superset(&wanted), "lost: {failure:?} at {at}");
            }
        }
    }
}
