//! What the trial lets into a record.

use super::*;
use crate::document::{Authoring, Edit};
use crate::ids::{DeviceId, DocumentId, UnitId, UserId};
use crate::sign::SigningKey;

fn by(now_ms: i64) -> Authoring {
    Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn edit(path: &str, value: Value) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value }
}

fn actor(at: u8) -> ActorId {
    ActorId::from_bytes([at; 16])
}

fn header(kind: &str, unit: u8, created_ms: i64) -> Vec<u8> {
    let header = Header {
        document: DocumentId::new(1, [1; 10]),
        kind: kind.to_owned(),
        parent: Some(DocumentId::new(2, [2; 10])),
        unit: UnitId::new(3, [unit; 10]),
        protection: 0,
        user: UserId::new(1, [2; 10]),
        device: DeviceId::new(1, [1; 10]),
        created_ms,
        template: None,
    };
    header.sign(&SigningKey::from_seed([7; 32]))
}

#[test]
fn two_people_may_open_a_review_at_once_but_not_move_it() {
    let begin = |at: u8, unit: u8| {
        let note = [edit("reviews/0123456789abcdef/note", Value::text("sedd"))];
        let header = header("review", unit, i64::from(at));
        Document::create(actor(at), header, &note, &by(i64::from(at))).unwrap().1.bytes
    };
    let (one, two, moved) = (begin(1, 3), begin(2, 3), begin(4, 9));
    let mut document = None;
    let verdicts = try_changes(Catalog::builtin(), "review", &mut document, &[&one, &moved, &two]);
    let refused = Verdict::Failed(TrialFault::Header);
    assert_eq!(verdicts, [Verdict::Passed, refused, Verdict::Passed]);
    assert_eq!(document.unwrap().headers().len(), 2);
}

#[test]
fn values_fit_their_fields_and_keys_of_newer_catalogs_pass() {
    let begin = |edits: &[Edit]| {
        let (_, chunk) = Document::create(actor(1), header("case", 3, 1), edits, &by(1)).unwrap();
        try_changes(Catalog::builtin(), "case", &mut None, &[&chunk.bytes]).remove(0)
    };
    let wrong = Verdict::Failed(TrialFault::Schema);
    assert_eq!(begin(&[edit("household_label", Value::text("Familjen"))]), Verdict::Passed);
    assert_eq!(begin(&[edit("household_label", Value::Int(7))]), wrong);
    assert_eq!(begin(&[edit("household_label", Value::Null)]), Verdict::Passed);
    assert_eq!(begin(&[edit("from_2031/part", Value::Int(7))]), Verdict::Passed);
}

#[test]
fn what_builds_on_a_refused_change_is_refused_and_the_rest_of_the_batch_passes() {
    let (mut one, first) = Document::create(actor(1), header("case", 3, 1), &[], &by(1)).unwrap();
    let mut two = Document::open(actor(2), [first.bytes.as_slice()]).unwrap();
    let wrong = one.commit(&[edit("household_label", Value::Int(7))], &by(2)).unwrap().unwrap();
    let after = one.commit(&[edit("phone", Value::text("+46701740601"))], &by(3)).unwrap().unwrap();
    let beside =
        two.commit(&[edit("phone", Value::text("+46701740602"))], &by(4)).unwrap().unwrap();
    let batch = [&first, &wrong, &after, &beside].map(|chunk| chunk.bytes.as_slice());
    let mut document = None;
    let verdicts = try_changes(Catalog::builtin(), "case", &mut document, &batch);
    let (schema, depends) =
        (Verdict::Failed(TrialFault::Schema), Verdict::Failed(TrialFault::Depends));
    assert_eq!(verdicts, [Verdict::Passed, schema, depends, Verdict::Passed]);
    assert_eq!(document.unwrap().heads(), [beside.hash]);
}
