//! The engine traps of the domain paper, TRAP-1 to TRAP-10: what the flat model does instead.

use super::*;
use crate::app::{Agreement, ShownRule};
use crate::catalog::Catalog;
use crate::chunk::parse;
use crate::document::{Authoring, Chunk, Document, Edit};
use crate::ids::{ActorId, DeviceId, DocumentId, UserId};
use crate::path::FieldPath;
use crate::value::Value;

const ID: DocumentId = DocumentId::from_bytes([7; 16]);
const PERSON: &str = "persons/zzzzzzzzzzzzzzzz";

fn by(person: u8, now_ms: i64) -> Authoring {
    Authoring {
        device: DeviceId::from_bytes([person; 16]),
        user: UserId::from_bytes([person; 16]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn edit(key: &str, value: Value) -> Edit {
    Edit { path: FieldPath::parse(key).unwrap(), value }
}

/// Two people edit the same base without knowing of each other; both orders must give the same.
fn merged(
    kind: &str,
    base: &[(&str, &str)],
    one: &[(&str, Value)],
    other: &[(&str, Value)],
) -> RecordState {
    let edits: Vec<Edit> = base.iter().map(|(key, value)| edit(key, Value::text(*value))).collect();
    let (_, first) =
        Document::create(ActorId::from_bytes([1; 16]), vec![1], &edits, &by(1, 0)).unwrap();
    let mut chunks: Vec<Chunk> = vec![first];
    for (person, edits) in [(2, one), (3, other)] {
        let mut replica =
            Document::open(ActorId::from_bytes([person; 16]), [chunks[0].bytes.as_slice()])
                .unwrap();
        let edits: Vec<Edit> = edits.iter().map(|(key, value)| edit(key, value.clone())).collect();
        chunks.push(replica.commit(&edits, &by(person, 1)).unwrap().unwrap());
    }
    let record = |order: [usize; 3]| {
        let document = Document::open(
            ActorId::from_bytes([9; 16]),
            order.map(|at| chunks[at].bytes.as_slice()),
        )
        .unwrap();
        record_state(Catalog::builtin(), (kind, ID), &document, None)
    };
    assert_eq!(record([0, 1, 2]), record([2, 1, 0]));
    record([0, 1, 2])
}

fn field<'a>(record: &'a RecordState, key: &str) -> &'a FieldState {
    record.fields.get(&FieldPath::parse(key).unwrap()).unwrap()
}

#[test]
fn trap_1_and_2_a_removed_entry_keeps_what_others_wrote_in_it() {
    let given = format!("{PERSON}/given");
    let (gone, phone) = (format!("{PERSON}/tombstone"), format!("{PERSON}/phone"));
    let record = merged(
        "case",
        &[(&given, "Rima")],
        &[(&gone, Value::text("fel person"))],
        &[(&phone, Value::text("+46701740605"))],
    );
    assert_eq!(record.text(&phone), "+46701740605");
    assert_eq!(record.text(&gone), "fel person");
    assert_eq!(record.text(&given), "Rima");
}

#[test]
fn trap_3_an_address_is_never_replaced_as_a_whole() {
    let base = [("address_street", "Testgatan 1"), ("city", "Provby"), ("postcode", "835 31")];
    let record = merged(
        "residence",
        &base,
        &[("address_street", Value::text("Testgatan 2")), ("city", Value::text("Testby"))],
        &[("postcode", Value::text("835 32"))],
    );
    assert_eq!(record.text("postcode"), "835 32");
    assert_eq!(record.text("address_street"), "Testgatan 2");
}

#[test]
fn trap_4_two_who_begin_the_same_item_keep_both_their_answers() {
    let record = merged(
        "run",
        &[("item/B-F01/status", "not_checked")],
        &[("item/B-F01/status", Value::text("ok")), ("item/B-F01/comment", Value::text("provad"))],
        &[("item/B-F01/status", Value::text("not_ok")), ("item/B-F01/value", Value::text("0"))],
    );
    let status = field(&record, "item/B-F01/status");
    assert_eq!((status.agreement, status.rule), (Agreement::Open, ShownRule::MostCautious));
    assert_eq!(status.value, Value::text("not_ok"));
    assert_eq!(status.statements.len(), 2);
    assert_eq!(record.text("item/B-F01/comment"), "provad");
    assert_eq!(record.text("item/B-F01/value"), "0");
}

#[test]
fn trap_5_clearing_and_answering_at_once_keeps_the_answer_in_sight() {
    let record = merged(
        "case",
        &[("arriving_from", "Provby")],
        &[("arriving_from", Value::Null)],
        &[("arriving_from", Value::text("Testby"))],
    );
    let state = field(&record, "arriving_from");
    assert_eq!(state.agreement, Agreement::Open);
    assert!(state.statements.iter().any(|said| said.value == Value::text("Testby")));
}

#[test]
fn trap_6_and_10_there_are_no_counters_to_reset() {
    // A change that increments is refused by the gate: only `set` is an operation of ours.
    use automerge::transaction::Transactable;
    let mut raw = automerge::AutoCommit::new();
    raw.put(automerge::ROOT, "keys", automerge::ScalarValue::counter(2)).unwrap();
    raw.increment(automerge::ROOT, "keys", 1).unwrap();
    let bytes = raw.get_changes(&[])[0].raw_bytes().to_vec();
    assert!(parse(&bytes).is_err());
}

#[test]
fn trap_7_the_same_answer_twice_is_no_contradiction_and_keeps_both_authors() {
    let record = merged(
        "case",
        &[("phone", "+46701740600")],
        &[("phone", Value::text("+46701740605"))],
        &[("phone", Value::text("070-174 06 05"))],
    );
    let state = field(&record, "phone");
    assert_eq!((state.agreement, state.conflict), (Agreement::Agreed, None));
    assert_eq!(state.statements.len(), 2);
}

#[test]
fn trap_8_a_clock_two_years_ahead_and_a_busier_device_win_nothing_silently() {
    let (_, first) = Document::create(
        ActorId::from_bytes([1; 16]),
        vec![1],
        &[edit("arriving_from", Value::text("Provby"))],
        &by(1, 0),
    )
    .unwrap();
    let mut honest =
        Document::open(ActorId::from_bytes([2; 16]), [first.bytes.as_slice()]).unwrap();
    let mut ahead = Document::open(ActorId::from_bytes([3; 16]), [first.bytes.as_slice()]).unwrap();
    let one =
        honest.commit(&[edit("arriving_from", Value::text("Testby"))], &by(2, 1)).unwrap().unwrap();
    let two_years = 2 * 366 * 24 * 3_600_000;
    let busy = ahead
        .commit(&[edit("email", Value::text("a@example.org"))], &by(3, two_years))
        .unwrap()
        .unwrap();
    let two = ahead
        .commit(&[edit("arriving_from", Value::text("Fiktby"))], &by(3, two_years))
        .unwrap()
        .unwrap();
    let all = [&first, &one, &busy, &two].map(|chunk| chunk.bytes.as_slice());
    let document = Document::open(ActorId::from_bytes([9; 16]), all).unwrap();
    let record = record_state(Catalog::builtin(), ("case", ID), &document, None);
    let state = field(&record, "arriving_from");
    assert_eq!((state.agreement, state.rule), (Agreement::Open, ShownRule::Picked));
    assert_eq!(state.statements.len(), 2);
}

#[test]
fn trap_9_what_was_cleared_stays_in_the_history_until_a_document_is_begun_anew() {
    let (mut document, first) = Document::create(
        ActorId::from_bytes([1; 16]),
        vec![1],
        &[edit("email", Value::text("skyddad@example.org"))],
        &by(1, 0),
    )
    .unwrap();
    document.commit(&[edit("email", Value::Null)], &by(1, 1)).unwrap();
    let path = FieldPath::parse("email").unwrap();
    assert_eq!(document.values(&path), [Value::Null]);
    assert_eq!(document.history(&path).len(), 2);
    let needle = b"skyddad@example.org";
    assert!(first.bytes.windows(needle.len()).any(|window| window == needle));
}
