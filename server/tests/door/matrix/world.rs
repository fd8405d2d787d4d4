//! A world with everything in it twice: two units, each with a record of every kind at every place it may belong to,
//! once open and once protected; and somebody of every role in each unit, up to different levels.

use std::collections::BTreeMap;

use ankomst_server::accounts::password;
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::grants::{self, GrantRow, ROLES};
use ankomst_server::storage::sqlite::units;
use ankomst_server::sync::{Session, feed};
use ankomst_shared::app::Role;
use ankomst_shared::catalog::{Catalog, FieldType, Finds, Kind};
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sign::{AuthorEnvelope, Header};
use ankomst_shared::sync::message::{Exchange, ExchangeAnswer, Hello, Push, PushPart};
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::super::kit::{Answer, Browser, Door, PASSWORD};

/// The level that the protected half was raised to.
pub(super) const RAISED: u8 = 2;
pub(super) const UNITS: [UnitId; 2] = [UnitId::from_bytes([1; 16]), UnitId::from_bytes([2; 16])];
const LEVELS: [u8; 3] = [0, 2, 3];

/// A record of the world.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) id: DocumentId,
    /// Its kind, after that of what it belongs to, such as `case/journal`.
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) parent: Option<DocumentId>,
    pub(super) unit: usize,
    pub(super) raised: bool,
    /// The case it is, or belongs to, is that of a child.
    pub(super) child: bool,
    /// A word that only it is found by.
    pub(super) word: Option<String>,
    pub(super) first: Vec<u8>,
}

/// What somebody is.
#[derive(Clone, Copy)]
pub(super) struct Who {
    pub(super) role: Role,
    pub(super) unit: usize,
    pub(super) level: u8,
}

impl Who {
    pub(super) fn says(self) -> String {
        format!("{:?} of unit {} up to level {}", self.role, self.unit, self.level)
    }

    /// Whether it is who makes the records of a unit.
    pub(super) fn makes(self, unit: usize) -> bool {
        (self.role, self.unit, self.level) == (Role::Supervisor, unit, 3)
    }
}

/// Somebody with a device.
pub(super) struct Somebody {
    pub(super) who: Who,
    pub(super) user: UserId,
    pub(super) browser: Browser,
    actors: u32,
}

pub(super) struct World {
    pub(super) door: Door,
    pub(super) people: Vec<Somebody>,
    pub(super) all: Vec<Known>,
}

impl Somebody {
    pub(super) fn device(&self) -> DeviceId {
        self.browser.device.unwrap()
    }

    pub(super) fn session(&self, door: &Door) -> Session {
        door.app.tokens.check(self.browser.cookies.get("__Host-ankomst").unwrap()).unwrap().0
    }

    /// An exchange of a device that holds nothing and has taken these houses along.
    pub(super) async fn asks(
        &mut self,
        door: &Door,
        parts: Vec<PushPart>,
        wants: Vec<DocumentId>,
    ) -> ExchangeAnswer {
        let answer: ExchangeAnswer = self.asked(door, parts, wants).await.read();
        assert_eq!(answer.documents_left, 0, "the world fits into one answer");
        answer
    }

    /// The same, whatever is answered.
    pub(super) async fn asked(
        &mut self,
        door: &Door,
        parts: Vec<PushPart>,
        wants: Vec<DocumentId>,
    ) -> Answer {
        let hello = Hello { wants, ..Hello::first(self.device(), "test".to_owned()) };
        let question =
            Exchange { hello, push: Push { parts }, deposits: Vec::new(), looks: None, gone: None };
        self.browser.post(door, "/api/v1/sync", &question).await
    }

    fn by(&self) -> Authoring {
        Authoring {
            device: self.device(),
            user: self.user,
            now_ms: 1,
            clock_offset_s: None,
            review_heads: Vec::new(),
        }
    }

    pub(super) fn new_id(&mut self) -> DocumentId {
        DocumentId::from_bytes(*self.actor().as_bytes())
    }

