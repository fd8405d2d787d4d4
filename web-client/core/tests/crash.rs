//! Typing survives a crash at every commit of the store: what was shown as saved is there afterwards,
//! and is found.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

use std::cell::Cell;
use std::rc::Rc;

use ankomst_core::Core;
use ankomst_core::platform::{
    Clock, HttpAnswer, Method, Platform, Random, RandomError, Socket, StorageFacts, Transport,
    TransportError,
};
use ankomst_core::store::{Failure, MemoryStore};
use ankomst_shared::app::{Act, Acted, Body, Command, Query, Reply, Role, SignIn, View};
use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::deposit::DepositKey;
use ankomst_shared::sign::{Enrolment, SigningKey};
use ankomst_shared::sync::message::{EnrolRequest, Me, SignInAnswer};
use ankomst_shared::sync::wire;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

const PASSPHRASE: &str = "en lång ordföljd";
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
            let core = Core::start(Desk { store: store.restarted() }, "test").now_or_never();
            let core = core.unwrap().unwrap();
            let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
            assert_eq!(ask(&core, Command::Unlock { login, passphrase }), Reply::Done);
            for (path, typed) in saved {
                let shown = shown(&core, case.unwrap(), path);
                assert_eq!(shown, Value::text(typed), "{path}, {failure:?} at {at}");
            }
        }
    }
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
        let Body::Lines(lines, _) = &page.parts[0].body else { panic!("no lines") };
        assert_eq!(lines.len(), count, "{wanted}");
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

fn shown(core: &Core<Desk>, document: DocumentId, path: &str) -> Value {
    match ask(core, Command::Get(Query::Form { document, entry: None })) {
        Reply::View(View::Form(form)) => {
            let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
            fields.find(|field| field.path.as_str() == path).unwrap().value
        }
        other => panic!("{path}: {other:?}"),
    }
}

/// A core with the vault open, and how many commits that took.
fn signed_in(store: &MemoryStore) -> (Core<Desk>, u32) {
    let core = Core::start(Desk { store: store.clone() }, "test").now_or_never().unwrap().unwrap();
    let request = SignIn {
        login: "elin".to_owned(),
        password: "elin-i-provby".to_owned(),
        passphrase: PASSPHRASE.to_owned(),
        device_name: "Surfplatta".to_owned(),
    };
    assert_eq!(ask(&core, Command::SignIn(request)), Reply::Done);
    (core, store.commits())
}

fn ask(core: &Core<Desk>, command: Command) -> Reply {
    core.handle(command).now_or_never().unwrap()
}

struct Desk {
    store: MemoryStore,
}

impl Platform for Desk {
    type Store = MemoryStore;
    type Transport = Door;
    type Clock = Still;
    type Random = Counter;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn transport(&self) -> &Door {
        &Door
    }

    fn clock(&self) -> &Still {
        &Still
    }

    fn random(&self) -> &Counter {
        &Counter
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        std::future::ready(None)
    }
}

/// A server that enrols everybody.
struct Door;

impl Transport for Door {
    type Socket = Nowhere;

    fn send(
        &self,
        _: Method,
        _: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        std::future::ready(Ok(enrolled(&body)))
    }

    fn connect(&self, _: &str) -> impl Future<Output = Result<Nowhere, TransportError>> + 'static {
        std::future::ready(Err(TransportError("nowhere".to_owned())))
    }
}

fn enrolled(body: &[u8]) -> HttpAnswer {
    let key = wire::unpack::<EnrolRequest>(body).map_or([0; 32], |request| request.key);
    let server = SigningKey::from_seed([9; 32]);
    let (device, user) = (DeviceId::new(1, [1; 10]), UserId::new(1, [2; 10]));
    let enrolment = Enrolment { device, user, key, name: "Surfplatta".to_owned(), at_ms: 1 };
    let answer = SignInAnswer {
        me: Me {
            user,
            login: "elin".to_owned(),
            name: "Elin".to_owned(),
            roles: vec![Role::Caseworker],
            units: vec![UnitId::new(1, [3; 10])],
        },
        device,
        enrolment: enrolment.sign(&server).into(),
        server_key: *server.public().as_bytes(),
        deposit_key: DepositKey::from_seed([8; 32]).public(),
        server_ms: 1,
    };
    HttpAnswer { status: 200, problem: None, body: wire::pack(&answer) }
}

#[derive(Clone)]
struct Nowhere;

impl Socket for Nowhere {
    fn send(&self, _: Vec<u8>) -> Result<(), TransportError> {
        Err(TransportError("nowhere".to_owned()))
    }

    fn receive(&self) -> impl Future<Output = Option<Vec<u8>>> + 'static {
        std::future::ready(None)
    }

    fn close(&self) {}
}

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }

    fn zone_minutes(&self) -> i32 {
        60
    }

    fn sleep(&self, _: u64) -> impl Future<Output = ()> + 'static {
        std::future::pending()
    }
}

/// Never the same bytes twice on one thread.
struct Counter;

thread_local! {
    static COUNT: Rc<Cell<u64>> = Rc::default();
}

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let count = COUNT.with(|count| count.replace(count.get() + 1)) + 1;
        for (place, byte) in bytes.iter_mut().zip(count.to_le_bytes().into_iter().cycle()) {
            *place = byte;
        }
        Ok(())
    }
}
