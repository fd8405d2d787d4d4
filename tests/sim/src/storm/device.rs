//! An honest device: what is on its disk, and what it says and hears. The protocol's own client decides what that means.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ankomst_shared::chunk::hostile::Dice;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{AuthorEnvelope, Header, SigningKey};
use ankomst_shared::sync::client::session::{Frame, Next};
use ankomst_shared::sync::client::{Client, Kept, News, Place, Stage, batch};
use ankomst_shared::sync::message::{
    CAN_CHANGE_LINES, EnrolRequest, Exchange, ExchangeAnswer, Hello, Outcome, Push, PushPart,
    ServerFrame, SignInAnswer,
};
use ankomst_shared::value::Value;

use crate::hub::{PASSWORD, login, unit_of};
use crate::storm::court::Court;
use crate::storm::http::Jar;

/// Documents begun by one device.
const BEGUN_MAX: usize = 3;

/// A change on a device.
#[derive(Debug, Clone)]
struct Row {
    bytes: Vec<u8>,
    envelope: Vec<u8>,
    stage: Stage,
    /// Of one written here, by when it had arrived.
    own: Option<u64>,
    /// Order in which it came here.
    turn: u64,
}

/// What outlives the programs of a device.
pub struct Disk {
    /// Number of the device.
    pub at: usize,
    /// What it says at the door.
    pub me: Option<SignInAnswer>,
    /// Cookies.
    pub jar: Jar,
    /// Chance.
    pub dice: Dice,
    /// When it was last answered whole, milliseconds since the beginning.
    pub whole_at: Option<i64>,
    /// Since when something here is unsent.
    pub unsent_since: Option<i64>,
    /// Every change it wrote.
    pub wrote: BTreeSet<(DocumentId, ChangeHash)>,
    key: SigningKey,
    place: Place,
    rows: BTreeMap<DocumentId, BTreeMap<ChangeHash, Row>>,
    actors: BTreeMap<DocumentId, ActorId>,
    turn: u64,
}

impl Kept for Disk {
    fn documents(&self) -> Vec<DocumentId> {
        self.rows.keys().copied().collect()
    }

    fn stages(&self, document: DocumentId) -> Vec<(ChangeHash, Stage)> {
        let rows = self.rows.get(&document).into_iter().flatten();
        rows.map(|(hash, row)| (*hash, row.stage)).collect()
    }

    fn stage(&self, document: DocumentId, hash: &ChangeHash) -> Option<Stage> {
        self.rows.get(&document)?.get(hash).map(|row| row.stage)
    }

    fn unnoted(&self) -> Vec<(DocumentId, ChangeHash, Stage)> {
        let rows = self.rows.iter().flat_map(|(id, rows)| rows.iter().map(move |row| (*id, row)));
        let rows = rows.filter(|(_, (_, row))| row.own == Some(0));
        rows.map(|(id, (hash, row))| (id, *hash, row.stage)).collect()
    }

    fn came(&self, document: DocumentId) -> bool {
        self.rows.get(&document).into_iter().flatten().any(|(_, row)| row.own.is_none())
    }

    fn parent(&self, _: DocumentId) -> Option<DocumentId> {
        None
    }
}

impl Disk {
    /// A new device.
    #[must_use]
    pub fn new(at: usize, mut dice: Dice) -> Self {
        let mut seed = [0; 32];
        seed.fill_with(|| dice.byte());
        Self {
            at,
            me: None,
            jar: Jar::new(),
            dice,
            whole_at: None,
            unsent_since: None,
            wrote: BTreeSet::new(),
            key: SigningKey::from_seed(seed),
            place: Place::default(),
            rows: BTreeMap::new(),
            actors: BTreeMap::new(),
            turn: 0,
        }
    }

    /// What it says to be enrolled.
    #[must_use]
    pub fn enrols(&self) -> EnrolRequest {
        EnrolRequest {
            login: login(self.at),
            password: PASSWORD.to_owned(),
            device_name: format!("Enhet {}", self.at),
            key: *self.key.public().as_bytes(),
            passkey: None,
        }
    }

