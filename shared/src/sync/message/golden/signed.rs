//! What is signed or sealed, and changes: bytes that travel within messages and are kept for ever.

use super::{Sample, sample, unhex};
use crate::document::{Authoring, Document, Edit};
use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UnitId, UserId};
use crate::path::FieldPath;
use crate::sign::deposit::Sealed;
use crate::sign::file::FileCipher;
use crate::sign::{
    AuthorEnvelope, CarriedEnvelope, DepositKey, DepositRandom, Enrolment, Header, SigningKey,
    deposit,
};
use crate::sync::message::refresh_proof;
use crate::value::Value;

const AT_MS: i64 = 1_790_000_000_000;

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
        created_ms: AT_MS,
        template: Some(("residence_inspection".to_owned(), 1)),
    }
}

fn author() -> AuthorEnvelope {
    AuthorEnvelope {
        document: DocumentId::new(1, [1; 10]),
        actor: ActorId::from_bytes([2; 16]),
        user: UserId::new(3, [3; 10]),
        device: DeviceId::new(4, [4; 10]),
        opened_ms: AT_MS,
        last: ChangeHash::from_bytes([6; 32]),
    }
}

fn carried() -> CarriedEnvelope {
    CarriedEnvelope {
        document: DocumentId::new(1, [1; 10]),
        actor: ActorId::from_bytes([2; 16]),
        change: ChangeHash::from_bytes([6; 32]),
        was: ChangeHash::from_bytes([5; 32]),
        cleaned_ms: AT_MS,
    }
}

fn enrolment() -> Enrolment {
    Enrolment {
        device: DeviceId::new(4, [4; 10]),
        user: UserId::new(3, [3; 10]),
        key: [5; 32],
        name: "Platta 7".to_owned(),
        at_ms: AT_MS,
    }
}

pub(super) fn all() -> Vec<Sample> {
    let public = key().public();
    let bare = Header { parent: None, template: None, ..header() };
    let mut all = vec![
        sample("Header bare", bare),
        sample("Header", header()),
        sample("AuthorEnvelope", author()),
        sample("CarriedEnvelope", carried()),
        sample("Enrolment", enrolment()),
        sample("ChangeMeta bare", by(None).meta()),
        sample("ChangeMeta", by(Some(-63_072_000)).meta()),
        opaque("signed Header", header().sign(&key()), move |bytes| {
            Header::open(bytes, &public) == Ok(header())
        }),
        opaque("signed AuthorEnvelope", author().sign(&key()), move |bytes| {
            AuthorEnvelope::open(bytes, &public) == Ok(author())
        }),
        opaque("signed CarriedEnvelope", carried().sign(&key()), move |bytes| {
            CarriedEnvelope::open(bytes, &public) == Ok(carried())
        }),
        opaque("signed Enrolment", enrolment().sign(&key()), move |bytes| {
            Enrolment::open(bytes, &public) == Ok(enrolment())
        }),
        sealed(),
        refresh(),
    ];
    all.extend(changes());
    all.extend(bodies());
    all
}

/// Bytes that are no CBOR to be added to.
pub(super) fn opaque(
    name: &'static str,
    bytes: Vec<u8>,
    opens: impl Fn(&[u8]) -> bool + 'static,
) -> Sample {
    Sample { name, bytes, opaque: true, reads: Box::new(move |bytes| Some(opens(bytes))) }
}

fn sealed() -> Sample {
    let server = DepositKey::from_seed([9; 32]);
    let random = DepositRandom { key: [5; 32], nonce: [6; 12] };
    let sealed = deposit::seal(&server.public(), b"unsent", &random).unwrap();
    opaque("sealed", sealed, move |bytes| server.open(bytes) == Ok(b"unsent".to_vec()))
}

/// The head of a file as it travels, and a piece of that file.
pub(super) fn sealed_files() -> Vec<Sample> {
    let server = DepositKey::from_seed([9; 32]);
    let random = DepositRandom { key: [5; 32], nonce: [6; 12] };
    let head = deposit::seal_as(Sealed::File, &server.public(), b"head", &random).unwrap();
    let cipher = FileCipher::new(&[7; 32], 3);
    let piece = cipher.seal(0, b"abc").unwrap();
    vec![
        opaque("sealed head of a file", head, move |bytes| {
            server.open_as(Sealed::File, bytes) == Ok(b"head".to_vec())
                && server.open(bytes).is_err()
        }),
        opaque("sealed piece of a file", piece, move |bytes| {
            cipher.open(0, bytes) == Ok(b"abc".to_vec())
        }),
    ]
}

fn refresh() -> Sample {
    let proof = refresh_proof(DeviceId::new(4, [4; 10]), AT_MS);
    let signature = key().sign("ankomst/refresh/1", &proof).to_vec();
    opaque("signature of a refresh", signature, move |bytes| {
        key().public().verifies("ankomst/refresh/1", &proof, bytes)
    })
}

fn by(clock_offset_s: Option<i64>) -> Authoring {
    Authoring {
        device: DeviceId::new(4, [4; 10]),
        user: UserId::new(3, [3; 10]),
        now_ms: AT_MS,
        clock_offset_s,
        review_heads: vec![ChangeHash::from_bytes([2; 32]), ChangeHash::from_bytes([1; 32])],
    }
}

fn edit(path: &str, value: Value) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value }
}

/// A first change with every kind of value, and one of another actor that replaces some of it.
fn changes() -> Vec<Sample> {
    let edits = [
        edit("item/B-F01/status", Value::text("ok")),
        edit("item/B-F01/value", Value::Int(-1_234)),
        edit("item/B-F02/status", Value::text("ok")),
        edit("item/B-F03/value", Value::Null),
        edit("people/ett", Value::Bool(true)),
        edit("people/två".replace('å', "a").as_str(), Value::Bool(false)),
    ];
    let signed = header().sign(&key());
    let actor = ActorId::from_bytes([2; 16]);
    let (mut document, first) = Document::create(actor, signed, &edits, &by(None)).unwrap();
    let edits = [
        edit("item/B-F01/comment", Value::text("brandvarnare saknas 🔥")),
        edit("item/B-F01/status", Value::text("not_ok")),
        edit("people/ett", Value::Null),
    ];
    let actor = ActorId::from_bytes([1; 16]);
    let second = document.restate(actor, &edits, &by(Some(5))).unwrap();
    let is_whole = |hash: ChangeHash| {
        move |bytes: &[u8]| crate::chunk::parse(bytes).is_ok_and(|info| info.hash == hash)
    };
    vec![
        opaque("change that begins a document", first.bytes.clone(), is_whole(first.hash)),
        opaque("change that replaces another's", second.bytes.clone(), is_whole(second.hash)),
    ]
}

/// The two forms of a body; what they hold, `super` says.
fn bodies() -> Vec<Sample> {
    let golden = super::golden();
    let kept = |name: &'static str| {
        let bytes = golden.get(name).cloned().unwrap_or_else(|| unhex("00"));
        opaque(name, bytes, |_| true)
    };
    vec![kept("body plain"), kept("body deflated")]
}
