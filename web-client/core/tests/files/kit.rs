//! A tablet whose server takes files.
#![allow(unreachable_pub, dead_code, reason = "a part of a test")]

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use ankomst_core::Core;
use ankomst_core::platform::{
    HttpAnswer, Method, Platform, StorageFacts, Transport, TransportError,
};
use ankomst_core::store::{MemoryStore, Store, Table};
use ankomst_shared::app::{
    Act, Acted, Body, Command, FileAsk, FileView, NewFile, Query, Refusal, Reply, SignIn, Status,
    View,
};
use ankomst_shared::ids::{DeviceId, DocumentId, FileName, UserId};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::sign::file::Naming;
use ankomst_shared::sign::{Enrolment, SigningKey};
use ankomst_shared::sync::message::{EnrolRequest, Exchange, SignInAnswer};
use ankomst_shared::sync::wire;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use crate::desk::{Counter, Desk, Nowhere, PASSPHRASE, Still};
use crate::home::{Home, Lane};

/// A platform with that server.
pub struct Tablet {
    door: Road,
    facts: Rc<Cell<Option<StorageFacts>>>,
}

pub struct Road {
    desk: Desk,
    home: Rc<RefCell<Home>>,
}

fn answered(body: Vec<u8>) -> HttpAnswer {
    HttpAnswer { status: 200, problem: None, retry_s: None, body }
}

/// The second person of a tablet.
fn as_oskar(answer: HttpAnswer, key: [u8; 32]) -> HttpAnswer {
    let mut told: SignInAnswer = wire::unpack(&answer.body).unwrap();
    let (device, user) = (DeviceId::new(2, [2; 10]), UserId::new(2, [7; 10]));
    let server = SigningKey::from_seed([9; 32]);
    let enrolment = Enrolment { device, user, key, name: "Surfplatta".to_owned(), at_ms: 1 };
    (told.device, told.me.user) = (device, user);
    told.enrolment = enrolment.sign(&server).into();
    HttpAnswer { body: wire::pack(&told), ..answer }
}

impl Transport for Road {
    type Socket = Nowhere;

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        let mut home = self.home.borrow_mut();
        let answer = match path {
            _ if home.lane == Lane::Away => {
                home.asked.push(format!("nobody {path}"));
                Err(TransportError("nobody".to_owned()))
            }
            "/api/v1/files" => {
                Ok(answered(wire::pack(&home.hand_in(wire::unpack(&body).unwrap()))))
            }
            "/api/v1/files/fetch" => match home.fetch(&wire::unpack(&body).unwrap()) {
                Ok(answer) => Ok(answered(wire::pack(&answer))),
                Err(status) => {
                    let retry_s = (status == 429).then_some(60);
                    Ok(HttpAnswer { status, problem: None, retry_s, body: Vec::new() })
                }
            },
            "/api/v1/farewell" => {
                Ok(answered(wire::pack(&home.farewell(&wire::unpack(&body).unwrap()))))
            }
            "/api/v1/sync" => {
                home.asked.push("sync".to_owned());
                self.desk.answers().borrow_mut().push_back((200, "lease 600000"));
                let question: Exchange = wire::unpack(&body).unwrap();
                let answer = self.desk.transport().send(method, path, body).now_or_never();
                let answer = wire::unpack(&answer.unwrap().unwrap().body).unwrap();
                let answer = home.meet(&question, answer);
                home.written.0 += minicbor::to_vec(&question).unwrap().len();
                home.written.1.extend(answer.acks.iter().map(|ack| ack.hash));
                Ok(answered(wire::pack(&answer)))
            }
            _ => {
                home.asked.push(path.replace("/api/v1/", ""));
                let enrols: Option<EnrolRequest> = wire::unpack(&body).ok();
                let answer = self.desk.transport().send(method, path, body).now_or_never().unwrap();
                match enrols.filter(|asked| path.ends_with("devices") && asked.login == "oskar") {
                    Some(asked) => answer.map(|answer| as_oskar(answer, asked.key)),
                    None => answer,
                }
            }
        };
        std::future::ready(answer)
    }

    fn connect(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<Nowhere, TransportError>> + 'static {
        self.desk.transport().connect(path)
    }
}

impl Platform for Tablet {
    type Store = MemoryStore;
    type Transport = Road;
    type Clock = Still;
    type Random = Counter;

    fn store(&self) -> &MemoryStore {
        self.door.desk.store()
    }

    fn transport(&self) -> &Road {
        &self.door
    }

    fn clock(&self) -> &Still {
        self.door.desk.clock()
    }

    fn random(&self) -> &Counter {
        self.door.desk.random()
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        std::future::ready(self.facts.get())
    }
}

/// A tablet that is switched on.
pub struct On {
    pub core: Core<Tablet>,
    pub store: MemoryStore,
    pub home: Rc<RefCell<Home>>,
    pub facts: Rc<Cell<Option<StorageFacts>>>,
    ticks: Rc<Cell<u32>>,
    shift: Rc<Cell<i64>>,
    loops: Pin<Box<dyn Future<Output = ()>>>,
}

impl On {
    pub fn new(store: &MemoryStore, home: &Rc<RefCell<Home>>) -> Self {
        let desk = Desk::on(store);
        let (ticks, shift) = (desk.ticks(), desk.shift());
        let door = Road { desk, home: Rc::clone(home) };
        let facts = Rc::new(Cell::new(None));
        let tablet = Tablet { door, facts: Rc::clone(&facts) };
        let core = Core::start(tablet, "test").now_or_never().unwrap().unwrap();
        let running = core.clone();
        let loops = Box::pin(async move { running.run().await });
        let (store, home) = (store.clone(), Rc::clone(home));
        Self { core, store, home, facts, ticks, shift, loops }
    }

