//! Documents of every kind as devices of each role begin them, where they belong and where they do not.

use std::collections::BTreeMap;

use ankomst_server::seed;
use ankomst_server::storage::sqlite::log;
use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sign::{AuthorEnvelope, Header};
use ankomst_shared::sync::message::{
    Exchange, ExchangeAnswer, Hello, Looks, Me, Outcome, Push, PushPart, Refused,
};
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::kit::{Browser, Door};

/// Somebody with a device.
pub(crate) struct Somebody {
    pub(crate) browser: Browser,
    me: Option<Me>,
    made: u8,
}

impl Somebody {
    async fn enrolled(door: &Door, login: &str, seed: u8) -> (Self, ExchangeAnswer) {
        Self::with(door, (login, &format!("{login}-i-provby")), seed).await
    }

    pub(crate) async fn with(
        door: &Door,
        (login, password): (&str, &str),
        seed: u8,
    ) -> (Self, ExchangeAnswer) {
        let mut browser = Browser::new(seed);
        let answer = browser.enrol(door, login, password).await;
        assert_eq!(answer.status, StatusCode::OK, "{login}");
        let mut one = Self { browser, me: None, made: seed };
        let first = one.exchange(door, Push::default()).await;
        one.me = Some(first.welcome.me.clone());
        (one, first)
    }

    pub(crate) async fn exchange(&mut self, door: &Door, push: Push) -> ExchangeAnswer {
        self.tells(door, push, None).await
    }

    /// The same with what was opened without contact.
    pub(crate) async fn tells(
        &mut self,
        door: &Door,
        push: Push,
        looks: Option<Looks>,
    ) -> ExchangeAnswer {
        let hello = Hello::first(self.browser.device.unwrap(), "test".to_owned());
        let question = Exchange { hello, push, deposits: Vec::new(), looks, gone: None };
        self.browser.post(door, "/api/v1/sync", &question).await.read()
    }

    /// Pushes the first change of a document, and says what became of it.
    async fn begins(
        &mut self,
        door: &Door,
        (kind, id): (&str, DocumentId),
        parent: Option<DocumentId>,
    ) -> (Outcome, ChangeHash) {
        let edit = Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") };
        self.begins_with(door, (kind, id), parent, &[edit]).await
    }

    /// Pushes the first change of a document with answers, and says what became of it.
    pub(crate) async fn begins_with(
        &mut self,
        door: &Door,
        (kind, id): (&str, DocumentId),
        parent: Option<DocumentId>,
        edits: &[Edit],
    ) -> (Outcome, ChangeHash) {
        let (me, device) = (self.me.clone().unwrap(), self.browser.device.unwrap());
        self.made += 3;
        let actor = ActorId::from_bytes([self.made; 16]);
        let header = Header {
            document: id,
            kind: kind.to_owned(),
            parent,
            unit: *me.units.first().unwrap(),
            protection: 0,
            user: me.user,
            device,
            created_ms: 1,
            template: None,
        };
        let by = Authoring {
            device,
            user: me.user,
            now_ms: 1,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let (_, chunk) =
            Document::create(actor, header.sign(&self.browser.key), edits, &by).unwrap();
        let envelope = AuthorEnvelope {
            document: id,
            actor,
            user: me.user,
            device,
            opened_ms: 1,
            last: chunk.hash,
        };
        let part = PushPart {
            document: id,
            envelope: envelope.sign(&self.browser.key).into(),
            chunks: vec![chunk.bytes.into()],
            enrolment: None,
        };
        let answer = self.exchange(door, Push { parts: vec![part] }).await;
        (answer.acks.first().unwrap().outcome.clone(), chunk.hash)
    }
}

/// Why a change is held, if it is.
pub(crate) fn held(door: &Door, hash: ChangeHash) -> Option<String> {
    let all = door.app.readers.read(|db| log::held(db, None)).unwrap();
    all.into_iter().find(|chunk| chunk.hash == hash).and_then(|chunk| chunk.reason)
}

/// The first document of each kind somebody holds.
fn first_of_each(answer: &ExchangeAnswer) -> BTreeMap<String, DocumentId> {
    let mut found = BTreeMap::new();
    for one in &answer.documents {
        found.entry(one.kind.clone()).or_insert(one.document);
    }
    found
}

fn new_id(kind: &Kind, parent: Option<DocumentId>, number: &mut u8) -> DocumentId {
    *number += 1;
    match parent {
        Some(parent) if kind.single => companion(parent, &kind.id),
        _ => DocumentId::from_bytes([*number; 16]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_begins_the_kinds_it_has_where_they_belong() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let catalog = Catalog::builtin();
    let (mut ingrid, whole) = Somebody::enrolled(&door, "ingrid", 1).await;
    let known = first_of_each(&whole);
    let (mut elin, _) = Somebody::enrolled(&door, "elin", 2).await;
    let (mut mats, _) = Somebody::enrolled(&door, "mats", 3).await;
    let mut number = 100;
    for kind in catalog.package().kinds.iter().filter(|kind| kind.id != "review") {
        let parents: Vec<Option<DocumentId>> = if kind.belongs_to.is_empty() {
            vec![None]
        } else {
            kind.belongs_to.iter().map(|id| Some(known[id])).collect()
        };
        for (somebody, role) in
            [(&mut mats, "inspector"), (&mut elin, "caseworker"), (&mut ingrid, "supervisor")]
        {
            for (parent, home) in parents.iter().zip(homes(kind)) {
                let id = new_id(kind, *parent, &mut number);
                let (outcome, hash) = somebody.begins(&door, (&kind.id, id), *parent).await;
                let what = format!("{} at {home} by the {role}", kind.id);
                if kind.server {
                    assert_eq!(outcome, Outcome::Refused(Refused::Header), "{what}");
                    continue;
                }
                assert!(matches!(outcome, Outcome::Received(_)), "{what}: {outcome:?}");
                let may = catalog.kind(home).unwrap().roles.iter().any(|name| name == role);
                let reason = held(&door, hash);
                let wanted = (!may).then_some("not permitted");
                assert_eq!(reason.as_deref(), wanted, "{what}");
            }
            // What stands alone belongs to nothing, and what belongs somewhere is not alone.
            let wrong = if kind.belongs_to.is_empty() { Some(known["residence"]) } else { None };
            let id = new_id(kind, None, &mut number);
            let (outcome, _) = somebody.begins(&door, (&kind.id, id), wrong).await;
            assert_eq!(outcome, Outcome::Refused(Refused::Header), "{} at {wrong:?}", kind.id);
        }
    }
}

/// The kinds that decide who has a document, one for each it may belong to.
fn homes(kind: &Kind) -> Vec<&str> {
    let parents = kind.belongs_to.iter().map(String::as_str);
    match (kind.shares_secrecy(), kind.belongs_to.is_empty()) {
        (true, _) => parents.collect(),
        (false, true) => vec![&kind.id],
        (false, false) => parents.map(|_| kind.id.as_str()).collect(),
    }
}
