//! A core on a desk: a store in memory, a server that enrols everybody and answers exchanges as the
//! test says, a clock that moves when the test says so.
#![allow(dead_code, unreachable_pub, reason = "each test uses the part it needs")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use ankomst_core::Core;
use ankomst_core::platform::{
    Clock, HttpAnswer, Method, Platform, Random, RandomError, Socket, StorageFacts, Transport,
    TransportError,
};
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Command, Query, Reply, Role, SignIn, View};
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId, Epoch, UnitId, UserId};
use ankomst_shared::sign::deposit::DepositKey;
use ankomst_shared::sign::{Enrolment, SigningKey};
use ankomst_shared::sync::message::{
    DocumentHistory, EnrolRequest, ExchangeAnswer, FeedBatch, HeldNote, Me, PROTOCOL_VERSION,
    SignInAnswer, Welcome,
};
use ankomst_shared::sync::{Chain, Digest, Position, wire};
use ankomst_shared::value::Value;
use futures_util::FutureExt;

pub const PASSPHRASE: &str = "en lång ordföljd";

/// What a field of a record shows.
pub fn shown(core: &Core<Desk>, document: DocumentId, path: &str) -> Value {
    match ask(core, Command::Get(Query::Form { document, entry: None })) {
        Reply::View(View::Form(form)) => {
            let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
            fields.find(|field| field.path.as_str() == path).unwrap().value
        }
        other => panic!("{path}: {other:?}"),
    }
}

/// A core as it starts.
pub fn started(desk: Desk) -> Core<Desk> {
    Core::start(desk, "test").now_or_never().unwrap().unwrap()
}

/// A core with the vault open, and how many commits that took.
pub fn signed_in(store: &MemoryStore) -> (Core<Desk>, u32) {
    let core = signs_in(Desk::on(store));
    (core, store.commits())
}

/// A core with the vault open for the first time.
pub fn signs_in(desk: Desk) -> Core<Desk> {
    let core = started(desk);
    let request = SignIn {
        login: "elin".to_owned(),
        password: "elin-i-provby".to_owned(),
        passphrase: PASSPHRASE.to_owned(),
        device_name: "Surfplatta".to_owned(),
        forgotten: false,
        passkey: Vec::new(),
    };
    assert_eq!(ask(&core, Command::SignIn(request)), Reply::Done);
    core
}

/// Opens the vault that is there.
pub fn unlock(core: &Core<Desk>) {
    let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
    assert_eq!(ask(core, Command::Unlock { login, passphrase }), Reply::Done);
}

pub fn ask(core: &Core<Desk>, command: Command) -> Reply {
    core.handle(command).now_or_never().unwrap()
}

/// A platform; its clock and its server are the test's.
pub struct Desk {
    store: MemoryStore,
    door: Door,
    clock: Still,
}

impl Desk {
    pub fn on(store: &MemoryStore) -> Self {
        Self { store: store.clone(), door: Door::default(), clock: Still::default() }
    }

    /// What the server answers to the next exchanges and renewals: status and problem; then nothing, as
    /// for a status of nought.
    pub fn answers(&self) -> Rc<RefCell<VecDeque<(u16, &'static str)>>> {
        Rc::clone(&self.door.0)
    }

    /// Documents that the next exchanges are answered with, whole.
    pub fn given(&self) -> Given {
        Rc::clone(&self.door.3)
    }

    /// What is protected, as answers with such documents say.
    pub fn guarded(&self) -> Rc<RefCell<Vec<DocumentId>>> {
        Rc::clone(&self.door.6)
    }

