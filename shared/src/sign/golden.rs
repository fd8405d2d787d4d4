//! What was signed or sealed elsewhere: newer things are read, and nothing that everybody could make. The bytes
//! themselves stand in `shared/src/sync/message/golden/bytes.txt`.

use super::signed::Signed;
use super::*;
use crate::ids::{DeviceId, DocumentId, UnitId, UserId};

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