    fn actor(&mut self) -> ActorId {
        self.actors += 1;
        let mut bytes = *self.user.as_bytes();
        bytes[..4].copy_from_slice(&self.actors.to_be_bytes());
        ActorId::from_bytes(bytes)
    }

    /// The first change of a record in a unit, as a part of a push.
    pub(super) fn begins(
        &mut self,
        (kind, id): (&str, DocumentId),
        (parent, unit): (Option<DocumentId>, usize),
        edits: &[Edit],
    ) -> (PushPart, ChangeHash) {
        let header = Header {
            document: id,
            kind: kind.to_owned(),
            parent,
            unit: UNITS[unit],
            protection: 0,
            user: self.user,
            device: self.device(),
            created_ms: 1,
            template: None,
        };
        let (actor, by) = (self.actor(), self.by());
        let signed = header.sign(&self.browser.key);
        let (_, chunk) = Document::create(actor, signed, edits, &by).unwrap();
        (self.part(id, actor, chunk.hash, chunk.bytes), chunk.hash)
    }

    /// A change of a record that is there.
    pub(super) fn writes(&mut self, known: &Known) -> (PushPart, ChangeHash) {
        let (actor, by) = (self.actor(), self.by());
        let mut document = Document::open(actor, [known.first.as_slice()]).unwrap();
        let chunk = document
            .commit(&[Edit { value: Value::text(self.actors.to_string()), ..remark() }], &by)
            .unwrap()
            .unwrap();
        (self.part(known.id, actor, chunk.hash, chunk.bytes), chunk.hash)
    }

    fn part(&self, id: DocumentId, actor: ActorId, last: ChangeHash, bytes: Vec<u8>) -> PushPart {
        let (user, device) = (self.user, self.device());
        let envelope = AuthorEnvelope { document: id, actor, user, device, opened_ms: 1, last };
        PushPart {
            document: id,
            envelope: envelope.sign(&self.browser.key).into(),
            chunks: vec![bytes.into()],
            enrolment: None,
        }
    }
}

pub(super) fn remark() -> Edit {
    Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") }
}

/// A word for a number that sounds like no other one.
fn word(number: usize) -> String {
    let parts = ["bam", "dif", "fol", "gur", "kan", "lop", "mes", "nit", "pok", "rav"];
    [number / 10 % 10, number % 10, number / 10 % 10].map(|digit| parts[digit]).concat()
}

/// The field a kind is found by.
fn found_by(kind: &Kind) -> Option<&str> {
    let by_name = kind.fields.iter().find(|field| field.finds == Some(Finds::Name));
    by_name.filter(|field| matches!(field.typ, FieldType::Text)).map(|field| field.id.as_str())
}

async fn account(door: &Door, number: u8, (role, unit, level): (Role, usize, u8)) -> Somebody {
    let user = UserRow {
        id: UserId::from_bytes([number; 16]),
        login: format!("matris-{number}"),
        name: format!("Namn {number}"),
        password: password::hash(PASSWORD).unwrap(),
        roles: Vec::new(),
        unit: UNITS[unit],
        active: true,
    };
    let (id, login) = (user.id, user.login.clone());
    let write = door.app.writer.write(move |db| {
        accounts::add_user(db, &user)?;
        let department = (role == Role::Recipient).then(|| "SKO".to_owned());
        let of_role = GrantRow::of_role(id, UNITS[unit], role);
        grants::add(db, &GrantRow { level, department, ..of_role })
    });
    write.await.unwrap();
    let mut browser = Browser::new(number);
    assert_eq!(browser.enrol(door, &login, PASSWORD).await.status, StatusCode::OK);
    Somebody { who: Who { role, unit, level }, user: id, browser, actors: 0 }
}