    /// Elin signs in.
    pub fn signed_in(store: &MemoryStore, home: &Rc<RefCell<Home>>) -> Self {
        let on = Self::new(store, home);
        on.signs_in("elin", false);
        on
    }

    pub fn signs_in(&self, login: &str, forgotten: bool) {
        let request = SignIn {
            login: login.to_owned(),
            password: "elin-i-provby".to_owned(),
            passphrase: PASSPHRASE.to_owned(),
            device_name: "Surfplatta".to_owned(),
            forgotten,
            passkey: Vec::new(),
        };
        assert_eq!(self.ask(Command::SignIn(request)), Reply::Done);
    }

    pub fn unlocks(&self) {
        let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
        assert_eq!(self.ask(Command::Unlock { login, passphrase }), Reply::Done);
    }

    pub fn ask(&self, command: Command) -> Reply {
        self.core.handle(command).now_or_never().unwrap()
    }

    pub fn status(&self) -> Status {
        let Reply::Status(status) = self.ask(Command::Status) else { panic!("no status") };
        status
    }

    /// Time passes, ten seconds at a time; an open vault meets the server.
    pub fn goes_on(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.ticks.set(self.ticks.get() + 1);
            assert!((&mut self.loops).now_or_never().is_none());
        }
    }

    /// The clock goes on.
    pub fn later(&self, ms: i64) {
        self.shift.set(self.shift.get() + ms);
    }

    pub fn case(&self) -> DocumentId {
        let label = vec![("label".to_owned(), Value::text("Noori"))];
        match self.ask(Command::Act(Act::NewCase, label)) {
            Reply::Acted(Acted { document: Some(case), .. }) => case,
            other => panic!("{other:?}"),
        }
    }

    pub fn begins(&self, document: DocumentId, bytes: usize) -> Result<String, Refusal> {
        let new = NewFile {
            document,
            shows: String::new(),
            caption: String::new(),
            mime: "image/jpeg".to_owned(),
            bytes: u64::try_from(bytes).unwrap(),
            taken_ms: 1_699_999_000_000,
            geo_stripped: true,
        };
        match self.ask(Command::File(FileAsk::Begin(new))) {
            Reply::Entry(file) => Ok(file),
            Reply::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    pub fn says(&self, ask: FileAsk) -> Result<(), Refusal> {
        match self.ask(Command::File(ask)) {
            Reply::Saved | Reply::Acted(_) | Reply::Done => Ok(()),
            Reply::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// Takes a file in.
    pub fn takes(&self, document: DocumentId, bytes: &[u8], thumb: &[u8]) -> Result<(), Refusal> {
        let file = self.begins(document, bytes.len())?;
        for (number, piece) in (0..).zip(bytes.chunks(FILE_PIECE_BYTES)) {
            self.says(FileAsk::Piece(file.clone(), number, piece.to_vec()))?;
        }
        self.says(FileAsk::End(file, thumb.to_vec()))
    }

    /// A colleague has taken a file, and the record says so.
    pub fn hears_of(&self, document: DocumentId, file: &[u8], thumb: &[u8]) {
        let said = [
            ("hash", Value::text(named(file).to_string())),
            ("thumb", Value::text(named(thumb).to_string())),
            ("size", Value::Int(2_100_000)),
            ("kind", Value::text("photo")),
            ("mime", Value::text("image/jpeg")),
            ("taken_at", Value::Int(1_699_999_000_000)),
        ];
        let answers = said.map(|(field, value)| (field.to_owned(), value)).to_vec();
        self.ask(Command::AddEntry { document, list: "attachments".to_owned(), answers });
    }

    /// The files that a record shows.
    pub fn files(&self, document: DocumentId) -> Vec<FileView> {
        self.files_at(&format!("/arenden/{document}"))
    }

    pub fn files_at(&self, address: &str) -> Vec<FileView> {
        match self.ask(Command::Get(Query::Page(address.to_owned()))) {
            Reply::View(View::Page(page)) => {
                let mut bodies = page.parts.into_iter().map(|part| part.body);
                let files = bodies.find_map(|body| match body {
                    Body::Files(view) => Some(view.files),
                    _ => None,
                });
                files.unwrap()
            }
            other => panic!("{address}: {other:?}"),
        }
    }

    /// What is in a file, if it is here.
    pub fn shows(&self, document: DocumentId, name: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for number in 0.. {
            let get = FileAsk::Get(document, name.to_owned(), number);
            match self.ask(Command::File(get)) {
                Reply::Piece(_, 0) => return None,
                Reply::Piece(piece, count) => {
                    bytes.extend(piece);
                    if number + 1 == count {
                        break;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        Some(bytes)
    }

    /// How many rows there are of files.
    pub fn rows(&self) -> usize {
        self.keys().len()
    }

    pub fn keys(&self) -> Vec<Vec<u8>> {
        let rows = self.store.load(Table::Files, b"").now_or_never().unwrap().unwrap();
        rows.into_iter().map(|(key, _)| key).collect()
    }
}

/// A picture of so many bytes; never the same for another number.
pub fn picture(number: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from(at % 251).unwrap() ^ number).collect()
}

/// Its name.
pub fn named(bytes: &[u8]) -> FileName {
    let mut naming = Naming::default();
    naming.add(bytes);
    naming.done()
}
