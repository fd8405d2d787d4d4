//! Somebody with a device, who notes what the server says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Result;

use ankomst_server::http::signed_in::SECRET;
use ankomst_shared::app::{Acted, Body, Language, PAGE_FORM, PageView};
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DepositId, DocumentId, Epoch};
use ankomst_shared::packed::{from_bytes, to_bytes};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::deposit::{DepositRandom, seal};
use ankomst_shared::sign::{AuthorEnvelope, Header, SigningKey};
use ankomst_shared::sync::message::{
    Deposit, EnrolRequest, Exchange, ExchangeAnswer, Hello, Outcome, Push, PushPart,
    RefreshRequest, SealedPart, SignInAnswer, refresh_proof,
};
use ankomst_shared::sync::{Digest, Position, wire};
use ankomst_shared::value::Value;

use crate::promise::{Book, Promise};
use crate::wire::{Place, Wire};

/// A device as it is switched off: its key and its session.
#[derive(Clone)]
pub(crate) struct Kept {
    key: SigningKey,
    me: SignInAnswer,
    cookies: BTreeMap<String, String>,
}

/// A change that the server has not acknowledged yet.
struct Unsent {
    hash: ChangeHash,
    part: PushPart,
    /// It goes as a deposit of this name.
    deposit: Option<DepositId>,
}

/// Somebody at work.
pub(crate) struct Hand<'a> {
    pub(crate) wire: Wire,
    key: SigningKey,
    pub(crate) me: SignInAnswer,
    stands: (Option<Epoch>, Position, Digest),
    unsent: Vec<Unsent>,
    shown: BTreeMap<DocumentId, usize>,
    /// Documents that came with an answer.
    pub(crate) holds: Vec<DocumentId>,
    pub(crate) book: &'a Book,
}

/// A record somebody writes in.
pub(crate) struct Case {
    pub(crate) id: DocumentId,
    actor: ActorId,
    open: Document,
    pub(crate) chunks: Vec<Vec<u8>>,
}

pub(crate) fn drawn<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn edit(field: &str, text: &str) -> Edit {
    Edit { path: FieldPath::parse(field).unwrap(), value: Value::text(text) }
}

impl<'a> Hand<'a> {
    /// Enrols a device of somebody of the village.
    pub(crate) fn enrols(port: u16, login: &str, book: &'a Book) -> Self {
        let (key, mut wire) = (SigningKey::from_seed(drawn()), Wire::to(port));
        let question = EnrolRequest {
            login: login.to_owned(),
            password: format!("{login}-i-provby"),
            device_name: "Surfplatta".to_owned(),
            key: *key.public().as_bytes(),
            passkey: None,
        };
        let answer = wire.post("/api/v1/devices", &wire::pack(&question)).unwrap();
        assert_eq!(answer.status, 200, "{login}");
        let me: SignInAnswer = wire::unpack(&answer.body).unwrap();
        book.note(answer.place, Promise::Device(me.device));
        let kept = Kept { key, me, cookies: wire.cookies.clone() };
        let hand = Self::again(port, &kept, book);
        hand.is_told(answer.place);
        hand
    }

    /// Goes on with a device.
    pub(crate) fn again(port: u16, kept: &Kept, book: &'a Book) -> Self {
        let mut wire = Wire::to(port);
        wire.cookies = kept.cookies.clone();
        Self {
            wire,
            key: kept.key.clone(),
            me: kept.me.clone(),
            stands: (None, Position::default(), Digest::default()),
            unsent: Vec::new(),
            shown: BTreeMap::new(),
            holds: Vec::new(),
            book,
        }
    }

    pub(crate) fn kept(&self) -> Kept {
        Kept { key: self.key.clone(), me: self.me.clone(), cookies: self.wire.cookies.clone() }
    }

    /// Notes the secret that came with an answer.
    fn is_told(&self, place: Place) {
        let secret = self.wire.cookies[SECRET].clone();
        self.book.note(place, Promise::Secret(self.me.device, secret));
    }

