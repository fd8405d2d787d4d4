//! Somebody with an account and a device of their own who sends what no honest tablet sends.

use std::cell::RefCell;
use std::rc::Rc;

use ankomst_core::platform::Method;
use ankomst_server::storage::sqlite::log;
use ankomst_shared::chunk::hostile::{Dice, bend, forge};
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{AuthorEnvelope, SigningKey};
use ankomst_shared::sync::message::{EnrolRequest, Exchange, Hello, Push, PushPart, SignInAnswer};
use ankomst_shared::sync::wire;
use ankomst_shared::value::Value;

use crate::hub::{PASSWORD, login, user};
use crate::kernel::Slot;
use crate::wire::{Jar, Question};
use crate::world::World;

/// What stands in a record only if poison was let in.
pub const POISON: i64 = 666_666;

/// The stranger's device.
pub struct Stranger {
    key: SigningKey,
    device: DeviceId,
    jar: Rc<Jar>,
}

impl World {
    fn as_stranger(&mut self, path: &str, body: Vec<u8>, jar: &Rc<Jar>) -> Option<Vec<u8>> {
        let cookies = jar.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        let question = Question {
            at: 0,
            method: Method::Post,
            path: path.to_owned(),
            body,
            cookies,
            jar: Rc::clone(jar),
            slot: Rc::new(Slot::default()),
            opens: None,
        };
        let (answer, set) = self.hub.answer(&question)?;
        jar.borrow_mut().extend(set);
        (answer.status == 200).then_some(answer.body)
    }

    fn enrol_stranger(&mut self) -> Option<()> {
        let key = SigningKey::from_seed([66; 32]);
        let jar: Rc<Jar> = Rc::new(RefCell::default());
        let request = EnrolRequest {
            login: login(self.people),
            password: PASSWORD.to_owned(),
            device_name: "Främling".to_owned(),
            key: *key.public().as_bytes(),
            passkey: None,
        };
        let answer = self.as_stranger("/api/v1/devices", wire::pack(&request), &jar)?;
        let answer: SignInAnswer = wire::unpack(&answer).ok()?;
        self.stranger = Some(Stranger { key, device: answer.device, jar });
        Some(())
    }

    /// Sends something that means harm.
    pub fn harm(&mut self) {
        // The session is over after a while.
        if self.enrol_stranger().is_some() && self.pushes().is_some() {
            self.count("hostile");
        }
        self.kernel.after(5, crate::kernel::Event::Settle);
    }

    fn pushes(&mut self) -> Option<()> {
        let app = self.hub.app.clone()?;
        let documents = app.readers.read(log::document_ids).ok()?;
        if documents.is_empty() {
            return None;
        }
        let document = documents[self.kernel.roll(documents.len())];
        let chunks = app.readers.read(|db| log::chunks_of(db, document, "visible")).ok()?;
        let open = |row: &log::ChunkRow| app.keys.open_chunk(document, &row.hash, &row.sealed).ok();
        let bytes: Vec<Vec<u8>> = chunks.iter().filter_map(open).collect();
        let kind = app.readers.read(|db| log::document(db, document)).ok()??.kind;
        let evil = self.evil(&kind, &bytes)?;
        let stranger = self.stranger.as_ref()?;
        let info = parse(&evil).ok();
        let envelope = AuthorEnvelope {
            document,
            actor: info.as_ref().map_or(ActorId::from_bytes([66; 16]), |info| info.actor),
            user: user(self.people),
            device: stranger.device,
            opened_ms: self.kernel.now(),
            last: info.map_or(ChangeHash::from_bytes([66; 32]), |info| info.hash),
        };
        let part = PushPart {
            document,
            envelope: envelope.sign(&stranger.key).into(),
            chunks: vec![evil.into()],
            enrolment: None,
        };
        let exchange = Exchange {
            hello: hello(stranger.device),
            push: Push { parts: vec![part] },
            deposits: Vec::new(),
            looks: None,
            gone: None,
        };
        let jar = Rc::clone(&stranger.jar);
        self.as_stranger("/api/v1/sync", wire::pack(&exchange), &jar).map(drop)
    }

    fn evil(&self, kind: &str, honest: &[Vec<u8>]) -> Option<Vec<u8>> {
        let mut dice = Dice::new(self.kernel.bits());
        let one = honest.get(dice.roll(honest.len()))?;
        match dice.roll(4) {
            0 => return Some(bend(one, &mut dice)),
            1 => {
                let known: Vec<ChangeHash> =
                    honest.iter().filter_map(|bytes| Some(parse(bytes).ok()?.hash)).collect();
                return Some(forge(one, &known, &mut dice));
            }
            _ => {}
        }
        // Well made in all, but no value of that field; or in the name of another's actor.
        let theirs = parse(one).ok()?.actor;
        let own = ActorId::from_bytes([dice.byte(); 16]);
        let actor = if dice.roll(3) == 0 { theirs } else { own };
        let mut opened = Document::open(actor, honest.iter().map(Vec::as_slice)).ok()?;
        let by = Authoring {
            device: self.stranger.as_ref()?.device,
            user: user(self.people),
            now_ms: self.kernel.now(),
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        // A field that nobody knows may be of a newer program, and hold anything.
        let key = match kind {
            "run" => "remark",
            "residence" | "org" => "name",
            _ => "household_label",
        };
        let edit = Edit { path: FieldPath::parse(key).ok()?, value: Value::Int(POISON) };
        Some(opened.commit(&[edit], &by).ok()??.bytes)
    }
}

fn hello(device: DeviceId) -> Hello {
    Hello::first(device, "stranger".to_owned())
}
