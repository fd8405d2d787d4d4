//! What decisions and reviews come back as, and what rules when somebody says more without knowing them.

use super::laws::{actor, by, edit, opened, path};
use super::*;
use crate::app::{Agreement, ShownRule};
use crate::catalog::Catalog;
use crate::document::{Chunk, Document, Edit};
use crate::ids::{ChangeHash, DocumentId, EntryId};
use crate::value::Value;

const ID: DocumentId = DocumentId::from_bytes([6; 16]);

fn entry(number: u8) -> EntryId {
    EntryId::from_bytes([number; 10])
}

fn begun(edits: &[Edit]) -> Chunk {
    Document::create(actor(1), vec![1], edits, &by(1, 0, Vec::new())).unwrap().1
}

/// Somebody writes who knows these changes, and no decision.
fn wrote(person: u8, known: &[&Chunk], edits: &[Edit]) -> Chunk {
    let known: Vec<Chunk> = known.iter().map(|one| (*one).clone()).collect();
    let mut replica = opened(person, &known);
    replica.commit(edits, &by(person, i64::from(person), Vec::new())).unwrap().unwrap()
}

fn read(kind: &str, chunks: &[&Chunk], review: Option<&Document>) -> RecordState {
    let chunks: Vec<Chunk> = chunks.iter().map(|one| (*one).clone()).collect();
    record_state(Catalog::builtin(), (kind, ID), &opened(9, &chunks), review)
}

/// Two contradict each other at a key, a supervisor decides for the first, a third says more without
/// knowing of either: the state before and after the third.
fn reopened(kind: &str, key: &str, [first, one, other, third]: [&str; 4]) -> [FieldState; 2] {
    let base = begun(&[edit(key, first)]);
    let said: Vec<Chunk> = [(2, one), (3, other), (5, third)]
        .map(|(person, value)| wrote(person, &[&base], &[edit(key, value)]))
        .into();
    let both = [&base, &said[0], &said[1]];
    let seen = read(kind, &both, None).fields[&path(key)].seen();
    let edits = settle_edits(entry(1), &path(key), &one.into(), "Frågat båda", &seen);
    let review = Document::create(actor(4), vec![2], &edits, &by(4, 9, Vec::new())).unwrap().0;
    let all = [&base, &said[0], &said[1], &said[2]];
    [&both[..], &all[..]].map(|chunks| read(kind, chunks, Some(&review)).fields[&path(key)].clone())
}

#[test]
fn what_rules_until_a_reopened_decision_is_looked_at_again() {
    // A state: the table, as if the decision were one more that said so.
    let placement = format!("occupancy/{}/state", entry(7));
    let said = ["planned", "active", "cancelled", "ended"];
    let [decided, after] = reopened("residence", &placement, said);
    assert_eq!((decided.value.as_str(), decided.is_settled()), (Some("active"), true));
    assert_eq!((after.value.as_str(), after.rule), (Some("ended"), ShownRule::Table));
    assert_eq!((after.agreement, after.is_settled()), (Agreement::Reopened, false));
    assert!(after.conflict.is_some());
    // A register with an order: the more cautious of the two.
    let task = format!("tasks/{}/status", entry(7));
    let [decided, after] = reopened("case", &task, ["doing", "done", "cancelled", "todo"]);
    assert_eq!(decided.value.as_str(), Some("done"));
    assert_eq!((after.value.as_str(), after.rule), (Some("todo"), ShownRule::MostCautious));
    let [_, after] = reopened("case", &task, ["todo", "waiting", "doing", "cancelled"]);
    assert_eq!(after.value.as_str(), Some("waiting"), "the decision is the more cautious");
    assert_eq!(after.agreement, Agreement::Reopened);
    // Any other register: what was decided.
    let [_, after] = reopened("case", "household_label", ["A", "B", "C", "D"]);
    assert_eq!((after.value.as_str(), after.rule), (Some("B"), ShownRule::Decided));
}

