//! A tablet on a desk, a colleague whose records it has, and files of hers.
#![allow(unreachable_pub, reason = "a part of a test")]

use std::pin::Pin;

use ankomst_core::Core;
use ankomst_shared::app::{Act, Command, Query, Reply, Status, View};
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, DepositId, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::deposit::DepositKey;
use ankomst_shared::sign::{AuthorEnvelope, Enrolment, Header, Manifest, SigningKey};
use ankomst_shared::sync::bundle::{self, Content, Locked, Opened, ServerKeys};
use ankomst_shared::sync::message::{DeliveredChunk, Deposit, DocumentHistory, Push, PushPart};
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use crate::desk::{self, Desk, ask, signs_in};

const SALT: [u8; 32] = [5; 32];
const NOW_MS: i64 = 1_700_000_000_000;
/// An item of the run.
pub const ITEM: &str = "item/B-F02/status";

pub fn by(device: DeviceId) -> Authoring {
    let user = UserId::new(4, [4; 10]);
    Authoring { device, user, now_ms: NOW_MS, clock_offset_s: None, review_heads: Vec::new() }
}

/// The colleague's device, which the server names to all.
fn hers() -> DeviceId {
    DeviceId::new(3, [3; 10])
}

fn key() -> SigningKey {
    SigningKey::from_seed([6; 32])
}

fn enrolment() -> Vec<u8> {
    let (device, user) = (hers(), by(hers()).user);
    let key = *key().public().as_bytes();
    let name = "Surfplatta Oskar".to_owned();
    Enrolment { device, user, key, name, at_ms: 1 }.sign(&SigningKey::from_seed([9; 32]))
}

fn keys() -> ServerKeys {
    let signing = *SigningKey::from_seed([9; 32]).public().as_bytes();
    (signing, DepositKey::from_seed([8; 32]).public())
}

pub fn path(path: &str) -> FieldPath {
    FieldPath::parse(path).unwrap()
}

pub fn edit(at: &str, value: &str) -> Edit {
    Edit { path: path(at), value: Value::text(value) }
}

fn begun(
    number: u8,
    (kind, parent): (&str, Option<DocumentId>),
    edits: &[Edit],
) -> (DocumentId, Document, Chunk) {
    let document = DocumentId::new(i64::from(number), [number; 10]);
    let is_run = kind == "run";
    let header = Header {
        document,
        kind: kind.to_owned(),
        parent,
        unit: UnitId::new(1, [3; 10]),
        protection: 0,
        user: by(hers()).user,
        device: hers(),
        created_ms: NOW_MS,
        template: is_run.then(|| ("residence_inspection".to_owned(), 1)),
    };
    let actor = ActorId::from_bytes([number; 16]);
    let made = Document::create(actor, header.sign(&key()), edits, &by(hers())).unwrap();
    (document, made.0, made.1)
}

/// A case that the colleague has begun.
pub fn case(number: u8, edits: &[Edit]) -> (DocumentId, Document, Chunk) {
    begun(number, ("case", None), &[&[edit("household_label", "Noori")], edits].concat())
}

/// A house that she has begun.
pub fn house(number: u8, edits: &[Edit]) -> (DocumentId, Document, Chunk) {
    begun(number, ("residence", None), &[&[edit("name", "Provhuset")], edits].concat())
}

/// An inspection that she has begun.
pub fn run(number: u8) -> (DocumentId, Document, Chunk) {
    run_of(number, DocumentId::new(50, [50; 10]))
}

/// One that she has begun of that.
pub fn run_of(number: u8, parent: DocumentId) -> (DocumentId, Document, Chunk) {
    let first = [("checklist", "residence_inspection"), ("state", "open"), (ITEM, "not_checked")];
    begun(number, ("run", Some(parent)), &first.map(|(path, value)| edit(path, value)))
}

/// What she writes next.
pub fn says(document: &mut Document, edits: &[Edit]) -> Chunk {
    document.commit(edits, &by(hers())).unwrap().unwrap()
}

/// As it stands in a file.
pub fn part(document: DocumentId, writer: &Document, chunk: &Chunk) -> PushPart {
    let envelope = AuthorEnvelope {
        document,
        actor: writer.actor(),
        user: by(hers()).user,
        device: hers(),
        opened_ms: NOW_MS,
        last: chunk.hash,
    };
    let (envelope, enrolment) = (envelope.sign(&key()).into(), Some(enrolment().into()));
    PushPart { document, envelope, chunks: vec![chunk.bytes.clone().into()], enrolment }
}

