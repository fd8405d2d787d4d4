//! Keys and signatures: who made a document, who wrote a run of changes, which device is enrolled,
//! and work sealed so that only the server can read it.
//!
//! Ed25519 for signatures, X25519 with HKDF-SHA256 and AES-256-GCM for deposits; the same code on
//! both sides. Every signed thing is a CBOR body with a signature over a label and the body as it
//! was received, so unknown keys of newer versions survive and stay valid.
//!
//! Reading order: [`keys`], [`signed`] (the envelope), [`header`], [`author`], [`carried`], [`enrolment`],
//! [`deposit`], [`mod@file`] (pictures and other files), [`copy`], [`lock`], [`manifest`] (files from tablet to tablet).

pub mod author;
pub mod carried;
pub mod copy;
pub mod deposit;
pub mod enrolment;
pub mod file;
#[cfg(test)]
mod golden;
pub mod header;
pub mod keys;
pub mod lock;
pub mod manifest;
pub mod signed;

pub use author::AuthorEnvelope;
pub use carried::CarriedEnvelope;
pub use deposit::{DepositKey, DepositRandom};
pub use enrolment::Enrolment;
pub use file::FileHead;
pub use header::Header;
pub use keys::{PublicKey, SigningKey};
pub use lock::Lock;
pub use manifest::Manifest;
pub use signed::{SignError, Signed};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UnitId, UserId};

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    #[test]
    fn what_was_signed_opens_and_what_was_changed_does_not() {
        let header = Header {
            document: DocumentId::new(1, [1; 10]),
            kind: "case".to_owned(),
            parent: None,
            unit: UnitId::new(2, [2; 10]),
            protection: 0,
            user: UserId::new(3, [3; 10]),
            device: DeviceId::new(4, [4; 10]),
            created_ms: 5,
            template: Some(("residence_inspection".to_owned(), 1)),
        };
        let bytes = header.sign(&key());
        assert_eq!(Header::open(&bytes, &key().public()), Ok(header.clone()));
        assert_eq!(Header::peek(&bytes), Ok(header));
        let other = SigningKey::from_seed([8; 32]);
        assert_eq!(Header::open(&bytes, &other.public()), Err(SignError::Signature));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1;
            }
            assert!(Header::open(&changed, &key().public()).is_err(), "byte {at}");
        }
        for end in 0..bytes.len() {
            assert!(Header::open(bytes.get(..end).unwrap(), &key().public()).is_err());
        }
    }

    #[test]
    fn a_signature_for_one_purpose_does_not_serve_another() {
        let envelope = AuthorEnvelope {
            document: DocumentId::new(1, [1; 10]),
            actor: ActorId::from_bytes([2; 16]),
            user: UserId::new(3, [3; 10]),
            device: DeviceId::new(4, [4; 10]),
            opened_ms: 5,
            last: ChangeHash::from_bytes([6; 32]),
        };
        let bytes = envelope.sign(&key());
        assert_eq!(AuthorEnvelope::open(&bytes, &key().public()), Ok(envelope));
        assert!(Enrolment::open(&bytes, &key().public()).is_err());
        assert!(Header::open(&bytes, &key().public()).is_err());
    }

    #[test]
    fn a_deposit_opens_only_with_the_servers_key() {
        let server = DepositKey::from_seed([9; 32]);
        let random = DepositRandom { key: [5; 32], nonce: [6; 12] };
        let sealed = deposit::seal(&server.public(), "våldsutsatt".as_bytes(), &random).unwrap();
        assert!(!sealed.windows(4).any(|window| window == "utsa".as_bytes()));
        assert_eq!(server.open(&sealed).unwrap(), "våldsutsatt".as_bytes());
        assert!(DepositKey::from_seed([1; 32]).open(&sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(server.open(&changed).is_err());
        assert!(server.open(&sealed[..20]).is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", key()), "SigningKey(***)");
        assert_eq!(format!("{:?}", DepositKey::from_seed([9; 32])), "DepositKey(***)");
    }
}