    /// How many bytes the largest question had.
    pub fn heaviest(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.door.4)
    }

    /// How often somebody has tried to open a socket.
    pub fn dialled(&self) -> Rc<Cell<u32>> {
        Rc::clone(&self.door.2)
    }

    /// What happens while the server answers somebody who signs in.
    pub fn meanwhile(&self, happens: impl FnMut() + 'static) {
        *self.door.1.borrow_mut() = Some(Box::new(happens));
    }

    /// Everybody who sleeps wakes when this counts up.
    pub fn ticks(&self) -> Rc<Cell<u32>> {
        Rc::clone(&self.clock.0)
    }

    /// How long somebody was going to sleep each time, in milliseconds.
    pub fn slept(&self) -> Rc<RefCell<Vec<u64>>> {
        Rc::clone(&self.clock.2)
    }

    /// How far somebody has set the clock, in milliseconds.
    pub fn shift(&self) -> Rc<Cell<i64>> {
        Rc::clone(&self.clock.1)
    }
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
        &self.door
    }

    fn clock(&self) -> &Still {
        &self.clock
    }

    fn random(&self) -> &Counter {
        &Counter
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        std::future::ready(None)
    }
}

/// A server that enrols everybody.
#[derive(Default)]
pub struct Door(
    Rc<RefCell<VecDeque<(u16, &'static str)>>>,
    Rc<RefCell<Option<Happens>>>,
    Rc<Cell<u32>>,
    Given,
    Rc<Cell<usize>>,
    RefCell<BTreeSet<ChangeHash>>,
    Rc<RefCell<Vec<DocumentId>>>,
);

/// Documents whole, by exchange.
pub type Given = Rc<RefCell<VecDeque<Vec<DocumentHistory>>>>;

type Happens = Box<dyn FnMut()>;

impl Transport for Door {
    type Socket = Nowhere;

    fn send(
        &self,
        _: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        self.4.set(self.4.get().max(body.len()));
        let answer = if ["/api/v1/sync", "/api/v1/session/refresh"].contains(&path) {
            let given = self.3.borrow_mut().pop_front().filter(|_| path == "/api/v1/sync");
            if let Some(documents) = given {
                let mut shown = self.5.borrow_mut();
                shown.extend(documents.iter().flat_map(|one| &one.chunks).map(|one| one.hash));
                let mut digest = Digest::default();
                for hash in shown.iter() {
                    digest.add(hash);
                }
                let answer = answer(0, &self.6.borrow());
                let answer = ExchangeAnswer { documents, digest, anew: false, ..answer };
                let body = wire::pack(&answer);
                let answer = HttpAnswer { status: 200, problem: None, retry_s: None, body };
                return std::future::ready(Ok(answer));
            }
            let next = self.0.borrow_mut().pop_front().filter(|(status, _)| *status > 0);
            next.map(|(status, problem)| HttpAnswer {
                status,
                problem: Some(problem.to_owned()),
                retry_s: problem.strip_prefix("busy ").and_then(|seconds| seconds.parse().ok()),
                body: body_of(problem),
            })
        } else {
            if let Some(happens) = self.1.borrow_mut().as_mut() {
                happens();
            }
            Some(enrolled(&body))
        };
        std::future::ready(answer.ok_or_else(|| TransportError("nobody".to_owned())))
    }

    fn connect(&self, _: &str) -> impl Future<Output = Result<Nowhere, TransportError>> + 'static {
        self.2.set(self.2.get() + 1);
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
            roles: vec![Role::Caseworker.code(), Role::Supervisor.code()],
            later: None,
            units: vec![UnitId::new(1, [3; 10])],
        },
        device,
        enrolment: enrolment.sign(&server).into(),
        server_key: *server.public().as_bytes(),
        deposit_key: DepositKey::from_seed([8; 32]).public(),
        server_ms: 1,
        hand_in: Some(vec![7; 32].into()),
    };
    HttpAnswer { status: 200, problem: None, retry_s: None, body: wire::pack(&answer) }
}