/// The deposit of a change under its name; nobody here can open it.
pub fn deposit_of(chunk: &Chunk) -> Deposit {
    let id = DepositId::from_bytes(*chunk.hash.as_bytes().first_chunk().unwrap());
    Deposit { id, sealed: chunk.hash.as_bytes().to_vec().into() }
}

/// A file of hers.
pub fn file(begin: &Chunk, parts: Vec<PushPart>, deposits: Vec<Deposit>) -> Vec<u8> {
    let record = Locked::of(&begin.bytes, &SALT, &Push { parts }).unwrap();
    let manifest = Manifest { device: hers(), user: by(hers()).user, at_ms: NOW_MS, sum: [0; 32] };
    let content = Content { deposits, records: vec![record] };
    bundle::write((&keys(), &SALT), (&key(), &enrolment()), manifest, &content).unwrap()
}

/// What is in a file of this tablet.
pub fn opened(file: &[u8]) -> Opened {
    bundle::read(&keys(), file).unwrap()
}

/// As the server sends a document whole; what has no other envelope has its author's.
pub fn history(
    document: DocumentId,
    kind: &str,
    chunks: &[(&Chunk, Option<Vec<u8>>)],
) -> DocumentHistory {
    let delivered = |(chunk, envelope): &(&Chunk, Option<Vec<u8>>)| DeliveredChunk {
        document,
        hash: chunk.hash,
        feed: 1,
        bytes: Some(chunk.bytes.clone().into()),
        envelope: Some(envelope.clone().unwrap_or_else(|| vec![1]).into()),
        received_ms: NOW_MS,
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

/// What a text of an entry shows.
pub fn field(
    core: &Core<Desk>,
    document: DocumentId,
    entry: Option<(String, String)>,
    path: &str,
) -> String {
    match ask(core, Command::Get(Query::Form { document, entry })) {
        Reply::View(View::Form(form)) => {
            let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
            fields.find(|field| field.path.as_str() == path).unwrap().text
        }
        other => panic!("{path}: {other:?}"),
    }
}

/// A tablet that is on; its clock stands still, whoever sleeps wakes.
pub struct On {
    pub core: Core<Desk>,
    loops: Pin<Box<dyn Future<Output = ()>>>,
    given: desk::Given,
    ticks: std::rc::Rc<std::cell::Cell<u32>>,
    shift: std::rc::Rc<std::cell::Cell<i64>>,
}

impl On {
    /// Signed in, and met the server once.
    pub fn new(desk: Desk) -> Self {
        let (given, ticks, shift) = (desk.given(), desk.ticks(), desk.shift());
        desk.answers().borrow_mut().push_back((200, "lease 600000"));
        let core = signs_in(desk);
        let running = core.clone();
        let loops = Box::pin(async move { running.run().await });
        let mut on = Self { core, loops, given, ticks, shift };
        on.goes_on(4);
        on
    }

    fn goes_on(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.ticks.set(self.ticks.get() + 1);
            self.shift.set(self.shift.get() - 10_000);
            assert!((&mut self.loops).now_or_never().is_none());
        }
    }

    /// The clock goes on.
    pub fn later(&self, ms: i64) {
        self.shift.set(self.shift.get() + ms);
    }

    /// One exchange, answered with these documents.
    pub fn hears(&mut self, documents: Vec<DocumentHistory>) {
        self.given.borrow_mut().push_back(documents);
        self.meets();
        assert!(self.given.borrow().is_empty(), "it has not asked");
    }

    pub fn meets(&mut self) {
        ask(&self.core, Command::SyncNow);
        self.goes_on(4);
    }

    pub fn status(&self) -> Status {
        let Reply::Status(status) = ask(&self.core, Command::Status) else { panic!("no status") };
        status
    }

    /// Takes a file in and gives what is said of it.
    pub fn takes(&self, file: Vec<u8>) -> String {
        match ask(&self.core, Command::TakeFile(file)) {
            Reply::Acted(acted) => acted.say,
            other => panic!("nothing is said: {other:?}"),
        }
    }

    pub fn gives(&self) -> Option<Vec<u8>> {
        match ask(&self.core, Command::HandOver) {
            Reply::File(file) => file.map(|(_, bytes)| bytes),
            other => panic!("no file: {other:?}"),
        }
    }

    pub fn sets(&self, document: DocumentId, at: &str, value: &str) {
        let act = Act::Set { document, values: vec![(path(at), Value::text(value))] };
        let done = ask(&self.core, Command::Act(act, Vec::new()));
        assert!(matches!(done, Reply::Acted(_)), "{done:?}");
    }
}
