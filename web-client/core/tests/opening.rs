//! A record at which the program ends when it is opened: met once, with the power cut in between, then set aside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]
#![cfg(debug_assertions)]

mod desk;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use ankomst_core::Core;
use ankomst_core::store::{Failure, MemoryStore, Store, Table};
use ankomst_shared::app::{Act, Acted, Body, Command, Query, Refusal, Reply, Status, View};
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::{companion, review_of};
use ankomst_shared::sign::{Header, SigningKey};
use ankomst_shared::sync::message::{DeliveredChunk, DocumentHistory};
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Desk, ask, shown, signs_in, started, unlock};

const DRILL: &str = "ANKOMST-OPENING-DRILL";
const MAZAR: &str = "Mazar-e Sharif";

fn status(core: &Core<Desk>) -> Status {
    let Reply::Status(status) = ask(core, Command::Status) else { panic!("no status") };
    status
}

fn by() -> Authoring {
    Authoring {
        device: DeviceId::new(3, [3; 10]),
        user: UserId::new(4, [4; 10]),
        now_ms: 1_700_000_000_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn edit(path: &str, value: &str) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value: Value::text(value) }
}

/// A document as it begins, written by a colleague.
fn begun(document: DocumentId, kind: &str, edits: &[Edit]) -> (Document, Chunk) {
    let header = Header {
        document,
        kind: kind.to_owned(),
        parent: (kind == "review").then(|| DocumentId::new(20, [20; 10])),
        unit: UnitId::new(1, [3; 10]),
        protection: 0,
        user: by().user,
        device: by().device,
        created_ms: 1_700_000_000_000,
        template: None,
    };
    let key = SigningKey::from_seed([6; 32]);
    Document::create(ActorId::from_bytes([6; 16]), header.sign(&key), edits, &by()).unwrap()
}

fn case(number: u8, label: &str) -> (DocumentId, Document, Chunk) {
    let document = DocumentId::new(i64::from(number), [number; 10]);
    let (inner, chunk) = begun(document, "case", &[edit("household_label", label)]);
    (document, inner, chunk)
}

/// It comes as the server sends a document whole.
fn history(document: DocumentId, kind: &str, chunks: &[&Chunk]) -> DocumentHistory {
    let delivered = |chunk: &&Chunk| DeliveredChunk {
        document,
        hash: parse(&chunk.bytes).unwrap().hash,
        feed: 1,
        bytes: Some(chunk.bytes.clone().into()),
        envelope: Some(vec![1].into()),
        received_ms: 1_700_000_000_000,
    };
    DocumentHistory {
        document,
        kind: kind.to_owned(),
        parent: None,
        unit: UnitId::new(1, [3; 10]),
        chunks: chunks.iter().map(delivered).collect(),
        again: None,
    }
}

/// A tablet that is on and hears of documents; whether the program goes on.
struct On {
    core: Core<Desk>,
    loops: Pin<Box<dyn Future<Output = ()>>>,
    given: desk::Given,
    ticks: std::rc::Rc<std::cell::Cell<u32>>,
}

impl On {
    fn new(desk: Desk, begin: impl FnOnce(Desk) -> Core<Desk>) -> Self {
        let (given, ticks) = (desk.given(), desk.ticks());
        let core = begin(desk);
        let running = core.clone();
        let loops = Box::pin(async move { running.run().await });
        Self { core, loops, given, ticks }
    }

    fn hears(&mut self, documents: Vec<DocumentHistory>) -> bool {
        self.given.borrow_mut().push_back(documents);
        ask(&self.core, Command::SyncNow);
        let goes_on = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..4 {
                self.ticks.set(self.ticks.get() + 1);
                assert!((&mut self.loops).now_or_never().is_none());
            }
        }));
        assert!(self.given.borrow().is_empty(), "it has not asked");
        goes_on.is_ok()
    }
}

fn opens(core: &Core<Desk>) -> bool {
    catch_unwind(AssertUnwindSafe(|| unlock(core))).is_ok()
}

/// The program starts again, opens once more what it ended at, and ends.
fn ended_again(store: &MemoryStore) -> MemoryStore {
    let store = store.restarted();
    assert!(!opens(&started(Desk::on(&store))), "it was not opened once more");
    store.restarted()
}

/// The records that the tablet's own page says cannot be opened.
fn aside(core: &Core<Desk>) -> Vec<String> {
    let query = Query::Page("/surfplatta".to_owned());
    let Reply::View(View::Page(page)) = ask(core, Command::Get(query)) else { panic!("no page") };
    let part = page.parts.into_iter().find(|part| part.key == "aside");
    let Some(Body::Lines(lines, _)) = part.map(|part| part.body) else { return Vec::new() };
    lines.into_iter().map(|line| line.key).collect()
}

