//! Makes the examples of `tests/fixtures/<version>/wire`: two devices say to a server, in this version's words, what
//! tablets say in each situation. Run by `cargo xtask fixtures`.

use std::path::Path;
use std::time::Duration;

use ankomst_core::platform::Socket;
use ankomst_shared::document::{Document, Edit};
use ankomst_shared::ids::{ActorId, DepositId, DocumentId, Epoch};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{DepositRandom, deposit};
use ankomst_shared::sync::message::{
    CAN_CHANGE_LINES, ClientFrame, Deposit, Exchange, ExchangeAnswer, Farewell, Hello,
    PROTOCOL_VERSION, Push, PushPart, SealedPart, ServerFrame, SignInRequest,
};
use ankomst_shared::sync::{Digest, Position, wire};
use ankomst_shared::value::Value;
use minicbor::{Decode, Encode};

use super::raw::{RawDevice, now_ms, sent};
use crate::kit::recorded::Said;

const SYNC: &str = "/api/v1/sync";
const LOOK: Duration = Duration::from_millis(20);

/// A device that keeps what it is told of its place.
struct Device {
    raw: RawDevice,
    login: &'static str,
    epoch: Option<Epoch>,
    cursor: Position,
    arrived: Position,
    digest: Digest,
}

/// What was said so far, and somebody who sees how far the feed has come.
struct Recorder {
    all: Vec<Said>,
    watcher: RawDevice,
    head: u64,
}

/// Says everything and gives what was said.
pub async fn record(server: &str, folder: &Path) -> Vec<Said> {
    let enrol = async |login: &'static str| {
        let folder = folder.join(login);
        std::fs::create_dir_all(&folder).unwrap();
        RawDevice::enrol(server, &folder, (login, &password(login))).await
    };
    let watcher = enrol("ingrid").await;
    let head = watcher.exchange(Vec::new()).await.feed.cursor.feed;
    let mut to = Recorder { all: Vec::new(), watcher, head };
    let mut elin = Device::new(enrol("elin").await, "elin");
    let mut mats = Device::new(enrol("mats").await, "mats");
    elin.signs_in(&mut to).await;
    mats.signs_in(&mut to).await;
    let first = elin.asks(&mut to, "first", Vec::new(), 0).await;
    let house = first.documents.iter().find(|one| one.kind == "residence").unwrap().clone();
    mats.asks(&mut to, "first", Vec::new(), 0).await;

    // A case is begun, a house gets an answer; the author comes back and hears of both.
    let case = DocumentId::new(now_ms(), [1; 10]);
    let (actor, header) = (ActorId::from_bytes([1; 16]), elin.raw.header(case, "case"));
    let label = edit("household_label", "Provsson, inspelad");
    let (mut document, begun) = Document::create(actor, header, &[label], &elin.raw.by()).unwrap();
    let begun = elin.raw.part(case, actor, sent(&begun));
    elin.asks(&mut to, "push", vec![begun.clone()], 1).await;
    let mut known: Vec<Vec<u8>> =
        house.chunks.iter().map(|one| one.bytes.as_ref().unwrap().to_vec()).collect();
    let answer = mats.writes(house.document, &mut known, "fire_class", "V3");
    mats.asks(&mut to, "push", vec![answer], 1).await;
    elin.asks(&mut to, "back", Vec::new(), 0).await;

    // An inspector may not write in a case.
    let mut of_case: Vec<Vec<u8>> = begun.chunks.iter().map(|bytes| bytes.to_vec()).collect();
    let not_his = mats.writes(case, &mut of_case, "household_label", "Inte hans");
    mats.asks(&mut to, "held", vec![not_his], 0).await;
    let refused = refusals(&elin, &document, (case, actor, &begun));
    elin.asks(&mut to, "refused", refused, 0).await;
    elin.other_version(&mut to).await;
    lives((&mut elin, &mut mats), &mut to, (house.document, known)).await;
    elin.farewell(&mut to, case, &mut document).await;
    to.all
}

