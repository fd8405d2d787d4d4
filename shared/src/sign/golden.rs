//! The bytes others rely on: a change here breaks every document and device there is.

use std::fmt::Write;

use super::signed::Signed;
use super::*;
use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UnitId, UserId};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn key() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

fn header() -> Header {
    Header {
        document: DocumentId::new(1, [1; 10]),
        kind: "run".to_owned(),
        parent: Some(DocumentId::new(9, [9; 10])),
        unit: UnitId::new(2, [2; 10]),
        protection: 1,
        user: UserId::new(3, [3; 10]),
        device: DeviceId::new(4, [4; 10]),
        created_ms: 1_790_000_000_000,
        template: Some(("residence_inspection".to_owned(), 1)),
    }
}

#[test]
fn a_header_has_these_bytes() {
    insta::assert_snapshot!(hex(&header().sign(&key())), @"a2005884a9005000000000000101010101010101010101016372756e0250000000000009090909090909090909090350000000000002020202020202020202020401055000000000000303030303030303030303065000000000000404040404040404040404071b000001a0c4506c000882747265736964656e63655f696e7370656374696f6e010158406c0729187bcebe4cfd2cfc31928d19c0f8cae738af5030bab71b7c1a6f76fa4143fc55b5ed5676e443b49d080afea3c751cccf90f5735b8e3fbbda1a82cb0c0a");
}

#[test]
fn an_author_envelope_has_these_bytes() {
    let envelope = AuthorEnvelope {
        document: DocumentId::new(1, [1; 10]),
        actor: ActorId::from_bytes([2; 16]),
        user: UserId::new(3, [3; 10]),
        device: DeviceId::new(4, [4; 10]),
        opened_ms: 1_790_000_000_000,
        last: ChangeHash::from_bytes([6; 32]),
    };
    insta::assert_snapshot!(hex(&envelope.sign(&key())), @"a2005876a6005000000000000101010101010101010101015002020202020202020202020202020202025000000000000303030303030303030303035000000000000404040404040404040404041b000001a0c4506c0005582006060606060606060606060606060606060606060606060606060606060606060158405f631e357f299262f5455758213c233d1912466f72f715a2159d7dea89a3c7b29db52d64c1ca36d15a4f35e698cca5e1298e73222e3711293e16a8a34d103105");
}

#[test]
fn an_enrolment_has_these_bytes() {
    let enrolment = Enrolment {
        device: DeviceId::new(4, [4; 10]),
        user: UserId::new(3, [3; 10]),
        key: [5; 32],
        name: "Platta 7".to_owned(),
        at_ms: 1_790_000_000_000,
    };
    insta::assert_snapshot!(hex(&enrolment.sign(&key())), @"a200585ca500500000000000040404040404040404040401500000000000030303030303030303030302582005050505050505050505050505050505050505050505050505050505050505050368506c617474612037041b000001a0c4506c00015840dfdbb7ab17c220557686de5278600ed537dd2af6a40a31fb4455c42f1b25630fc4ace7b93e886be6da744e93c0d0190ee16f89bcf1648041272989967b1db505");
}

#[test]
fn a_deposit_has_these_bytes() {
    let server = DepositKey::from_seed([9; 32]);
    let random = DepositRandom { key: [5; 32], nonce: [6; 12] };
    let sealed = deposit::seal(&server.public(), b"unsent", &random).unwrap();
    insta::assert_snapshot!(hex(&sealed), @"50a61409b1ddd0325e9b16b700e719e9772c07000b1bd7786e907c653d20495d0606060606060606060606063e959f074a5922511b0e674181108a3b8c19dbe71f40");
}

#[test]
fn keys_of_newer_versions_survive_under_the_signature() {
    let mut body = minicbor::to_vec(header()).unwrap();
    // A map of nine pairs becomes one of ten, with a key this version does not know.
    assert_eq!(body[0], 0xa9);
    body[0] = 0xaa;
    body.extend([0x18, 0x63, 0x63, b'n', b'e', b'w']);
    let signature = key().sign("ankomst/header/1", &body).to_vec();
    let bytes = minicbor::to_vec(Signed { body: body.clone().into(), signature: signature.into() })
        .unwrap();
    assert_eq!(Header::open(&bytes, &key().public()), Ok(header()));
    body.push(0);
    let signature = key().sign("ankomst/header/1", &body).to_vec();
    let bytes =
        minicbor::to_vec(Signed { body: body.into(), signature: signature.into() }).unwrap();
    assert_eq!(Header::open(&bytes, &key().public()), Err(SignError::Unreadable));
    assert_eq!(
        Header::peek(&[header().sign(&key()), vec![0]].concat()),
        Err(SignError::Unreadable)
    );
}

#[test]
fn nothing_is_sealed_to_a_key_that_everybody_can_open() {
    let random = DepositRandom { key: [5; 32], nonce: [6; 12] };
    assert_eq!(deposit::seal(&[0; 32], b"unsent", &random), Err(SignError::Sealed));
    let sealed = [vec![0; 32], vec![0; 12], vec![0; 22]].concat();
    assert_eq!(DepositKey::from_seed([9; 32]).open(&sealed), Err(SignError::Sealed));
}