/// `lease <seconds> [documents]`: an answer with nothing new in it; the documents are what is protected. `more <seconds>`:
/// the same, and what is protected is not known yet. `left
/// <documents>`: one of a first sync of which so much is still to come. `version <number>`: one of that version. `returned
/// <house>`: one that says that a house goes back. `held <document> <reason>`: one that says that a change is held;
/// `held`: that none is.
fn body_of(problem: &str) -> Vec<u8> {
    let rests = problem.strip_prefix("lease ").map(|said| {
        let mut said = said.split(' ');
        let lease_s = said.next().unwrap().parse().unwrap();
        let guarded: Vec<DocumentId> = said.map(|id| id.parse().unwrap()).collect();
        answer(lease_s, &guarded)
    });
    let more = problem.strip_prefix("more ").map(|lease_s| {
        let mut answer = answer(lease_s.parse().unwrap(), &[]);
        answer.welcome.guarded_more = Some(true);
        answer
    });
    let left = problem.strip_prefix("left ").map(|left| {
        let documents_left: u32 = left.parse().unwrap();
        let cursor = Position::at(1_000_000 - u64::from(documents_left), Chain::default());
        let feed = FeedBatch { chunks: Vec::new(), cursor };
        ExchangeAnswer { documents_left, feed, anew: false, ..answer(0, &[]) }
    });
    let version = problem.strip_prefix("version ").map(|version| {
        let mut answer = ExchangeAnswer { anew: false, ..answer(0, &[]) };
        answer.welcome.version = version.parse().unwrap();
        answer
    });
    let returned = problem.strip_prefix("returned ").map(|house| {
        let returned = Some(vec![house.parse().unwrap()]);
        ExchangeAnswer { returned, anew: false, ..answer(0, &[]) }
    });
    let held = problem.strip_prefix("held").map(|said| {
        let note = |(id, reason): (&str, &str)| HeldNote {
            document: id.parse().unwrap(),
            hash: ChangeHash::from_bytes([7; 32]),
            reason: reason.to_owned(),
        };
        let held = said.trim().split_once(' ').map(note).into_iter().collect();
        ExchangeAnswer { held, anew: false, ..answer(0, &[]) }
    });
    rests
        .or(held)
        .or(more)
        .or(left)
        .or(version)
        .or(returned)
        .map(|answer| wire::pack(&answer))
        .unwrap_or_default()
}

/// An answer with nothing new in it, so many seconds to be read without another, and what is protected.
fn answer(lease_s: u32, guarded: &[DocumentId]) -> ExchangeAnswer {
    let me = wire::unpack::<SignInAnswer>(&enrolled(&[]).body).unwrap().me;
    ExchangeAnswer {
        welcome: Welcome {
            version: PROTOCOL_VERSION,
            capabilities: 0,
            epoch: Epoch::from_bytes([5; 16]),
            server_ms: 1_700_000_000_000,
            me,
            people: Vec::new(),
            devices: vec![(DeviceId::new(3, [3; 10]), "Surfplatta Oskar".to_owned())],
            has_backup: false,
            away: Vec::new(),
            received: Position::default(),
            backed_up: 0,
            enrolments: Vec::new(),
            unit: "Provby".to_owned(),
            lease_s,
            shuts_s: 0,
            hand_in: None,
            guarded: (!guarded.is_empty()).then(|| guarded.to_vec()),
            guarded_more: None,
        },
        acks: Vec::new(),
        deposits: Vec::new(),
        drop: Vec::new(),
        documents: Vec::new(),
        feed: FeedBatch { chunks: Vec::new(), cursor: Position::default() },
        digest: Digest::default(),
        held: Vec::new(),
        documents_left: 0,
        anew: true,
        digests: Vec::new(),
        compared: false,
        looked: None,
        destroyed: None,
        returned: None,
    }
}

#[derive(Clone)]
pub struct Nowhere;

impl Socket for Nowhere {
    fn send(&self, _: Vec<u8>) -> Result<(), TransportError> {
        Err(TransportError("nowhere".to_owned()))
    }

    fn receive(&self) -> impl Future<Output = Option<Vec<u8>>> + 'static {
        std::future::ready(None)
    }

    fn close(&self) {}
}

#[derive(Default)]
pub struct Still(Rc<Cell<u32>>, Rc<Cell<i64>>, Rc<RefCell<Vec<u64>>>);

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000 + i64::from(self.0.get()) * 10_000 + self.1.get()
    }

    fn zone_minutes(&self) -> i32 {
        60
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> + 'static {
        self.2.borrow_mut().push(ms);
        let (ticks, before) = (Rc::clone(&self.0), self.0.get());
        poll_fn(move |_| if ticks.get() > before { Poll::Ready(()) } else { Poll::Pending })
    }
}

/// Never the same bytes twice on one thread.
pub struct Counter;

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