/// One part for each way of being refused, and one that lacks something.
fn refusals(
    elin: &Device,
    document: &Document,
    (case, actor, begun): (DocumentId, ActorId, &PushPart),
) -> Vec<PushPart> {
    let raw = &elin.raw;
    let (mut tried, mut forked, by) = (document.clone(), document.clone(), raw.by());
    let first = tried.restate(actor, &[edit("household_label", "Ett")], &by).unwrap();
    let second = tried.restate(actor, &[edit("household_label", "Två")], &by).unwrap();
    let other = DocumentId::new(now_ms(), [2; 10]);
    let fresh = ActorId::from_bytes([2; 16]);
    let header = raw.header(case, "case");
    let (_, astray) = Document::create(fresh, header, &[], &by).unwrap();
    let header = raw.header(other, "case");
    let (_, fork) = Document::create(actor, header, &[], &by).unwrap();
    let unseen = forked.restate(fresh, &[edit("household_label", "Nytt")], &by).unwrap();
    let beyond = forked.restate(fresh, &[edit("household_label", "Bortom")], &by).unwrap();
    assert_ne!(unseen.hash, beyond.hash);
    let strange =
        PushPart { envelope: begun.envelope.clone(), ..raw.part(case, actor, sent(&first)) };
    vec![
        PushPart { chunks: vec![vec![1, 2, 3].into()], ..begun.clone() },
        strange,
        raw.part(case, actor, sent(&fork)),
        raw.part(case, actor, sent(&second)),
        raw.part(other, fresh, sent(&astray)),
        raw.part(case, fresh, sent(&beyond)),
    ]
}

/// What goes over a socket: a push and what it leads to, what others write, and a log that is another.
async fn lives(
    (elin, mats): (&mut Device, &mut Device),
    to: &mut Recorder,
    (house, mut known): (DocumentId, Vec<Vec<u8>>),
) {
    let part = elin.writes(house, &mut known, "assembly_point", "Flaggstången");
    elin.lives(to, "live", vec![part]).await;
    let part = mats.writes(house, &mut known, "assembly_point", "Parkeringen");
    mats.asks(to, "push", vec![part], 1).await;
    elin.lives(to, "live", Vec::new()).await;
    let place = elin.epoch.replace(Epoch::from_bytes([9; 16]));
    elin.lives(to, "live, another log", Vec::new()).await;
    elin.epoch = place;
    elin.asks(to, "back", Vec::new(), 0).await;
}

impl Device {
    fn new(raw: RawDevice, login: &'static str) -> Self {
        let (cursor, arrived) = (Position::default(), Position::default());
        Self { raw, login, epoch: None, cursor, arrived, digest: Digest::default() }
    }

    fn hello(&self) -> Hello {
        Hello {
            capabilities: CAN_CHANGE_LINES,
            epoch: self.epoch,
            cursor: self.cursor,
            high: self.cursor,
            digest: self.digest,
            arrived: self.arrived,
            ..Hello::first(self.raw.me.device, "recorded".to_owned())
        }
    }

    async fn signs_in(&self, to: &mut Recorder) {
        let question = SignInRequest {
            login: self.login.to_owned(),
            password: password(self.login),
            device: self.raw.me.device,
            enrolment: Some(self.raw.me.enrolment.clone()),
            passkey: None,
        };
        to.post(self, "/api/v1/session", "sign in", &question).await;
    }

    /// One exchange that brings parts, of which so many changes become visible.
    async fn asks(
        &mut self,
        to: &mut Recorder,
        what: &str,
        parts: Vec<PushPart>,
        visible: u64,
    ) -> ExchangeAnswer {
        let push = Push { parts };
        let question =
            Exchange { hello: self.hello(), push, deposits: Vec::new(), looks: None, gone: None };
        let body = to.post(self, SYNC, what, &question).await;
        let answer: ExchangeAnswer = read(&body);
        self.epoch = Some(answer.welcome.epoch);
        (self.cursor, self.arrived) = (answer.feed.cursor, answer.welcome.received);
        self.digest = answer.digest;
        to.settles(visible).await;
        answer
    }

    /// Greets in a version of no release.
    async fn other_version(&self, to: &mut Recorder) {
        let other = PROTOCOL_VERSION + 7;
        let hello = Hello { version_min: other, version_max: other, ..self.hello() };
        let push = Push::default();
        let question = Exchange { hello, push, deposits: Vec::new(), looks: None, gone: None };
        to.post(self, SYNC, "another version", &question).await;
    }

    /// An answer after everything that is known of a document, under an actor of its own.
    fn writes(
        &self,
        document: DocumentId,
        known: &mut Vec<Vec<u8>>,
        path: &str,
        value: &str,
    ) -> PushPart {
        let byte = u8::try_from(known.len()).unwrap() + 16;
        let actor = ActorId::from_bytes([byte; 16]);
        let mut opened = Document::open(actor, known.iter().map(Vec::as_slice)).unwrap();
        let chunk = opened.commit(&[edit(path, value)], &self.raw.by()).unwrap().unwrap();
        known.push(chunk.bytes.clone());
        self.raw.part(document, actor, sent(&chunk))
    }