/// A tablet with unsent work in a case that came whole.
fn used() -> (MemoryStore, DocumentId, Document, Chunk) {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store), signs_in);
    let (noori, inner, first) = case(20, "Noori");
    assert!(on.hears(vec![history(noori, "case", &[&first])]));
    let (path, value) = (FieldPath::parse("arriving_from").unwrap(), Value::text(MAZAR));
    let typed = Command::Type { document: noori, path, value };
    assert_eq!(ask(&on.core, typed), Reply::Saved);
    assert_eq!(ask(&on.core, Command::Commit(noori)), Reply::Done);
    (store, noori, inner, first)
}

#[test]
fn a_record_at_which_the_program_ends_is_set_aside_and_all_else_works() {
    let (store, noori, mut inner, first) = used();
    let bad = inner.commit(&[edit("assignment_ref", DRILL)], &by()).unwrap().unwrap();
    let store = store.restarted();
    let mut on = On::new(Desk::on(&store), started);
    unlock(&on.core);
    ask(&on.core, Command::Lock);
    let before = store.commits();
    unlock(&on.core);
    let warm = store.commits() - before;
    let waiting = status(&on.core).waiting;
    assert!(waiting > 0);
    assert!(!on.hears(vec![history(noori, "case", &[&first, &bad])]), "the drill is no drill");
    let store = ended_again(&store);

    let mut on = On::new(Desk::on(&store), started);
    assert!(opens(&on.core), "it ends again");
    let now = status(&on.core);
    assert_eq!((now.aside, now.waiting), (1, waiting), "what is not sent still is to go");
    assert_eq!(aside(&on.core), [noori.to_string()]);
    let asked = |query| ask(&on.core, Command::Get(query));
    let form = Query::Form { document: noori, entry: None };
    assert_eq!(asked(form), Reply::Refused(Refusal::Aside));
    for page in ["/idag", "/arenden", "/boenden", "/sok/Noori"] {
        assert!(matches!(asked(Query::Page(page.to_owned())), Reply::View(_)), "{page}");
    }
    // Another record comes, and can be written.
    let (haidari, _, other) = case(21, "Haidari");
    assert!(on.hears(vec![history(haidari, "case", &[&other])]));
    let (path, value) = (FieldPath::parse("arriving_from").unwrap(), Value::text("Herat"));
    let typed = Command::Type { document: haidari, path, value };
    assert_eq!(ask(&on.core, typed), Reply::Saved);
    assert_eq!(shown(&on.core, haidari, "arriving_from"), Value::text("Herat"));

    // It stays aside, and opening the vault writes nothing for it.
    let store = store.restarted();
    let core = started(Desk::on(&store));
    unlock(&core);
    assert_eq!(status(&core).aside, 1);
    ask(&core, Command::Lock);
    let before = store.commits();
    unlock(&core);
    ask(&core, Command::Get(Query::Page("/idag".to_owned())));
    assert_eq!(store.commits() - before, warm, "a warm opening writes more than others");
}

#[test]
fn of_several_that_came_together_only_the_one_is_set_aside() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store), signs_in);
    let (noori, _, first) = case(20, "Noori");
    let (haidari, mut inner, second) = case(21, "Haidari");
    let bad = inner.commit(&[edit("assignment_ref", DRILL)], &by()).unwrap().unwrap();
    let (rahimi, _, third) = case(22, "Rahimi");
    let come = vec![
        history(noori, "case", &[&first]),
        history(haidari, "case", &[&second, &bad]),
        history(rahimi, "case", &[&third]),
    ];
    assert!(!on.hears(come));
    // Together once more, then each by itself, and this is how it is found.
    let store = ended_again(&store);
    assert!(!opens(&started(Desk::on(&store))));
    let store = store.restarted();
    let again = started(Desk::on(&store));
    assert!(opens(&again));
    assert_eq!(aside(&again), [haidari.to_string()]);
    for (document, label) in [(noori, "Noori"), (rahimi, "Rahimi")] {
        assert_eq!(shown(&again, document, "household_label"), Value::text(label));
    }
}

#[test]
fn a_power_cut_while_a_sound_record_is_opened_sets_nothing_aside() {
    for after in 0..4 {
        let (store, noori, mut inner, first) = used();
        let store = store.restarted();
        let mut on = On::new(Desk::on(&store), started);
        unlock(&on.core);
        let good = inner.commit(&[edit("assignment_ref", "Nyckel")], &by()).unwrap().unwrap();
        store.fail_at(store.commits() + after, Failure::CrashBefore);
        on.hears(vec![history(noori, "case", &[&first, &good])]);
        let store = store.restarted();
        let core = started(Desk::on(&store));
        assert!(opens(&core));
        assert_eq!((status(&core).aside, aside(&core).len()), (0, 0), "after {after}");
        assert_eq!(shown(&core, noori, "household_label"), Value::text("Noori"), "after {after}");
    }
}

