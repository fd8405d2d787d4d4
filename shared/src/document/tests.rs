//! Deciding a contradiction is a statement, whichever side is taken.

use crate::catalog::Catalog;
use crate::document::{Authoring, Document, Edit};
use crate::ids::{ActorId, DeviceId, UserId};
use crate::path::FieldPath;
use crate::trial::{Verdict, try_changes};
use crate::value::Value;

#[test]
fn confirming_the_shown_value_of_a_contradiction_is_a_statement_of_its_own() {
    let by = |at| Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms: at,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let phone =
        |text: &str| [Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text(text) }];
    let actor = |at: u8| ActorId::from_bytes([at; 16]);
    let (mut one, first) =
        Document::create(actor(1), vec![1], &phone("+46701740600"), &by(1)).unwrap();
    let mut two = Document::open(actor(2), [first.bytes.as_slice()]).unwrap();
    let a = one.commit(&phone("+46701740601"), &by(2)).unwrap().unwrap();
    let b = two.commit(&phone("+46701740602"), &by(3)).unwrap().unwrap();
    one.apply([b.bytes.as_slice()]).unwrap();
    two.apply([a.bytes.as_slice()]).unwrap();
    let path = FieldPath::parse("phone").unwrap();
    for value in one.values(&path) {
        let Value::Str(text) = &value else { panic!() };
        let mut decided = one.clone();
        let chunk = decided.commit(&phone(text), &by(4)).unwrap().unwrap();
        crate::chunk::parse(&chunk.bytes).unwrap();
        let mut desk = Some(two.clone());
        let verdict = try_changes(Catalog::builtin(), "case", &mut desk, &[&chunk.bytes]);
        assert_eq!(verdict, [Verdict::Passed]);
        let desk = desk.unwrap();
        let stands = desk.statements(&path);
        assert_eq!((stands.len(), &stands[0].value), (1, &value));
        assert_eq!(stands[0].change, chunk.hash);
        assert_eq!(desk.history(&path).len(), 4);
        assert_eq!(decided.commit(&phone(text), &by(5)).unwrap(), None);
    }
}

#[test]
fn a_batch_with_one_bad_change_changes_nothing_even_later() {
    let by = Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms: 1,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let edit = [Edit { path: FieldPath::parse("city").unwrap(), value: Value::text("Provby") }];
    let actor = ActorId::from_bytes([1; 16]);
    let (mut mine, first) = Document::create(actor, vec![1], &edit, &by).unwrap();
    let edit = [Edit { path: FieldPath::parse("city").unwrap(), value: Value::text("Testby") }];
    let second = mine.commit(&edit, &by).unwrap().unwrap();
    let mut theirs = Document::open(actor, [first.bytes.as_slice()]).unwrap();
    assert!(theirs.apply([second.bytes.as_slice(), b"not a change".as_slice()]).is_err());
    let none: [&[u8]; 0] = [];
    assert!(theirs.apply(none).unwrap().new.is_empty());
    assert!(!theirs.knows(&second.hash));
}

#[test]
fn only_single_changes_are_taken() {
    let by = Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms: 1,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let edits = [Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text("1") }];
    let actor = ActorId::from_bytes([1; 16]);
    let (document, chunk) = Document::create(actor, vec![1], &edits, &by).unwrap();
    for other in [0, 3, 4, 255] {
        let mut bytes = chunk.bytes.clone();
        bytes[8] = other;
        let mut taker = document.clone();
        assert!(taker.apply([bytes.as_slice()]).is_err(), "type {other}");
        assert_eq!(taker.heads(), document.heads());
    }
}