    fn by(&self) -> Authoring {
        Authoring {
            device: self.me.device,
            user: self.me.me.user,
            now_ms: now_ms(),
            clock_offset_s: None,
            review_heads: Vec::new(),
        }
    }

    /// Begins a case; it is not sent yet.
    pub(crate) fn begins(&mut self, label: &str) -> Case {
        let (id, actor) = (DocumentId::new(now_ms(), drawn()), ActorId::from_bytes(drawn()));
        let header = Header {
            document: id,
            kind: "case".to_owned(),
            parent: None,
            unit: *self.me.me.units.first().unwrap(),
            protection: 0,
            user: self.me.me.user,
            device: self.me.device,
            created_ms: now_ms(),
            template: None,
        };
        let edits = [edit("household_label", label)];
        let header = header.sign(&self.key);
        let (open, chunk) = Document::create(actor, header, &edits, &self.by()).unwrap();
        self.will_send(id, actor, &chunk, false);
        Case { id, actor, open, chunks: vec![chunk.bytes] }
    }

    /// Writes into a case of one's own; what goes as a deposit is sealed to the server.
    pub(crate) fn writes(&mut self, case: &mut Case, (field, text): (&str, &str), sealed: bool) {
        let chunk = case.open.commit(&[edit(field, text)], &self.by()).unwrap().unwrap();
        self.will_send(case.id, case.actor, &chunk, sealed);
        case.chunks.push(chunk.bytes);
    }

    /// Writes into a case of somebody else's; gives the change.
    pub(crate) fn writes_in(&mut self, case: &Case, (field, text): (&str, &str)) -> ChangeHash {
        let actor = ActorId::from_bytes(drawn());
        let mut open = Document::open(actor, case.chunks.iter().map(Vec::as_slice)).unwrap();
        let chunk = open.commit(&[edit(field, text)], &self.by()).unwrap().unwrap();
        self.will_send(case.id, actor, &chunk, false);
        chunk.hash
    }

    fn will_send(&mut self, document: DocumentId, actor: ActorId, chunk: &Chunk, sealed: bool) {
        let (user, device) = (self.me.me.user, self.me.device);
        let last = chunk.hash;
        let envelope = AuthorEnvelope { document, actor, user, device, opened_ms: now_ms(), last };
        let envelope = envelope.sign(&self.key).into();
        let chunks = vec![chunk.bytes.clone().into()];
        let part = PushPart { document, envelope, chunks, enrolment: None };
        let deposit = sealed.then(|| DepositId::new(now_ms(), drawn()));
        self.unsent.push(Unsent { hash: chunk.hash, part, deposit });
    }

    fn sealed(&self, id: DepositId, part: &PushPart) -> Deposit {
        let PushPart { document, envelope, chunks, enrolment } = part.clone();
        let part = SealedPart { document, envelope, chunks, enrolment, draft: None };
        let random = DepositRandom { key: drawn(), nonce: drawn() };
        let bytes = minicbor::to_vec(&part).unwrap();
        Deposit { id, sealed: seal(&self.me.deposit_key, &bytes, &random).unwrap().into() }
    }

    /// How many changes the server has not acknowledged.
    pub(crate) fn unsent(&self) -> usize {
        self.unsent.len()
    }

    /// One exchange, in which some records are asked for whole. Gives the status.
    pub(crate) fn exchanges(&mut self, heal: Vec<DocumentId>) -> Result<u16> {
        let (epoch, cursor, digest) = self.stands;
        let hello = Hello {
            epoch,
            cursor,
            high: cursor,
            digest,
            heal,
            ..Hello::first(self.me.device, "power".to_owned())
        };
        let parts = self.unsent.iter().filter(|one| one.deposit.is_none());
        let push = Push { parts: parts.map(|one| one.part.clone()).collect() };
        let sealed = self.unsent.iter().filter_map(|one| Some((one.deposit?, &one.part)));
        let deposits = sealed.map(|(id, part)| self.sealed(id, part)).collect();
        let question = wire::pack(&Exchange { hello, push, deposits, looks: None, gone: None });
        let answer = self.wire.post("/api/v1/sync", &question)?;
        if answer.status == 200 {
            self.hears(answer.place, &wire::unpack(&answer.body).unwrap());
        }
        Ok(answer.status)
    }