    /// Every change that is here, and how far it has come.
    pub fn changes(&self) -> impl Iterator<Item = ((DocumentId, ChangeHash), Stage)> {
        self.rows
            .iter()
            .flat_map(|(id, rows)| rows.iter().map(|(hash, row)| ((*id, *hash), row.stage)))
    }

    fn bytes16<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.fill_with(|| self.dice.byte());
        bytes
    }

    /// Writes something, in a record that is here or in a new one.
    pub fn write(&mut self, court: &Court) {
        let Some(me) = self.me.clone() else { return };
        let now_ms = court.now_ms();
        let by = Authoring {
            device: me.device,
            user: me.me.user,
            now_ms,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let field = ["household_label", "arriving_from", "assignment_ref"][self.dice.roll(3)];
        let text = format!("{} {} {}", self.at, self.turn, "ord ".repeat(self.dice.roll(60)));
        let edit = Edit { path: FieldPath::parse(field).unwrap(), value: Value::text(text.trim()) };
        let known: Vec<DocumentId> = self.rows.keys().copied().collect();
        let begins = known.is_empty() || (self.actors.len() < BEGUN_MAX && self.dice.roll(4) == 0);
        let document = if begins {
            DocumentId::new(now_ms, self.bytes16())
        } else {
            known[self.dice.roll(known.len())]
        };
        let fresh = ActorId::from_bytes(self.bytes16());
        let actor = *self.actors.entry(document).or_insert(fresh);
        let chunk = if begins {
            let header = Header {
                document,
                kind: "case".to_owned(),
                parent: None,
                unit: unit_of(0),
                protection: 0,
                user: me.me.user,
                device: me.device,
                created_ms: now_ms,
                template: None,
            };
            Some(Document::create(actor, header.sign(&self.key), &[edit], &by).unwrap().1)
        } else {
            let rows = self.rows[&document].values().map(|row| row.bytes.as_slice());
            Document::open(actor, rows).unwrap().commit(&[edit], &by).unwrap()
        };
        if let Some(Chunk { hash, bytes }) = chunk {
            let (user, device) = (me.me.user, me.device);
            let envelope =
                AuthorEnvelope { document, actor, user, device, opened_ms: now_ms, last: hash };
            let envelope = envelope.sign(&self.key);
            self.keep((document, hash), (bytes, envelope), (Stage::Unsent, Some(0)));
            self.wrote.insert((document, hash));
            self.unsent_since.get_or_insert(court.now.get());
            court.count("written");
        }
    }

    fn keep(
        &mut self,
        (document, hash): (DocumentId, ChangeHash),
        (bytes, envelope): (Vec<u8>, Vec<u8>),
        (stage, own): (Stage, Option<u64>),
    ) {
        self.turn += 1;
        let row = Row { bytes, envelope, stage, own, turn: self.turn };
        self.rows.entry(document).or_default().insert(hash, row);
    }

    /// What is to be sent, dependencies first.
    #[must_use]
    pub fn push(&self, client: &Client) -> Push {
        let mut unsent: Vec<(u64, PushPart)> = Vec::new();
        for (document, rows) in &self.rows {
            for (hash, row) in rows {
                if row.stage == Stage::Unsent && !client.waits(*document, hash) {
                    let (envelope, chunks) =
                        (row.envelope.clone().into(), vec![row.bytes.clone().into()]);
                    let part = PushPart { document: *document, envelope, chunks, enrolment: None };
                    unsent.push((row.turn, part));
                }
            }
        }
        unsent.sort_by_key(|(turn, _)| *turn);
        batch::push(unsent.into_iter().map(|(_, part)| part).take(20), batch::FRAME_BYTES_MAX)
    }

    /// What it asks.
    #[must_use]
    pub fn question(&self, client: &mut Client) -> Option<Exchange> {
        let mut hello = Hello {
            capabilities: CAN_CHANGE_LINES,
            cursor: self.place.cursor,
            high: self.place.high,
            arrived: self.place.arrived,
            ..Hello::first(self.me.as_ref()?.device, "storm".to_owned())
        };
        client.greet(&mut hello, &self.place, self);
        Some(Exchange {
            hello,
            push: self.push(client),
            deposits: Vec::new(),
            looks: None,
            gone: None,
        })
    }

    /// Where a socket goes on.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Hears an answer, and says what follows from it.
    pub fn hear(
        &mut self,
        (court, client): (&Court, &mut Client),
        (question, answer): (&Exchange, &ExchangeAnswer),
    ) -> Next {
        court.told_epoch(answer.welcome.epoch);
        if answer.anew && question.hello.epoch.is_some() {
            court.fault(format!("{} is told that the log is another one", self.at));
        }
        self.hear_acks(court, &answer.acks);
        for history in &answer.documents {
            history.chunks.iter().for_each(|chunk| court.shown(chunk));
        }
        let (before, after) = (self.place.cursor.feed, answer.feed.cursor.feed);
        court.shown_after((before, after), &answer.feed.chunks);
        let mut place = self.place.clone();
        let news = client.hear(&mut place, self, answer);
        let progress = news.progress;
        self.store(place, &news);
        let mut place = self.place.clone();
        let next = client.settle(&mut place, self, (question, answer), progress);
        self.place = place;
        next
    }

    /// Hears a frame; tells whether the socket stays.
    pub fn hear_frame(
        &mut self,
        (court, client): (&Court, &mut Client),
        frame: &ServerFrame,
    ) -> bool {
        match frame {
            ServerFrame::Acks(acks, _) => self.hear_acks(court, acks),
            ServerFrame::Feed(batch) => {
                let (before, after) = (self.place.cursor.feed, batch.cursor.feed);
                court.shown_after((before, after), &batch.chunks);
            }
            ServerFrame::Held(_) | ServerFrame::Again | ServerFrame::Ended => {}
        }
        let mut place = self.place.clone();
        match client.hear_frame(&mut place, self, frame) {
            Frame::News(news) => {
                self.store(place, &news);
                true
            }
            Frame::Again => false,
            Frame::Ended => {
                self.jar.clear();
                false
            }
        }
    }

    fn hear_acks(&self, court: &Court, acks: &[ankomst_shared::sync::message::Ack]) {
        for ack in acks {
            match ack.outcome {
                Outcome::Received(_) => court.promise((ack.document, ack.hash)),
                Outcome::Missing(_) => court.count("missing"),
                Outcome::Refused(why) => {
                    court.fault(format!("what {} wrote was refused: {why:?}", self.at));
                }
            }
        }
    }

    fn store(&mut self, place: Place, news: &News) {
        if place.epoch == self.place.epoch {
            assert!(place.cursor.feed >= self.place.cursor.feed, "the cursor went back");
        }
        self.place = place;
        for ((document, hash), chunk) in &news.arrived {
            if let (Some(bytes), Some(envelope)) = (&chunk.bytes, &chunk.envelope) {
                let (bytes, envelope) = (bytes.to_vec(), envelope.to_vec());
                self.keep((*document, *hash), (bytes, envelope), (Stage::Shared, None));
            }
        }
        for ((document, hash), said) in &news.stages {
            let row = self.rows.get_mut(document).and_then(|rows| rows.get_mut(hash)).unwrap();
            row.stage = said.stage;
            row.own = said.own(row.own, news.anew);
        }
        for (document, hash) in &news.ended {
            self.rows.get_mut(document).unwrap().remove(hash);
        }
        for document in &news.gone {
            self.rows.remove(document);
        }
        if self.changes().all(|(_, stage)| stage != Stage::Unsent) {
            self.unsent_since = None;
        }
    }
}

/// A disk that the programs on it and the end of the storm look at.
pub type Shared = Rc<core::cell::RefCell<Disk>>;