#[test]
fn what_is_set_aside_is_opened_again_by_another_program_and_when_a_person_asks() {
    let (store, noori, mut inner, first) = used();
    let bad = inner.commit(&[edit("assignment_ref", DRILL)], &by()).unwrap().unwrap();
    let mut on = On::new(Desk::on(&store.restarted()), started);
    unlock(&on.core);
    assert!(!on.hears(vec![history(noori, "case", &[&first, &bad])]));
    let store = ended_again(&store);
    let core = started(Desk::on(&store));
    unlock(&core);
    let again = || ask(&core, Command::Act(Act::OpenAgain(noori), Vec::new()));
    assert!(catch_unwind(AssertUnwindSafe(again)).is_err(), "it was not opened");
    // It was asked for in vain: once more it is met by itself.
    let store = store.restarted();
    let core = started(Desk::on(&store));
    assert!(opens(&core));
    assert_eq!(aside(&core), [noori.to_string()]);
    let newer = |store: &MemoryStore| {
        Core::start(Desk::on(store), "newer").now_or_never().unwrap().unwrap()
    };
    let store = store.restarted();
    assert!(!opens(&newer(&store)), "the newer program has not tried");
    let store = store.restarted();
    let core = newer(&store);
    assert!(opens(&core));
    assert_eq!(aside(&core), [noori.to_string()]);
}

#[test]
fn a_record_whose_decisions_cannot_be_opened_is_not_shown_without_them() {
    let (store, noori, _, _) = used();
    let review = review_of(noori);
    let (_, chunk) = begun(review, "review", &[edit("settled/a/reason", DRILL)]);
    let mut on = On::new(Desk::on(&store.restarted()), started);
    unlock(&on.core);
    assert!(!on.hears(vec![history(review, "review", &[&chunk])]));
    let store = ended_again(&store);
    let core = started(Desk::on(&store));
    assert!(opens(&core));
    let form = Query::Form { document: noori, entry: None };
    assert_eq!(ask(&core, Command::Get(form)), Reply::Refused(Refusal::Aside));
    assert_eq!(aside(&core), [review.to_string()]);
}

#[test]
fn what_is_answered_on_a_visit_is_kept_while_the_deficiencies_of_its_house_are_aside() {
    let store = MemoryStore::default();
    let mut on = On::new(Desk::on(&store), signs_in);
    let made = |act, answers: &[(&str, &str)]| {
        let answers = answers.iter().map(|(id, text)| ((*id).to_owned(), Value::text(*text)));
        match ask(&on.core, Command::Act(act, answers.collect())) {
            Reply::Acted(Acted { document: Some(document), .. }) => document,
            other => panic!("{other:?}"),
        }
    };
    let house = made(Act::NewResidence, &[("name", "Gården"), ("residence_type", "RES-APT")]);
    let checklist = "residence_inspection".to_owned();
    let run = made(Act::StartRun { parent: house, checklist }, &[]);
    let home = companion(house, "deficiencies");
    let (_, chunk) = begun(home, "deficiencies", &[edit("note", DRILL)]);
    assert!(!on.hears(vec![history(home, "deficiencies", &[&chunk])]));
    let store = ended_again(&store);

    let core = started(Desk::on(&store));
    assert!(opens(&core));
    assert_eq!(aside(&core), [home.to_string()]);
    let types = |path: &str, text: &str| {
        let (path, value) = (FieldPath::parse(path).unwrap(), Value::text(text));
        assert_eq!(ask(&core, Command::Type { document: run, path, value }), Reply::Saved);
    };
    let waiting = status(&core).waiting;
    types("item/B-F01/status", "not_ok");
    assert!(!matches!(ask(&core, Command::SafetyCopy), Reply::Refused(_)), "no safety copy");
    assert_eq!(ask(&core, Command::Commit(run)), Reply::Done);
    assert_eq!(status(&core).waiting, waiting + 1);
    let drafts = store.load(Table::Drafts, b"").now_or_never().unwrap().unwrap();
    assert!(drafts.is_empty(), "the answer waits for what cannot be opened");
    let core = started(Desk::on(&store.restarted()));
    unlock(&core);
    assert_eq!(status(&core).waiting, waiting + 1);
}

#[test]
fn a_device_that_cannot_write_when_it_starts_says_what_is_not_opened_and_opens_it_later() {
    let (store, noori, mut inner, first) = used();
    let bad = inner.commit(&[edit("assignment_ref", DRILL)], &by()).unwrap().unwrap();
    let store = store.restarted();
    let mut on = On::new(Desk::on(&store), started);
    unlock(&on.core);
    let before_marks = store.commits();
    assert!(!on.hears(vec![history(noori, "case", &[&first, &bad])]));
    let store = store.restarted();
    store.fail_at(before_marks, Failure::Refused);
    let mut on = On::new(Desk::on(&store), started);
    assert!(opens(&on.core), "it is opened without a mark");
    assert_eq!((status(&on.core).aside, aside(&on.core)), (1, vec![noori.to_string()]));
    assert!((&mut on.loops).now_or_never().is_none());
    on.ticks.set(1);
    let later = catch_unwind(AssertUnwindSafe(|| (&mut on.loops).now_or_never().is_some()));
    assert!(later.is_err(), "it is not opened when the device writes again");
    // That was once more: now it is set aside.
    let core = started(Desk::on(&store.restarted()));
    assert!(opens(&core));
    assert_eq!(aside(&core), [noori.to_string()]);
}