    fn hears(&mut self, place: Place, answer: &ExchangeAnswer) {
        let note = |promise| self.book.note(place, promise);
        let mut arrived = BTreeSet::new();
        for ack in &answer.acks {
            match &ack.outcome {
                Outcome::Received(_) => drop(arrived.insert(ack.hash)),
                // What it builds on was not taken the time before.
                Outcome::Missing(_) => {}
                Outcome::Refused(why) => panic!("an honest change was refused: {why:?}"),
            }
        }
        let taken = |one: &Unsent| match one.deposit {
            Some(id) => answer.deposits.contains(&id),
            None => arrived.contains(&one.hash),
        };
        for one in self.unsent.extract_if(.., |one| taken(one)) {
            note(Promise::Change(one.part.document, one.hash));
        }
        for held in &answer.held {
            note(Promise::Held(held.document, held.hash));
        }
        if answer.welcome.backed_up > 0 {
            note(Promise::BackedUp(answer.welcome.backed_up));
        }
        self.stands = (Some(answer.welcome.epoch), answer.feed.cursor, answer.digest);
        let shown: BTreeSet<_> = answer.documents.iter().map(|one| one.document).collect();
        self.holds.extend(&shown);
        self.saw(place, shown);
    }

    fn saw(&mut self, place: Place, records: BTreeSet<DocumentId>) {
        for record in records {
            let times = self.shown.entry(record).or_default();
            *times += 1;
            self.book.note(place, Promise::Shown(self.me.device, record, *times));
        }
    }

    /// Renews the session.
    pub(crate) fn refreshes(&mut self) -> Result<u16> {
        let (device, at_ms) = (self.me.device, now_ms());
        let signature = self.key.sign("ankomst/refresh/1", &refresh_proof(device, at_ms));
        let question = RefreshRequest { device, at_ms, signature: signature.to_vec().into() };
        let answer = self.wire.post("/api/v1/session/refresh", &wire::pack(&question))?;
        if answer.status == 204 {
            self.is_told(answer.place);
        }
        Ok(answer.status)
    }

    /// Looks at a page of the server's.
    pub(crate) fn visits(&mut self, address: &str) -> Result<u16> {
        let question = to_bytes(&(address.to_owned(), Language::En));
        let answer = self.wire.post("/api/v1/desk/page", &to_bytes(&(PAGE_FORM, question)))?;
        if answer.status == 200 {
            let page: PageView = from_bytes(&answer.body).unwrap();
            let lines = page.parts.iter().flat_map(|part| match &part.body {
                Body::Lines(lines, _) => lines.as_slice(),
                _ => &[],
            });
            self.saw(answer.place, lines.filter_map(|line| line.key.parse().ok()).collect());
        }
        Ok(answer.status)
    }

    /// Does what a page offers; what is promised by it comes from what was said.
    pub(crate) fn acts(
        &mut self,
        name: &str,
        promise: impl FnOnce(&Acted) -> Option<Promise>,
    ) -> Result<(u16, Option<Acted>)> {
        let what = ("/administration".to_owned(), name.to_owned());
        let answers = vec![("reason".to_owned(), Value::text("Prov"))];
        let body = to_bytes(&(PAGE_FORM, to_bytes(&(what, (Language::En, answers)))));
        let answer = self.wire.post("/api/v1/desk/act", &body)?;
        if answer.status != 200 {
            return Ok((answer.status, None));
        }
        let acted: Acted = from_bytes(&answer.body).unwrap();
        if let Some(promise) = promise(&acted) {
            self.book.note(answer.place, promise);
        }
        Ok((answer.status, Some(acted)))
    }
}