#[test]
fn reviews_come_back_as_they_were_written_oldest_first() {
    let heads = [ChangeHash::from_bytes([3; 32]), ChangeHash::from_bytes([4; 32])];
    let returned = review_edits(entry(2), &heads, false, "Datum saknas");
    let mut review =
        Document::create(actor(4), vec![2], &returned, &by(4, 20, Vec::new())).unwrap().0;
    let approved = review_edits(entry(1), &heads[..1], true, "");
    review.commit(&approved, &by(5, 30, Vec::new())).unwrap();
    let earlier = review_edits(entry(3), &heads[1..], true, "Bra");
    review.commit(&earlier, &by(6, 10, Vec::new())).unwrap();
    let found = reviews(&review);
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.meta.claimed_ms, one.approved, one.note.as_str(), one.heads.as_slice()))
        .collect();
    assert_eq!(
        told,
        [
            (10, true, "Bra", &heads[1..]),
            (20, false, "Datum saknas", &heads[..]),
            (30, true, "", &heads[..1]),
        ]
    );
    assert_eq!(settlements(&review), [], "a review decides on no field");
    let decision = settle_edits(entry(4), &path("phone"), &"1".into(), "", &Default::default());
    review.commit(&decision, &by(4, 40, Vec::new())).unwrap();
    assert_eq!((reviews(&review).len(), settlements(&review).len()), (3, 1));
}

#[test]
fn a_malformed_decision_is_none_and_spoils_no_other() {
    let seen = read("case", &[&begun(&[edit("phone", "1")])], None).fields[&path("phone")].seen();
    let sound = settle_edits(entry(1), &path("phone"), &"1".into(), "Ringt", &seen);
    let (mut review, _) =
        Document::create(actor(4), vec![2], &sound, &by(4, 1, Vec::new())).unwrap();
    for (number, gone) in (2..).zip(["path", "value", "saw"]) {
        let mut edits = settle_edits(entry(number), &path("phone"), &"2".into(), "", &seen);
        edits.retain(|edit| !edit.path.as_str().ends_with(gone));
        review.commit(&edits, &by(4, 2, Vec::new())).unwrap();
    }
    let mut strange = settle_edits(entry(8), &path("phone"), &"2".into(), "", &seen);
    for edit in strange.iter_mut().filter(|edit| edit.path.as_str().ends_with("/value")) {
        edit.value = Value::text("!");
    }
    review.commit(&strange, &by(4, 3, Vec::new())).unwrap();
    let [found] = settlements(&review).try_into().unwrap();
    assert_eq!((found.id, found.path.as_str(), found.value), (entry(1), "phone", "1".into()));
    assert_eq!((found.reason.as_str(), found.saw), ("Ringt", seen));
}

#[test]
fn whoever_saw_the_action_may_end_the_need_and_a_need_that_stands_is_not_touched() {
    let [person, action] = [entry(1), entry(2)];
    let need = format!("persons/{person}/special_needs/SN-05");
    let base = begun(&[edit(&need, Value::Bool(true))]);
    let acts = [("person", person.to_string()), ("need", "SN-05".to_owned())];
    let acts = acts
        .map(|(field, value)| edit(&format!("need_actions/{action}/{field}"), Value::text(value)));
    let acted = wrote(2, &[&base], &acts);
    let record = read("case", &[&base, &acted], None);
    let stands = &record.fields[&path(&need)];
    assert_eq!((stands.agreement, stands.statements.len()), (Agreement::Agreed, 1));
    assert_eq!((&stands.value, stands.rule), (&Value::Bool(true), ShownRule::Only));
    let over = [edit(&need, "Barnet är fött.")];
    let ended = wrote(3, &[&base, &acted], &over);
    let record = read("case", &[&base, &acted, &ended], None);
    let seen = &record.fields[&path(&need)];
    assert_eq!((seen.agreement, seen.value.as_str()), (Agreement::Agreed, Some("Barnet är fött.")));
    let unseen = wrote(3, &[&base], &over);
    let record = read("case", &[&base, &acted, &unseen], None);
    let kept = &record.fields[&path(&need)];
    assert_eq!((kept.agreement, &kept.value), (Agreement::Open, &Value::Bool(true)));
    assert_eq!(kept.statements.len(), 2, "the action, and who ended it");
}

#[test]
fn what_changed_since_a_review_is_told_with_what_stood_before() {
    let base = begun(&[edit("phone", "1"), edit("email", "a@example.org")]);
    let first = opened(9, &[base.clone()]);
    let news = wrote(2, &[&base], &[edit("phone", "2"), edit("household_label", "Noori")]);
    let document = opened(9, &[base, news]);
    let told = |heads: &[ChangeHash]| -> Vec<(String, Option<Value>)> {
        let changed = changed_since(&document, heads);
        changed.into_iter().map(|one| (one.path.to_string(), one.before)).collect()
    };
    let since = [("household_label".to_owned(), None), ("phone".to_owned(), Some("1".into()))];
    assert_eq!(told(&first.heads()), since);
    let all = ["email", "household_label", "phone"].map(|key| (key.to_owned(), None));
    assert_eq!(told(&[]), all);
    assert_eq!(told(&document.heads()), []);
}
