//! A unit whose people's devices sign changes; what they wrote goes straight to the log, whoever brings it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use ankomst_server::app::App;
use ankomst_server::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use ankomst_server::storage::sqlite::grants::{self, GrantRow};
use ankomst_server::storage::sqlite::{log, units};
use ankomst_server::sync::held::{Asked, Decided, HeldError, decide};
use ankomst_server::sync::{Session, exchange, feed, ingest};
use ankomst_shared::app::Role;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, DocumentId, SessionId, UnitId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{AuthorEnvelope, Header, SigningKey};
use ankomst_shared::sync::message::{Ack, Outcome, Push, PushPart};
use ankomst_shared::value::Value;
use tempfile::TempDir;

pub(crate) const UNIT: UnitId = UnitId::from_bytes([50; 16]);
pub(crate) const OTHER: UnitId = UnitId::from_bytes([51; 16]);

/// Those who take part, by number.
pub(crate) const ELIN: u8 = 1;
pub(crate) const BO: u8 = 2;
pub(crate) const MATS: u8 = 3;
pub(crate) const INGRID: u8 = 4;
pub(crate) const SIXTEN: u8 = 5;
pub(crate) const BERIT: u8 = 6;
pub(crate) const VERA: u8 = 7;

const ALL: [(u8, &str, Role, UnitId); 7] = [
    (ELIN, "elin", Role::Caseworker, UNIT),
    (BO, "bo", Role::Caseworker, UNIT),
    (MATS, "mats", Role::Inspector, UNIT),
    (INGRID, "ingrid", Role::Supervisor, UNIT),
    (SIXTEN, "sixten", Role::Administrator, UNIT),
    (BERIT, "berit", Role::Supervisor, OTHER),
    (VERA, "vera", Role::Supervisor, UNIT),
];

pub(crate) const fn user(who: u8) -> UserId {
    UserId::from_bytes([who; 16])
}

pub(crate) const fn device(who: u8) -> DeviceId {
    DeviceId::from_bytes([who; 16])
}

fn session(who: u8) -> Session {
    Session { id: SessionId::from_bytes([who; 16]), user: user(who), device: device(who) }
}

fn key(who: u8) -> SigningKey {
    SigningKey::from_seed([who; 32])
}

/// A change and whose it is.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) document: DocumentId,
    pub(crate) who: u8,
    pub(crate) actor: ActorId,
    pub(crate) chunk: Chunk,
}

impl Made {
    pub(crate) fn hash(&self) -> ChangeHash {
        self.chunk.hash
    }
}

