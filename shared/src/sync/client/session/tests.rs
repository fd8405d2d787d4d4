//! What a tablet says when it has more to say than one greeting has room for.

use std::collections::BTreeMap;

use super::*;
use crate::ids::{DeviceId, Epoch, UserId};
use crate::sync::message::{Me, Outcome, Push, Welcome};

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
        me: Me { user, login, name, roles: Vec::new(), units: Vec::new(), later: None },
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
        guarded_more: None,
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
        returned: None,
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

/// What one person wrote in records of ended lines, by how far it has come, and what the server has of it.
struct Late(BTreeMap<ChangeHash, Stage>, BTreeSet<ChangeHash>);

impl Kept for Late {
    fn documents(&self) -> Vec<DocumentId> {
        vec![id(1)]
    }

    fn stages(&self, _: DocumentId) -> Vec<(ChangeHash, Stage)> {
        self.0.iter().map(|(hash, stage)| (*hash, *stage)).collect()
    }

    fn stage(&self, _: DocumentId, hash: &ChangeHash) -> Option<Stage> {
        self.0.get(hash).copied()
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

impl Late {
    /// What a server says to what is offered that takes so many at once; what it has costs nothing.
    fn offered(&mut self, client: &Client, mut room: usize) -> Vec<Ack> {
        let unsent = self.0.iter().filter(|(_, stage)| **stage == Stage::Unsent);
        let offered = unsent.filter(|(hash, _)| !client.waits(id(1), hash));
        let has = &mut self.1;
        let ack = |(hash, _): (&ChangeHash, _)| {
            let taken = has.contains(hash) || room > 0;
            if taken && has.insert(*hash) {
                room -= 1;
            }
            let outcome = if taken { Outcome::Received(1) } else { Outcome::Missing(Vec::new()) };
            Ack { document: id(1), hash: *hash, outcome }
        };
        offered.map(ack).collect()
    }

    fn takes(&mut self, news: &News) {
        self.0.extend(news.stages.iter().map(|((_, hash), said)| (*hash, said.stage)));
    }

    fn left(&self) -> usize {
        self.0.len() - self.1.len()
    }
}

fn late(count: u16) -> (Late, Client, Place) {
    let hash = |number: u16| {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        ChangeHash::from_bytes(bytes)
    };
    let unsent = (0..count).map(|number| (hash(number), Stage::Unsent)).collect();
    let late = Late(unsent, BTreeSet::new());
    let place = Place { epoch: Some(Epoch::from_bytes([5; 16])), ..Place::default() };
    (late, Client::default(), place)
}

#[test]
fn late_changes_are_offered_until_none_is_taken_any_more() {
    let (mut kept, mut client, mut place) = late(1_000);
    let mut rounds = 0;
    loop {
        let question = greeting();
        // The server has no room for the last hundred today.
        let room = 64.min(kept.left().saturating_sub(100));
        let mut answer = ExchangeAnswer { acks: kept.offered(&client, room), ..answer() };
        let news = client.hear(&mut place, &kept, &answer);
        kept.takes(&news);
        answer.digest = digest(&place, &kept);
        rounds += 1;
        match client.settle(&mut place, &kept, (&question, &answer), news.progress) {
            Next::Again => assert!(rounds < 40, "a flood"),
            next => {
                assert_eq!((next, kept.left()), (Next::Later, 100));
                break;
            }
        }
    }
    // What had arrived is offered once more after its round, which takes rounds and no room.
    assert!(rounds < 30, "{rounds} rounds");
    assert_eq!(kept.offered(&client, 0).len(), 100, "they are offered with the next contact");
}

#[test]
fn late_changes_are_offered_on_a_socket_until_none_is_taken_any_more() {
    let (mut kept, mut client, mut place) = late(1_000);
    let mut frames = 0;
    loop {
        let room = 64.min(kept.left().saturating_sub(100));
        let acks = ServerFrame::Acks(kept.offered(&client, room), Position::default());
        let Frame::News(news) = client.hear_frame(&mut place, &kept, &acks) else { panic!() };
        kept.takes(&news);
        frames += 1;
        if !news.progress {
            break;
        }
        assert!(frames < 40, "a flood");
    }
    assert_eq!((kept.left(), frames), (100, 16));
}

#[test]
fn on_the_socket_only_what_had_no_room_is_offered_again_where_others_were_taken() {
    let (kept, mut client, mut place) = late(3);
    let hashes: Vec<ChangeHash> = kept.0.keys().copied().collect();
    let outcomes = [
        Outcome::Received(1),
        Outcome::Missing(Vec::new()),
        Outcome::Missing(vec![ChangeHash::from_bytes([9; 32])]),
    ];
    let ack = |(hash, outcome): (&ChangeHash, Outcome)| {
        // Each is of a document of its own: what is taken frees what else waits in its own.
        Ack { document: DocumentId::from_bytes([hash.as_bytes()[1]; 16]), hash: *hash, outcome }
    };
    let acks: Vec<Ack> = hashes.iter().zip(outcomes).map(ack).collect();
    let places: Vec<(DocumentId, ChangeHash)> =
        acks.iter().map(|ack| (ack.document, ack.hash)).collect();
    let frame = ServerFrame::Acks(acks, Position::default());
    assert!(matches!(client.hear_frame(&mut place, &kept, &frame), Frame::News(_)));
    let waits: Vec<bool> =
        places.iter().map(|(document, hash)| client.waits(*document, hash)).collect();
    assert_eq!(waits, [false, false, true]);
}
