//! One of everything that travels between tablet and server: with all fields, and with none that may be missing.

use minicbor::bytes::ByteVec;

use super::{Sample, sample};
use crate::app::Role;
use crate::ids::{ChangeHash, DepositId, DeviceId, DocumentId, Epoch, UnitId, UserId};
use crate::sync::chain::{Chain, Position, Proof};
use crate::sync::digest::Digest;
use crate::sync::message::*;

const AT_MS: i64 = 1_790_000_000_000;

pub(super) fn device() -> DeviceId {
    DeviceId::from_bytes([1; 16])
}

pub(super) fn epoch() -> Epoch {
    Epoch::from_bytes([2; 16])
}

pub(super) fn document() -> DocumentId {
    DocumentId::from_bytes([5; 16])
}

fn bytes(byte: u8) -> ByteVec {
    vec![byte; 3].into()
}

fn told() -> Position {
    Position::at(7, Chain::from_bytes([3; 8])).told(&[9; 32], epoch())
}

pub(super) fn arrived() -> Position {
    Position::at(11, Chain::from_bytes([5; 8]))
}

pub(super) fn received() -> Position {
    Position::at(12, Chain::from_bytes([9; 8]))
}

fn me() -> Me {
    Me {
        user: UserId::from_bytes([3; 16]),
        login: "n".to_owned(),
        name: "N".to_owned(),
        roles: vec![Role::Caseworker.code(), Role::Supervisor.code()],
        units: vec![UnitId::from_bytes([4; 16])],
        later: None,
    }
}

pub(super) fn doors() -> Vec<Sample> {
    let enrol = EnrolRequest {
        login: "n".to_owned(),
        password: "p".to_owned(),
        device_name: "d".to_owned(),
        key: [6; 32],
        passkey: None,
    };
    let proof = PasskeyProof {
        credential: bytes(1),
        authenticator: bytes(2),
        client: bytes(3),
        signature: bytes(4),
    };
    let new = NewPasskey {
        name: "n".to_owned(),
        authenticator: bytes(2),
        client: bytes(3),
        key: bytes(6),
    };
    let challenge = PasskeyChallenge { challenge: bytes(5), known: vec![bytes(1)] };
    let by_key = EnrolRequest { passkey: Some(proof.clone()), ..enrol.clone() };
    let sign_in = SignInRequest {
        login: "n".to_owned(),
        password: "p".to_owned(),
        device: device(),
        enrolment: Some(bytes(7)),
        passkey: None,
    };
    let in_by_key = SignInRequest { passkey: Some(proof.clone()), ..sign_in.clone() };
    let answer = SignInAnswer {
        me: me(),
        device: device(),
        enrolment: bytes(7),
        server_key: [8; 32],
        deposit_key: [9; 32],
        server_ms: AT_MS,
        hand_in: Some(bytes(10)),
    };
    let refresh = RefreshRequest { device: device(), at_ms: AT_MS, signature: bytes(7) };
    let roles = [
        Role::Caseworker,
        Role::Inspector,
        Role::Supervisor,
        Role::Administrator,
        Role::Coordinator,
        Role::Trainee,
        Role::Auditor,
        Role::ChildCaseworker,
        Role::Recipient,
        Role::Regional,
    ];
    vec![
        sample("EnrolRequest", enrol),
        sample("EnrolRequest by passkey", by_key),
        sample("SignInRequest by passkey", in_by_key),
        sample("PasskeyProof", proof),
        sample("PasskeyChallenge", challenge),
        sample("NewPasskey", new),
        sample("SignInRequest bare", SignInRequest { enrolment: None, ..sign_in.clone() }),
        sample("SignInRequest", sign_in),
        sample("SignInAnswer bare", SignInAnswer { hand_in: None, ..answer.clone() }),
        sample("SignInAnswer", answer),
        sample("RefreshRequest", refresh),
        sample("Me", Me { later: Some(vec![Role::Regional.code()]), ..me() }),
        sample("Role all", roles.to_vec()),
    ]
}

fn hello() -> Hello {
    Hello {
        version_min: 1,
        version_max: 1,
        capabilities: 0,
        build: "b".to_owned(),
        device: device(),
        epoch: Some(epoch()),
        cursor: Position::at(7, Chain::from_bytes([3; 8])),
        high: Position::at(9, Chain::from_bytes([4; 8])),
        digest: Digest::default(),
        wants: vec![document()],
        heal: Vec::new(),
        unsure: Vec::new(),
        arrived: arrived(),
    }
}