fn by(who: u8) -> Authoring {
    Authoring {
        device: device(who),
        user: user(who),
        now_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn says(field: &str, text: &str) -> Edit {
    Edit { path: FieldPath::parse(field).unwrap(), value: Value::text(text) }
}

fn actor(document: DocumentId, number: u8) -> ActorId {
    let mut bytes = *document.as_bytes();
    bytes[15] = number;
    ActorId::from_bytes(bytes)
}

/// The beginning of a case, by Elin.
pub(crate) fn begins(document: DocumentId) -> Made {
    begins_by(document, ELIN)
}

pub(crate) fn begins_by(document: DocumentId, who: u8) -> Made {
    let header = Header {
        document,
        kind: "case".to_owned(),
        parent: None,
        unit: UNIT,
        protection: 0,
        user: user(who),
        device: device(who),
        created_ms: 1,
        template: None,
    };
    let actor = actor(document, 255);
    let edits = [says("household_label", "Familjen Haddad")];
    let (_, chunk) = Document::create(actor, header.sign(&key(who)), &edits, &by(who)).unwrap();
    Made { document, who, actor, chunk }
}

/// A change of an actor of its own on top of some others, with all that these build on.
pub(crate) fn writes(who: u8, number: u8, on: &[&Made], (field, text): (&str, &str)) -> Made {
    let document = on.first().unwrap().document;
    let actor = actor(document, number);
    let chunks = on.iter().map(|made| made.chunk.bytes.as_slice());
    let mut opened = Document::open(actor, chunks).unwrap();
    let chunk = opened.commit(&[says(field, text)], &by(who)).unwrap().unwrap();
    Made { document, who, actor, chunk }
}

/// A part of a push that its author signs.
pub(crate) fn part(made: &Made) -> PushPart {
    let envelope = AuthorEnvelope {
        document: made.document,
        actor: made.actor,
        user: user(made.who),
        device: device(made.who),
        opened_ms: 1_000,
        last: made.chunk.hash,
    };
    let chunks = vec![made.chunk.bytes.clone().into()];
    let envelope = envelope.sign(&key(made.who)).into();
    PushPart { document: made.document, envelope, chunks, enrolment: None }
}

/// The server.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) folder: TempDir,
}

pub(crate) async fn app(folder: &TempDir) -> Arc<App> {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_ankomst"));
    App::open(&folder.path().join("data"), binary).await.unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { app: app(&folder).await, folder };
        world
            .write(|db| {
                units::add(db, UNIT, "Enheten")?;
                units::add(db, OTHER, "Den andra enheten")?;
                for (who, login, role, unit) in ALL {
                    let row = UserRow {
                        id: user(who),
                        login: login.to_owned(),
                        name: login.to_owned(),
                        password: String::new(),
                        roles: vec![role],
                        unit,
                        active: true,
                    };
                    accounts::add_user(db, &row)?;
                    enrol(db, who, 1)?;
                }
                Ok(())
            })
            .await;
        world
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(
            &ankomst_server::storage::sqlite::Connection,
        ) -> Result<T, ankomst_server::storage::StorageError>
        + Send
        + 'static,
    ) -> T {
        self.app.writer.write(work).await.unwrap()
    }

    pub(crate) async fn set_active(&self, login: &'static str, active: bool) {
        self.write(move |db| accounts::set_user_active(db, login, active)).await;
    }

    /// Gives somebody one other role instead of all others, so many milliseconds ago.
    pub(crate) async fn becomes(&self, who: u8, role: Role, (unit, ago_ms): (UnitId, i64)) {
        let then_ms = self.app.now_ms() - ago_ms;
        self.write(move |db| {
            for old in grants::of(db, user(who))? {
                grants::end(db, old.user, old.id, then_ms)?;
            }
            let from_ms = then_ms;
            grants::add(db, &GrantRow { from_ms, ..GrantRow::of_role(user(who), unit, role) })
        })
        .await;
    }

    pub(crate) async fn push(&self, all: &[Made]) -> Vec<Ack> {
        self.pushed(all, None).await
    }

    /// Somebody's device brings changes, whoever has written them.
    pub(crate) async fn brings(&self, who: u8, all: &[Made]) -> Vec<Ack> {
        self.pushed(all, Some(session(who))).await
    }

    /// Changes that somebody's device is told are held, and why.
    pub(crate) fn told(&self, who: u8) -> Vec<(ChangeHash, String)> {
        let notes = self.app.readers.read(|db| exchange::held_notes(db, &session(who))).unwrap();
        notes.into_iter().map(|note| (note.hash, note.reason)).collect()
    }

    async fn pushed(&self, all: &[Made], by: Option<Session>) -> Vec<Ack> {
        let acks =
            ingest::push(&self.app, Push { parts: all.iter().map(part).collect() }, by.as_ref())
                .await;
        let acks = acks.unwrap();
        let taken = |ack: &Ack| matches!(ack.outcome, Outcome::Received(_));
        assert!(acks.len() == all.len() && acks.iter().all(taken), "{acks:?}");
        acks
    }

    pub(crate) async fn settle(&self) {
        feed::settle(&self.app).await.unwrap();
    }

    pub(crate) async fn decide(
        &self,
        (who, is_release): (u8, bool),
        (document, hashes): (DocumentId, &[ChangeHash]),
    ) -> Result<Decided, HeldError> {
        let (hashes, reason) = (hashes.to_vec(), "Talade med Bo".to_owned());
        decide(&self.app, Asked { document, hashes, is_release, reason, by: user(who) }).await
    }

    /// Changes in a state, by the names their authors gave them.
    pub(crate) fn are(&self, document: DocumentId, state: &'static str) -> BTreeSet<ChangeHash> {
        let chunks = self.app.readers.read(|db| log::chunks_of(db, document, state)).unwrap();
        chunks.into_iter().map(|chunk| chunk.was.unwrap_or(chunk.hash)).collect()
    }

    /// Why a change is held; `None` if it is not.
    pub(crate) fn reason(&self, made: &Made) -> Option<String> {
        let all = self.app.readers.read(|db| log::held(db, None)).unwrap();
        let found = all.into_iter().find(|chunk| chunk.was.unwrap_or(chunk.hash) == made.hash());
        found.map(|chunk| chunk.reason.unwrap())
    }
}

pub(crate) fn enrol(
    db: &ankomst_server::storage::sqlite::Connection,
    who: u8,
    now_ms: i64,
) -> Result<(), ankomst_server::storage::StorageError> {
    let row = DeviceRow {
        id: device(who),
        user: user(who),
        name: "<b>Surfplatta</b>".to_owned(),
        key: *key(who).public().as_bytes(),
        enrolment: Vec::new(),
        active: true,
    };
    accounts::add_device(db, &row, now_ms)
}
