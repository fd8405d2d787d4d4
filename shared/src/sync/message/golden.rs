//! The bytes of messages, fixed: what is on the wire today is understood for ever.

use core::fmt::Write;

use minicbor::bytes::ByteVec;

use crate::ids::{ChangeHash, DepositId, DeviceId, DocumentId, Epoch, UnitId, UserId};
use crate::sync::chain::{Chain, Position};
use crate::sync::digest::Digest;
use crate::sync::message::*;

fn hex<T: minicbor::Encode<()>>(message: &T) -> String {
    minicbor::to_vec(message).unwrap().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn hello() -> Hello {
    Hello {
        version_min: 1,
        version_max: 1,
        capabilities: 0,
        build: "b".to_owned(),
        device: DeviceId::from_bytes([1; 16]),
        epoch: Some(Epoch::from_bytes([2; 16])),
        cursor: Position::at(7, Chain::from_bytes([3; 8])),
        high: Position::at(9, Chain::from_bytes([4; 8])),
        digest: Digest::default(),
        wants: vec![DocumentId::from_bytes([5; 16])],
        heal: Vec::new(),
        unsure: Vec::new(),
        arrived: Position::at(11, Chain::from_bytes([5; 8])),
    }
}

#[test]
fn a_greeting_has_these_bytes() {
    insta::assert_snapshot!(hex(&hello()));
}

#[test]
fn a_push_and_its_acknowledgement_have_these_bytes() {
    let part = PushPart {
        document: DocumentId::from_bytes([5; 16]),
        envelope: ByteVec::from(vec![6; 3]),
        chunks: vec![ByteVec::from(vec![7; 3])],
        enrolment: None,
    };
    insta::assert_snapshot!(hex(&ClientFrame::Push(Push { parts: vec![part] })));
    let ack = Ack {
        document: DocumentId::from_bytes([5; 16]),
        hash: ChangeHash::from_bytes([8; 32]),
        outcome: Outcome::Received(1_790_000_000_000),
    };
    let received = Position::at(12, Chain::from_bytes([9; 8]));
    insta::assert_snapshot!(hex(&ServerFrame::Acks(vec![ack], received)));
}

#[test]
fn what_was_opened_without_contact_has_these_bytes() {
    let look = Look {
        number: 3,
        document: DocumentId::from_bytes([5; 16]),
        at_ms: 1_790_000_000_000,
        live: None,
    };
    insta::assert_snapshot!(hex(&Looks { last: 3, all: vec![look] }));
}

#[test]
fn a_welcome_has_these_bytes() {
    let welcome = Welcome {
        version: 1,
        capabilities: 0,
        epoch: Epoch::from_bytes([2; 16]),
        server_ms: 1_790_000_000_000,
        me: Me {
            user: UserId::from_bytes([3; 16]),
            login: "n".to_owned(),
            name: "N".to_owned(),
            roles: Vec::new(),
            units: vec![UnitId::from_bytes([4; 16])],
        },
        people: Vec::new(),
        devices: Vec::new(),
        has_backup: true,
        away: Vec::new(),
        received: Position::at(12, Chain::from_bytes([9; 8])),
        backed_up: 11,
        enrolments: Vec::new(),
        unit: "U".to_owned(),
        lease_s: 86_400,
        shuts_s: 300,
        hand_in: Some(vec![7; 3].into()),
        guarded: None,
    };
    insta::assert_snapshot!(hex(&welcome));
}

#[test]
fn an_attachment_has_these_bytes() {
    let attach = ClientFrame::Attach {
        device: DeviceId::from_bytes([1; 16]),
        epoch: Epoch::from_bytes([2; 16]),
        cursor: Position::at(7, Chain::from_bytes([3; 8])),
        arrived: Position::at(11, Chain::from_bytes([5; 8])),
    };
    insta::assert_snapshot!(hex(&attach));
}

#[test]
fn a_farewell_and_its_answer_have_these_bytes() {
    let deposit = Deposit { id: DepositId::from_bytes([6; 16]), sealed: vec![7; 3].into() };
    let farewell = Farewell {
        device: DeviceId::from_bytes([1; 16]),
        token: vec![8; 32].into(),
        deposits: vec![deposit],
        epoch: Some(Epoch::from_bytes([2; 16])),
        arrived: Position::at(11, Chain::from_bytes([5; 8])),
        gone: Some(Gone::Wiped),
    };
    insta::assert_snapshot!(hex(&farewell));
    let answer = FarewellAnswer {
        taken: vec![DepositId::from_bytes([6; 16])],
        order: Some(Order::Wipe),
        epoch: Epoch::from_bytes([2; 16]),
        received: Position::at(12, Chain::from_bytes([9; 8])),
        backed_up: 10,
        anew: false,
    };
    insta::assert_snapshot!(hex(&answer));
}

#[test]
fn what_is_sealed_in_a_deposit_is_read_across_versions() {
    let part = PushPart {
        document: DocumentId::from_bytes([5; 16]),
        envelope: ByteVec::from(vec![6; 3]),
        chunks: vec![ByteVec::from(vec![7; 3])],
        enrolment: None,
    };
    let old = minicbor::to_vec(&part).unwrap();
    let read: SealedPart = minicbor::decode(&old).unwrap();
    assert_eq!((read.document, read.draft), (part.document, None));
    let draft = SealedPart { draft: Some(true), ..read };
    insta::assert_snapshot!(hex(&draft));
    assert_eq!(minicbor::decode::<PushPart>(&minicbor::to_vec(&draft).unwrap()).unwrap(), part);
}

#[test]
fn acknowledgements_on_the_socket_are_read_across_versions() {
    #[derive(Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
    enum Before {
        #[n(0)]
        Acks(#[n(0)] Vec<Ack>),
    }
    let received = Position::at(12, Chain::from_bytes([9; 8]));
    let told = minicbor::to_vec(ServerFrame::Acks(Vec::new(), received)).unwrap();
    assert_eq!(minicbor::decode::<Before>(&told).unwrap(), Before::Acks(Vec::new()));
    let told = minicbor::to_vec(Before::Acks(Vec::new())).unwrap();
    let read = minicbor::decode::<ServerFrame>(&told).unwrap();
    assert_eq!(read, ServerFrame::Acks(Vec::new(), Position::default()));
}

#[test]
fn unknown_keys_of_newer_versions_are_skipped() {
    let bytes = minicbor::to_vec(hello()).unwrap();
    // The map gets one more pair: 99 → "new".
    let (head, rest) = bytes.split_first().unwrap();
    let more = [&[head + 1], rest, &[0x18, 99, 0x63, b'n', b'e', b'w']].concat();
    assert_eq!(minicbor::decode::<Hello>(&more).unwrap(), hello());
}