fn first_hello() -> Hello {
    let nowhere = Position::default();
    Hello { epoch: None, cursor: nowhere, high: nowhere, wants: Vec::new(), ..hello() }
}

fn welcome() -> Welcome {
    Welcome {
        version: 1,
        capabilities: 0,
        epoch: epoch(),
        server_ms: AT_MS,
        me: Me { roles: Vec::new(), ..me() },
        people: Vec::new(),
        devices: Vec::new(),
        has_backup: true,
        away: Vec::new(),
        received: received(),
        backed_up: 11,
        enrolments: Vec::new(),
        unit: "U".to_owned(),
        lease_s: 86_400,
        shuts_s: 300,
        hand_in: Some(bytes(7)),
        guarded: None,
        guarded_more: None,
    }
}

fn full_welcome() -> Welcome {
    Welcome {
        capabilities: CAN_CHANGE_LINES,
        me: me(),
        people: vec![person()],
        devices: vec![(device(), "d".to_owned())],
        away: vec![away()],
        enrolments: vec![bytes(7)],
        hand_in: None,
        ..welcome()
    }
}

fn person() -> Person {
    Person { user: UserId::from_bytes([3; 16]), name: "N".to_owned() }
}

fn away() -> Away {
    Away {
        device: device(),
        user: UserId::from_bytes([3; 16]),
        seen_ms: AT_MS,
        houses: vec![document()],
    }
}

fn delivered() -> DeliveredChunk {
    DeliveredChunk {
        document: document(),
        hash: ChangeHash::from_bytes([8; 32]),
        feed: 7,
        bytes: Some(bytes(7)),
        envelope: Some(bytes(6)),
        received_ms: AT_MS,
    }
}

fn history() -> DocumentHistory {
    DocumentHistory {
        document: document(),
        kind: "run".to_owned(),
        parent: Some(DocumentId::from_bytes([6; 16])),
        unit: UnitId::from_bytes([4; 16]),
        chunks: vec![delivered()],
        again: Some(true),
    }
}

fn batch() -> FeedBatch {
    let own = DeliveredChunk { bytes: None, envelope: None, ..delivered() };
    FeedBatch { chunks: vec![own], cursor: told() }
}

fn note() -> HeldNote {
    HeldNote {
        document: document(),
        hash: ChangeHash::from_bytes([8; 32]),
        reason: "not permitted".to_owned(),
    }
}

fn looks() -> Looks {
    Looks { last: 3, all: vec![look()] }
}

fn look() -> Look {
    Look { number: 3, document: document(), at_ms: AT_MS, live: None, printed: None }
}

fn destroyed() -> Destroyed {
    Destroyed {
        record: document(),
        documents: vec![document()],
        kind: "case".to_owned(),
        number: "1".to_owned(),
        at_ms: AT_MS,
        ground: "retention".to_owned(),
        reference: "r".to_owned(),
        ask: "N".to_owned(),
    }
}

