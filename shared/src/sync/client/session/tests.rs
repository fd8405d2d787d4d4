//! What a tablet says when it has more to say than one greeting has room for.

use super::*;
use crate::ids::{DeviceId, Epoch, UserId};
use crate::sync::message::{Me, Push, Welcome};

/// A device that has had a change of each of so many documents.
struct Many(u32);

fn id(number: u32) -> DocumentId {
    DocumentId::from_bytes(u128::from(number).to_be_bytes())
}

impl Kept for Many {
    fn documents(&self) -> Vec<DocumentId> {
        (0..self.0).map(id).collect()
    }

    fn stages(&self, _: DocumentId) -> Vec<(ChangeHash, Stage)> {
        vec![(ChangeHash::from_bytes([1; 32]), Stage::Shared)]
    }

    fn stage(&self, _: DocumentId, _: &ChangeHash) -> Option<Stage> {
        Some(Stage::Shared)
    }

    fn unnoted(&self) -> Vec<(DocumentId, ChangeHash, Stage)> {
        Vec::new()
    }

    fn came(&self, _: DocumentId) -> bool {
        true
    }

    fn parent(&self, _: DocumentId) -> Option<DocumentId> {
        None
    }
}

fn greeting() -> Exchange {
    let (position, device) = (Position::default(), DeviceId::from_bytes([1; 16]));
    let hello = Hello {
        version_min: 1,
        version_max: 1,
        capabilities: 0,
        build: String::new(),
        device,
        epoch: None,
        cursor: position,
        high: position,
        digest: Digest::default(),
        wants: Vec::new(),
        heal: Vec::new(),
        unsure: Vec::new(),
        arrived: position,
    };
    Exchange { hello, push: Push::default(), deposits: Vec::new(), looks: None, gone: None }
}

/// An answer with nothing in it.
fn answer() -> ExchangeAnswer {
    let user = UserId::from_bytes([2; 16]);
    let (login, name) = (String::new(), String::new());
    let welcome = Welcome {
        version: 1,
        capabilities: 0,
        epoch: Epoch::from_bytes([5; 16]),
        server_ms: 1,
        me: Me { user, login, name, roles: Vec::new(), units: Vec::new() },
        people: Vec::new(),
        devices: Vec::new(),
        has_backup: false,
        away: Vec::new(),
        received: Position::default(),
        backed_up: 0,
        enrolments: Vec::new(),
        unit: String::new(),
        lease_s: 0,
        shuts_s: 0,
        hand_in: None,
        guarded: None,
    };
    ExchangeAnswer {
        welcome,
        acks: Vec::new(),
        deposits: Vec::new(),
        drop: Vec::new(),
        documents: Vec::new(),
        feed: FeedBatch::default(),
        digest: Digest::default(),
        held: Vec::new(),
        documents_left: 0,
        anew: false,
        digests: Vec::new(),
        compared: false,
        looked: None,
        destroyed: None,
    }
}

#[test]
fn what_a_greeting_has_no_room_for_stays_unsure_until_a_later_one_has_asked() {
    let kept = Many(45_000);
    let (mut client, mut place) = (Client::default(), Place::default());
    place.epoch = Some(Epoch::from_bytes([5; 16]));
    place.unsure = order::set(kept.documents());
    let (mut asked, mut rounds) = (BTreeSet::new(), 0);
    while !place.unsure.is_empty() {
        let mut question = greeting();
        client.greet(&mut question.hello, &place, &kept);
        assert!(question.hello.unsure.len() <= UNSURE_MAX);
        asked.extend(question.hello.unsure.iter().copied());
        let mut answer = answer();
        let news = client.hear(&mut place, &kept, &answer);
        answer.digest = digest(&place, &kept);
        let next = client.settle(&mut place, &kept, (&question, &answer), news.progress);
        rounds += 1;
        assert_eq!(next == Next::Again, !place.unsure.is_empty(), "round {rounds}");
    }
    assert_eq!((asked.len(), rounds), (45_000, 3));
}