/// Records of every kind of a unit, half of them protected.
async fn records(door: &Door, maker: &mut Somebody, all: &mut Vec<Known>) {
    let kinds: Vec<&Kind> =
        Catalog::builtin().package().kinds.iter().filter(|kind| !kind.server).collect();
    let unit = maker.who.unit;
    for raised in [false, true] {
        let mut roots: BTreeMap<&str, DocumentId> = BTreeMap::new();
        let (alone, belongs): (Vec<&Kind>, Vec<&Kind>) =
            kinds.iter().partition(|kind| kind.belongs_to.is_empty());
        let alone = alone.into_iter().map(|kind| (kind, None));
        let places = belongs.into_iter().flat_map(|kind| {
            let to = if kind.id == "review" {
                vec!["case", "residence"]
            } else {
                kind.belongs_to.iter().map(String::as_str).collect()
            };
            to.into_iter().map(move |to| (kind, Some(to)))
        });
        let mut parts = Vec::new();
        for (kind, to) in alone.chain(places) {
            let number = all.len();
            let parent = to.map(|to| roots[to]);
            let mut id = [u8::try_from(number).unwrap(); 16];
            id[0] = 100;
            let id = match parent {
                Some(parent) if kind.single => companion(parent, &kind.id),
                _ => DocumentId::from_bytes(id),
            };
            let field = found_by(kind);
            let name = word(number);
            let named = |field| Edit {
                path: FieldPath::parse(field).unwrap(),
                value: Value::text(name.as_str()),
            };
            let mut edits = vec![field.map_or_else(remark, named)];
            // The cases of the first unit are those of children.
            let child = unit == 0 && (kind.id == "case" || to == Some("case"));
            if child && to.is_none() {
                let path = FieldPath::parse("case_kind").unwrap();
                edits.push(Edit { path, value: Value::text("unaccompanied") });
            }
            let (part, _) = maker.begins((&kind.id, id), (parent, unit), &edits);
            if to.is_none() {
                roots.insert(&kind.id, id);
            }
            all.push(Known {
                id,
                place: to.map_or_else(|| kind.id.clone(), |to| format!("{to}/{}", kind.id)),
                kind: kind.id.clone(),
                parent,
                unit,
                raised,
                child,
                word: field.map(|_| word(number)),
                first: part.chunks[0].to_vec(),
            });
            parts.push(part);
        }
        let answer = maker.asks(door, parts, Vec::new()).await;
        assert!(answer.held.is_empty(), "{:?}", answer.held);
        if raised {
            let (by, roots) = (maker.user, roots.into_values().collect::<Vec<_>>());
            let write = door.app.writer.write(move |db| {
                roots.iter().try_for_each(|id| {
                    grants::raise(db, (*id, RAISED), (by, "Prov", 1)).map(|_| ())
                })
            });
            write.await.unwrap();
        }
    }
}

/// The world, and everything in it visible.
pub(super) async fn world() -> World {
    let door = Door::open().await;
    let write = door
        .app
        .writer
        .write(|db| UNITS.into_iter().try_for_each(|unit| units::add(db, unit, "En enhet")));
    write.await.unwrap();
    let mut people = Vec::new();
    for unit in 0..UNITS.len() {
        for level in LEVELS {
            // One in the middle is enough to see that levels are no yes or no; the last three reach nothing protected.
            let is_here = |role: &Role| match level {
                0 => ROLES[..3].contains(role),
                2 => *role == Role::Caseworker,
                _ => true,
            };
            for role in ROLES.into_iter().filter(is_here) {
                let number = u8::try_from(people.len() + 1).unwrap();
                people.push(account(&door, number, (role, unit, level)).await);
            }
        }
    }
    let mut all = Vec::new();
    for unit in 0..UNITS.len() {
        let is_maker = |one: &&mut Somebody| one.who.makes(unit);
        records(&door, people.iter_mut().find(is_maker).unwrap(), &mut all).await;
    }
    feed::settle(&door.app).await.unwrap();
    World { door, people, all }
}