pub(super) fn exchanges() -> Vec<Sample> {
    let question = Exchange {
        hello: hello(),
        push: push(),
        deposits: vec![deposit()],
        looks: Some(looks()),
        gone: None,
    };
    let nothing = Exchange {
        hello: first_hello(),
        push: Push::default(),
        deposits: Vec::new(),
        looks: None,
        gone: None,
    };
    let answer = ExchangeAnswer {
        welcome: full_welcome(),
        acks: vec![ack(Outcome::Received(AT_MS))],
        deposits: vec![DepositId::from_bytes([6; 16])],
        drop: vec![document()],
        documents: vec![history()],
        feed: batch(),
        digest: Digest::from_bytes([1; 32]),
        held: vec![note()],
        documents_left: 1,
        anew: true,
        digests: vec![(document(), Digest::from_bytes([2; 32]))],
        compared: true,
        looked: Some(3),
        destroyed: None,
        returned: None,
    };
    let destroying = ExchangeAnswer { destroyed: Some(vec![destroyed()]), ..answer.clone() };
    let returning = ExchangeAnswer { returned: Some(vec![document()]), ..answer.clone() };
    let confirming = Exchange { gone: Some(vec![document()]), ..nothing.clone() };
    let whole = DocumentHistory { parent: None, again: None, ..history() };
    let own = DeliveredChunk { bytes: None, envelope: None, ..delivered() };
    vec![
        sample("Exchange bare", nothing),
        sample("Exchange", question),
        sample("Hello first", first_hello()),
        sample("Hello", hello()),
        sample("ExchangeAnswer", answer),
        sample("ExchangeAnswer destroying", destroying),
        sample("ExchangeAnswer returning", returning),
        sample("Exchange confirming", confirming),
        sample("Destroyed", destroyed()),
        sample("Welcome full", full_welcome()),
        sample("Welcome", welcome()),
        sample("Welcome guarded", Welcome { guarded: Some(vec![document()]), ..welcome() }),
        sample("Welcome guarded_more", Welcome { guarded_more: Some(true), ..welcome() }),
        sample("Away", away()),
        sample("Person", person()),
        sample("DocumentHistory bare", whole),
        sample("DocumentHistory", history()),
        sample("DeliveredChunk own", own),
        sample("DeliveredChunk", delivered()),
        sample("FeedBatch", batch()),
        sample("HeldNote", note()),
        sample("Looks", looks()),
        sample("Look", look()),
        sample("Look live", Look { live: Some(true), ..look() }),
        sample("Look printed", Look { printed: Some(true), ..look() }),
        sample("Position told", told()),
        sample("Position", arrived()),
        sample("Chain", Chain::from_bytes([3; 8])),
        sample("Proof", Proof::default()),
        sample("Digest", Digest::from_bytes([1; 32])),
    ]
}

fn part() -> PushPart {
    PushPart { document: document(), envelope: bytes(6), chunks: vec![bytes(7)], enrolment: None }
}

fn push() -> Push {
    Push { parts: vec![part()] }
}

pub(super) fn deposit() -> Deposit {
    Deposit { id: DepositId::from_bytes([6; 16]), sealed: bytes(7) }
}

fn ack(outcome: Outcome) -> Ack {
    Ack { document: document(), hash: ChangeHash::from_bytes([8; 32]), outcome }
}

/// What a question brings, what is said of it, frames and farewells.
pub(super) fn pieces() -> Vec<Sample> {
    let sealed = SealedPart {
        document: document(),
        envelope: bytes(6),
        chunks: vec![bytes(7)],
        enrolment: None,
        draft: Some(true),
    };
    let missing = Outcome::Missing(vec![ChangeHash::from_bytes([8; 32])]);
    let mut all = vec![
        sample("Push", push()),
        sample("PushPart", part()),
        sample("PushPart of a newcomer", PushPart { enrolment: Some(bytes(9)), ..part() }),
        sample("SealedPart bare", SealedPart { draft: None, ..sealed.clone() }),
        sample("SealedPart", sealed),
        sample("Deposit", deposit()),
        sample("Ack", ack(Outcome::Received(AT_MS))),
        sample("Outcome::Received", Outcome::Received(AT_MS)),
        sample("Outcome::Missing", missing),
        sample("Outcome::Refused", Outcome::Refused(Refused::Destroyed)),
        sample("Refused::Malformed", Refused::Malformed),
        sample("Refused::Envelope", Refused::Envelope),
        sample("Refused::Fork", Refused::Fork),
        sample("Refused::Numbers", Refused::Numbers),
        sample("Refused::Header", Refused::Header),
        sample("Refused::Destroyed", Refused::Destroyed),
    ];
    all.extend(frames());
    all
}

fn frames() -> Vec<Sample> {
    let (device, epoch, arrived) = (device(), epoch(), arrived());
    let cursor = Position::at(7, Chain::from_bytes([3; 8]));
    let acks = vec![ack(Outcome::Received(AT_MS))];
    vec![
        sample("ClientFrame::Attach", ClientFrame::Attach { device, epoch, cursor, arrived }),
        sample("ClientFrame::Push", ClientFrame::Push(push())),
        sample("ServerFrame::Acks", ServerFrame::Acks(acks, received())),
        sample("ServerFrame::Feed", ServerFrame::Feed(batch())),
        sample("ServerFrame::Held", ServerFrame::Held(vec![note()])),
        sample("ServerFrame::Again", ServerFrame::Again),
        sample("ServerFrame::Ended", ServerFrame::Ended),
    ]
}