    /// One live socket: attaches, brings parts, and hears all there is.
    async fn lives(&mut self, to: &mut Recorder, what: &str, parts: Vec<PushPart>) {
        let (device, epoch) = (self.raw.me.device, self.epoch.unwrap());
        let (cursor, arrived) = (self.cursor, self.arrived);
        let mut frames = vec![ClientFrame::Attach { device, epoch, cursor, arrived }];
        to.head += u64::try_from(parts.len()).unwrap();
        if !parts.is_empty() {
            frames.push(ClientFrame::Push(Push { parts }));
        }
        let sent: Vec<Vec<u8>> = frames.iter().map(wire::pack).collect();
        let heard = live(&self.raw, &sent, to.head).await;
        for frame in heard.iter().map(|frame| read(frame)) {
            match frame {
                ServerFrame::Feed(batch) => {
                    batch.chunks.iter().for_each(|one| self.digest.add(&one.hash));
                    self.cursor = batch.cursor;
                }
                ServerFrame::Acks(_, received) => self.arrived = received,
                _ => {}
            }
        }
        let way = "/api/v1/live".to_owned();
        to.note(self.login, &way, what, (sent, heard, 101));
    }

    /// Hands in what was sealed.
    async fn farewell(&self, to: &mut Recorder, case: DocumentId, document: &mut Document) {
        let actor = document.actor();
        let chunk =
            document.restate(actor, &[edit("household_label", "Förseglad")], &self.raw.by());
        let part = self.raw.part(case, actor, sent(&chunk.unwrap()));
        let PushPart { document, envelope, chunks, .. } = part;
        let enrolment = Some(self.raw.me.enrolment.clone());
        let sealed = SealedPart { document, envelope, chunks, enrolment, draft: Some(true) };
        let random = DepositRandom { key: [5; 32], nonce: [6; 12] };
        let sealed = minicbor::to_vec(&sealed).unwrap();
        let sealed = deposit::seal(&self.raw.me.deposit_key, &sealed, &random).unwrap();
        let question = Farewell {
            device: self.raw.me.device,
            token: self.raw.me.hand_in.clone().unwrap(),
            deposits: vec![Deposit { id: DepositId::from_bytes([7; 16]), sealed: sealed.into() }],
            epoch: self.epoch,
            arrived: self.arrived,
            gone: None,
        };
        to.post(self, "/api/v1/farewell", "farewell", &question).await;
    }
}

impl Recorder {
    async fn post<T: Encode<()>>(
        &mut self,
        by: &Device,
        way: &str,
        what: &str,
        question: &T,
    ) -> Vec<u8> {
        let body = wire::pack(question);
        let answer = by.raw.send(way, body.clone()).await.unwrap();
        self.note(by.login, way, what, (vec![body], vec![answer.body.clone()], answer.status));
        answer.body
    }

    fn note(
        &mut self,
        who: &str,
        way: &str,
        what: &str,
        (sent, heard, status): (Vec<Vec<u8>>, Vec<Vec<u8>>, u16),
    ) {
        let (who, way, what) = (who.to_owned(), way.to_owned(), what.to_owned());
        self.all.push(Said { who, way, what, sent, heard, status, head: self.head });
    }

    /// Waits until so many changes more are visible.
    async fn settles(&mut self, visible: u64) {
        self.head += visible;
        if let Some(last) = self.all.last_mut() {
            last.head = self.head;
        }
        settles(&self.watcher, self.head).await;
    }
}

/// Waits until the feed has come so far.
pub async fn settles(watcher: &RawDevice, head: u64) {
    for _ in 0..1_000 {
        let at = watcher.exchange(Vec::new()).await.feed.cursor.feed;
        assert!(at <= head, "the feed is at {at}, beyond {head}");
        if at == head {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("the feed does not come to {head}");
}

/// Says frames on a live socket and hears until the feed has come so far, or the server says to exchange.
pub async fn live(device: &RawDevice, sent: &[Vec<u8>], head: u64) -> Vec<Vec<u8>> {
    let socket = device.connect().await.unwrap();
    for frame in sent {
        socket.send(frame.clone()).unwrap();
    }
    let (mut all, mut acked, mut shared) = (Vec::new(), sent.len() < 2, false);
    while !(acked && shared) {
        let frame = socket.receive().await.expect("the socket was closed");
        match read(&frame) {
            ServerFrame::Acks(..) => acked = true,
            ServerFrame::Feed(batch) => shared |= batch.cursor.feed >= head,
            ServerFrame::Again | ServerFrame::Ended => (acked, shared) = (true, true),
            ServerFrame::Held(_) => {}
        }
        all.push(frame);
    }
    socket.close();
    all
}

fn read<T: for<'b> Decode<'b, ()>>(body: &[u8]) -> T {
    wire::unpack(body).unwrap()
}

fn edit(path: &str, value: &str) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value: Value::text(value) }
}

fn password(login: &str) -> String {
    format!("{login}-i-provby")
}
